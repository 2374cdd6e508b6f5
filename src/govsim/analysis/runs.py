"""One run: what its journal says of it, its measures, and which statistics count it.

A run is one of three. *Counted*: it completed or collapsed, and every measure is computed on it. *Censored*: it was
stopped for a reason that has nothing to do with its answers, so that survival analysis uses the months it completed.
*Unreadable*: it failed because its answers could not be read. A forfeited decision spares the stock, so that such a run
looks like a long life; it enters no statistic. All of them are counted as runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from govsim.analysis.measures import (
    SURVIVAL_TIME,
    CountedRun,
    Floats,
    Harvests,
    Value,
    all_measures,
    check_first_month,
    kinds_of_measures,
    values_of,
)
from govsim.analysis.settings import cell_hash, changes_of, composition, prompts_hash, setup_of
from govsim.analysis.validation import check_end, checked_harvests
from govsim.config import EMBEDDED, Experiment
from govsim.journal import (
    FINISHED,
    UNREADABLE,
    Call,
    Harvest,
    Header,
    Journal,
    Month,
    RequestLine,
    Standing,
    is_unreadable,
    known_sum,
    read_journal,
    standing_of,
)
from govsim.lazy import pandas as pd

NO_MODEL = "none"
MIXED = "mixed"

REASONS = (UNREADABLE, "failed", "cancelled", "over-budget", "running", "killed")
"""Why runs are left out of means and rates, in the order in which tables list them."""

_KINDS = ("month", "harvest", "call", "request")


def run_kinds() -> tuple[str, ...]:
    """The kinds of line that a run is measured from, those that measures declare included."""
    return tuple(dict.fromkeys((*_KINDS, *kinds_of_measures())))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMeasures:
    """What one journal says about its run: a row of the frame of runs, and what that is made from.

    Measures are None where they are undefined, and all of them are in a run that did not end on its own;
    `govsim.analysis.measures` defines them.

    Attributes:
        path: the journal.
        name: the journal, relative to the folder that was read.
        experiment: what was run.
        scenario: the scenario's name.
        condition: the condition's name.
        society: the society's label.
        model: the one language model of the members; `none` where no member has one, `mixed` where they differ.
        models: the language model of each member that has one, by member.
        agent: how all members decide; `mixed` where they differ.
        composition: how the members decide, by group where they differ.
        changes: settings that differ from the defaults of the scenario and the condition, by dotted key.
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
    name: str = field(compare=False)
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
    composition: str = ""
    changes: Mapping[str, JsonValue] = field(default_factory=dict)
    wording: str | None = None
    is_unreadable: bool = False
    requests: tuple[RequestLine, ...] = ()
    is_imported: bool = False
    unknown: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Value | None] = field(default_factory=dict)

    @property
    def setup(self) -> str:
        """How the members decide, and changed settings, such as `policy:random, growth 1.5`."""
        return setup_of(self.composition, self.changes)

    @property
    def is_counted(self) -> bool:
        """Whether the run completed or collapsed, so that it has measures."""
        return self.status in FINISHED

    @property
    def is_censored(self) -> bool:
        """Whether survival analysis uses it for the months it completed, and nothing else does."""
        return not self.is_counted and not self.is_unreadable

    @property
    def reason(self) -> str | None:
        """Why no measure counts it, one of `REASONS`; None for a counted run."""
        if self.is_counted:
            return None
        return UNREADABLE if self.is_unreadable else self.status

    @property
    def observed_months(self) -> int:
        """How long it was seen alive or until it collapsed: its survival time where it has one, else `months`."""
        lifetime = self.values.get(SURVIVAL_TIME)
        return self.months if lifetime is None else int(lifetime)

    @property
    def cell(self) -> str:
        """Eight hexadecimal digits that stand for everything that decides its result but its seed."""
        return cell_hash(self.experiment, self.scenario, self.society, self.prompts)

    @property
    def unsent(self) -> tuple[str, ...]:
        """Keys of the experiment that were sent to none of its models; empty where that is not recorded of all."""
        if not self.requests or any(request.sent is None for request in self.requests):
            return ()
        names = set.intersection(*(set(request.unsent) for request in self.requests))
        return tuple(sorted(f"models.{'' if name.startswith('extra_body.') else 'sampling.'}{name}" for name in names))


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


