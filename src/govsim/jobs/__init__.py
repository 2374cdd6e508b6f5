"""One machine for whatever asks models: planned, checked, estimated, carried out, continued, re-lived."""

from govsim.jobs.archive import record_campaign, set_aside
from govsim.jobs.cost import Amount, Estimate
from govsim.jobs.estimate import estimate, paces_of
from govsim.jobs.executor import Executor, carry_out_all, prepare
from govsim.jobs.job import Job, JobListener, JobResult
from govsim.jobs.lifecycle import carry_out, recorded_results
from govsim.jobs.plan import plan_runs
from govsim.jobs.replay import replay
from govsim.jobs.run import RunJob

__all__ = [
    "Amount",
    "Estimate",
    "Executor",
    "Job",
    "JobListener",
    "JobResult",
    "RunJob",
    "carry_out",
    "carry_out_all",
    "estimate",
    "paces_of",
    "plan_runs",
    "prepare",
    "record_campaign",
    "recorded_results",
    "replay",
    "set_aside",
]
