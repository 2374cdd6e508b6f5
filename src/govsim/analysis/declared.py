"""The analysis that runs declare before they start: its primary measure, design and compared groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from govsim.analysis.frames import GROUPINGS
from govsim.analysis.measures import Measure, all_measures, compared_measures, measure_named
from govsim.analysis.origins import Origin
from govsim.characters import listed
from govsim.config import DeclaredAnalysis, validate
from govsim.errors import AnalysisError
from govsim.journal import Header
from govsim.lazy import pandas as pd


def check_declared(
    declared: DeclaredAnalysis, headers: Iterable[Header], *, key: str = "analysis.baseline"
) -> list[str]:
    """Return the groups of planned runs; reject a declared measure, groups or baseline that the runs will not have.

    The baseline of a single group is not checked: another command can run it into the same folder.

    Args:
        declared: the declared analysis.
        headers: the headers that the journals of the runs will have, one of each cell.
        key: the key of the baseline in the message.

    Returns:
        The groups in order of first occurrence.

    Raises:
        AnalysisError: lists the measures or the groups.
    """
    from govsim.analysis.campaign_plan import planned_frame  # loads libraries that most runs do not need
    from govsim.analysis.statistics.sides import levels_in

    measure_named(declared.primary, key="primary")
    groups = levels_in(planned_frame(headers, declared.by), declared.by)
    if declared.baseline is not None and len(groups) > 1 and declared.baseline not in groups:
        raise AnalysisError(
            f"{key} = {declared.baseline}: no cells with this {declared.by}; choose one of {listed(groups)}"
        )
    return groups


def with_options(declared: DeclaredAnalysis | None, **given: str | None) -> DeclaredAnalysis:
    """Return a declared analysis, or the default one, with the values of options.

    Args:
        declared: the declared analysis; None if there is none. Its baseline applies only to its own groups.
        **given: values by key; None if the option was not given.

    Raises:
        ConfigError: a value is not allowed.
    """
    chosen: dict[str, str | None] = {key: value for key, value in given.items() if value is not None}
    before = declared or DeclaredAnalysis()
    if chosen.get("by", before.by) != before.by:
        chosen = {"baseline": None, **chosen}
    return validate(DeclaredAnalysis, [before.model_dump(), chosen])


def declared_value(origins: Iterable[Origin], key: str, given: str | None = None, *, option: str = "") -> Any:
    """Return the value of an option, or else the one that runs declare, or else the default.

    Args:
        origins: the origins of the runs; those that declare no analysis do not count.
        key: the key of the declaration.
        given: the value of the option; None if it was not given.
        option: the name of the option, if it is not `key`.

    Raises:
        AnalysisError: none is given, and runs declare different values.
        ConfigError: the given value is not allowed.
    """
    if given is not None:
        return getattr(validate(DeclaredAnalysis, [{key: given}]), key)
    values = list(dict.fromkeys(getattr(one.analysis, key) for one in origins if one.analysis is not None))
    if len(values) > 1:
        raise AnalysisError(
            f"analysis.{key}: the runs declare different values ({listed(map(str, values))}); choose one with "
            f"--{option or key} (in Python: {(option or key).replace('-', '_')}=)"
        )
    return values[0] if values else DeclaredAnalysis.model_fields[key].default


def declared_baseline(
    origins: Iterable[Origin], by: str, given: str | None = None, *, option: str = "baseline"
) -> str | None:
    """Return the named baseline of compared groups, or else the one that runs declare for them; None if there is none.

    Args:
        origins: the origins of the runs.
        by: the setting that defines the groups.
        given: the named baseline; None if none is named.
        option: the name of its option.

    Raises:
        AnalysisError: none is named, and runs declare different ones.
    """
    of_groups = [one for one in origins if one.analysis is not None and one.analysis.by == by]
    baseline: str | None = declared_value(of_groups, "baseline", given, option=option)
    return baseline


def declared_grouping(origins: Iterable[Origin], given: str | None = None) -> str:
    """Return the column of the series of figures; `condition` if runs declare groups that figures do not have.

    Args:
        origins: the origins of the runs.
        given: the named column; None if none is named.

    Raises:
        AnalysisError: none is named, and runs declare different ones.
    """
    by: str = declared_value(origins, "by", given)
    return by if given is not None or by in GROUPINGS else "condition"


def compared_in(runs: pd.DataFrame, by: str) -> tuple[Measure, ...]:
    """Return the measures of runs that are compared by default; optional ones if they are defined in two groups.

    Args:
        runs: a frame of runs.
        by: the column in which the groups differ.
    """
    levels = runs.groupby(by) if by in runs and len(runs) else None
    optional = [one for one in all_measures() if one.is_optional and one.column in runs and levels is not None]
    counts = {} if levels is None else {one.name: (levels[one.column].count() > 0).sum() for one in optional}
    return compared_measures([name for name, groups in counts.items() if groups > 1])


def with_primary_first(
    primary: str, measures: Sequence[str] | None = None, *, runs: pd.DataFrame, by: str
) -> list[str]:
    """Return the names of compared measures, the primary one first.

    Args:
        primary: the primary measure.
        measures: the chosen measures; those of `compared_in`, and the primary one, when None.
        runs: a frame of the compared runs.
        by: the column in which the groups differ.

    Raises:
        AnalysisError: there is no such primary measure.
    """
    measure_named(primary, key="primary")
    names = [primary, *(one.name for one in compared_in(runs, by))] if measures is None else measures
    return sorted(dict.fromkeys(names), key=lambda name: name != primary)
