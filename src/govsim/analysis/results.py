"""From a folder of journals to everything that tables, figures, reports, exports and pages are made of.

    results = load(Path("runs"))
    results.runs                # a frame with a row for each run
    results.cells               # runs that differ in nothing but the seed, put together

Each journal is opened and read once, and of its lines only those kinds are decoded that the frames asked for need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from govsim import analysis
from govsim.analysis.columns import Layout, Row, keyed, row_of, typed_frame
from govsim.analysis.dialogue.reading import JUDGING_KINDS, TALK_KINDS, Dialogue, TalkOfRun, dialogue_of
from govsim.analysis.frames import (
    DECISIONS,
    MEMBERS,
    MONTHS,
    decisions_in,
    keys_of,
    members_in,
    months_in,
    runs_frame,
)
from govsim.analysis.records import ANSWERS, CALLS, MEMORIES, STUDIES, MemoryRow, answers_in, calls_in, study_row
from govsim.analysis.runs import RunMeasures, harvests_of, measures_of, run_kinds
from govsim.analysis.skills.reading import SkillStudy, skill_study_of
from govsim.analysis.status import STATUS_KINDS, JobStanding, standing_in, with_waiting
from govsim.characters import counted, shortened, visible
from govsim.errors import AnalysisError, JournalError, TornJournal
from govsim.journal import (
    STUDY_SUFFIX,
    Broken,
    Call,
    Imported,
    Journal,
    MemoryLine,
    StudyJournal,
    find_journals,
    holds_runs,
    is_unstarted,
    read_each,
    read_each_study,
    read_journal,
    read_plans,
    read_study,
)
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis.cells import Cell

RUN_FRAMES = ("runs", "members", "months", "decisions")
"""The frames that runs are measured for."""

ALL = (*RUN_FRAMES, "utterances", "calls", "memories", "studies")
"""All frames that there are."""

FIGURE_FRAMES = (*RUN_FRAMES, "utterances", "calls", "studies")
"""What figures are drawn from."""

REPORT_FRAMES = FIGURE_FRAMES
"""What a report is made of."""

STATUS = "status"
"""Stands for how runs and studies stand now, where a frame's name could."""

_FROM_RUNS: Mapping[str, tuple[str, ...]] = {
    "months": ("agreement",),
    "utterances": TALK_KINDS,
    "calls": ("call", "request"),
    "memories": ("memory",),
    STATUS: STATUS_KINDS,
}
_FROM_STUDIES: Mapping[str, tuple[str, ...]] = {
    "utterances": JUDGING_KINDS,
    "calls": ("call", "request"),
    "studies": ("call", "solution", "request"),
    STATUS: STATUS_KINDS,
}
"""The kinds of line that each frame is made from, beside those that runs are measured from."""

_LONGEST_FOLDER = 150
"""Maximum characters of a folder in a short description."""

FromMonth = int | Callable[[str], int]
"""The first month that gain, efficiency and equality count, or that month by the condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a run comes from, and how it ended.

    Attributes:
        path: its journal, relative to the folder that was read.
        versions: versions of govsim, Python and the packages that can change a result.
        git_revision: revision of govsim's source; None where it was not a checkout.
        reason: why it did not finish; None where it did, or where nobody could say.
        imported: whose log the journal was made from, and what that does not tell; None for a run of govsim.
    """

    path: str
    versions: Mapping[str, str]
    git_revision: str | None
    reason: str | None
    imported: Imported | None


def _frame(layout: Layout) -> cached_property[pd.DataFrame]:
    """An attribute of results: a frame of the rows that were read, made when it is asked for."""
    return cached_property(lambda results: typed_frame(layout, results.rows_of(layout.name)))


