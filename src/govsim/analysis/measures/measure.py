"""The definition of a measure, the data it is computed from, and the registry of all measures.

A measure is one number of one counted run. It is defined once (`Measure`); tables, frames, comparisons, figures and
pages read the registry `MEASURES`, so that measures of plug-ins appear in all of them. A plug-in declares its measure
in the entry-point group `govsim.measures`, preferably in a separate module, because runs do not load it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Integral, Real
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from govsim.analysis.tables.formatting import DASH, count, number
from govsim.commons import collapse_level, last_month
from govsim.config import Experiment, World
from govsim.config.section import nearest
from govsim.errors import AnalysisError
from govsim.game.model import Floats
from govsim.journal import Charges, Event
from govsim.plugins import GOVSIM, Extension, PluginWarning, Registry

E = TypeVar("E", bound=Event)

MeasureValue = bool | int | float
"""A value of a measure: a boolean for a rate, a whole number of months for a lifetime, otherwise a number."""

MeasureKind = Literal["rate", "share", "amount", "lifetime"]
"""Kinds of measures: the share of runs with a property (`rate`), a share in 0..1 of each run (`share`), an amount with
its own unit (`amount`), or the months until the collapse (`lifetime`, only the survival time)."""

SURVIVAL_RATE = "survival_rate"
SURVIVAL_TIME = "survival_time"

PER_CENT = "%"

RESERVED = frozenset(
    {
        *("path", "scenario", "condition", "society", "seed", "status", "is_counted", "is_censored", "is_survivor"),
        *(
            "model",
            "agent",
            "setup",
            "composition",
            "changes",
            "prompts",
            "prompts_folder",
            "cell",
            "months_planned",
            "months",
            "has_collapsed",
        ),
        *("observed_months", "from_month", "invalid", "forfeited", "tokens", "cost", "prices", "served", "not_sent"),
        *("requests", "is_imported", "settings", "runs", "excluded", "unpriced"),
        *("bounds", "distinct", "trajectory"),
    }
)
"""Names of other columns of the frame of runs and of tables, which no measure may have."""

_PARTS = ("_low", "_high", "_n", "_range")
_TYPES: dict[MeasureKind, type] = {"rate": bool, "share": float, "amount": float, "lifetime": int}
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvests:
    """All harvests of a run as arrays; one row for each month, one column for each member of the roster.

    Attributes:
        members: the roster, including members that never joined.
        asked: units, shape (months, members); NaN where a member was absent or forfeited.
        received: units, shape (months, members); NaN where a member was absent.
        stock_before: units at the start of each month, shape (months,).
        stock_after_harvest: units left after each harvest, before growth, shape (months,).
        thresholds: the maximum sustainable harvest of the group, shape (months,).
        member_thresholds: each member's share of it, rounded down, shape (months, members).
    """

    members: tuple[str, ...]
    asked: Floats
    received: Floats
    stock_before: Floats
    stock_after_harvest: Floats
    thresholds: Floats
    member_thresholds: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRun:
    """The data that a measure is computed from: one run that completed or collapsed.

    Attributes:
        experiment: the experiment.
        harvests: all harvests as read-only arrays, in total over several sites. For bounds, those of a re-simulation;
            events are always as recorded.
        from_month: the first month that is counted by measures with `counts_from_month`.
        is_imported: whether the journal was converted from the log of another program; such a journal has no calls.
        events: events of the journal, at least those of `kinds`, in the order of the file.
        kinds: the kinds of event that the measure declares.
        sites: the run at each of its sites, with the harvests there until a collapse; empty without sites.
    """

    experiment: Experiment
    harvests: Harvests
    from_month: int = 1
    is_imported: bool = False
    events: tuple[Event, ...] = ()
    kinds: tuple[str, ...] = ()
    sites: tuple[CountedRun, ...] = ()

    @property
    def commons(self) -> tuple[CountedRun, ...]:
        """The run at each of its sites; the run itself without sites."""
        return self.sites or (self,)

    @property
    def kept(self) -> Floats:
        """Units received that no institution returned to the stock, shape (months, members); NaN as in `received`.

        Raises:
            AnalysisError: the measure does not declare the kind `charges`.
        """
        kept, site = self.harvests.received, self.experiment.site
        column = {name: index for index, name in enumerate(self.harvests.members)}
        for line in self.of("charges"):
            if not isinstance(line, Charges) or site not in (None, line.site) or line.month > len(kept):
                continue  # a re-simulation for bounds may collapse before
            for one in line.charges:
                if one.returned:
                    kept = kept.copy() if kept is self.harvests.received else kept
                    units = kept[line.month - 1, column[one.member]]
                    kept[line.month - 1, column[one.member]] = max(0.0, units - one.returned)
        return kept

    @property
    def world(self) -> World:
        """The commons and its number of months."""
        return self.experiment.world

    @property
    def collapse_level(self) -> int:
        """The collapse level in units, as set or drawn."""
        return collapse_level(self.world, self.experiment.seed, site=self.experiment.site)

    @property
    def last_month(self) -> int:
        """The last month without a collapse: the maximum number of months, or the end that was drawn."""
        return last_month(self.world, self.experiment.seed)

    def of(self, kind: str) -> Iterator[Event]:
        """Return all events of a kind, in the order of the file, including kinds of plug-ins.

        Raises:
            AnalysisError: the measure does not declare the kind, so that such events may not have been read.
        """
        if kind not in self.kinds:
            raise AnalysisError(f"kinds: must contain {kind}, which the measure reads")
        return (event for event in self.events if event.kind == kind)

    def since(self, kind: type[E]) -> Iterator[E]:
        """Return all events of a class from `from_month` on, in the order of the file.

        Args:
            kind: a class of events that occur in a month.

        Raises:
            AnalysisError: as `of`.
        """
        events = (event for event in self.of(kind.model_fields["kind"].default) if isinstance(event, kind))
        return (event for event in events if event.month >= self.from_month)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a run: its name, its computation and its presentation.

    Attributes:
        name: its name in JSON, in commands and in the frame of runs.
        title: its name in words, as used in sentences.
        heading: its heading of two lines in tables; the last word is the unit.
        kind: its kind, which determines its interval over runs (Student's for an amount, otherwise Gaffke's), its test
            in comparisons (exact for a rate, log-rank for a lifetime, otherwise a permutation test) and its scale.
        unit: the unit in which it is shown; `%` for rates and shares.
        formula: its formula, in the notation of the page on measures.
        source: the source of the definition.
        description: the meaning of its column, in a sentence.
        undefined: when it is undefined in a counted run, such as `if no member received anything`; empty if never.
        function: computes it; returns None if it is undefined.
        kinds: the kinds of event that it needs besides the harvests.
        counts_from_month: whether it counts only months from `from_month` on.
        lowest: the smallest possible value of an amount; None without one. Other kinds have known bounds.
        is_tabulated: whether it is shown in tables.
        is_compared: whether it is compared, and shown on pages, by default.
        is_optional: whether tables of runs omit it if it is undefined in all of them, and comparisons if it is not
            defined in two groups. Meant for measures of something that most runs do not have, such as an institution.
        repeats: the name of a measure of the same quantity; tables in which all values of both are equal show only that
            one. Empty if there is none.
        better: whether higher or lower values are better for the group; None if neither is.
    """

    name: str
    title: str
    heading: tuple[str, str]
    kind: MeasureKind
    unit: str = PER_CENT
    formula: str
    source: str
    description: str
    undefined: str = ""
    function: Callable[[CountedRun], MeasureValue | None]
    kinds: tuple[str, ...] = ()
    counts_from_month: bool = False
    lowest: float | None = None
    is_tabulated: bool = True
    is_compared: bool = True
    is_optional: bool = False
    repeats: str = ""
    better: Literal["higher", "lower"] | None = None

    @property
    def column(self) -> str:
        """Its column in the frame of runs: its name, except for the survival rate, which is a boolean there."""
        return "is_survivor" if self.name == SURVIVAL_RATE else self.name

    @property
    def is_rate(self) -> bool:
        """Whether it is a boolean for each run and a rate over several."""
        return self.kind == "rate"

    @property
    def scale(self) -> float:
        """The factor from a frame or comparison to the shown unit; estimated rates are in per cent in both."""
        return 100.0 if self.kind == "share" else 1.0

    @property
    def unit_of_difference(self) -> str:
        """The unit of a difference as shown."""
        return "percentage points" if self.unit == PER_CENT else self.unit

    @property
    def meaning(self) -> str:
        """The meaning of its column in the frame of runs, and when it is missing."""
        missing = f"{self.undefined}, and in" if self.undefined else "in"
        return f"{self.description} Missing {missing} a run that is not counted."

    @property
    def heading_line(self) -> str:
        """Its heading on one line, such as `over-usage asked, %`."""
        text = " ".join(part for part in self.heading if part).replace("- ", "-")
        name = text.removesuffix(f" {self.unit}")
        return text if name == text else f"{name}, {self.unit}"

    @property
    def list_label(self) -> str:
        """Its heading in lists, with its unit."""
        return f"{self.heading_line[:1].upper()}{self.heading_line[1:]}"

    def bounds(self, months: int | None = None) -> tuple[float | None, float | None]:
        """Return the smallest and the largest possible value of one run in a frame; None without a bound.

        Args:
            months: the maximum number of months of the run, the largest survival time; None if unknown.
        """
        if self.kind == "lifetime":
            return 1.0, None if months is None else float(months)
        return (self.lowest, None) if self.kind == "amount" else (0.0, 1.0)

    def shown(self, value: float | None) -> float | None:
        """Return a value of a frame or comparison in the shown unit."""
        return None if value is None else self.scale * value

    def text(self, value: MeasureValue | None) -> str:
        """Return the value of one run without its unit, as in lists: `yes` or `no`, whole months, or one decimal."""
        if value is None:
            return DASH
        if self.is_rate:
            return "yes" if value else "no"
        return count(value) if self.kind == "lifetime" else number(self.scale * value, 1)

    def flaw_of(self, value: object) -> str | None:
        """Return why a value returned by the function is invalid; None if it is valid."""
        if value is None:
            return None
        if self.is_rate:
            return None if isinstance(value, bool | np.bool_) else f"must be true, false or None, not {_named(value)}"
        wanted = Integral if self.kind == "lifetime" else Real
        if isinstance(value, bool) or not isinstance(value, wanted):
            return f"must be a {'whole number' if wanted is Integral else 'number'} or None, not {_named(value)}"
        if not _is_finite(value):
            return f"must be a finite number or None, not {_named(value)}"
        if self.kind == "share" and not -_ROUNDING <= float(value) <= 1 + _ROUNDING:
            return f"must be a share from 0 to 1, not {float(value):g}"
        return None


