"""The part of a report on sub-skills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.analysis.figures.skills import draw_accuracies, draw_correlations
from govsim.analysis.report.parts import (
    NOTHING,
    Entry,
    Picture,
    Table,
    csv_link,
    entries,
    estimated,
    interval,
    number,
    p_value,
    picture,
)
from govsim.analysis.runs import RunMeasures
from govsim.analysis.sheets import Sheet, sheet_frame
from govsim.analysis.skills import (
    FEWEST,
    PER,
    Accuracy,
    Correlations,
    Regression,
    SkillStudy,
    accuracies_of,
    accuracies_sheet,
    correlations_of,
    correlations_sheet,
    read_skills,
)
from govsim.analysis.skills.sheets import measure_words
from govsim.characters import counted as number_of
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Broken
from govsim.skills import title_of

_ACCURACIES = (
    *("model", "scenario", "test", "accuracy, %", "answers read", "not readable", "paper, %", "with the hint, points"),
    "p",
)
_REGRESSIONS = ("measure", "skill", "models", "R²", "paper's R²", f"slope for {PER:.0f} points", "p", "p (Holm)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsFound:
    """Tests of sub-skills below a folder.

    Attributes:
        studies: as `read_skills` gives them.
        broken: journals of studies that could not be read, and why, relative to the folder.
    """

    studies: tuple[SkillStudy, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsPart:
    """What a page says of sub-skills.

    Attributes:
        accuracies: all accuracies.
        pictures: the same as figures.
        notes: what has to be known of them.
        regressions: measures regressed on skills; None where too few models have both.
        scatter: the survival time against the skills; None likewise.
        regression_notes: what has to be known of these; why there are none where there are none.
    """

    accuracies: Table
    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]
    regressions: Table | None
    scatter: Picture | None
    regression_notes: tuple[str, ...]


def read_skills_found(folder: Path, broken: Broken | None = None) -> SkillsFound | None:
    """Tests of sub-skills below a folder; None where there are none, whole or broken.

    Args:
        folder: where the journals lie, at any depth.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no such folder.
    """
    told: list[str] = []

    def note(error: JournalError) -> None:
        told.append(str(error).replace(f"{folder.as_posix()}/", ""))
        if broken is not None:
            broken(error)

    studies = read_skills(folder, broken=None if broken is None else note)
    return SkillsFound(studies=studies, broken=tuple(told)) if studies or told else None


def skills_part(found: SkillsFound, runs: Sequence[RunMeasures]) -> SkillsPart | None:
    """What a page says of sub-skills; None where no test could be read.

    Args:
        found: the tests.
        runs: the runs that they are set against.
    """
    studies = found.studies
    if not studies:
        return None
    sheet = accuracies_sheet(studies)
    against = _against(studies, runs)
    return SkillsPart(
        accuracies=_accuracies(studies, sheet),
        pictures=tuple(picture(drawn) for drawn in draw_accuracies(studies)),
        notes=sheet.notes,
        regressions=None if against is None else _regressions(against),
        scatter=None if against is None else picture(draw_correlations(against)),
        regression_notes=_too_few() if against is None else correlations_sheet(against).notes,
    )


def _against(studies: Sequence[SkillStudy], runs: Sequence[RunMeasures]) -> Correlations | None:
    try:
        found = correlations_of(studies, runs)
    except AnalysisError:  # the conditions are several, and none of them is the usual one
        return None
    return found if len(found.points) >= FEWEST else None


def _too_few() -> tuple[str, ...]:
    return (
        f"Fewer than {FEWEST} models were both tested to the end and run, in the condition default or in the only one "
        "there is: what becomes of societies is not set against skills.",
    )


def _accuracies(studies: Sequence[SkillStudy], sheet: Sheet) -> Table:
    rows = tuple(_accuracy_row(one) for one in accuracies_of(studies))
    return Table(name="skills", heading=_ACCURACIES, rows=rows, words=3, link=csv_link(sheet_frame(sheet)))


def _accuracy_row(one: Accuracy) -> tuple[Entry, ...]:
    settings = "; ".join(f"{key} = {'none' if value is None else value}" for key, value in one.settings.items())
    hint = one.hint
    below = (
        ""
        if hint is None
        else f"{interval(hint.interval.low, hint.interval.high)} {number_of(hint.pairs, 'pair')}".strip()
    )
    return entries(
        [
            Entry(text=one.model, below=settings),
            one.scenario,
            Entry(text=title_of(one.test), below="unfinished" if one.unfinished else ""),
            estimated(one.accuracy, one.accuracy.n),
            str(one.accuracy.n),
            str(one.unreadable),
            NOTHING if one.paper is None else f"{one.paper:.0f}",
            NOTHING if hint is None else Entry(text=number(hint.difference), below=below),
            NOTHING if hint is None else p_value(hint.test.p),
        ]
    )


def _regressions(found: Correlations) -> Table:
    frame = sheet_frame(correlations_sheet(found))
    rows = tuple(entries(_regression_row(one)) for one in found.regressions)
    return Table(name="skills-against-societies", heading=_REGRESSIONS, rows=rows, words=2, link=csv_link(frame))


def _regression_row(one: Regression) -> Iterator[object]:
    yield measure_words(one.measure)
    yield Entry(text=title_of(one.skill), below=one.reason or "")
    yield str(one.n)
    yield number(one.r_squared, 2)
    yield number(one.paper, 2)
    yield Entry(text=number(one.slope, 2), below=interval(one.low, one.high, 2))
    yield p_value(one.p)
    yield p_value(one.p_adjusted)