@dataclass(frozen=True, kw_only=True, repr=False)
class Results:
    """What the journals below a folder say; `load` gives it.

    Frames are made when they are asked for. Asking for one that was not loaded is an error. A notebook displays the
    table of measures.

    Attributes:
        root: the folder that names of journals are relative to.
        from_month: the first month that gain, efficiency and equality count; 1 where that depends on the condition.
        measures: each run with its measures, in the order of their journals' paths.
        origins: where each of them comes from, in the same order.
        skills: the sub-skill tests of models.
        standings: how runs and studies stand now, those included that a campaign has planned and not begun.
        problems: journals that could not be read, and why, relative to the folder.
        unknown: events of runs of each kind that no installed package defines.
        rows: the values of all columns of each row, by the name of the frame; that of runs is made from `measures`.
    """

    root: Path
    from_month: int = 1
    measures: tuple[RunMeasures, ...] = ()
    origins: tuple[Origin, ...] = ()
    skills: tuple[SkillStudy, ...] = ()
    standings: tuple[JobStanding, ...] = ()
    problems: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    _talks: Sequence[TalkOfRun] = ()
    _judging: Sequence[StudyJournal] = ()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row for each run."""
        return runs_frame(self.measures)

    members = _frame(MEMBERS)
    """One row for each member of each run."""

    months = _frame(MONTHS)
    """One row for each month of each run."""

    decisions = _frame(DECISIONS)
    """One row for each member that was present in a month."""

    @property
    def utterances(self) -> pd.DataFrame:
        """One row for each line of a member in a talk, and each judge that labelled it."""
        return self.dialogue.utterances

    calls = _frame(CALLS)
    """One row for each call of a model, those of studies included."""

    @property
    def call_records(self) -> Iterator[Mapping[str, object]]:
        """The same as objects, without a frame."""
        return (dict(zip(CALLS.names, row, strict=True)) for row in self.rows_of(CALLS.name))

    memories = _frame(MEMORIES)
    """One row for each thing that a member remembers."""

    studies = _frame(STUDIES)
    """One row for each study."""

    answers = _frame(ANSWERS)
    """The calls of runs put together, by model, phase and purpose."""

    @cached_property
    def dialogue(self) -> Dialogue:
        """What was said, and what judges made of it."""
        self.rows_of("utterances")
        return dialogue_of(self._talks, self._judging, self.root)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Runs that differ in nothing but the seed, put together."""
        return analysis.cells_of(self.measures)

    @property
    def imported(self) -> int:
        """Runs whose journals were made from the logs of another program."""
        return sum(run.is_imported for run in self.measures)

    def rows_of(self, frame: str) -> Sequence[Row]:
        """The rows of a frame.

        Raises:
            AnalysisError: it was not loaded.
        """
        if frame not in self.rows:
            raise AnalysisError(f"{frame}: was not loaded; name it in load(folder, frames=...)")
        return self.rows[frame]

    def __repr__(self) -> str:
        folder = shortened(visible(str(self.root)), _LONGEST_FOLDER)
        numbers = [
            counted(len(self.measures), "run"),
            counted(len(self.skills) + len(self._judging), "study", "studies"),
        ]
        return f"<Results: {folder}, {', '.join(numbers)}, {counted(len(self.problems), 'unreadable journal')}>"

    def _repr_html_(self) -> str:
        table = analysis.cells_table(self.cells, broken=len(self.problems))
        return f"<p>{escape(repr(self)[1:-1])}</p>" + (table._repr_html_() if self.measures else "")

    def with_values(self, **values: str | Callable[[pd.DataFrame], pd.Series]) -> Results:
        """The same with columns of the frames of runs, members and months that have one value, or a computed one."""
        changed = replace(self)
        for name in ("runs", "members", "months"):
            changed.__dict__[name] = getattr(self, name).assign(**values)  # where a cached property keeps its value
        return changed


