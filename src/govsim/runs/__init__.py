"""One run and many: planned, begun, continued, re-lived."""

from govsim.runs.aside import set_aside
from govsim.runs.building import model_settings
from govsim.runs.campaign import record_campaign
from govsim.runs.ending import session_of, to_its_end
from govsim.runs.estimate import WORDS, Amount, CostEstimate, Rehearsing, amounts_of, estimate
from govsim.runs.header import check_reading, difference_of_settings, git_revision, versions
from govsim.runs.many import RunListener, carry_out_all, check_writable, each_of, prepare, recorded_results
from govsim.runs.pace import Pace, paces_of
from govsim.runs.plan import Plan, check_secrets, labelled, plan_runs, slug
from govsim.runs.replay import Replay, replay
from govsim.runs.run import RunResult, carry_out

__all__ = [
    "WORDS",
    "Amount",
    "CostEstimate",
    "Pace",
    "Plan",
    "Rehearsing",
    "Replay",
    "RunListener",
    "RunResult",
    "amounts_of",
    "carry_out",
    "carry_out_all",
    "check_reading",
    "check_secrets",
    "check_writable",
    "difference_of_settings",
    "each_of",
    "estimate",
    "git_revision",
    "labelled",
    "model_settings",
    "paces_of",
    "plan_runs",
    "prepare",
    "record_campaign",
    "recorded_results",
    "replay",
    "session_of",
    "set_aside",
    "slug",
    "to_its_end",
    "versions",
]
