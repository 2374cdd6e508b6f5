"""One run and many: planned, begun, continued, re-lived."""

from govsim.runs.aside import set_aside
from govsim.runs.campaign import record_campaign
from govsim.runs.estimate import WORDS, Amount, CostEstimate, estimate
from govsim.runs.many import RunListener, carry_out_all, prepare
from govsim.runs.plan import Plan, plan_runs
from govsim.runs.replay import Replay, replay
from govsim.runs.run import RunResult, carry_out

__all__ = [
    "WORDS",
    "Amount",
    "CostEstimate",
    "Plan",
    "Replay",
    "RunListener",
    "RunResult",
    "carry_out",
    "carry_out_all",
    "estimate",
    "plan_runs",
    "prepare",
    "record_campaign",
    "replay",
    "set_aside",
]
