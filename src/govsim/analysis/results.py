"""Loads a folder of journals into the data of tables, figures, reports, exports and pages.

    results = load(Path("runs"))
    results.runs                # a frame with a row for each run
    results.cells               # runs grouped by everything except the seed

Each journal is read once, and only the kinds of event that the requested frames need are decoded.
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
from govsim.analysis.columns import Layout, RowValues, keyed, row_of, typed_frame
from govsim.analysis.dialogue.reading import DIALOGUE_KINDS, JUDGING_KINDS, Dialogue, RunDialogue, dialogue_of
from govsim.analysis.frames import (
    DECISIONS,
    MEMBERS,
    MONTHS,
    SITES,
    decisions_in,
    keys_of,
    members_in,
    months_in,
    runs_frame,
    sites_in,
)
from govsim.analysis.naming import NamedSociety
from govsim.analysis.origins import Origin, origin_of
from govsim.analysis.probes.reading import ProbeStudy, probe_study_of
from govsim.analysis.records import (
    ANSWERS,
    CALLS,
    MEMORIES,
    STUDIES,
    MemoryRow,
    answers_in,
    calls_in,
    study_row,
    with_setups,
)
from govsim.analysis.runs import RunMeasures, harvests_of, measures_of, run_kinds
from govsim.analysis.skills.reading import SkillStudy, skill_study_of
from govsim.analysis.status import STATUS_KINDS, JobState, state_in, with_waiting
from govsim.characters import counted, shortened, visible
from govsim.errors import AnalysisError, JournalError, TruncatedJournal
from govsim.journal import (
    STUDY_SUFFIX,
    Broken,
    Call,
    Journal,
    JudgeCheck,
    Judging,
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

RUN_FRAMES = ("runs", "members", "months", "sites", "decisions")
"""The frames that need measures of runs."""

ALL = (*RUN_FRAMES, "utterances", "calls", "memories", "studies")
"""All frames."""

FIGURE_FRAMES = (*RUN_FRAMES, "utterances", "calls", "studies")
"""The frames that figures need."""

REPORT_FRAMES = FIGURE_FRAMES
"""The frames that a report needs."""

STATUS = "status"
"""Requests the status of runs and studies, in the place of a frame's name."""

_FROM_RUNS: Mapping[str, tuple[str, ...]] = {
    "months": ("agreement", "growth", "charges"),
    "sites": ("agreement", "growth", "charges"),
    "utterances": DIALOGUE_KINDS,
    "calls": ("call", "request"),
    "memories": ("memory",),
    STATUS: STATUS_KINDS,
}
_FROM_STUDIES: Mapping[str, tuple[str, ...]] = {
    "utterances": JUDGING_KINDS,
    "calls": ("call", "request"),
    "studies": ("call", "solution", "recognition", "request"),
    STATUS: STATUS_KINDS,
}
"""The kinds of event that each frame needs, besides those that measures need."""

_LONGEST_FOLDER = 150
"""Maximum characters of a folder in a short description."""

FromMonth = int | Callable[[str], int]
"""The first month that gain, efficiency and equality count, or a function of the condition that returns it."""


def _frame(layout: Layout) -> cached_property[pd.DataFrame]:
    """A property of results: a frame of the loaded rows, created on first access."""
    return cached_property(lambda results: typed_frame(layout, results.rows_of(layout.name)))


