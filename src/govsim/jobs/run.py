"""The job that runs a society."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from govsim.commons import member_threshold, state_at_start
from govsim.config import Execution, Experiment, Models
from govsim.errors import ConfigError, JournalError, JournalMismatch
from govsim.jobs.amounts import Amount, CostEstimate, added, amounts_of, scaled
from govsim.jobs.job import Job, JobContext, StartedJob
from govsim.jobs.lifecycle import execute
from govsim.jobs.provenance import difference_of_settings, differences
from govsim.journal import FINISHED, JOURNAL_SUFFIX, Call, End, Header, Journal, Status, place_of, read_journal
from govsim.models.pool import ModelSource
from govsim.models.prices import Prices
from govsim.models.rehearsal import MANY, Rehearsal
from govsim.society import build_simulation, models_needed, open_models, parts_used

OUTLINE = ("session", "end")
"""Kinds of event that determine the status of a run."""


@dataclass(frozen=True, kw_only=True)
class RunJob(Job[Journal]):
    """A planned run. Its header contains the experiment, the texts of the scenario, and the name of the society."""

    header: Header

    outline: ClassVar[Collection[str] | None] = OUTLINE
    can_travel: ClassVar[bool] = True
    start_over_hint: ClassVar[str] = "start over with --fresh, or choose another folder with --out"
    version_hint: ClassVar[str] = "resume anyway with --accept-version, or choose another folder with --out"

    @property
    def experiment(self) -> Experiment:
        """The experiment; its `scenario` is the name of the scenario."""
        return self.header.experiment

    @property
    def cell(self) -> tuple[str, str, str]:
        """Scenario, condition and society."""
        return (self.header.scenario.name, self.experiment.condition, self.header.society)

    @property
    def steps(self) -> int:
        """Maximum number of months."""
        return self.experiment.world.months

    @property
    def capacity(self) -> int:
        """Capacity of the commons in units."""
        return self.experiment.world.capacity

    @property
    def models(self) -> Models:
        """Settings of the models."""
        return self.experiment.models

    @property
    def known_here_only(self) -> tuple[str, ...]:
        """The extensions that it needs and that only this program has registered; a worker does not know them."""
        parts = parts_used(self.experiment)
        return tuple(dict.fromkeys(f"{kind} {part.name}" for kind, part in parts if not part.is_installed))

    @cached_property
    def provider(self) -> str:
        """The provider of the run's first model; empty if it uses no model."""
        first = next(models_needed(self.experiment), None)
        return "" if first is None else first.name.split("/")[0]

    def open_models(self, models: ModelSource) -> None:
        """Open every model that it needs, including embedding models."""
        open_models(self.experiment, models)

    def read(self, kinds: Collection[str] | None = None) -> Journal:
        """Read its journal."""
        return read_journal(self.path, kinds)

    def check_same(self, recorded: Journal, *, accepts_prompts: bool) -> None:
        """Reject a journal of another experiment, an imported one, or one with other prompts."""
        header = recorded.header
        if header.imported is not None:
            raise JournalMismatch(
                f"{self.path}: was imported from {header.imported.source} and cannot be resumed, as it contains "
                "no replies; choose another folder with --out"
            )
        if (difference := difference_of_settings(header.experiment, self.experiment)) is not None:
            raise JournalMismatch(
                f"{self.path}: belongs to another experiment: {difference}; choose another folder with --out"
            )
        if not accepts_prompts and (changed := differences(header.scenario, self.header.scenario)):
            key = next(iter(changed))
            raise JournalMismatch(
                f"{self.path}: was started with other prompts: {key} has changed; {self.version_hint}"
            )

    def begin(self, context: JobContext) -> StartedJob:
        """Build the society with the agents of all members."""
        recorder = context.recorder
        simulation = build_simulation(
            self.experiment, self.header.scenario, recorder, context.models, context.asker, span=context.span
        )

        async def run() -> Status:
            status = await simulation.simulate()
            if recorder.unseen:
                raise JournalMismatch(f"{place_of(recorder.unseen[0])} did not occur in the replay")
            return status

        return StartedJob(run=run, months=lambda: simulation.months)

    @classmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> CostEstimate:
        """Estimate the remaining usage from all finished runs in the folder of the cell."""
        first = jobs[0]
        spent: Mapping[str, Amount] = {}
        months: dict[Path, int] = {}
        for path, calls, end in _finished(first.path.parent):
            spent = added(spent, amounts_of(calls, prices))
            months[path] = end.months
        left = sum(starts_over or job.path not in months for job in jobs)
        return CostEstimate(
            cell=first.cell,
            left=left,
            done=len(jobs) - left,
            basis=len(months),
            months=sum(months.values()) / len(months) if months else float(first.experiment.world.months),
            models=scaled(spent, left, len(months)),
        )

    @classmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """Estimate the usage from a dry run without failures and with sustainable harvests."""
        first = jobs[0]
        share = member_threshold(state_at_start(first.experiment.world, first.experiment.society.members))
        with tempfile.TemporaryDirectory() as folder:
            dry_run = replace(first, path=Path(folder) / first.path.name)
            result = await execute(dry_run, Execution(), Rehearsal(catch=share, lines=MANY, insights=MANY))
            if result.status not in FINISHED:
                raise ConfigError(
                    f"the dry run of {first.path.name} ended with status {result.status}: {result.reason}"
                )
            each = amounts_of(dry_run.read(["call"]).of(Call), prices)
        return {model: amount.times(len(jobs)) for model, amount in each.items()}


def _finished(folder: Path) -> Iterator[tuple[Path, Iterator[Call], End]]:
    """Yield the finished runs in the folder of a cell, with their calls and `end` events; skip unreadable ones."""
    for path in sorted(folder.glob(f"*{JOURNAL_SUFFIX}")):
        try:
            journal = read_journal(path, kinds=["call", *OUTLINE])
        except JournalError:
            continue
        if (end := journal.end) is not None and end.status in FINISHED:
            yield path, journal.of(Call), end
