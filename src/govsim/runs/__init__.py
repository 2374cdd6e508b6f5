"""One run and many: planned, begun, continued, re-lived."""

from govsim.runs.many import RunListener, carry_out_all, prepare
from govsim.runs.plan import Plan, plan_runs
from govsim.runs.replay import Replay, replay
from govsim.runs.run import RunResult, carry_out

__all__ = ["Plan", "Replay", "RunListener", "RunResult", "carry_out", "carry_out_all", "plan_runs", "prepare", "replay"]
