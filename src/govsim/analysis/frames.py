"""The frames of runs, members, months and decisions: what their columns mean, and the rows of a run in each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import numpy as np

from govsim.analysis.columns import (
    Column,
    Dollars,
    Kind,
    Layout,
    Months,
    Questions,
    Row,
    Share,
    Tokens,
    Units,
    row_of,
    typed_frame,
)
from govsim.analysis.measures import Harvests, all_measures, gains, over_usage, over_usage_granted
from govsim.analysis.measures import Kind as MeasureKind
from govsim.analysis.runs import RunMeasures, total_cost, total_tokens, unread
from govsim.analysis.settings import all_settings, asked_hash
from govsim.errors import AnalysisError
from govsim.journal import Agreement, Call, Harvest, Journal
from govsim.lazy import pandas as pd


class RunKeys(NamedTuple):
    """One run: the columns that every frame of runs begins with, alike in all rows of one run."""

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
    """How the run ended, or that it is `running` or was `killed`."""
    is_counted: bool
    """Whether the run completed or collapsed, so that it has measures."""
    is_censored: bool
    """Whether survival analysis uses the run for the months it completed. A run that is neither counted nor censored
    failed because its answers could not be read, and enters no statistic."""


class RunSetup(NamedTuple):
    """What decides a run, and how long it lived: columns before the measures."""

    model: str
    """The one language model of the members; `none` without one, `mixed` with several."""
    agent: str
    """How all members decide; `mixed` where they differ."""
    setup: str
    """How the members decide, and the settings that differ from the defaults, such as `policy:random, growth 1.5`."""
    composition: str
    """How the members decide, by group where they differ."""
    changes: str
    """Settings that differ from the defaults of the scenario and the condition: a JSON object by dotted key."""
    prompts: str
    """A short hash of the scenario's words, price and templates."""
    wording: str | None
    """The name of the user's folder that these came from. Missing where they came with govsim, and in journals of older
    versions."""
    cell: str
    """A short hash of everything that decides a result but the seed: runs of one row of the table share it."""
    months_planned: Months
    """How long the society was to be watched."""
    months: Months
    """Months that were completed, the month of a collapse included."""
    has_collapsed: bool
    """Whether the run ended in a collapse: the event of survival analysis."""
    observed_months: Months
    """How long the run was seen alive or until it collapsed: `survival_time` where it has one, else `months`."""


class RunRow(NamedTuple):
    """One run."""

    from_month: int
    """The first month that gain, efficiency and equality count."""
    invalid: Questions | None
    """Questions whose last answer could not be read. Missing in an imported run."""
    forfeited: Annotated[int, "decisions"] | None
    """Harvest decisions that were lost in this way. Missing in an imported run."""
    tokens: Tokens | None
    """Of all prompts and replies. Missing where a provider did not tell. Missing also in an imported run."""
    cost: Dollars | None
    """Of all calls. Missing where the price of one is unknown. Missing also in an imported run."""
    prices: str | None
    """Where the cost comes from, as in `set` or a price list. Missing where unknown."""
    served: str | None
    """The models that answered, as their providers name them. Missing where none is named."""
    not_sent: str | None
    """Settings that were not sent as they are set, by model. Missing where all were, or where that is not recorded."""
    requests: str
    """A short hash of everything that models were asked, without settings that were sent to none of them."""
    is_imported: bool
    """Whether the journal was made from the log of another program."""


class MemberRow(NamedTuple):
    """One member of one run, whether it ever arrived or not."""

    member: str
    """The member's name."""
    agent: str
    """How it decides."""
    model: str | None
    """Its language model. Missing for a policy."""
    joins: int
    """The month in which it arrives, 1 for the first."""
    months_present: Months
    """Months in which it harvested, forfeited ones included."""
    forfeited: Months | None
    """Of these, months in which its decision could not be read. Missing in an imported run."""
    gain: Annotated[float, "units"] | None
    """What it received in all, from `from_month` on. Missing where it was absent throughout, and in a run that is not
    counted."""
    over_usage: Share | None
    """Share of its valid decisions that ask for more than the member's threshold. Missing without one, and in a run
    that is not counted."""
    over_usage_granted: Share | None
    """The same by what was granted."""


class MonthRow(NamedTuple):
    """One month of one run in which there was a harvest, runs that are not counted included."""

    month: int
    """The month, 1 for the first."""
    members: Annotated[int, "members"]
    """Members present."""
    stock_before: Units
    """What the members found."""
    threshold: Units
    """The most the group could take without the stock falling."""
    member_threshold: Units
    """The same for each member present, rounded down."""
    asked: Units
    """What was asked for in all; forfeited decisions ask for nothing."""
    received: Units
    """What was granted in all: the catch."""
    stock_after_harvest: Units
    """What was left; the collapse is judged by this."""
    stock_after_growth: Units
    """What the next month starts with."""
    is_collapsed: bool
    """Whether fewer units than the collapse level were left."""
    forfeited: Annotated[int, "decisions"] | None
    """Harvest decisions that could not be read. Missing in an imported run."""
    limit: Units | None
    """What the talk after the harvest agreed on for each member. Missing without any."""
    invalid: Questions | None
    """Questions of any purpose whose last answer could not be read. Missing in an imported run."""
    tokens: Tokens | None
    """Of the month's prompts and replies. Missing where one is unknown. Missing also in an imported run."""
    cost: Dollars | None
    """Of the month's calls. Missing where the price of one is unknown. Missing also in an imported run."""


