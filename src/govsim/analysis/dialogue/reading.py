"""From the journals of judges, beside those of the runs they judged, to frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.analysis.consistency import checked_harvests
from govsim.analysis.counting import counting_of
from govsim.analysis.dialogue.deeds import agreed_limits, deed_of
from govsim.analysis.dialogue.layouts import AGREEMENTS, DIALOGUE_LAYOUTS, KNOWLEDGE, PROMISES, UTTERANCES
from govsim.analysis.frames.columns import KEYS, Column, Layout, typed_frame
from govsim.analysis.runs import model_of, prompts_hash, prompts_name
from govsim.analysis.table import PROMPTS, Settings, cell_hash, flat_settings
from govsim.errors import JournalError
from govsim.journal import (
    GROUPS,
    MODERATOR,
    STUDY_SUFFIX,
    Agreement,
    Broken,
    Harvest,
    Journal,
    Judging,
    Knowledge,
    Label,
    LabelName,
    Promise,
    RequestLine,
    StudyJournal,
    Utterance,
    find_studies,
    is_unbegun,
    read_each,
    read_journal,
    read_study,
)

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[object, ...]
Rater = tuple[str, str, int]

DIALOGUE_KINDS = ("month", "harvest", "utterance", "agreement")
"""The kinds of line of a run's journal that dialogue is read from."""

GROUP_OF: dict[LabelName, str] = {label: group for group, labels in GROUPS.items() for label in labels}
"""The group of each label."""

