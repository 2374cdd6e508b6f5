"""Carrying out planned runs in the foreground, with live progress on stderr."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from govsim.cli.progress import Progress
from govsim.config import Execution
from govsim.runs import Plan, RunResult, carry_out_all, prepare


def carry_out_with_progress(plans: Sequence[Plan], execution: Execution) -> list[RunResult]:
    """Carry out runs and show how they are doing.

    Raises:
        GovSimError: one of them cannot begin or continue.
        KeyboardInterrupt: the runs were interrupted; their journals say so.
    """
    models = prepare(plans, execution)
    with Progress(plans) as progress:
        return asyncio.run(carry_out_all(plans, execution, models, progress.heard))
