"""The executor for several processors of one machine."""

from __future__ import annotations

from typing import ClassVar

from govsim.jobs.distribution.driver import DistributedExecutor
from govsim.jobs.distribution.messages import WorkerSetup
from govsim.jobs.distribution.process import ProcessLink
from govsim.jobs.executor import EXECUTORS


@EXECUTORS.register
class ProcessExecutor(DistributedExecutor):
    """Executes runs in worker processes on this machine, which write the journals themselves.

    Nothing listens on the network, and the workers terminate with the command.
    """

    name: ClassVar[str] = "processes"

    async def connect(self, setup: WorkerSetup) -> ProcessLink:
        """Start a worker process; see `DistributedExecutor`."""
        return await ProcessLink.start(setup)