@dataclass(frozen=True, kw_only=True, repr=False)
class Results:
    """The contents of the journals in a folder, as returned by `load`.

    Frames are created on first access. Access to a frame that was not loaded is an error. A notebook displays the table
    of measures.

    Attributes:
        root: the folder that names of journals are relative to.
        from_month: the first month that gain, efficiency and equality count; 1 if it depends on the condition.
        measures: the runs with their measures, in the order of their journals' paths.
        origins: the origin of each run, in the same order.
        skills: the sub-skill tests of models.
        probes: the contamination probes of models.
        states: the status of runs and studies, including planned runs of a campaign that have not started.
        problems: unreadable journals, relative to the folder, with the reason.
        unknown: the number of events of each kind that no installed package defines.
        rows: the rows of each frame by its name; the frame of runs is created from `measures`.
    """

    root: Path
    from_month: int = 1
    measures: tuple[RunMeasures, ...] = ()
    origins: tuple[Origin, ...] = ()
    skills: tuple[SkillStudy, ...] = ()
    probes: tuple[ProbeStudy, ...] = ()
    states: tuple[JobState, ...] = ()
    problems: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Sequence[RowValues]] = field(default_factory=dict)
    _dialogues: Sequence[RunDialogue] = ()
    _judging: Sequence[StudyJournal] = ()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row for each run."""
        return runs_frame(self.measures)

    members = _frame(MEMBERS)
    """One row for each member of each run."""

    months = _frame(MONTHS)
    """One row for each month of each run."""

    sites = _frame(SITES)
    """One row for each month at each site of each run with several."""

    decisions = _frame(DECISIONS)
    """One row for each decision of a member in a month."""

    @property
    def utterances(self) -> pd.DataFrame:
        """One row for each utterance of a member and each rater."""
        return self.dialogue.utterances

    calls = _frame(CALLS)
    """One row for each call of a model, including those of studies."""

    @property
    def call_records(self) -> Iterator[Mapping[str, object]]:
        """The rows of `calls` as mappings, without a frame."""
        return (dict(zip(CALLS.names, row, strict=True)) for row in self.rows_of(CALLS.name))

    memories = _frame(MEMORIES)
    """One row for each memory of a member."""

    studies = _frame(STUDIES)
    """One row for each study."""

    answers = _frame(ANSWERS)
    """The calls of runs, grouped by model, phase and purpose."""

    @cached_property
    def dialogue(self) -> Dialogue:
        """Discussions and their judgements."""
        self.rows_of("utterances")
        return dialogue_of(self._dialogues, self._judging, self.root)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Runs grouped by everything except the seed."""
        return analysis.cells_of(self.measures)

    @property
    def imported(self) -> int:
        """The number of runs that were imported from logs of another program."""
        return sum(run.is_imported for run in self.measures)

    def rows_of(self, frame: str) -> Sequence[RowValues]:
        """Return the rows of a frame.

        Raises:
            AnalysisError: the frame was not loaded.
        """
        if frame not in self.rows:
            raise AnalysisError(f"{frame}: this frame was not loaded; add it to load(folder, frames=...)")
        return self.rows[frame]

    def __repr__(self) -> str:
        folder = shortened(visible(str(self.root)), _LONGEST_FOLDER)
        numbers = [
            counted(len(self.measures), "run"),
            counted(len(self.skills) + len(self.probes) + len(self._judging), "study", "studies"),
        ]
        return f"<Results: {folder}, {', '.join(numbers)}, {counted(len(self.problems), 'unreadable journal')}>"

    def _repr_html_(self) -> str:
        table = analysis.cells_table(self.cells, broken=len(self.problems))
        return f"<p>{escape(repr(self)[1:-1])}</p>" + (table._repr_html_() if self.measures else "")

    def with_values(self, **values: str | Callable[[pd.DataFrame], pd.Series]) -> Results:
        """Return a copy with columns added to the frames of runs, members and months: one value, or computed ones."""
        changed = replace(self)
        for name in ("runs", "members", "months"):
            changed.__dict__[name] = getattr(self, name).assign(**values)  # where a cached property stores its value
        return changed


def load(
    folder: Path,
    *,
    frames: Collection[str] = ALL,
    from_month: FromMonth = 1,
    only: Collection[Path] | None = None,
    broken: Broken | None = None,
) -> Results:
    """Read all journals in a folder (recursively), in the order of their paths.

    Args:
        folder: a folder of journals of runs and studies, at any depth, or one journal. With the journal of a run,
            those of its judges are read too.
        frames: the frames to load, some of `ALL`, and `STATUS` for the status of runs and studies. With `studies`, a
            folder with sub-skill tests or probes needs no runs; with `studies` alone, it needs no journals at all.
        from_month: the first month that gain, efficiency and equality count, or a function of the condition.
        only: the journals in the folder to read; all when None.
        broken: called with the error of each unreadable journal, which is skipped; when None, the error is raised.

    Raises:
        JournalError: there are no journals, or no readable ones; names the file and the line.
        AnalysisError: a frame does not exist, or `from_month` is below 1.
    """
    if unknown := [name for name in frames if name not in (*ALL, STATUS)]:
        raise AnalysisError(f"frames = {unknown[0]}: must be one of {', '.join((*ALL, STATUS))}")
    reading = _Reading(folder, frozenset(frames), from_month, broken)
    reading.read_all(only)
    return reading.results()


def kinds_needed(frames: Collection[str]) -> set[str]:
    """Return the kinds of event of a run's journal that some frames need."""
    return _Reading(Path(), frozenset(frames)).run_kinds


def results_of(journals: Iterable[Journal], root: Path, *, frames: Collection[str] = RUN_FRAMES) -> Results:
    """Return the results of journals of runs that have already been read.

    Args:
        journals: the journals, with their events of `kinds_of(frames)` at least.
        root: the folder that names of journals are relative to.
        frames: the frames to load.

    Raises:
        JournalError: a journal is inconsistent.
    """
    reading = _Reading(root, frozenset(frames))
    for journal in journals:
        reading.add(journal)
    return reading.results()