def _flaws(value: Any) -> Iterator[str]:
    """Yield why an object is not a valid measure."""
    if not isinstance(value, Measure):
        yield f"must be a govsim.analysis.measures.Measure, not {_named(value)}"
        return
    if value.kind not in get_args(MeasureKind):
        yield f"kind = {value.kind}: must be one of {', '.join(get_args(MeasureKind))}"
    if value.kind == "lifetime" and value.name != SURVIVAL_TIME:
        yield f"kind = lifetime: only {SURVIVAL_TIME} can have it; use amount with the unit months"
    if (value.unit == PER_CENT) != (value.kind in ("rate", "share")):
        yield f"unit = {value.unit}: must be {PER_CENT} for a rate or a share, and another unit for other kinds"
    if value.name in RESERVED or value.name.endswith(_PARTS):
        yield f"name = {value.name}: this is the name of another column; choose another name"
    for name in ("title", "unit", "formula", "source", "description"):
        if not isinstance(text := getattr(value, name), str) or not text.strip():
            yield f"{name}: must be a non-empty text"
    for name in ("heading", "kinds"):
        if not isinstance(texts := getattr(value, name), tuple) or not all(isinstance(text, str) for text in texts):
            yield f"{name}: must be a tuple of texts"
    if len(value.heading) != len(("above", "below")):
        yield "heading: must be two lines, one of which may be empty"
    if not callable(value.function):
        yield "function: must be callable"


