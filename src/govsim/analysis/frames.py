"""The frames of runs, members, months and decisions: what their columns mean, and their values in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from govsim.analysis.columns import Column, Kind, Layout, typed_frame
from govsim.analysis.measures import Floats, Harvests, Value, all_measures, gains, over_usage, over_usage_granted
from govsim.analysis.measures import Kind as MeasureKind
from govsim.analysis.runs import RunMeasures, total_cost, total_tokens, unread
from govsim.analysis.settings import all_settings, asked_hash
from govsim.errors import AnalysisError
from govsim.journal import Agreement, Call, Harvest, Journal
from govsim.lazy import pandas as pd

KEYS: tuple[Column[RunMeasures], ...] = (
    Column("path", "string", "The run's journal, relative to the folder that was read.", "name"),
    Column("scenario", "string", "The scenario's name."),
    Column("condition", "string", "The condition's name."),
    Column("society", "string", "The society's label."),
    Column("seed", "int64", "The run's seed."),
    Column("status", "string", "How the run ended, or that it is `running` or was `killed`."),
    Column("is_counted", "bool", "Whether the run completed or collapsed, so that it has measures."),
    Column(
        "is_censored",
        "bool",
        "Whether survival analysis uses the run for the months it completed. A run that is neither counted nor "
        "censored failed because its answers could not be read, and enters no statistic.",
    ),
)
"""The columns that every frame begins with. `path` names a run; all of them are alike in all rows of one run."""

_UNTOLD = " Missing in an imported run."
_ALSO = " Missing also in an imported run."

_BEFORE_MEASURES: tuple[Column[RunMeasures], ...] = (
    Column("model", "string", "The one language model of the members; `none` without one, `mixed` with several."),
    Column("agent", "string", "How all members decide; `mixed` where they differ."),
    Column("prompts", "string", "A short hash of the scenario's words, price and templates."),
    Column(
        "wording",
        "string",
        "The name of the user's folder that these came from. Missing where they came with govsim, and in journals "
        "of older versions.",
    ),
    Column(
        "cell",
        "string",
        "A short hash of everything that decides a result but the seed: runs of one row of the table share it.",
    ),
    Column("months_planned", "int64", "How long the society was to be watched.", "experiment.world.months", "months"),
    Column("months", "int64", "Months that were completed, the month of a collapse included.", unit="months"),
    Column(
        "has_collapsed",
        "bool",
        "Whether the run ended in a collapse: the event of survival analysis.",
        lambda run: run.status == "collapsed",
    ),
    Column(
        "observed_months",
        "int64",
        "How long the run was seen alive or until it collapsed: `survival_time` where it has one, else `months`.",
        unit="months",
    ),
)

_AFTER_MEASURES: tuple[Column[RunMeasures], ...] = (
    Column("from_month", "int64", "The first month that gain, efficiency and equality count."),
    Column("invalid", "Int64", "Questions whose last answer could not be read." + _UNTOLD, unit="questions"),
    Column("forfeited", "Int64", "Harvest decisions that were lost in this way." + _UNTOLD, unit="decisions"),
    Column(
        "tokens", "Int64", "Of all prompts and replies. Missing where a provider did not tell." + _ALSO, unit="tokens"
    ),
    Column("cost", "float64", "Of all calls. Missing where the price of one is unknown." + _ALSO, unit="dollars"),
    Column(
        "prices",
        "string",
        "Where the cost comes from, as in `set` or a price list. Missing where unknown.",
        lambda run: _listed(request.price for request in run.requests),
    ),
    Column(
        "served",
        "string",
        "The models that answered, as their providers name them. Missing where none is named.",
        lambda run: _listed(request.served for request in run.requests),
    ),
    Column(
        "not_sent",
        "string",
        "Settings that were not sent as they are set, by model. Missing where all were, or where that is not recorded.",
        lambda run: "; ".join(dict.fromkeys(request.note for request in run.requests if request.note)) or None,
    ),
    Column(
        "requests",
        "string",
        "A short hash of everything that models were asked, without settings that were sent to none of them.",
        lambda run: asked_hash(run.experiment, run.prompts, run.unsent),
    ),
    Column("is_imported", "bool", "Whether the journal was made from the log of another program."),
)


def _listed(names: Iterable[str | None]) -> str | None:
    return ", ".join(sorted({name for name in names if name is not None})) or None


def _value_of_measure(name: str) -> Callable[[RunMeasures], Value | None]:
    return lambda run: run.values.get(name)


_TYPES: Mapping[MeasureKind, Kind] = {"rate": "boolean", "lifetime": "Int64", "share": "float64", "amount": "float64"}
_UNITS: Mapping[MeasureKind, str] = {"rate": "", "share": "share"}


def runs_layout() -> Layout[RunMeasures]:
    """The frame of runs, with a column for each measure, those of plug-ins included."""
    measured = (
        Column(one.column, _TYPES[one.kind], one.meaning, _value_of_measure(one.name), _UNITS.get(one.kind, one.unit))
        for one in all_measures()
    )
    return Layout(name="runs", row="one run", keys=KEYS, own=(*_BEFORE_MEASURES, *measured, *_AFTER_MEASURES))


def runs_frame(runs: Iterable[RunMeasures], *, settings: Sequence[str] = ()) -> pd.DataFrame:
    """Measured runs as the frame of runs.

    Args:
        runs: the runs.
        settings: keys of the experiment, as in `world.growth`, that become further columns of text; missing where a
            run has none.

    Raises:
        AnalysisError: no run has one of the settings.
    """
    measured, layout = list(runs), runs_layout()
    frame = typed_frame(layout, [row for run in measured for row in layout.rows([run], run)])
    for key in settings:
        values = [all_settings(run.experiment).get(key) for run in measured]
        if all(value is None for value in values):
            raise AnalysisError(f"{key}: is no column of the frame of runs, and no run has such a setting")
        frame[key] = pd.Series([None if value is None else str(value) for value in values], dtype="string")
    return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOfRun:
    """A row of the frame of members.

    Attributes:
        run: the run.
        name: the member.
        asked: what it asked for, shape (months, 1); NaN where it was absent or forfeited.
        received: what it was granted, shape (months, 1); NaN where it was absent.
        thresholds: the most each member could take sustainably, shape (months,).
    """

    run: RunMeasures
    name: str
    asked: Floats
    received: Floats
    thresholds: Floats

    @property
    def is_present(self) -> Any:
        """Whether it was present, by month."""
        return ~np.isnan(self.received)

    def if_counted(self, value: Callable[[], float]) -> float | None:
        """A value that only counted runs have."""
        return value() if self.run.is_counted else None


MEMBERS: Layout[MemberOfRun] = Layout(
    name="members",
    row="one member of one run, whether it ever arrived or not",
    keys=KEYS,
    own=(
        Column("member", "string", "The member's name.", "name"),
        Column("agent", "string", "How it decides.", lambda row: row.run.experiment.agent_of(row.name)),
        Column(
            "model", "string", "Its language model. Missing for a policy.", lambda row: row.run.models.get(row.name)
        ),
        Column(
            "joins",
            "int64",
            "The month in which it arrives, 1 for the first.",
            lambda row: row.run.experiment.member(row.name).joins,
        ),
        Column(
            "months_present",
            "int64",
            "Months in which it harvested, forfeited ones included.",
            lambda row: int(row.is_present.sum()),
            "months",
        ),
        Column(
            "forfeited",
            "Int64",
            "Of these, months in which its decision could not be read." + _UNTOLD,
            lambda row: None if row.run.is_imported else int((row.is_present & np.isnan(row.asked)).sum()),
            "months",
        ),
        Column(
            "gain",
            "float64",
            "What it received in all, from `from_month` on. Missing where it was absent throughout, and in a run "
            "that is not counted.",
            lambda row: row.if_counted(lambda: gains(row.received, row.run.from_month)[0]),
            "units",
        ),
        Column(
            "over_usage",
            "float64",
            "Share of its valid decisions that ask for more than the member's threshold. Missing without one, and in a "
            "run that is not counted.",
            lambda row: row.if_counted(lambda: over_usage(row.asked, row.thresholds)),
            "share",
        ),
        Column(
            "over_usage_granted",
            "float64",
            "The same by what was granted.",
            lambda row: row.if_counted(lambda: over_usage_granted(row.asked, row.received, row.thresholds)),
            "share",
        ),
    ),
)
"""The frame of members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfRun:
    """A row of the frame of months: a harvest, the calls of its month, and the limit that its talk agreed on."""

    run: RunMeasures
    harvest: Harvest
    calls: Sequence[Call] = ()
    limit: int | None = None

    def if_told(self, value: Callable[[], float | None]) -> float | None:
        """A value that imported runs do not tell."""
        return None if self.run.is_imported else value()