def load(
    folder: Path,
    *,
    frames: Collection[str] = ALL,
    from_month: FromMonth = 1,
    only: Collection[Path] | None = None,
    broken: Broken | None = None,
) -> Results:
    """Read every journal below a folder, in the order of their paths.

    Args:
        folder: where the journals of runs and studies lie, at any depth, or one journal. With that of a run those of
            its judges are read too.
        frames: which frames are needed, some of `ALL`, and `STATUS` for how runs and studies stand. With `studies`
            among them there need be no run where there are sub-skill tests; alone there need be no study either.
        from_month: the first month that gain, efficiency and equality count, or that month by the condition.
        only: the journals below the folder that are read; all when None.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none that can be read; names file and line.
        AnalysisError: there is no such frame, or `from_month` is below 1.
    """
    if unknown := [name for name in frames if name not in (*ALL, STATUS)]:
        raise AnalysisError(f"frames = {unknown[0]}: must be of {', '.join((*ALL, STATUS))}")
    reading = _Reading(folder, frozenset(frames), from_month, broken)
    reading.read_all(only)
    return reading.results()


def kinds_of(frames: Collection[str]) -> set[str]:
    """The kinds of line of a run's journal that some frames are made from."""
    return _Reading(Path(), frozenset(frames)).run_kinds


def results_of(journals: Iterable[Journal], root: Path, *, frames: Collection[str] = RUN_FRAMES) -> Results:
    """The same from journals of runs that were read already.

    Args:
        journals: with their lines of `kinds_of(frames)` at least.
        root: the folder that names of journals are relative to.
        frames: which frames are needed.

    Raises:
        JournalError: a journal contradicts itself.
    """
    reading = _Reading(root, frozenset(frames))
    for journal in journals:
        reading.take_in(journal)
    return reading.results()


