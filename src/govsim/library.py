"""The simulation from Python: a few lines in a notebook run societies and give their measures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim.analysis import Cell, RunMeasures, cells_of, format_table, read_run, table_frame
from govsim.config import Execution, Layer, merge, nested, validate
from govsim.runs import RunResult, carry_out_all, plan_runs, prepare

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs that were carried out, and what came of them.

    Attributes:
        results: how each ended, and where its journal lies.
        measures: the measures of each, in the same order.
    """

    results: tuple[RunResult, ...]
    measures: tuple[RunMeasures, ...]

    @property
    def cells(self) -> Sequence[Cell]:
        """The measures over runs, one cell for all that differ in nothing but the seed."""
        return cells_of(self.measures)

    def frame(self) -> pd.DataFrame:
        """The cells as a data frame, one row each."""
        return table_frame(self.cells)

    def __str__(self) -> str:
        return format_table(self.cells)


async def arun(
    scenario: str = "fishery",
    *,
    condition: str | None = None,
    model: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    agent: str | None = None,
    months: int | None = None,
    seed: int | None = None,
    settings: Layer | None = None,
    prompts: Path | None = None,
    **execution: Any,
) -> Runs:
    """Carry out runs and measure them; runs that are finished already are not carried out again.

    Args:
        scenario: a scenario's name or folder.
        condition: a condition's name, or a YAML file.
        model: language model of all members that have no other, as provider/name.
        model_args: its arguments.
        agent: how members decide: `generative`, `direct` or `policy:NAME`.
        months: the most months the society is watched.
        seed: of the first run; run i has this plus i.
        settings: any other keys of the experiment, nested or dotted, as in ``{"world.growth": 3}``.
        prompts: a folder with prompt templates of one's own.
        **execution: keys of `Execution`, such as `runs`, `out` and `parallel`.

    Raises:
        GovSimError: a setting cannot be used, or a run cannot begin or continue. Runs that fail are not raised:
            see the status of their results.
    """
    given = {
        "scenario": scenario,
        "models.default": model,
        "models.args": dict(model_args) if model_args else None,
        "agents.default": agent,
        "world.months": months,
        "seed": seed,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    layers = merge(*(nested(key, value) for key, value in (chosen | dict(settings or {})).items()))
    how = validate(Execution, [execution])
    plans = plan_runs(layers, how, prompts=prompts, condition=condition)
    results = await carry_out_all(plans, how, prepare(plans, how))
    return Runs(results=tuple(results), measures=tuple(read_run(result.path) for result in results))


def run(scenario: str = "fishery", **options: Any) -> Runs:
    """As `arun`, for code that is not asynchronous; it may be called in a notebook, whose event loop is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(arun(scenario, **options))
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(arun(scenario, **options))).result()
