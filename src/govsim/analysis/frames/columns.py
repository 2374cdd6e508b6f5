"""The columns of the frames: names, types, units and what they mean, from which the reference page is written too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from govsim.analysis.measures import Kind as MeasureKind
from govsim.analysis.measures import all_measures

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["string", "int64", "Int64", "float64", "bool", "boolean"]
"""Types of columns, as pandas names them. `Int64`, `boolean`, `float64` and `string` can hold missing values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a frame.

    Attributes:
        name: its name.
        kind: its type.
        unit: what its numbers count; empty for text and claims.
        meaning: what it says, in a sentence, and when it is missing.
    """

    name: str
    kind: Kind
    unit: str = ""
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a frame is laid out.

    Attributes:
        name: the frame's name.
        row: what one row stands for.
        columns: its columns, in order.
    """

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)


def typed_frame(layout: Layout, rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    """Rows as a frame with the columns and types of a layout, whatever the rows hold and however few they are.

    Args:
        layout: the frame's layout.
        rows: one tuple each, with the values of all columns; None where one is missing.
    """
    import pandas as pd

    by_column = list(zip(*rows, strict=True)) or [()] * len(layout.columns)
    columns = zip(layout.columns, by_column, strict=True)
    return pd.DataFrame({column.name: pd.Series(list(values), dtype=column.kind) for column, values in columns})


def _column(name: str, kind: Kind, meaning: str, unit: str = "") -> Column:
    return Column(name=name, kind=kind, unit=unit, meaning=meaning)


KEYS = (
    _column("path", "string", "The run's journal, relative to the folder that was read."),
    _column("scenario", "string", "The scenario's name."),
    _column("condition", "string", "The condition's name."),
    _column("society", "string", "The society's label."),
    _column("seed", "int64", "The run's seed."),
    _column("status", "string", "How the run ended, or that it is `running` or was `killed`."),
    _column("is_counted", "bool", "Whether the run completed or collapsed, so that it has measures."),
    _column(
        "is_censored",
        "bool",
        "Whether survival analysis uses the run for the months it completed. A run that is neither counted nor "
        "censored failed because its answers could not be read, and enters no statistic.",
    ),
)
"""The columns that every frame begins with. `path` names a run; all of them are alike in all rows of one run."""

_UNTOLD = " Missing in an imported run."
_ALSO = " Missing also in an imported run."

_BEFORE_MEASURES = (
    *KEYS,
    _column("model", "string", "The one language model of the members; `none` without one, `mixed` with several."),
    _column("agent", "string", "How all members decide; `mixed` where they differ."),
    _column("prompts", "string", "A short hash of the scenario's words, price and templates."),
    _column(
        "wording",
        "string",
        "The name of the user's folder that these came from. Missing where they came with govsim, and in journals "
        "of older versions.",
    ),
    _column(
        "cell",
        "string",
        "A short hash of everything that decides a result but the seed: runs of one row of the table share it.",
    ),
    _column("months_planned", "int64", "How long the society was to be watched.", "months"),
    _column("months", "int64", "Months that were completed, the month of a collapse included.", "months"),
    _column("has_collapsed", "bool", "Whether the run ended in a collapse: the event of survival analysis."),
    _column(
        "observed_months",
        "int64",
        "How long the run was seen alive or until it collapsed: `survival_time` where it has one, else `months`.",
        "months",
    ),
)

_AFTER_MEASURES = (
    _column("from_month", "int64", "The first month that gain, efficiency and equality count."),
    _column("invalid", "Int64", "Questions whose last answer could not be read." + _UNTOLD, "questions"),
    _column("forfeited", "Int64", "Harvest decisions that were lost in this way." + _UNTOLD, "decisions"),
    _column("tokens", "Int64", "Of all prompts and replies. Missing where a provider did not tell." + _ALSO, "tokens"),
    _column("cost", "float64", "Of all calls. Missing where the price of one is unknown." + _ALSO, "dollars"),
    _column("prices", "string", "Where the cost comes from, as in `set` or a price list. Missing where unknown."),
    _column("served", "string", "The models that answered, as their providers name them. Missing where none is named."),
    _column(
        "not_sent",
        "string",
        "Settings that were not sent as they are set, by model. Missing where all were, or where that is not recorded.",
    ),
    _column(
        "requests",
        "string",
        "A short hash of everything that models were asked, without settings that were sent to none of them.",
    ),
    _column("is_imported", "bool", "Whether the journal was made from the log of another program."),
)

_TYPES: Mapping[MeasureKind, Kind] = {"rate": "boolean", "lifetime": "Int64", "share": "float64", "amount": "float64"}
_UNITS: Mapping[MeasureKind, str] = {"rate": "", "share": "share"}


def runs_layout() -> Layout:
    """The frame of runs, with a column for each measure, those of plug-ins included."""
    measured = (
        _column(one.column, _TYPES[one.kind], one.meaning, _UNITS.get(one.kind, one.unit)) for one in all_measures()
    )
    return Layout(name="runs", row="one run", columns=(*_BEFORE_MEASURES, *measured, *_AFTER_MEASURES))


MEMBERS = Layout(
    name="members",
    row="one member of one run, whether it ever arrived or not",
    columns=(
        *KEYS,
        _column("member", "string", "The member's name."),
        _column("agent", "string", "How it decides."),
        _column("model", "string", "Its language model. Missing for a policy."),
        _column("joins", "int64", "The month in which it arrives, 1 for the first."),
        _column("months_present", "int64", "Months in which it harvested, forfeited ones included.", "months"),
        _column("forfeited", "Int64", "Of these, months in which its decision could not be read." + _UNTOLD, "months"),
        _column(
            "gain",
            "float64",
            "What it received in all, from `from_month` on. Missing where it was absent throughout, and in a run "
            "that is not counted.",
            "units",
        ),
        _column(
            "over_usage",
            "float64",
            "Share of its valid decisions that ask for more than the member's threshold. Missing without one, and in a "
            "run that is not counted.",
            "share",
        ),
        _column("over_usage_granted", "float64", "The same by what was granted.", "share"),
    ),
)
"""The frame of members."""

MONTHS = Layout(
    name="months",
    row="one month of one run in which there was a harvest, runs that are not counted included",
    columns=(
        *KEYS,
        _column("month", "int64", "The month, 1 for the first."),
        _column("members", "int64", "Members present.", "members"),
        _column("stock_before", "int64", "What the members found.", "units"),
        _column("threshold", "int64", "The most the group could take without the stock falling.", "units"),
        _column("member_threshold", "int64", "The same for each member present, rounded down.", "units"),
        _column("asked", "int64", "What was asked for in all; forfeited decisions ask for nothing.", "units"),
        _column("received", "int64", "What was granted in all: the catch.", "units"),
        _column("stock_after_harvest", "int64", "What was left; the collapse is judged by this.", "units"),
        _column("stock_after_growth", "int64", "What the next month starts with.", "units"),
        _column("is_collapsed", "bool", "Whether fewer units than the collapse level were left."),
        _column("forfeited", "Int64", "Harvest decisions that could not be read." + _UNTOLD, "decisions"),
        _column(
            "limit", "Int64", "What the talk after the harvest agreed on for each member. Missing without any.", "units"
        ),
        _column(
            "invalid", "Int64", "Questions of any purpose whose last answer could not be read." + _UNTOLD, "questions"
        ),
        _column(
            "tokens", "Int64", "Of the month's prompts and replies. Missing where one is unknown." + _ALSO, "tokens"
        ),
        _column(
            "cost", "float64", "Of the month's calls. Missing where the price of one is unknown." + _ALSO, "dollars"
        ),
    ),
)
"""The frame of months."""

DECISIONS = Layout(
    name="decisions",
    row="one harvest decision: a member that was present in a month, runs that are not counted included",
    columns=(
        *KEYS,
        _column("month", "int64", "The month, 1 for the first."),
        _column("member", "string", "The member's name."),
        _column("asked", "Int64", "What it asked for. Missing where the decision was forfeited.", "units"),
        _column("received", "int64", "What it was granted: its catch.", "units"),
        _column("member_threshold", "int64", "The most each member could take sustainably that month.", "units"),
        _column(
            "is_forfeited", "boolean", "Whether its decision could not be read, so that it took nothing." + _UNTOLD
        ),
        _column("is_over_usage", "boolean", "Whether it asked for more than the threshold. Missing where forfeited."),
        _column("is_over_usage_granted", "boolean", "Whether it was granted more. Missing where forfeited."),
    ),
)
"""The frame of decisions."""


def layouts() -> tuple[Layout, ...]:
    """All frames, from coarse to fine."""
    return (runs_layout(), MEMBERS, MONTHS, DECISIONS)
