"""One run: its properties, its measures, and the statistics that include it.

A run is *counted*, *censored* or *unreadable*. Counted runs completed or collapsed, and all measures are computed on
them. Censored runs stopped for a reason that is unrelated to their answers, so survival analysis uses the months they
completed. Unreadable runs failed because of unreadable answers. Forfeited decisions spare the stock, so such a run
would appear to survive long; it is excluded from all statistics. The number of runs includes all three.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from govsim.analysis.counterfactual import Bounds, bounds_of
from govsim.analysis.measures import (
    SURVIVAL_TIME,
    CountedRun,
    Floats,
    Harvests,
    MeasureValue,
    all_measures,
    check_first_month,
    kinds_of_measures,
    measure_values,
)
from govsim.analysis.serving import Served, served_in
from govsim.analysis.settings import (
    cell_hash,
    changes_of,
    composition,
    models_by_member,
    prompts_hash,
    setup_of,
)
from govsim.analysis.validation import check_end, checked_harvests
from govsim.characters import counted, shortened, status_text
from govsim.commons import last_month
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
    RunStatus,
    by_site,
    in_total,
    is_unreadable,
    known_sum,
    read_journal,
    status_of,
)
from govsim.lazy import pandas as pd

NO_MODEL = "none"
MIXED = "mixed"

REASONS = (UNREADABLE, "failed", "cancelled", "over-budget", "running", "killed")
"""Reasons for excluding runs from means and rates, in the order of tables."""

LONGEST_SETUP = 200
"""Maximum characters of a setup in a short description."""

_KINDS = ("month", "harvest", "call", "request", "admission")


def run_kinds() -> tuple[str, ...]:
    """Return the kinds of event that a run is measured from, including those that measures declare."""
    return tuple(dict.fromkeys((*_KINDS, *kinds_of_measures())))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RunMeasures:
    """One run as read from its journal: a row of the frame of runs, and its sources.

    Measures are None where they are undefined; all are undefined in a run that stopped before its end.
    `govsim.analysis.measures` defines them.

    Attributes:
        path: the journal.
        name: the journal, relative to the folder that was read.
        experiment: the experiment.
        scenario: the scenario's name.
        condition: the condition's name.
        society: the society's label.
        model: the language model of the members; `none` if no member has one, `mixed` if they differ.
        models: the language model of each member that has one, by member.
        agent: the agent type or policy of all members; `mixed` if they differ.
        composition: how the members decide, by group where they differ.
        informed: facts that agents are given besides what their member observes, by agent.
        changes: settings that differ from the defaults of the scenario and the condition, by dotted key; in a frame and
            in a cell also those that other runs change.
        named: keys of `changes` that are there because other runs change them.
        prompts: a short hash of the scenario's texts, price and templates.
        prompts_folder: the name of the user's folder of prompts; None for built-in prompts, or if it is unknown.
        seed: the run's seed.
        from_month: the first month that gain, efficiency and equality count.
        status: how it ended, or `running` or `killed`.
        months: completed months, including the month of a collapse.
        invalid: questions of any purpose whose last answer was unreadable; None if it was imported.
        forfeited: harvest decisions that were forfeited for this reason; None if it was imported.
        tokens: tokens of all prompts and replies; None if a provider did not report them, or if it was imported.
        cost: dollars for all calls; None if the price of one is unknown, or if it was imported.
        is_unreadable: whether it failed, or will fail, because of unreadable answers.
        requests: what was sent to its models besides the questions; empty if it is not recorded.
        is_imported: whether its journal was converted from the log of another program, which is incomplete.
        unknown: the number of events in its journal of each kind that no installed package defines.
        values: every measure by name, as in `values["gain"]`; None if undefined. Shares are in 0..1.
        bounds: the bounds of measures by name if forfeits were demands; empty without forfeits.
        served: the models that answered its calls; empty if it was imported.
        trajectory: a short hash of its cell, demands and stocks; runs with the same one are copies of each other.
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
    status: RunStatus
    months: int
    invalid: int | None
    forfeited: int | None
    tokens: int | None
    cost: float | None
    composition: str = ""
    informed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changes: Mapping[str, JsonValue] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    prompts_folder: str | None = None
    is_unreadable: bool = False
    requests: tuple[RequestLine, ...] = ()
    is_imported: bool = False
    unknown: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, MeasureValue | None] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    served: tuple[Served, ...] = ()
    trajectory: str = ""

    def __repr__(self) -> str:
        names = f"{self.scenario}, {self.condition}, {shortened(self.setup, LONGEST_SETUP)}, seed {self.seed}"
        return f"<RunMeasures: {names}, {status_text(self.status)}, {counted(self.months, 'month')}>"

    @property
    def months_planned(self) -> int:
        """The last month without a collapse: the maximum number of months, or the end that was drawn."""
        return last_month(self.experiment.world, self.experiment.seed)

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
        """Whether it is used only by survival analysis, for the months it completed."""
        return not self.is_counted and not self.is_unreadable

    @property
    def reason(self) -> str | None:
        """Why it is excluded from measures, one of `REASONS`; None for a counted run."""
        if self.is_counted:
            return None
        return UNREADABLE if self.is_unreadable else self.status

    @property
    def observed_months(self) -> int:
        """Months until the collapse or the end of observation: its survival time if it has one, else `months`."""
        lifetime = self.values.get(SURVIVAL_TIME)
        return self.months if lifetime is None else int(lifetime)

    @property
    def cell(self) -> str:
        """A hash of everything that determines its result except its seed."""
        return cell_hash(self.experiment, self.scenario, self.society, self.prompts)

    @property
    def unsent(self) -> tuple[str, ...]:
        """Keys of the experiment that were sent to none of its models; empty if this is not recorded for all."""
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
        JournalError: the journal is unreadable or inconsistent; names the file.
        AnalysisError: `from_month` is below 1.
    """
    return measures_of(read_journal(path, kinds=run_kinds()), from_month=from_month)


def measures_of(journal: Journal, *, from_month: int = 1, name: str | None = None) -> RunMeasures:
    """Measure the run of a journal that was read with its events of `run_kinds` at least.

    Args:
        journal: the journal.
        from_month: the first month that gain, efficiency and equality count.
        name: the name of the journal; its path when None.

    Raises:
        JournalError: the journal is inconsistent; names the file.
        AnalysisError: `from_month` is below 1.
    """
    check_first_month(from_month)
    header, calls = journal.header, None if is_imported(journal) else list(journal.of(Call))
    experiment, status, requests = header.experiment, status_of(journal), tuple(journal.of(RequestLine))
    counted = _counted(journal, from_month) if status in FINISHED else None
    values = dict.fromkeys(measure.name for measure in all_measures()) if counted is None else measure_values(counted)
    return RunMeasures(
        path=journal.path,
        name=journal.path.as_posix() if name is None else name,
        experiment=experiment,
        scenario=header.scenario.name,
        condition=experiment.condition,
        society=header.society,
        model=model_of(header),
        models=models_by_member(header),
        agent=_one_of(experiment.agent_of(member) for member in experiment.society.members),
        prompts=prompts_hash(header.scenario),
        seed=experiment.seed,
        from_month=from_month,
        status=status,
        months=_months_completed(journal),
        invalid=None if calls is None else unread(calls),
        forfeited=None if calls is None else sum(len(harvest.invalid) for harvest in journal.of(Harvest)),
        tokens=None if calls is None else total_tokens(calls),
        cost=None if calls is None else total_cost(calls),
        composition=composition(header),
        informed=header.informed,
        changes=changes_of(header),
        prompts_folder=header.wording,
        is_unreadable=is_unreadable(journal),
        requests=requests,
        is_imported=calls is None,
        unknown=journal.unknown,
        values=values,
        bounds={} if counted is None else bounds_of(counted, values),
        served=served_in(calls or (), requests),
        trajectory=_trajectory(journal),
    )


def harvests_of(journal: Journal) -> Harvests:
    """Return all harvests of a journal as arrays, in total over its sites if there are several.

    Raises:
        JournalError: they are inconsistent; names the file and the month.
    """
    return _arrays(list(in_total(checked_harvests(journal))), journal.header.experiment.society.members)


def _arrays(events: Sequence[Harvest], roster: tuple[str, ...]) -> Harvests:
    return Harvests(
        members=roster,
        asked=_table([event.asked for event in events], roster),
        received=_table([event.granted for event in events], roster),
        stock_before=_column(event.stock_before for event in events),
        stock_after_harvest=_column(event.stock_after_harvest for event in events),
        thresholds=_column(event.threshold for event in events),
        member_thresholds=_table([{name: event.threshold_of(name) for name in roster} for event in events], roster),
    )


def toys_among(models: Iterable[str]) -> list[str]:
    """Return the models that are only for demonstration: the embedded one."""
    return sorted({model for model in models if model == EMBEDDED})


def model_of(header: Header) -> str:
    """Return the language model of all members that have one: its name, `none` or `mixed`."""
    return _one_of(models_by_member(header).values())


def is_imported(journal: Journal) -> bool:
    """Return whether a journal was converted from the log of another program; such a journal has no calls."""
    return journal.header.imported is not None


def unread(calls: Iterable[Call]) -> int:
    """Return the number of questions without a readable answer: their last attempt was refused."""
    last: dict[tuple[int, str, str, str, int], Call] = {}
    for call in calls:
        question = (call.month, call.phase, call.member, call.purpose, call.ordinal)
        if question not in last or call.attempt >= last[question].attempt:
            last[question] = call
    return sum(call.refused is not None for call in last.values())


def total_tokens(calls: Iterable[Call]) -> int | None:
    """Return the tokens of all prompts and replies; None if a provider did not report them."""
    return known_sum(call.tokens for call in calls)


def total_cost(calls: Iterable[Call]) -> float | None:
    """Return the dollars for all calls; None if the price of one is unknown."""
    cost = known_sum(call.cost for call in calls)
    return None if cost is None else float(cost)


def in_order(reasons: Iterable[str]) -> Counter[str]:
    """Return the number of excluded runs by reason, in the order of `REASONS`."""
    found = Counter(reasons)
    return Counter({reason: found[reason] for reason in REASONS if found[reason]})


def observed(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of a frame that survival analysis uses: counted and censored ones."""
    return runs[runs["is_counted"] | runs["is_censored"]]


