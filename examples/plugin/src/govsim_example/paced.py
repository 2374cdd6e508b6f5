"""An executor that starts runs one after the other, with a pause between them."""

from __future__ import annotations

import asyncio
from typing import Any

from govsim.config import Execution
from govsim.jobs import Job, JobResult, LocalExecutor
from govsim.journal import Listener

PAUSE = 0.2
"""Minimum number of seconds between the starts of two runs."""


class PacedExecutor(LocalExecutor):
    """Executes runs in the process of the command, and starts at most five in a second, for a slow server."""

    name = "paced"

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        super().__init__(execution, default)
        self._turn = asyncio.Lock()

    async def carry_out(self, job: Job[Any], listener: Listener | None) -> JobResult:
        """Wait for the pause after the last start, then execute the job."""
        async with self._turn:
            await asyncio.sleep(PAUSE)
        return await super().carry_out(job, listener)
