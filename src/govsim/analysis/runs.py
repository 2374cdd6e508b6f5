"""From a run's journal to its measures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from govsim.analysis.consistency import check_end, checked_harvests
from govsim.analysis.counting import Counting, counting_of
from govsim.analysis.measures import (
    CountedRun,
    Floats,
    Harvests,
    Value,
    all_measures,
    check_first_month,
    kinds_of_measures,
    values_of,
)
from govsim.config import EMBEDDED, Experiment
from govsim.journal import Broken, Call, Harvest, Header, Journal, Month, RequestLine, Standing, read_each, read_journal
from govsim.scenarios import FORMATS, Scenario, load_scenario, scenario_names

NO_MODEL = "none"
MIXED = "mixed"

_KINDS = ("month", "harvest", "call", "request")


def run_kinds() -> tuple[str, ...]:
    """The kinds of line that a run is measured from, those that measures declare included."""
    return tuple(dict.fromkeys((*_KINDS, *kinds_of_measures())))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMeasures:
    """What one journal says about its run.

    Measures are None where they are undefined, and all of them are in a run that did not end on its own;
    `govsim.analysis.measures` defines them.

    Attributes:
        path: the journal.
        experiment: what was run.
        scenario: the scenario's name.
        condition: the condition's name.
        society: the society's label.
        model: the one language model of the members; `none` where no member has one, `mixed` where they differ.
        models: the language model of each member that has one, by member.
        agent: how all members decide; `mixed` where they differ.
        prompts: a short hash of the scenario's words, price and templates.
        wording: the name of the user's folder that these came from; None where they came with govsim, or it is unknown.
        seed: the run's seed.
        from_month: the first month that gain, efficiency and equality count.
        status: how it ended, or that it is `running` or was `killed`.
        months: months that were completed, the month of a collapse included.
        invalid: questions of any purpose whose last answer could not be read; None where it was imported.
        forfeited: harvest decisions that were lost in this way; None where it was imported.
        tokens: tokens of all prompts and replies; None where a provider did not tell, or it was imported.
        cost: dollars for all calls; None where the price of one is unknown, or it was imported.
        is_unreadable: whether it failed, or is bound to fail, because its answers could not be read.
        requests: what was sent to its models beside the questions; empty where that is not recorded.
        is_imported: whether its journal was made from the log of another program, which does not tell everything.
        unknown: how many events its journal has of each kind that no installed package defines.
        values: every measure by name, as in `values["gain"]`; None where it is undefined. Shares lie in 0..1.
    """

    path: Path
    experiment: Experiment
    scenario: str
    condition: str
    society: str
    model: str
    models: Mapping[str, str]
    agent: str
    prompts: str
    seed: int
    from_month: int
    status: Standing
    months: int
    invalid: int | None
    forfeited: int | None
    tokens: int | None
    cost: float | None
    wording: str | None = None
    is_unreadable: bool = False
    requests: tuple[RequestLine, ...] = ()
    is_imported: bool = False
    unknown: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Value | None] = field(default_factory=dict)

    @property
    def counting(self) -> Counting:
        """Its role in statistics."""
        return Counting(status=self.status, is_unreadable=self.is_unreadable)

    @property
    def is_counted(self) -> bool:
        """Whether the run completed or collapsed, so that it has measures."""
        return self.counting.is_counted

    @property
    def unsent(self) -> tuple[str, ...]:
        """Keys of the experiment that were sent to none of its models; empty where that is not recorded of all."""
        if not self.requests or any(request.sent is None for request in self.requests):
            return ()
        names = set.intersection(*(set(request.unsent) for request in self.requests))
        return tuple(sorted(f"models.{'' if name.startswith('extra_body.') else 'sampling.'}{name}" for name in names))


def read_runs(folder: Path, *, from_month: int = 1, broken: Broken | None = None) -> tuple[RunMeasures, ...]:
    """Measure every run below a folder, in the order of their paths.

    Args:
        folder: where the journals lie, at any depth.
        from_month: the first month that gain, efficiency and equality count.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none that can be read; names file and line.
    """
    return tuple(read_each(folder, partial(read_run, from_month=from_month), broken))


def read_run(path: Path, *, from_month: int = 1) -> RunMeasures:
    """Measure the run of one journal.

    Args:
        path: the journal.
        from_month: the first month that gain, efficiency and equality count.

    Raises:
        JournalError: the journal is broken or contradicts itself; names the file.
        AnalysisError: `from_month` is below 1.
    """
    return measures_of(read_journal(path, kinds=run_kinds()), from_month=from_month)


def measures_of(journal: Journal, *, from_month: int = 1) -> RunMeasures:
    """Measure the run of a journal that was read, with its lines of `run_kinds` at least.

    Args:
        journal: what was read.
        from_month: the first month that gain, efficiency and equality count.

    Raises:
        JournalError: the journal contradicts itself; names the file.
        AnalysisError: `from_month` is below 1.
    """
    check_first_month(from_month)
    run = _described(journal, from_month)
    return replace(run, values=_measured(run, journal) if run.is_counted else _unmeasured())


def harvests_of(journal: Journal) -> Harvests:
    """All harvests of a journal as arrays.

    Raises:
        JournalError: they contradict each other or themselves; names the file and the month.
    """
    events, roster = checked_harvests(journal), journal.header.experiment.society.members
    return Harvests(
        members=roster,
        asked=_table([event.asked for event in events], roster),
        received=_table([event.granted for event in events], roster),
        stock_before=_column(event.stock_before for event in events),
        stock_after_harvest=_column(event.stock_after_harvest for event in events),
        thresholds=_column(event.threshold for event in events),
        member_thresholds=_column(event.member_threshold for event in events),
    )


def _models_by_member(header: Header) -> dict[str, str]:
    found = {name: header.model_of(name) for name in header.experiment.society.members}
    return {name: model for name, model in found.items() if model is not None}


def toys_among(models: Iterable[str]) -> list[str]:
    """The models whose figures say nothing about language models: the small one that comes with the package."""
    return sorted({model for model in models if model == EMBEDDED})


def model_of(header: Header) -> str:
    """The language model of all members that have one: its name, `none` or `mixed`."""
    return _one_of(_models_by_member(header).values())


def agent_of(experiment: Experiment) -> str:
    """How all members decide, as in `generative` or `policy:NAME`; else `mixed`."""
    return _one_of(experiment.agent_of(name) for name in experiment.society.members)


def is_imported(journal: Journal) -> bool:
    """Whether a journal was made from the log of another program: what was asked, and how often, is not in it."""
    return journal.header.imported is not None


def prompts_hash(scenario: Scenario) -> str:
    """Eight hexadecimal digits that stand for all that a scenario has its prompts say."""
    text = json.dumps([scenario.words, scenario.price, scenario.templates], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:8]


def prompts_name(scenario: str, prompts: str, wording: str | None) -> str:
    """What a scenario's prompts are called: the folder they came from, or that they are govsim's, with their hash.

    Args:
        scenario: the scenario's name.
        prompts: the hash.
        wording: the name of the user's folder; None where it is unknown or there is none.
    """
    if wording is None and prompts in _hashes_of_shipped(scenario):
        wording = "as shipped"
    return prompts if wording is None else f"{wording} ({prompts})"


@cache
def _hashes_of_shipped(scenario: str) -> frozenset[str]:
    """Hashes of a scenario that comes with govsim or a plug-in, for each form of replies."""
    if scenario not in scenario_names():
        return frozenset()
    return frozenset(prompts_hash(load_scenario(scenario, replies=form)) for form in FORMATS)


def _described(journal: Journal, from_month: int) -> RunMeasures:
    experiment, calls = journal.header.experiment, None if is_imported(journal) else list(journal.of(Call))
    counting = counting_of(journal)
    return RunMeasures(
        path=journal.path,
        experiment=experiment,
        scenario=journal.header.scenario.name,
        condition=experiment.condition,
        society=journal.header.society,
        model=model_of(journal.header),
        models=_models_by_member(journal.header),
        agent=agent_of(experiment),
        prompts=prompts_hash(journal.header.scenario),
        seed=experiment.seed,
        from_month=from_month,
        status=counting.status,
        months=_months_completed(journal),
        invalid=None if calls is None else unread(calls),
        forfeited=None if calls is None else sum(len(harvest.invalid) for harvest in journal.of(Harvest)),
        tokens=None if calls is None else total_tokens(calls),
        cost=None if calls is None else total_cost(calls),
        wording=journal.header.wording,
        is_unreadable=counting.is_unreadable,
        requests=tuple(journal.of(RequestLine)),
        is_imported=calls is None,
        unknown=journal.unknown,
    )


def _measured(run: RunMeasures, journal: Journal) -> dict[str, Value | None]:
    harvests = harvests_of(journal)
    assert journal.status is not None, "only runs that ended are measured"
    check_end(journal, journal.status, harvests.stock_after_harvest.tolist())
    return values_of(
        CountedRun(
            experiment=run.experiment,
            harvests=harvests,
            from_month=run.from_month,
            is_imported=run.is_imported,
            events=journal.events,
        )
    )


def _unmeasured() -> dict[str, Value | None]:
    return dict.fromkeys(measure.name for measure in all_measures())


def _months_completed(journal: Journal) -> int:
    if journal.end is not None:
        return journal.end.months
    return max(0, sum(1 for _ in journal.of(Month)) - 1)


def unread(calls: Iterable[Call]) -> int:
    """How many questions ended without a readable answer: the last attempt was refused."""
    last: dict[tuple[int, str, str, str, int], Call] = {}
    for call in calls:
        question = (call.month, call.phase, call.member, call.purpose, call.ordinal)
        if question not in last or call.attempt >= last[question].attempt:
            last[question] = call
    return sum(call.refused is not None for call in last.values())


def total_tokens(calls: Iterable[Call]) -> int | None:
    """Tokens of all prompts and replies; None where a provider did not tell."""
    total = 0
    for call in calls:
        if call.input_tokens is None or call.output_tokens is None:
            return None
        total += call.input_tokens + call.output_tokens
    return total


def total_cost(calls: Iterable[Call]) -> float | None:
    """Dollars for all calls; None where the price of one is unknown."""
    total = 0.0
    for call in calls:
        if call.cost is None:
            return None
        total += call.cost
    return total


def _table(by_month: list[dict[str, int]], roster: tuple[str, ...]) -> Floats:
    rows = [[by_member.get(name, np.nan) for name in roster] for by_member in by_month]
    return _fixed(np.array(rows, dtype=float).reshape(len(rows), len(roster)))


def _column(amounts: Iterable[int]) -> Floats:
    return _fixed(np.array(list(amounts), dtype=float))


def _fixed(array: Floats) -> Floats:
    """An array that no measure can change for the others."""
    array.flags.writeable = False
    return array


def _one_of(names: Iterable[str]) -> str:
    different = set(names)
    if not different:
        return NO_MODEL
    return different.pop() if len(different) == 1 else MIXED
