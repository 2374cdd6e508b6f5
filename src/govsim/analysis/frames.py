"""The frames of runs, members, months and decisions: their columns, and the rows of a run in each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import numpy as np

from govsim.analysis.columns import (
    ColumnType,
    Dollars,
    FrameColumn,
    Layout,
    Months,
    Questions,
    RowValues,
    Share,
    Tokens,
    Units,
    row_of,
    typed_frame,
)
from govsim.analysis.measures import Harvests, Measure, MeasureKind, MeasureValue, all_measures
from govsim.analysis.measures.catch import gains
from govsim.analysis.measures.usage import over_usage, over_usage_granted
from govsim.analysis.naming import named_alike
from govsim.analysis.runs import RunMeasures, total_cost, total_tokens, unread
from govsim.analysis.settings import all_settings, asked_hash
from govsim.config.section import nearest
from govsim.errors import AnalysisError
from govsim.journal import Agreement, Call, Charges, GrowthLine, Harvest, Journal, Month, in_total, with_growth
from govsim.lazy import pandas as pd

GROUPINGS = ("condition", "model", "scenario", "society", "agent")
"""Columns of runs whose values name groups of runs."""


class RunKeys(NamedTuple):
    """One run: the first columns of every frame of runs, identical in all rows of one run."""

    path: str
    """The run's journal, relative to the folder that was read."""
    scenario: str
    """The scenario's name."""
    condition: str
    """The condition's name."""
    society: str
    """The society's label."""
    seed: int
    """The run's seed."""
    status: str
    """How the run ended, or `running` or `killed`."""
    is_counted: bool
    """Whether the run completed or collapsed, so that it has measures."""
    is_censored: bool
    """Whether survival analysis uses the run for the months it completed. A run that is neither counted nor censored
    failed because of unreadable answers and is excluded from all statistics."""


class RunSetup(NamedTuple):
    """The setup and duration of a run: the columns before the measures."""

    model: str
    """The one language model of the members; `none` without one, `mixed` with several."""
    agent: str
    """How all members decide; `mixed` where they differ."""
    setup: str
    """How the members decide, and the settings that differ from the defaults, such as `policy:random, growth 1.5`."""
    composition: str
    """How the members decide, by group where they differ."""
    changes: str
    """Settings that differ from the defaults of the scenario and the condition, in this run or in others of the frame:
    a JSON object by dotted key."""
    prompts: str
    """A short hash of the scenario's texts, price and templates."""
    prompts_folder: str | None
    """The name of the user's folder of prompts. Missing for built-in prompts, and in journals of older versions."""
    cell: str
    """A short hash of everything that determines a result except the seed; identical for all runs of a table row."""
    months_planned: Months
    """The maximum number of months."""
    months: Months
    """Completed months, including the month of a collapse."""
    has_collapsed: bool
    """Whether the run ended in a collapse: the event of survival analysis."""
    observed_months: Months
    """Months until the collapse or the end of observation: `survival_time` if it exists, else `months`."""


class RunRow(NamedTuple):
    """One run."""

    from_month: int
    """The first month that gain, efficiency and equality count."""
    invalid: Questions | None
    """Questions whose last answer was unreadable. Missing in an imported run."""
    forfeited: Annotated[int, "decisions"] | None
    """Harvest decisions that were forfeited for this reason. Missing in an imported run."""
    tokens: Tokens | None
    """Tokens of all prompts and replies. Missing if a provider did not report them, and in an imported run."""
    cost: Dollars | None
    """Cost of all calls. Missing if the price of a call is unknown, and in an imported run."""
    prices: str | None
    """The source of prices, such as `set` or a price list. Missing if unknown."""
    served: str | None
    """The models that answered, as named by their providers. Missing if none is named."""
    not_sent: str | None
    """Settings that were not sent as set, by model. Missing if all were sent or this is not recorded."""
    requests: str
    """A short hash of everything that determines the requests to models."""
    is_imported: bool
    """Whether the journal was converted from the log of another program."""
    trajectory: str
    """A short hash of its cell, demands and stocks; runs with the same one are copies of each other."""