MONTHS: Layout[MonthOfRun] = Layout(
    name="months",
    row="one month of one run in which there was a harvest, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", "The month, 1 for the first.", "harvest.month"),
        Column("members", "int64", "Members present.", lambda row: len(row.harvest.granted), "members"),
        Column("stock_before", "int64", "What the members found.", "harvest.stock_before", "units"),
        Column(
            "threshold",
            "int64",
            "The most the group could take without the stock falling.",
            "harvest.threshold",
            "units",
        ),
        Column(
            "member_threshold",
            "int64",
            "The same for each member present, rounded down.",
            "harvest.member_threshold",
            "units",
        ),
        Column(
            "asked",
            "int64",
            "What was asked for in all; forfeited decisions ask for nothing.",
            lambda row: sum(row.harvest.asked.values()),
            "units",
        ),
        Column(
            "received",
            "int64",
            "What was granted in all: the catch.",
            lambda row: sum(row.harvest.granted.values()),
            "units",
        ),
        Column(
            "stock_after_harvest",
            "int64",
            "What was left; the collapse is judged by this.",
            "harvest.stock_after_harvest",
            "units",
        ),
        Column(
            "stock_after_growth", "int64", "What the next month starts with.", "harvest.stock_after_growth", "units"
        ),
        Column(
            "is_collapsed", "bool", "Whether fewer units than the collapse level were left.", "harvest.is_collapsed"
        ),
        Column(
            "forfeited",
            "Int64",
            "Harvest decisions that could not be read." + _UNTOLD,
            lambda row: row.if_told(lambda: len(row.harvest.invalid)),
            "decisions",
        ),
        Column(
            "limit",
            "Int64",
            "What the talk after the harvest agreed on for each member. Missing without any.",
            unit="units",
        ),
        Column(
            "invalid",
            "Int64",
            "Questions of any purpose whose last answer could not be read." + _UNTOLD,
            lambda row: row.if_told(lambda: unread(row.calls)),
            "questions",
        ),
        Column(
            "tokens",
            "Int64",
            "Of the month's prompts and replies. Missing where one is unknown." + _ALSO,
            lambda row: row.if_told(lambda: total_tokens(row.calls)),
            "tokens",
        ),
        Column(
            "cost",
            "float64",
            "Of the month's calls. Missing where the price of one is unknown." + _ALSO,
            lambda row: row.if_told(lambda: total_cost(row.calls)),
            "dollars",
        ),
    ),
)
"""The frame of months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOfRun:
    """A row of the frame of decisions: one member's part of a harvest."""

    run: RunMeasures
    harvest: Harvest
    member: str
    granted: int

    @property
    def asked(self) -> int | None:
        """What it asked for; None where its decision was forfeited."""
        return self.harvest.asked.get(self.member)

    def is_above(self, units: int) -> bool | None:
        """Whether an amount of a valid decision is more than the threshold."""
        return None if self.asked is None else units > self.harvest.member_threshold