class _Reading:
    """Reads journals one after the other, and keeps what the frames need."""

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
        self._states: list[JobState] = []
        self._societies: dict[str, NamedSociety] = {}
        self._measures: list[RunMeasures] = []
        self._origins: list[Origin] = []
        self._skills: list[SkillStudy] = []
        self._probes: list[ProbeStudy] = []
        self._problems: list[str] = []
        self._unknown: Counter[str] = Counter()
        answers = [ANSWERS.name] if self._is_measured and CALLS.name in frames else []
        self._rows: dict[str, list[RowValues]] = {name: [] for name in (*frames, *answers)}
        self._dialogues: list[RunDialogue] = []
        self._judging: list[StudyJournal] = []

    def read_all(self, only: Collection[Path] | None) -> None:
        """Read the journals that the frames need.

        Raises:
            JournalError: there are no journals, or no readable ones.
        """
        on_problem = self._on_problem
        if only is not None:
            self._read_or_report(only)
        elif self._frames == {"studies"}:
            read_each_study(self._folder, self._read, on_problem)
        else:
            try:
                read_each(self._folder, self._read, on_problem, with_studies=bool(self._study_kinds))
            except JournalError:
                if not self._planned:
                    raise
        if self._folder.is_file() and "utterances" in self._frames:
            self._read_or_report(_beside(self._folder))
        has_tests = bool(self._skills or self._probes)
        if only is None and self._is_measured and not self._measures and (not has_tests or holds_runs(self._folder)):
            find_journals(self._folder, lambda _: None)  # raises an error if there are none
            raise JournalError(f"{self._folder}: contains no readable journals")

    def results(self) -> Results:
        """Return the results of all journals read."""
        if CALLS.name in self._rows:
            self._rows[CALLS.name] = with_setups(self._rows[CALLS.name], self._societies)
        return Results(
            root=self._root,
            from_month=self._from_month if isinstance(self._from_month, int) else 1,
            measures=tuple(self._measures),
            origins=tuple(self._origins),
            skills=tuple(self._skills),
            probes=tuple(self._probes),
            states=with_waiting(self._states, self._planned),
            problems=tuple(self._problems),
            unknown=self._unknown,
            rows=self._rows,
            _dialogues=self._dialogues,
            _judging=self._judging,
        )

    def _read_or_report(self, paths: Iterable[Path]) -> None:
        for path in paths:
            try:
                self._read(path)
            except JournalError as error:
                if self._broken is None:
                    raise
                self._report(error)

    @property
    def _on_problem(self) -> Broken | None:
        """Receives each problem; None if problems are errors."""
        return None if self._broken is None else self._report

    def _report(self, error: JournalError) -> None:
        """Report and record why a journal was skipped; recorded paths are relative to the folder."""
        if not isinstance(error, TruncatedJournal):
            self._problems.append(str(error).replace(f"{self._root.as_posix()}/", ""))
        if self._broken is not None:
            self._broken(error)

    def _read(self, path: Path) -> None:
        if self._study_kinds and path.suffix == STUDY_SUFFIX:
            self._study(read_study(path, self._study_kinds, self._on_problem))
        else:
            self.add(read_journal(path, self.run_kinds, self._on_problem))

    def add(self, journal: Journal) -> None:
        """Add a run; nothing of it if its journal is inconsistent."""
        name = self._name_of(journal)
        rows: dict[str, list[RowValues]] = {}
        if self._is_measured:
            run = measures_of(journal, from_month=self._first_month(journal), name=name)
            rows = self._rows_of(run, journal)
            if "utterances" in self._frames:
                self._dialogues.append(RunDialogue(run, journal))
            self._measures.append(run)
            self._origins.append(origin_of(journal, name))
        if "calls" in self._frames:
            rows[CALLS.name] = calls_in(journal, name)
            self._societies[name] = NamedSociety.of(journal.header)
        if STATUS in self._frames:
            self._states.append(state_in(journal))
        for frame, some in rows.items():
            self._rows[frame] += some
        self._unknown.update(journal.unknown)

    def _rows_of(self, run: RunMeasures, journal: Journal) -> dict[str, list[RowValues]]:
        made: dict[str, Callable[[], Iterable[RowValues]]] = {
            MEMBERS.name: lambda: members_in(run, harvests_of(journal)),
            MONTHS.name: lambda: months_in(run, journal),
            SITES.name: lambda: sites_in(journal),
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
            if (probe := probe_study_of(journal, name)) is not None:
                self._probes.append(probe)
            self._rows[STUDIES.name] += [study_row(journal, name)]
        if "calls" in self._frames:
            self._rows[CALLS.name] += calls_in(journal, name)
        if STATUS in self._frames:
            self._states.append(state_in(journal))
        if "utterances" in self._frames and isinstance(journal.header.subject, Judging | JudgeCheck):
            kept = (event for event in journal.events if event.kind in JUDGING_KINDS)
            self._judging.append(replace(journal, events=tuple(kept)))

    def _name_of(self, journal: Journal | StudyJournal) -> str:
        """The name of a journal in frames; bytes of the file's name that are not UTF-8 are replaced."""
        return journal.path.relative_to(self._root).as_posix().encode(errors="replace").decode()

    def _first_month(self, journal: Journal) -> int:
        first = self._from_month
        return first(journal.header.experiment.condition) if callable(first) else first


def _beside(journal: Path) -> list[Path]:
    """The journals of judges about one run, found by their names."""
    start = f"{journal.stem}."
    names = (path for path in journal.parent.iterdir() if path.name.startswith(start))
    return sorted(path for path in names if path.suffix == STUDY_SUFFIX and path.is_file() and not is_unstarted(path))