class MemberRow(NamedTuple):
    """One member of one run, including members that never joined."""

    member: str
    """The member's name."""
    agent: str
    """How it decides."""
    model: str | None
    """Its language model. Missing for a policy."""
    group: str | None
    """The group that it belongs to. Missing if it has none."""
    joins: int | None
    """The first month in which it was present, 1 for the first month of the run. Missing if it never was."""
    months_present: Months
    """Months in which it harvested, including forfeited ones."""
    forfeited: Months | None
    """Of these, months with an unreadable decision. Missing in an imported run."""
    gain: Annotated[float, "units"] | None
    """What it received in total, from `from_month` on. Missing if it was always absent, and in a run that is not
    counted."""
    over_usage: Share | None
    """The share of its valid decisions above the member's threshold. Missing without a valid decision, and in a run
    that is not counted."""
    over_usage_granted: Share | None
    """The same for the units granted."""


class MonthRow(NamedTuple):
    """One month with a harvest in one run, including runs that are not counted; in total over several sites."""

    month: int
    """The month, 1 for the first."""
    members: Annotated[int, "members"]
    """The number of members present."""
    stock_before: Units
    """The stock at the start of the month."""
    threshold: Units
    """The maximum sustainable harvest of the group."""
    member_threshold: Units
    """The same for each member present, rounded down."""
    asked: Units
    """The total of the units asked for; forfeited decisions ask for nothing."""
    received: Units
    """The total of the units granted: the catch."""
    stock_after_harvest: Units
    """The stock after the harvest; it determines whether the stock collapses."""
    returned: Units
    """Units of the catch that institutions returned to the stock before it grew."""
    stock_after_growth: Units
    """The stock at the start of the next month."""
    is_collapsed: bool
    """Whether the stock after the harvest is below the collapse level."""
    forfeited: Annotated[int, "decisions"] | None
    """Unreadable harvest decisions. Missing in an imported run."""
    limit: Units | None
    """The limit for each member that the discussion after the harvest agreed on. Missing without an agreement; limits
    agreed on at single sites are in the frame of sites."""
    invalid: Questions | None
    """Questions of any purpose whose last answer was unreadable. Missing in an imported run."""
    tokens: Tokens | None
    """Tokens of the month's prompts and replies. Missing if one is unknown, and in an imported run."""
    cost: Dollars | None
    """Cost of the month's calls. Missing if the price of one is unknown, and in an imported run."""


class DecisionRow(NamedTuple):
    """One harvest decision of a member present in a month, including runs that are not counted."""

    month: int
    """The month, 1 for the first."""
    member: str
    """The member's name."""
    group: str | None
    """The group that it belongs to. Missing if it has none."""
    asked: Units | None
    """The units it asked for. Missing if the decision was forfeited."""
    received: Units
    """The units it was granted: its catch."""
    member_threshold: Units
    """The maximum sustainable harvest of each member in that month."""
    is_forfeited: bool | None
    """Whether its decision was unreadable, so that it took nothing. Missing in an imported run."""
    is_over_usage: bool | None
    """Whether it asked for more than the threshold. Missing if forfeited."""
    is_over_usage_granted: bool | None
    """Whether it was granted more than the threshold. Missing if forfeited."""
    site: str | None
    """The site at which it was. Missing without several sites."""


class SiteRow(NamedTuple):
    """One month with a harvest at one site of a run with several, including runs that are not counted."""

    site: str
    """The site."""
    month: int
    """The month, 1 for the first."""
    members: Annotated[int, "members"]
    """The number of members at the site."""
    joined: Annotated[int, "members"]
    """Of these, members who were not there in the previous month; 0 in month 1."""
    left: Annotated[int, "members"]
    """The number of members who were there in the previous month and are not any more."""
    stock_before: Units
    """The stock at the start of the month."""
    threshold: Units
    """The maximum sustainable harvest of the members at the site."""
    asked: Units
    """The total of the units asked for; forfeited decisions ask for nothing."""
    received: Units
    """The total of the units granted: the catch."""
    stock_after_harvest: Units
    """The stock after the harvest; it determines whether the stock collapses."""
    returned: Units
    """Units of the catch that institutions returned to the stock before it grew."""
    stock_after_growth: Units
    """The stock at the start of the next month."""
    is_collapsed: bool
    """Whether the stock after the harvest is below the collapse level; nothing is harvested afterwards."""
    limit: Units | None
    """The limit for each member that the discussion at the site agreed on. Missing without an agreement."""