class DecisionRow(NamedTuple):
    """One harvest decision: a member that was present in a month, runs that are not counted included."""

    month: int
    """The month, 1 for the first."""
    member: str
    """The member's name."""
    asked: Units | None
    """What it asked for. Missing where the decision was forfeited."""
    received: Units
    """What it was granted: its catch."""
    member_threshold: Units
    """The most each member could take sustainably that month."""
    is_forfeited: bool | None
    """Whether its decision could not be read, so that it took nothing. Missing in an imported run."""
    is_over_usage: bool | None
    """Whether it asked for more than the threshold. Missing where forfeited."""
    is_over_usage_granted: bool | None
    """Whether it was granted more. Missing where forfeited."""


MEMBERS = Layout("members", (RunKeys, MemberRow))
"""The frame of members."""

MONTHS = Layout("months", (RunKeys, MonthRow))
"""The frame of months."""

DECISIONS = Layout("decisions", (RunKeys, DecisionRow))
"""The frame of decisions."""

_TYPES: Mapping[MeasureKind, Kind] = {"rate": "boolean", "lifetime": "Int64", "share": "float64", "amount": "float64"}
_UNITS: Mapping[MeasureKind, str] = {"rate": "", "share": "share"}


def layouts() -> tuple[Layout, ...]:
    """The frames that runs are measured for, from coarse to fine."""
    return (runs_layout(), MEMBERS, MONTHS, DECISIONS)


def runs_layout() -> Layout:
    """The frame of runs, with a column for each measure, those of plug-ins included."""
    measured = tuple(
        Column(name=one.column, kind=_TYPES[one.kind], unit=_UNITS.get(one.kind, one.unit), meaning=one.meaning)
        for one in all_measures()
    )
    return Layout("runs", (RunKeys, RunSetup, measured, RunRow))


def runs_frame(runs: Iterable[RunMeasures], *, settings: Sequence[str] = ()) -> pd.DataFrame:
    """Measured runs as the frame of runs.

    Args:
        runs: the runs.
        settings: keys of the experiment, as in `world.growth`, that become further columns of text; missing where a
            run has none.

    Raises:
        AnalysisError: no run has one of the settings.
    """
    measured = list(runs)
    frame = typed_frame(runs_layout(), map(_run_row, measured))
    for key in settings:
        values = [all_settings(run.experiment).get(key) for run in measured]
        if all(value is None for value in values):
            raise AnalysisError(f"{key}: is no column of the frame of runs, and no run has such a setting")
        frame[key] = pd.Series([None if value is None else str(value) for value in values], dtype="string")
    return frame


def keys_of(run: RunMeasures) -> RunKeys:
    """What the rows of a run begin with."""
    return row_of(RunKeys, run, path=run.name)


def _run_row(run: RunMeasures) -> Row:
    planned, notes = run.experiment.world.months, dict.fromkeys(one.note for one in run.requests if one.note)
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
        months_planned=planned,
        has_collapsed=run.status == "collapsed",
    )
    return (*keys_of(run), *setup, *(run.values.get(one.name) for one in all_measures()), *rest)


def _listed(names: Iterable[str | None]) -> str | None:
    return ", ".join(sorted({name for name in names if name is not None})) or None


def members_in(run: RunMeasures, harvests: Harvests) -> Iterator[MemberRow]:
    """The members of a run, those who never arrived included."""
    thresholds = harvests.member_thresholds
    for place, name in enumerate(harvests.members):
        asked, received = harvests.asked[:, [place]], harvests.received[:, [place]]
        is_present = ~np.isnan(received)
        is_forfeited = is_present & np.isnan(asked)
        yield MemberRow(
            member=name,
            agent=run.experiment.agent_of(name),
            model=run.models.get(name),
            joins=run.experiment.member(name).joins,
            months_present=int(is_present.sum()),
            forfeited=None if run.is_imported else int(is_forfeited.sum()),
            gain=float(gains(received, run.from_month)[0]) if run.is_counted else None,
            over_usage=over_usage(asked, thresholds) if run.is_counted else None,
            over_usage_granted=over_usage_granted(asked, received, thresholds) if run.is_counted else None,
        )


def months_in(run: RunMeasures, journal: Journal) -> Iterator[MonthRow]:
    """The months of a run that have a harvest."""
    by_month: dict[int, list[Call]] = {}
    for call in journal.of(Call):
        by_month.setdefault(call.month, []).append(call)
    limits = {one.month: one.limit for one in journal.of(Agreement)}
    for harvest in journal.of(Harvest):
        calls = by_month.get(harvest.month, [])
        yield row_of(
            MonthRow,
            harvest,
            members=len(harvest.granted),
            asked=sum(harvest.asked.values()),
            received=sum(harvest.granted.values()),
            forfeited=None if run.is_imported else len(harvest.invalid),
            limit=limits.get(harvest.month),
            invalid=None if run.is_imported else unread(calls),
            tokens=None if run.is_imported else total_tokens(calls),
            cost=None if run.is_imported else total_cost(calls),
        )


def decisions_in(run: RunMeasures, journal: Journal) -> Iterator[DecisionRow]:
    """The decisions of a run, month by month."""
    for harvest in journal.of(Harvest):
        for member, granted in harvest.granted.items():
            asked = harvest.asked.get(member)
            yield DecisionRow(
                month=harvest.month,
                member=member,
                asked=asked,
                received=granted,
                member_threshold=harvest.member_threshold,
                is_forfeited=None if run.is_imported else asked is None,
                is_over_usage=None if asked is None else asked > harvest.member_threshold,
                is_over_usage_granted=None if asked is None else granted > harvest.member_threshold,
            )
