"""A run of a society, as a job."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from govsim.commons import member_threshold, state_at_start
from govsim.config import Execution, Experiment
from govsim.config import Models as ModelConfig
from govsim.errors import ConfigError, JournalError, JournalMismatch
from govsim.jobs.cost import Amount, Estimate, added, amounts_of, scaled
from govsim.jobs.job import Job, Life, Work
from govsim.jobs.lifecycle import carry_out
from govsim.jobs.provenance import difference_of_settings, differences
from govsim.journal import FINISHED, SUFFIX, Call, End, Header, Journal, Status, place_of, read_journal
from govsim.models.pool import Models
from govsim.models.prices import Prices
from govsim.models.rehearsal import MANY, Rehearsal
from govsim.society import build_society, models_needed, open_models

OUTLINE = ("session", "end")
"""Kinds of line that tell how a run stands."""


@dataclass(frozen=True, kw_only=True)
class RunJob(Job[Journal]):
    """One run that is to be carried out; its first line says with which experiment, words and society."""

    header: Header

    outline: ClassVar[Collection[str] | None] = OUTLINE
    anew: ClassVar[str] = "begin it anew with --fresh, or choose another folder with --out"
    accepting: ClassVar[str] = "run with --accept-version to continue all the same, or choose another folder with --out"

    @property
    def experiment(self) -> Experiment:
        """What is run; its `scenario` is the scenario's name."""
        return self.header.experiment

    @property
    def cell(self) -> tuple[str, str, str]:
        """Scenario, condition and society."""
        return (self.header.scenario.name, self.experiment.condition, self.header.society)

    @property
    def steps(self) -> int:
        """The months that it can have."""
        return self.experiment.world.months

    @property
    def models(self) -> ModelConfig:
        """Which models are asked, and how."""
        return self.experiment.models

    @property
    def provider(self) -> str:
        """Whose models it asks: the provider of the first of them; nobody's where it asks none."""
        first = next(models_needed(self.experiment), None)
        return "" if first is None else first.name.split("/")[0]

    def open_models(self, models: Models) -> None:
        """Open every model that it needs, those that embed texts too."""
        open_models(self.experiment, models)

    def read(self, kinds: Collection[str] | None = None) -> Journal:
        """Its journal."""
        return read_journal(self.path, kinds)

    def check_same(self, recorded: Journal, *, accepts_prompts: bool) -> None:
        """Refuse a journal of another experiment, one that was imported, or one of other prompts."""
        header = recorded.header
        if header.imported is not None:
            raise JournalMismatch(
                f"{self.path}: was imported from {header.imported.source} and holds no answers to continue from; "
                "choose another folder with --out"
            )
        if (told := difference_of_settings(header.experiment, self.experiment)) is not None:
            raise JournalMismatch(
                f"{self.path}: is the journal of another experiment: {told}; choose another folder with --out"
            )
        if not accepts_prompts and (changed := differences(header.scenario, self.header.scenario)):
            key = next(iter(changed))
            raise JournalMismatch(f"{self.path}: was begun with other prompts: {key} has changed; {self.accepting}")

    def begin(self, work: Work) -> Life:
        """Build the society, with the minds of all its members."""
        recorder = work.recorder
        society = build_society(self.experiment, self.header.scenario, recorder, work.models, work.asker)

        async def live() -> Status:
            status = await society.live()
            if recorder.unseen:
                raise JournalMismatch(f"{place_of(recorder.unseen[0])} did not happen again")
            return status

        return Life(live=live, months=lambda: society.months)

    @classmethod
    def known(cls, jobs: Sequence[Self], prices: Prices, *, starts_over: bool) -> Estimate:
        """What is left, and the mean of the cell's finished runs, whoever planned them."""
        first = jobs[0]
        spent: Mapping[str, Amount] = {}
        months: dict[Path, int] = {}
        for path, calls, end in _finished(first.path.parent):
            spent = added(spent, amounts_of(calls, prices))
            months[path] = end.months
        left = sum(starts_over or job.path not in months for job in jobs)
        return Estimate(
            cell=first.cell,
            left=left,
            done=len(jobs) - left,
            basis=len(months),
            months=sum(months.values()) / len(months) if months else float(first.experiment.world.months),
            models=scaled(spent, left, len(months)),
        )

    @classmethod
    async def rehearsed(cls, jobs: Sequence[Self], prices: Prices) -> Mapping[str, Amount]:
        """What the runs take, if each is like one in which nothing goes wrong and nobody is greedy."""
        first = jobs[0]
        share = member_threshold(state_at_start(first.experiment.world, first.experiment.society.members))
        with tempfile.TemporaryDirectory() as folder:
            there = replace(first, path=Path(folder) / first.path.name)
            result = await carry_out(there, Execution(), Rehearsal(prices, catch=share, lines=MANY, insights=MANY))
            if result.status not in FINISHED:
                raise ConfigError(f"the rehearsal of {first.path.name} ended as {result.status}: {result.reason}")
            each = amounts_of(there.read(["call"]).of(Call), prices)
        return {model: amount.times(len(jobs)) for model, amount in each.items()}


def _finished(folder: Path) -> Iterator[tuple[Path, Iterator[Call], End]]:
    """The finished runs in the folder of a cell, with their calls and ends; what cannot be read is none."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            journal = read_journal(path, kinds=["call", *OUTLINE])
        except JournalError:
            continue
        if (end := journal.end) is not None and end.status in FINISHED:
            yield path, journal.of(Call), end