MEMBERS = Layout("members", (RunKeys, MemberRow))
"""The frame of members."""

MONTHS = Layout("months", (RunKeys, MonthRow))
"""The frame of months."""

DECISIONS = Layout("decisions", (RunKeys, DecisionRow))
"""The frame of decisions."""

SITES = Layout("sites", (RunKeys, SiteRow))
"""The frame of sites."""

_TYPES: Mapping[MeasureKind, ColumnType] = {
    "rate": "boolean",
    "lifetime": "Int64",
    "share": "float64",
    "amount": "float64",
}
_UNITS: Mapping[MeasureKind, str] = {"rate": "", "share": "share"}
_MEANINGS_OF_BOUNDS = {
    "low": "Smallest value of `{}` if forfeits were 0, a fair share or the last catch. Missing without forfeits.",
    "high": "Largest value of `{}` in these cases. Missing without forfeits.",
}


def layouts() -> tuple[Layout, ...]:
    """Return the frames of measured runs, from coarse to fine."""
    return (runs_layout(), MEMBERS, MONTHS, SITES, DECISIONS)


def runs_layout() -> Layout:
    """Return the layout of the frame of runs, with a column for each measure, including those of plug-ins."""
    measures = all_measures()
    measured = tuple(_column(one, one.column, one.meaning) for one in measures)
    bounds = tuple(
        _column(one, f"{one.column}_{end}", meaning.format(one.column))
        for one in measures
        for end, meaning in _MEANINGS_OF_BOUNDS.items()
    )
    return Layout("runs", (RunKeys, RunSetup, measured, bounds, RunRow))


def _column(measure: Measure, name: str, meaning: str) -> FrameColumn:
    return FrameColumn(
        name=name, kind=_TYPES[measure.kind], unit=_UNITS.get(measure.kind, measure.unit), meaning=meaning
    )


def runs_frame(runs: Iterable[RunMeasures], *, settings: Sequence[str] = ()) -> pd.DataFrame:
    """Return measured runs as the frame of runs, with the same settings in their setups (`named_alike`).

    Args:
        runs: the runs.
        settings: keys of the experiment, such as `world.growth`, that become additional text columns; missing for
            runs without the key.

    Raises:
        AnalysisError: no run has one of the settings.
    """
    measured = named_alike(runs)
    frame = typed_frame(runs_layout(), map(_run_row, measured))
    for key in settings:
        values = [all_settings(run.experiment).get(key) for run in measured]
        if all(value is None for value in values):
            known = sorted({name for run in measured for name in all_settings(run.experiment)})
            hint = nearest(str(key), [*GROUPINGS, *known])
            raise AnalysisError(
                f"by = {key}: no run has this setting{hint}; choose {', '.join(GROUPINGS)}, or a key such as "
                "world.growth"
            )
        frame[key] = pd.Series([None if value is None else str(value) for value in values], dtype="string")
    return frame


def keys_of(run: RunMeasures) -> RunKeys:
    """Return the first values of the rows of a run."""
    return row_of(RunKeys, run, path=run.name)


def _run_row(run: RunMeasures) -> RowValues:
    notes = dict.fromkeys(one.note for one in run.requests if one.note)
    rest = row_of(
        RunRow,
        run,
        prices=_listed(request.price for request in run.requests),
        served=_listed(request.served for request in run.requests),
        not_sent="; ".join(notes) or None,
        requests=asked_hash(run.experiment, run.prompts, run.unsent),
    )
    setup = row_of(
        RunSetup,
        run,
        changes=json.dumps(run.changes, sort_keys=True),
        has_collapsed=run.status == "collapsed",
    )
    values = (run.values.get(one.name) for one in all_measures())
    return (*keys_of(run), *setup, *values, *_bounds_in(run), *rest)


def _bounds_in(run: RunMeasures) -> Iterator[MeasureValue | None]:
    for one in all_measures():
        bounds = run.bounds.get(one.name)
        yield from (None, None) if bounds is None else (bounds.low, bounds.high)