MEASURES: Registry[Measure] = Registry(
    "measure", group="measures", home="govsim.analysis.measures", flaw=lambda value: next(_flaws(value), None)
)
"""All measures, in the order of tables."""


def all_measures() -> tuple[Measure, ...]:
    """Return all usable measures, those of govsim first; a warning names each plug-in that cannot be used."""
    return tuple(extension.value for extension in MEASURES)


def tabulated_measures(values: Iterable[Mapping[str, MeasureValue | None]]) -> tuple[Measure, ...]:
    """Return the measures in a table of runs.

    Args:
        values: the measures of each run, by name.
    """
    defined = {name for one in values for name, value in one.items() if value is not None}
    return tuple(one for one in all_measures() if one.is_tabulated and (not one.is_optional or one.name in defined))


def compared_measures(defined: Container[str] = ()) -> tuple[Measure, ...]:
    """Return the measures that are compared, and shown on pages, by default.

    Args:
        defined: names of optional measures that are included.
    """
    return tuple(one for one in all_measures() if one.is_compared and (not one.is_optional or one.name in defined))


def measure_named(name: str, *, key: str = "measure") -> Measure:
    """Return a measure by its name.

    Args:
        name: its name.
        key: the setting that contains the name, for the error message.

    Raises:
        AnalysisError: there is no such measure.
        PluginError: the plug-in that defines it cannot be used.
    """
    if (found := MEASURES.find(name)) is None:
        raise AnalysisError(
            f"{key} = {name}: there is no such measure{nearest(name, MEASURES.names)}; choose from {MEASURES.offered}"
        )
    return found.value