_STUDIED = Layout(
    name="studied",
    row="one run",
    columns=(
        *KEYS,
        Column(name="model", kind="string", meaning="The members' language model; `none` or `mixed` as in `runs`."),
        Column(name="cell", kind="string", meaning="What everything but the seed is hashed to, as in `runs`."),
        Column(name="talks", kind="int64", meaning="Lines that members said in talks."),
        *(
            Column(name=name, kind="int64", meaning=f"Raters of its {name} that are in the frames.")
            for name in ("labels", "promises", "knowledge")
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What was said below a folder, and what judges made of it; `DIALOGUE_LAYOUTS` describes the columns.

    Attributes:
        utterances: one row for each line of a member and rater.
        promises: one row for each member, talk and rater.
        agreements: one row for each talk that agreed on a limit; needs no judge.
        knowledge: one row for each decision and rater.
        runs: one row for each run, judged or not: the keys, `model`, `cell`, `talks` (lines said by members), and how
            many raters of `labels`, `promises` and `knowledge` it has.
        settings: everything that decides a result but the seed, by cell and dotted key.
        lines: what was said in every talk by path and month, the moderator's lines too: place, speaker and text.
        stale: judges' journals that are left out because the run's journal is not the one they read, a sentence each.
        requests: what was sent to judges beside the questions, where that is recorded.
    """

    utterances: pd.DataFrame
    promises: pd.DataFrame
    agreements: pd.DataFrame
    knowledge: pd.DataFrame
    runs: pd.DataFrame
    settings: dict[str, Settings]
    lines: dict[tuple[str, int], tuple[tuple[int, str, str], ...]]
    stale: tuple[str, ...]
    requests: tuple[RequestLine, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether there is anything that a judge said."""
        return any(len(frame) for frame in (self.utterances, self.promises, self.knowledge))


class DialogueBuilder:
    """Joins what judges said with the runs they judged, one after the other.

    Args:
        folder: the folder that paths are made relative to, or one journal.
        broken: told of each journal of a judge that cannot be read; raised when None.
    """

    def __init__(self, folder: Path, broken: Broken | None = None) -> None:
        self._root = folder.parent if folder.is_file() else folder
        self._stale: list[str] = []
        self._requests: list[RequestLine] = []
        self._waiting = self._studies(folder, broken)
        self._rows: dict[str, list[Row]] = {layout.name: [] for layout in (*DIALOGUE_LAYOUTS, _STUDIED)}
        self._settings: dict[str, Settings] = {}
        self._lines: dict[tuple[str, int], tuple[tuple[int, str, str], ...]] = {}

    def add(self, journal: Journal) -> None:
        """Take in a run, and what judges said of it.

        Args:
            journal: with its lines of `DIALOGUE_KINDS` at least.

        Raises:
            JournalError: the journal contradicts itself; nothing of it is taken in.
        """
        run = _Run(journal, self._root)
        studies = [study for study in self._waiting.pop(journal.path, []) if self._is_current(study, run)]
        rows = {
            "utterances": list(run.utterances(studies)),
            "promises": list(run.promises(studies)),
            "agreements": list(run.agreements()),
            "knowledge": list(run.knowledge(studies)),
            "studied": [run.studied(studies)],
        }
        for name, some in rows.items():
            self._rows[name] += some
        self._requests += [request for study in studies for request in study.of(RequestLine)]
        self._settings[run.cell] = run.settings
        self._lines.update(run.lines())

    def dialogue(self) -> Dialogue:
        """All that was taken in; journals of judges whose run was not are told of."""
        orphans = [
            f"{self._named(study)}: the run that it is about, {_judging(study).journal}, is not there or cannot be read"
            for studies in self._waiting.values()
            for study in studies
        ]
        return Dialogue(
            utterances=typed_frame(UTTERANCES, self._rows["utterances"]),
            promises=typed_frame(PROMISES, self._rows["promises"]),
            agreements=typed_frame(AGREEMENTS, self._rows["agreements"]),
            knowledge=typed_frame(KNOWLEDGE, self._rows["knowledge"]),
            runs=typed_frame(_STUDIED, self._rows["studied"]),
            settings=self._settings,
            lines=self._lines,
            stale=(*self._stale, *orphans),
            requests=tuple(self._requests),
        )

    def _studies(self, folder: Path, broken: Broken | None) -> dict[Path, list[StudyJournal]]:
        """Journals of judges by the journal of the run that they are about."""
        found: dict[Path, list[StudyJournal]] = {}
        for path in _beside(folder) if folder.is_file() else find_studies(folder, broken):
            try:
                study = read_study(path, kinds=("label", "promise", "knowledge", "request"))
            except JournalError as error:
                if broken is None:
                    raise
                broken(error)
                continue
            if isinstance(subject := study.header.subject, Judging):
                found.setdefault(path.parent / Path(subject.journal).name, []).append(study)
        return {run: self._once_each(studies) for run, studies in found.items()}

    def _once_each(self, studies: list[StudyJournal]) -> list[StudyJournal]:
        """One journal for each rater and study: a copy of one would have a second voice."""
        kept: dict[tuple[str, Rater], StudyJournal] = {}
        for study in studies:
            first = kept.setdefault((_judging(study).study, _rater(study)), study)
            if first is not study:
                self._stale.append(f"{self._named(study)}: is of the same judge and sample as {first.path.name}")
        return sorted(kept.values(), key=_rater)

    def _is_current(self, study: StudyJournal, run: _Run) -> bool:
        what = run.difference(study)
        if what:
            self._stale.append(
                f"{self._named(study)}: {what}; {run.journal.path.name} has changed since: judge it again"
            )
        return not what

    def _named(self, study: StudyJournal) -> str:
        return study.path.relative_to(self._root).as_posix()


def read_dialogue(folder: Path, *, broken: Broken | None = None) -> Dialogue:
    """Read every run below a folder, and what judges said of them.

    A judge's journal counts only where each of its lines fits the run's journal as it is now: the same line in the
    same place, said by the same member. Else all of it is left out, and told in `stale`.

    Args:
        folder: where the journals lie, at any depth, or the journal of one run.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Raises:
        JournalError: there is no run's journal there, or none that can be read; names file and line.
    """
    builder = DialogueBuilder(folder, broken)
    read_each(folder, lambda path: builder.add(read_journal(path, kinds=DIALOGUE_KINDS)), broken)
    return builder.dialogue()


def dialogue_frames(dialogue: Dialogue) -> list[tuple[Layout, pd.DataFrame]]:
    """The frames of dialogue with their layouts; none where no judge has read any run.

    Args:
        dialogue: as `read_dialogue` gives it.
    """
    if not dialogue.is_judged:
        return []
    return [(layout, getattr(dialogue, layout.name)) for layout in DIALOGUE_LAYOUTS]


class _Run:
    """One run's journal, as judges' journals are joined with it."""

    def __init__(self, journal: Journal, root: Path) -> None:
        self.journal = journal
        self._experiment = journal.header.experiment
        self._harvests: dict[int, Harvest] = {one.month: one for one in checked_harvests(journal)}
        self._talks: dict[tuple[int, int], Utterance] = {
            (one.month, one.ordinal): one for one in journal.of(Utterance) if one.text is not None
        }
        self._months_of_talk = {month for month, _ in self._talks}
        counting = counting_of(journal)
        what = (journal.header.scenario.name, self._experiment.condition, journal.header.society, self._experiment.seed)
        self._path = journal.path.relative_to(root).as_posix()
        self._keys: Row = (self._path, *what, counting.status, counting.is_counted, counting.is_censored)
        prompts = prompts_hash(journal.header.scenario)
        self.cell = cell_hash(self._experiment, journal.header.scenario.name, journal.header.society, prompts)
        self.settings = {
            **flat_settings(self._experiment),
            "society": journal.header.society,
            PROMPTS: prompts_name(journal.header.scenario.name, prompts, journal.header.wording),
        }
        self._models = model_of(journal.header)
        self._model = {name: journal.header.model_of(name) for name in self._experiment.society.members}

    def difference(self, study: StudyJournal) -> str:
        """What a judge read that the run's journal does not hold, in words; empty where all of it is there."""
        for event in study.events:
            if isinstance(event, Label) and not self._is_said(event.month, event.ordinal, event.member, event.text):
                return f"no such line is in the talk of month {event.month} any more (line {event.ordinal})"
            if isinstance(event, Promise) and not self._is_promised(event):
                return f"what {event.member} promised in month {event.month} is not in the talk any more"
            if isinstance(event, Knowledge) and event.member not in self._granted(event.month):
                return f"{event.member} does not decide in month {event.month} any more"
        return ""

    def utterances(self, studies: Iterable[StudyJournal]) -> Iterator[Row]:
        for study in _of(studies, "labels"):
            given = {(one.month, one.ordinal): one for one in study.of(Label)}
            for place, said in self._talks.items():
                if said.member == MODERATOR:
                    continue
                label = given.get(place)
                name = None if label is None else label.label
                what = (said.month, said.member, self._model.get(said.member), said.ordinal, said.text, *_rater(study))
                judged = (name, None if name is None else GROUP_OF[name], label is not None)
                yield (*self._keys, *what, *judged, None if label is None else label.invalid)

    def promises(self, studies: Iterable[StudyJournal]) -> Iterator[Row]:
        for study in _of(studies, "promises"):
            for one in study.of(Promise):
                deed = deed_of(one.member, one.units, self._harvests.get(one.month + 1))
                what = (one.month, one.member, self._model.get(one.member), *_rater(study))
                done = (deed.asked, deed.granted, deed.outcome, deed.excess)
                yield (*self._keys, *what, one.units, one.line, one.quote, *done, one.invalid)

    def agreements(self) -> Iterator[Row]:
        for one in agreed_limits(self.journal.of(Agreement), self._harvests):
            following = (one.deciding, one.above, one.is_kept, one.excess)
            what = (one.month, self._models, one.limit, one.is_renewal)
            yield (*self._keys, *what, *following, one.months_held, one.ending)

    def knowledge(self, studies: Iterable[StudyJournal]) -> Iterator[Row]:
        for study in _of(studies, "knowledge"):
            for one in study.of(Knowledge):
                harvest = self._harvests[one.month]
                asked, threshold = harvest.asked.get(one.member), harvest.member_threshold
                decided = (asked, threshold, None if asked is None else asked > threshold)
                what = (one.month, one.member, self._model.get(one.member), *_rater(study))
                yield (*self._keys, *what, one.threshold, one.others, one.future, *decided, one.invalid)

    def studied(self, studies: Iterable[StudyJournal]) -> Row:
        of_each = (sum(1 for _ in _of(studies, name)) for name in ("labels", "promises", "knowledge"))
        lines = sum(one.member != MODERATOR for one in self._talks.values())
        return (*self._keys, self._models, self.cell, lines, *of_each)

    def lines(self) -> Iterator[tuple[tuple[str, int], tuple[tuple[int, str, str], ...]]]:
        talks: dict[int, list[tuple[int, str, str]]] = {}
        for one in self._talks.values():
            talks.setdefault(one.month, []).append((one.ordinal, one.member, one.text or ""))
        for month, said in talks.items():
            yield (self._path, month), tuple(said)

    def _is_said(self, month: int, ordinal: int | None, member: str, text: str | None) -> bool:
        said = self._talks.get((month, -1 if ordinal is None else ordinal))
        return said is not None and (said.member, said.text) == (member, text)

    def _is_promised(self, one: Promise) -> bool:
        """Whether a promise is quoted as it was said; where there is none, whether the member could have given one."""
        if one.line is None:
            return one.member in self._model and one.month in self._months_of_talk
        return self._is_said(one.month, one.line, one.member, one.quote)

    def _granted(self, month: int) -> dict[str, int]:
        return self._harvests[month].granted if month in self._harvests else {}


def _beside(journal: Path) -> list[Path]:
    """The journals of judges about one run, by their names."""
    start = f"{journal.stem}."
    names = (path for path in journal.parent.iterdir() if path.name.startswith(start))
    return sorted(path for path in names if path.suffix == STUDY_SUFFIX and path.is_file() and not is_unbegun(path))


def _of(studies: Iterable[StudyJournal], name: str) -> Iterator[StudyJournal]:
    return (study for study in studies if _judging(study).study == name)


def _rater(study: StudyJournal) -> Rater:
    """The judge's model, its label, and the number of the sample."""
    subject = _judging(study)
    setup = subject.rater.removesuffix(f".{subject.sample}") if subject.sample > 1 else subject.rater
    return study.header.model, setup, subject.sample


def _judging(study: StudyJournal) -> Judging:
    subject = study.header.subject
    assert isinstance(subject, Judging), "others are passed over when they are read"
    return subject