class _Reading:
    """Reads journals one after the other, and keeps of each what the frames need."""

    def __init__(
        self, folder: Path, frames: frozenset[str], from_month: FromMonth = 1, broken: Broken | None = None
    ) -> None:
        self._folder = folder
        self._root = folder.parent if folder.is_file() else folder
        self._frames = frames
        self._from_month = from_month
        self._broken = broken
        self._is_measured = bool(frames - {"calls", "studies", STATUS})
        measured = run_kinds() if self._is_measured else ()
        self.run_kinds = {*measured, *(kind for name in frames for kind in _FROM_RUNS.get(name, ()))}
        self._study_kinds = {kind for name in frames for kind in _FROM_STUDIES.get(name, ())}
        self._planned = read_plans(folder) if STATUS in frames else {}
        self._standings: list[JobStanding] = []
        self._measures: list[RunMeasures] = []
        self._origins: list[Origin] = []
        self._skills: list[SkillStudy] = []
        self._problems: list[str] = []
        self._unknown: Counter[str] = Counter()
        answers = [ANSWERS.name] if self._is_measured and CALLS.name in frames else []
        self._rows: dict[str, list[Row]] = {name: [] for name in (*frames, *answers)}
        self._talks: list[TalkOfRun] = []
        self._judging: list[StudyJournal] = []

    def read_all(self, only: Collection[Path] | None) -> None:
        """Read the journals that the frames need.

        Raises:
            JournalError: there are none, or none can be read.
        """
        tell = self._told
        if only is not None:
            self._read_or_tell(only)
        elif self._frames == {"studies"}:
            read_each_study(self._folder, self._read, tell)
        else:
            try:
                read_each(self._folder, self._read, tell, with_studies=bool(self._study_kinds))
            except JournalError:
                if not self._planned:
                    raise
        if self._folder.is_file() and "utterances" in self._frames:
            self._read_or_tell(_beside(self._folder))
        if only is None and self._is_measured and not self._measures and (not self._skills or holds_runs(self._folder)):
            find_journals(self._folder, lambda _: None)  # says so where there are none
            raise JournalError(f"{self._folder}: contains no readable journals")

    def results(self) -> Results:
        """All that was read."""
        return Results(
            root=self._root,
            from_month=self._from_month if isinstance(self._from_month, int) else 1,
            measures=tuple(self._measures),
            origins=tuple(self._origins),
            skills=tuple(self._skills),
            standings=with_waiting(self._standings, self._planned),
            problems=tuple(self._problems),
            unknown=self._unknown,
            rows=self._rows,
            _talks=self._talks,
            _judging=self._judging,
        )

    def _read_or_tell(self, paths: Iterable[Path]) -> None:
        for path in paths:
            try:
                self._read(path)
            except JournalError as error:
                if self._broken is None:
                    raise
                self._tell(error)

    @property
    def _told(self) -> Broken | None:
        """Called with each problem; None if problems are errors."""
        return None if self._broken is None else self._tell

    def _tell(self, error: JournalError) -> None:
        """Tell and keep why a journal was left out, the latter with paths that say nothing of the machine."""
        if not isinstance(error, TornJournal):
            self._problems.append(str(error).replace(f"{self._root.as_posix()}/", ""))
        if self._broken is not None:
            self._broken(error)

    def _read(self, path: Path) -> None:
        if self._study_kinds and path.suffix == STUDY_SUFFIX:
            self._study(read_study(path, self._study_kinds, self._told))
        else:
            self.take_in(read_journal(path, self.run_kinds, self._told))

    def take_in(self, journal: Journal) -> None:
        """Take in a run, or nothing of it where its journal contradicts itself."""
        name = self._name_of(journal)
        rows: dict[str, list[Row]] = {}
        if self._is_measured:
            run = measures_of(journal, from_month=self._first_month(journal), name=name)
            rows = self._rows_of(run, journal)
            if "utterances" in self._frames:
                self._talks.append(TalkOfRun(run, journal))
            self._measures.append(run)
            header, reason = journal.header, journal.end.reason if journal.end else None
            self._origins.append(
                Origin(
                    path=name,
                    versions=header.versions,
                    git_revision=header.git_revision,
                    reason=reason,
                    imported=header.imported,
                )
            )
        if "calls" in self._frames:
            rows[CALLS.name] = calls_in(journal, name)
        if STATUS in self._frames:
            self._standings.append(standing_in(journal))
        for frame, some in rows.items():
            self._rows[frame] += some
        self._unknown.update(journal.unknown)

    def _rows_of(self, run: RunMeasures, journal: Journal) -> dict[str, list[Row]]:
        made: dict[str, Callable[[], Iterable[Row]]] = {
            MEMBERS.name: lambda: members_in(run, harvests_of(journal)),
            MONTHS.name: lambda: months_in(run, journal),
            DECISIONS.name: lambda: decisions_in(run, journal),
            MEMORIES.name: lambda: (row_of(MemoryRow, line) for line in journal.of(MemoryLine)),
            ANSWERS.name: lambda: answers_in(journal.of(Call)),
        }
        keys = keys_of(run)
        return {name: keyed(keys, rows()) for name, rows in made.items() if name in self._rows}

    def _study(self, journal: StudyJournal) -> None:
        name = self._name_of(journal)
        if "studies" in self._frames:
            if (study := skill_study_of(journal, name)) is not None:
                self._skills.append(study)
            self._rows[STUDIES.name] += [study_row(journal, name)]
        if "calls" in self._frames:
            self._rows[CALLS.name] += calls_in(journal, name)
        if STATUS in self._frames:
            self._standings.append(standing_in(journal))
        if "utterances" in self._frames:
            kept = (event for event in journal.events if event.kind in JUDGING_KINDS)
            self._judging.append(replace(journal, events=tuple(kept)))

    def _name_of(self, journal: Journal | StudyJournal) -> str:
        """The name of a journal in frames, which cannot hold what is no UTF-8 in the name of its file."""
        return journal.path.relative_to(self._root).as_posix().encode(errors="replace").decode()

    def _first_month(self, journal: Journal) -> int:
        first = self._from_month
        return first if isinstance(first, int) else first(journal.header.experiment.condition)


def _beside(journal: Path) -> list[Path]:
    """The journals of judges about one run, by their names."""
    start = f"{journal.stem}."
    names = (path for path in journal.parent.iterdir() if path.name.startswith(start))
    return sorted(path for path in names if path.suffix == STUDY_SUFFIX and path.is_file() and not is_unstarted(path))