def excluded_by_reason(runs: pd.DataFrame) -> Counter[str]:
    """Return the number of runs of a frame that are excluded from measures, by reason."""
    others = runs[~runs["is_counted"]]
    return in_order(others["status"].astype(str).where(others["is_censored"], UNREADABLE))


def _counted(journal: Journal, from_month: int) -> CountedRun:
    checked, experiment = checked_harvests(journal), journal.header.experiment
    assert journal.status is not None, "only runs that ended are measured"
    roster = experiment.society.members
    at_sites = {site: _arrays(found, roster) for site, found in by_site(checked).items()}
    check_end(journal, journal.status, {site: one.stock_after_harvest.tolist() for site, one in at_sites.items()})
    run = CountedRun(
        experiment=experiment,
        harvests=at_sites[None] if None in at_sites else _arrays(list(in_total(checked)), roster),
        from_month=from_month,
        is_imported=is_imported(journal),
        events=journal.events,
    )
    sites = (replace(run, experiment=experiment.at(site), harvests=at_sites[site]) for site in experiment.sites)
    return replace(run, sites=tuple(sites))


def _trajectory(journal: Journal) -> str:
    header = journal.header
    cell = cell_hash(header.experiment, header.scenario.name, header.society, prompts_hash(header.scenario))
    months = [
        [
            *([] if one.site is None else [one.site]),
            *(one.month, one.asked, sorted(one.invalid), one.stock_before, one.stock_after_harvest),
        ]
        for one in journal.of(Harvest)
    ]
    return sha256(json.dumps([cell, months], sort_keys=True).encode(errors="replace")).hexdigest()[:8]


def _months_completed(journal: Journal) -> int:
    if journal.end is not None:
        return journal.end.months
    return max(0, len({one.month for one in journal.of(Month)}) - 1)


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