def kinds_of_measures() -> tuple[str, ...]:
    """Return the kinds of event that measures declare."""
    return tuple(dict.fromkeys(kind for measure in all_measures() for kind in measure.kinds))


def measure_values(run: CountedRun) -> dict[str, MeasureValue | None]:
    """Return all measures of a run by name; None if one is undefined or a plug-in fails to compute it.

    Raises:
        AnalysisError: a measure of govsim cannot be computed on such a run.
    """
    return {extension.name: _value(extension, run) for extension in MEASURES}


def check_first_month(from_month: int) -> None:
    """Reject an invalid first month.

    Raises:
        AnalysisError: `from_month` is not a whole number, or below 1.
    """
    if not isinstance(from_month, int) or from_month < 1:
        raise AnalysisError(f"from_month = {from_month!r}: must be a whole number, 1 (the first month) or more")


def defined(value: float) -> float | None:
    """Return a number, or None for NaN."""
    return None if np.isnan(value) else float(value)


def _value(extension: Extension[Measure], run: CountedRun) -> MeasureValue | None:
    measure = extension.value
    sites = tuple(replace(one, kinds=measure.kinds) for one in run.sites)
    given = replace(run, kinds=measure.kinds, sites=sites)
    if extension.origin == GOVSIM:
        value = measure.function(given)
        assert (flaw := measure.flaw_of(value)) is None, f"{measure.name}: {flaw}"
        return value
    try:
        value = measure.function(given)
        problem = measure.flaw_of(value)
        if problem is None:
            return None if value is None else _TYPES[measure.kind](value)
    except Exception as error:  # noqa: BLE001 - code of plug-ins can fail in any way, and must not prevent tables
        problem = f"{type(error).__name__}: {error}"
    # The text names no run, so that Python shows the warning once and not for each run.
    warnings.warn(
        f"measure {measure.name} of {extension.origin}: {' '.join(problem.split())}; its value is missing in such runs",
        PluginWarning,
        stacklevel=2,
    )
    return None


def _is_finite(value: Any) -> bool:
    try:
        return isfinite(value)
    except (OverflowError, TypeError, ValueError):
        return False


def _named(value: object) -> str:
    """An object in an error message: a number as it is, otherwise the type."""
    return f"{value:g}" if isinstance(value, float) else type(value).__name__