DECISIONS: Layout[DecisionOfRun] = Layout(
    name="decisions",
    row="one harvest decision: a member that was present in a month, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", "The month, 1 for the first.", "harvest.month"),
        Column("member", "string", "The member's name."),
        Column("asked", "Int64", "What it asked for. Missing where the decision was forfeited.", unit="units"),
        Column("received", "int64", "What it was granted: its catch.", "granted", "units"),
        Column(
            "member_threshold",
            "int64",
            "The most each member could take sustainably that month.",
            "harvest.member_threshold",
            "units",
        ),
        Column(
            "is_forfeited",
            "boolean",
            "Whether its decision could not be read, so that it took nothing." + _UNTOLD,
            lambda row: None if row.run.is_imported else row.asked is None,
        ),
        Column(
            "is_over_usage",
            "boolean",
            "Whether it asked for more than the threshold. Missing where forfeited.",
            lambda row: row.is_above(row.asked or 0),
        ),
        Column(
            "is_over_usage_granted",
            "boolean",
            "Whether it was granted more. Missing where forfeited.",
            lambda row: row.is_above(row.granted),
        ),
    ),
)
"""The frame of decisions."""


def members_in(run: RunMeasures, harvests: Harvests) -> Iterator[MemberOfRun]:
    """The members of a run, those who never arrived included."""
    for place, name in enumerate(harvests.members):
        yield MemberOfRun(
            run=run,
            name=name,
            asked=harvests.asked[:, [place]],
            received=harvests.received[:, [place]],
            thresholds=harvests.member_thresholds,
        )


def months_in(run: RunMeasures, journal: Journal) -> Iterator[MonthOfRun]:
    """The months of a run that have a harvest."""
    calls: dict[int, list[Call]] = {}
    for call in journal.of(Call):
        calls.setdefault(call.month, []).append(call)
    limits = {one.month: one.limit for one in journal.of(Agreement)}
    for harvest in journal.of(Harvest):
        month = harvest.month
        yield MonthOfRun(run=run, harvest=harvest, calls=calls.get(month, []), limit=limits.get(month))


def decisions_in(run: RunMeasures, journal: Journal) -> Iterator[DecisionOfRun]:
    """The decisions of a run, month by month."""
    for harvest in journal.of(Harvest):
        for member, granted in harvest.granted.items():
            yield DecisionOfRun(run=run, harvest=harvest, member=member, granted=granted)


def layouts() -> tuple[Layout[Any], ...]:
    """The frames that runs are measured for, from coarse to fine."""
    return (runs_layout(), MEMBERS, MONTHS, DECISIONS)