def measures_of(journal: Journal, *, from_month: int = 1, name: str | None = None) -> RunMeasures:
    """Measure the run of a journal that was read, with its lines of `run_kinds` at least.

    Args:
        journal: what was read.
        from_month: the first month that gain, efficiency and equality count.
        name: what the journal is called; its path when None.

    Raises:
        JournalError: the journal contradicts itself; names the file.
        AnalysisError: `from_month` is below 1.
    """
    check_first_month(from_month)
    header, calls = journal.header, None if is_imported(journal) else list(journal.of(Call))
    experiment, standing = header.experiment, standing_of(journal)
    unmeasured = dict.fromkeys(measure.name for measure in all_measures())
    return RunMeasures(
        path=journal.path,
        name=journal.path.as_posix() if name is None else name,
        experiment=experiment,
        scenario=header.scenario.name,
        condition=experiment.condition,
        society=header.society,
        model=model_of(header),
        models=_models_by_member(header),
        agent=_one_of(experiment.agent_of(member) for member in experiment.society.members),
        prompts=prompts_hash(header.scenario),
        seed=experiment.seed,
        from_month=from_month,
        status=standing,
        months=_months_completed(journal),
        invalid=None if calls is None else unread(calls),
        forfeited=None if calls is None else sum(len(harvest.invalid) for harvest in journal.of(Harvest)),
        tokens=None if calls is None else total_tokens(calls),
        cost=None if calls is None else total_cost(calls),
        composition=composition(header),
        changes=changes_of(header),
        wording=header.wording,
        is_unreadable=is_unreadable(journal),
        requests=tuple(journal.of(RequestLine)),
        is_imported=calls is None,
        unknown=journal.unknown,
        values=_measured(journal, from_month) if standing in FINISHED else unmeasured,
    )


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


def toys_among(models: Iterable[str]) -> list[str]:
    """The models whose figures say nothing about language models: the small one that comes with the package."""
    return sorted({model for model in models if model == EMBEDDED})


def model_of(header: Header) -> str:
    """The language model of all members that have one: its name, `none` or `mixed`."""
    return _one_of(_models_by_member(header).values())


def is_imported(journal: Journal) -> bool:
    """Whether a journal was made from the log of another program: what was asked, and how often, is not in it."""
    return journal.header.imported is not None


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
    return known_sum(call.tokens for call in calls)


def total_cost(calls: Iterable[Call]) -> float | None:
    """Dollars for all calls; None where the price of one is unknown."""
    cost = known_sum(call.cost for call in calls)
    return None if cost is None else float(cost)


def in_order(reasons: Iterable[str]) -> Counter[str]:
    """How many runs were left out for which reason, in the order of `REASONS`."""
    found = Counter(reasons)
    return Counter({reason: found[reason] for reason in REASONS if found[reason]})


def observed(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of a frame that survival analysis uses: the counted and the censored."""
    return runs[runs["is_counted"] | runs["is_censored"]]


def left_out(runs: pd.DataFrame) -> Counter[str]:
    """How many runs of a frame no measure counts, by reason."""
    others = runs[~runs["is_counted"]]
    return in_order(others["status"].astype(str).where(others["is_censored"], UNREADABLE))


def _models_by_member(header: Header) -> dict[str, str]:
    found = {name: header.model_of(name) for name in header.experiment.society.members}
    return {name: model for name, model in found.items() if model is not None}


def _measured(journal: Journal, from_month: int) -> dict[str, Value | None]:
    harvests = harvests_of(journal)
    assert journal.status is not None, "only runs that ended are measured"
    check_end(journal, journal.status, harvests.stock_after_harvest.tolist())
    return values_of(
        CountedRun(
            experiment=journal.header.experiment,
            harvests=harvests,
            from_month=from_month,
            is_imported=is_imported(journal),
            events=journal.events,
        )
    )


def _months_completed(journal: Journal) -> int:
    if journal.end is not None:
        return journal.end.months
    return max(0, sum(1 for _ in journal.of(Month)) - 1)


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
