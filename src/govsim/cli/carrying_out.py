"""Carrying out planned runs in the foreground, with live progress on stderr."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import typer

from govsim.cli.progress import Progress
from govsim.config import Execution
from govsim.runs import Plan, RunResult, carry_out_all, prepare, set_aside


def carry_out_with_progress(
    plans: Sequence[Plan], execution: Execution, *, starts_over: bool = False
) -> list[RunResult]:
    """Carry out runs and show how they are doing; where it starts over, old journals are set aside first.

    Raises:
        GovSimError: one of them cannot begin or continue.
        KeyboardInterrupt: the runs were interrupted; their journals say so.
    """
    models = prepare(plans, execution, starts_over=starts_over)
    for kept in set_aside(plans) if starts_over else ():
        typer.echo(f"the old journal is kept as {kept}", err=True)
    with Progress(plans) as progress:
        return asyncio.run(carry_out_all(plans, execution, models, progress.heard))