def _listed(names: Iterable[str | None]) -> str | None:
    return ", ".join(sorted({name for name in names if name is not None})) or None


def members_in(run: RunMeasures, harvests: Harvests) -> Iterator[MemberRow]:
    """Return the rows of members of a run, including members that never joined."""
    thresholds = harvests.member_thresholds
    for index, name in enumerate(harvests.members):
        asked, received = harvests.asked[:, [index]], harvests.received[:, [index]]
        is_present = ~np.isnan(received)
        is_forfeited = is_present & np.isnan(asked)
        yield MemberRow(
            member=name,
            agent=run.experiment.agent_of(name),
            model=run.models.get(name),
            group=run.experiment.member(name).group,
            joins=int(is_present.argmax()) + 1 if is_present.any() else None,
            months_present=int(is_present.sum()),
            forfeited=None if run.is_imported else int(is_forfeited.sum()),
            gain=float(gains(received, run.from_month)[0]) if run.is_counted else None,
            over_usage=over_usage(asked, thresholds[:, [index]]) if run.is_counted else None,
            over_usage_granted=over_usage_granted(asked, received, thresholds[:, [index]]) if run.is_counted else None,
        )


def months_in(run: RunMeasures, journal: Journal) -> Iterator[MonthRow]:
    """Return the rows of months of a run that have a harvest."""
    by_month: dict[int, list[Call]] = {}
    for call in journal.of(Call):
        by_month.setdefault(call.month, []).append(call)
    limits = {one.month: one.limit for one in journal.of(Agreement) if one.site is None}
    returned = _returned(journal)
    for harvest in in_total(with_growth(journal.of(Harvest), journal.of(GrowthLine))):
        calls = by_month.get(harvest.month, [])
        yield row_of(
            MonthRow,
            harvest,
            members=len(harvest.granted),
            asked=sum(harvest.asked.values()),
            received=sum(harvest.granted.values()),
            returned=sum(units for (month, _), units in returned.items() if month == harvest.month),
            forfeited=None if run.is_imported else len(harvest.invalid),
            limit=limits.get(harvest.month),
            invalid=None if run.is_imported else unread(calls),
            tokens=None if run.is_imported else total_tokens(calls),
            cost=None if run.is_imported else total_cost(calls),
        )


def _returned(journal: Journal) -> Counter[tuple[int, str | None]]:
    """Units that institutions returned to the stock, by month and site."""
    found: Counter[tuple[int, str | None]] = Counter()
    for line in journal.of(Charges):
        found[line.month, line.site] += sum(one.returned for one in line.charges)
    return found


def decisions_in(run: RunMeasures, journal: Journal) -> Iterator[DecisionRow]:
    """Return the rows of decisions of a run, month by month."""
    for harvest in journal.of(Harvest):
        for member, granted in harvest.granted.items():
            asked = harvest.asked.get(member)
            yield DecisionRow(
                month=harvest.month,
                member=member,
                group=run.experiment.member(member).group,
                asked=asked,
                received=granted,
                member_threshold=harvest.threshold_of(member),
                is_forfeited=None if run.is_imported else asked is None,
                is_over_usage=None if asked is None else asked > harvest.threshold_of(member),
                is_over_usage_granted=None if asked is None else granted > harvest.threshold_of(member),
                site=harvest.site,
            )


def sites_in(journal: Journal) -> Iterator[SiteRow]:
    """Return the rows of sites of a run, month by month; none without several sites."""
    limits = {(one.month, one.site): one.limit for one in journal.of(Agreement)}
    months = {(one.month, one.site): one for one in journal.of(Month)}
    returned = _returned(journal)
    for harvest in with_growth(journal.of(Harvest), journal.of(GrowthLine)):
        if harvest.site is not None:
            place = (harvest.month, harvest.site)
            yield row_of(
                SiteRow,
                harvest,
                members=len(harvest.granted),
                joined=len(months[place].joined),
                left=len(months[place].left),
                asked=sum(harvest.asked.values()),
                received=sum(harvest.granted.values()),
                returned=returned[place],
                limit=limits.get(place),
            )
