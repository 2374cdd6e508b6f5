"""Names that others still take from here, until they take `govsim.analysis.results.Results`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.analysis.columns import Row, typed_frame
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.frames import DECISIONS, MEMBERS, MONTHS, decisions_in, layouts, members_in, months_in, runs_layout
from govsim.analysis.records import ANSWERS
from govsim.analysis.results import RUN_FRAMES, Origin, load
from govsim.analysis.runs import RunMeasures, harvests_of, measures_of, run_kinds
from govsim.analysis.skills.reading import SkillStudy, skill_study_of
from govsim.journal import Broken, Journal, read_study

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ANSWERS", "Evidence", "FrameBuilder", "Frames", "Origin", "Rows", "frame_kinds", "read_evidence"]

Rows = Mapping[str, Sequence[Row]]
"""Rows by the name of their frame."""


def frame_kinds() -> tuple[str, ...]:
    """The kinds of line that frames are made from."""
    return (*run_kinds(), "agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """All runs below a folder as tidy frames."""

    runs: pd.DataFrame
    members: pd.DataFrame
    months: pd.DataFrame
    decisions: pd.DataFrame
    unknown: Mapping[str, int] = field(default_factory=dict)


class FrameBuilder:
    """Puts frames together from journals, one after the other."""

    def __init__(self, folder: Path, *, from_month: int = 1) -> None:
        self._folder = folder
        self._from_month = from_month
        self._rows: dict[str, list[Row]] = {layout.name: [] for layout in layouts()}
        self._unknown: Counter[str] = Counter()

    def add(self, journal: Journal) -> RunMeasures:
        """Take in the rows of one run, and give back its measures."""
        name = journal.path.relative_to(self._folder).as_posix()
        run, harvests = measures_of(journal, from_month=self._from_month, name=name), harvests_of(journal)
        self._rows["runs"] += runs_layout().rows([run], run)
        self._rows["members"] += MEMBERS.rows(members_in(run, harvests), run)
        self._rows["months"] += MONTHS.rows(months_in(run, journal), run)
        self._rows["decisions"] += DECISIONS.rows(decisions_in(run, journal), run)
        self._unknown.update(run.unknown)
        return run

    @property
    def rows(self) -> Rows:
        """All that was taken in, as rows: what `add_rows` of another builder takes."""
        return {name: tuple(some) for name, some in self._rows.items()}

    def add_rows(self, rows: Rows) -> None:
        """Take in what another builder has read."""
        for name, some in rows.items():
            self._rows[name] += some

    def frames(self) -> Frames:
        """All that was taken in."""
        built = {layout.name: typed_frame(layout, self._rows[layout.name]) for layout in layouts()}
        return Frames(**built, unknown=self._unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the journals below a folder say."""

    runs: tuple[RunMeasures, ...]
    frames: Frames
    answers: pd.DataFrame
    dialogue: Dialogue
    origins: tuple[Origin, ...]
    broken: tuple[str, ...]
    from_month: int

    @property
    def imported(self) -> int:
        """Runs whose journals were made from the logs of another program."""
        return sum(run.is_imported for run in self.runs)


def read_evidence(folder: Path, *, from_month: int = 1, broken: Broken | None = None) -> Evidence:
    """As `load`."""
    found = load(folder, frames=(*RUN_FRAMES, "utterances", "calls"), from_month=from_month, broken=broken)
    return Evidence(
        runs=found.measures,
        frames=Frames(
            runs=found.runs,
            members=found.members,
            months=found.months,
            decisions=found.decisions,
            unknown=found.unknown,
        ),
        answers=found.answers,
        dialogue=found.dialogue,
        origins=found.origins,
        broken=found.problems,
        from_month=from_month,
    )


def read_runs(folder: Path, *, from_month: int = 1, broken: Broken | None = None) -> tuple[RunMeasures, ...]:
    """As `load`."""
    return load(folder, frames=("runs",), from_month=from_month, broken=broken).measures


def read_frames(folder: Path, *, from_month: int = 1, broken: Broken | None = None) -> Frames:
    """As `load`."""
    found = load(folder, frames=RUN_FRAMES, from_month=from_month, broken=broken)
    return Frames(
        runs=found.runs,
        members=found.members,
        months=found.months,
        decisions=found.decisions,
        unknown=found.unknown,
    )


def read_dialogue(folder: Path, *, broken: Broken | None = None) -> Dialogue:
    """As `load`."""
    return load(folder, frames=("utterances",), broken=broken).dialogue


def read_skills(
    folder: Path, *, broken: Broken | None = None, only: Collection[Path] | None = None
) -> tuple[SkillStudy, ...]:
    """As `load`."""
    if only is None:
        return load(folder, frames=("studies",), broken=broken).skills
    root = folder.parent if folder.is_file() else folder
    journals = [read_study(path, kinds=("solution", "request")) for path in only]
    found = (skill_study_of(journal, journal.path.relative_to(root).as_posix()) for journal in journals)
    return tuple(study for study in found if study is not None)
