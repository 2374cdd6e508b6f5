"""Jobs, which call models and write journals: planning, checking, estimating, executing, resuming, replaying."""

from govsim.jobs.amounts import Amount, CostEstimate
from govsim.jobs.archive import archive_journals, record_campaign
from govsim.jobs.estimate import estimate, paces_of
from govsim.jobs.executor import EXECUTORS, Executor, ProgressListener, execute_all, prepare
from govsim.jobs.executors.local import LocalExecutor
from govsim.jobs.job import Job, JobListener, JobResult
from govsim.jobs.lifecycle import execute, recorded_results
from govsim.jobs.plan import plan_runs, planned_experiment
from govsim.jobs.progress import JobProgress
from govsim.jobs.replay import replay
from govsim.jobs.run import RunJob

__all__ = [
    "EXECUTORS",
    "Amount",
    "CostEstimate",
    "Executor",
    "Job",
    "JobListener",
    "JobProgress",
    "JobResult",
    "LocalExecutor",
    "ProgressListener",
    "RunJob",
    "archive_journals",
    "estimate",
    "execute",
    "execute_all",
    "paces_of",
    "plan_runs",
    "planned_experiment",
    "prepare",
    "record_campaign",
    "recorded_results",
    "replay",
]
