"""Joining what judges said with the runs they judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from govsim.analysis.columns import Layout, Row, keyed, row_of, typed_frame
from govsim.analysis.dialogue.compliance import agreed_limits, deed_of
from govsim.analysis.dialogue.frames import (
    AGREEMENTS,
    DIALOGUE_LAYOUTS,
    GROUP_OF,
    KNOWLEDGE,
    PROMISES,
    UTTERANCES,
    KnowledgeRow,
    PromiseRow,
    UtteranceRow,
)
from govsim.analysis.frames import RunKeys, keys_of
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import PROMPTS, Settings, flat_settings, prompts_name
from govsim.analysis.validation import checked_harvests
from govsim.journal import (
    MODERATOR,
    Agreement,
    Event,
    Harvest,
    Journal,
    Judging,
    Knowledge,
    Label,
    Promise,
    RequestLine,
    StudyJournal,
    Utterance,
)
from govsim.lazy import pandas as pd

TALK_KINDS = ("month", "harvest", "utterance", "agreement")
"""The kinds of line of a run's journal that dialogue is read from."""

JUDGING_KINDS = ("label", "promise", "knowledge", "request")
"""The kinds of line of a judge's journal that dialogue is read from."""


class RaterKey(NamedTuple):
    """Who judged: the model, its label, and the number of the sample."""

    judge: str
    setup: str
    sample: int


class StudiedRow(NamedTuple):
    """One run."""

    model: str
    """The members' language model; `none` or `mixed` as in `runs`."""
    cell: str
    """What everything but the seed is hashed to, as in `runs`."""
    talks: int
    """Lines that members said in talks."""
    labels: int
    """Raters of its labels."""
    promises: int
    """Raters of its promises."""
    knowledge: int
    """Raters of its knowledge."""


_STUDIED = Layout("studied", (RunKeys, StudiedRow))
"""The frame of runs that dialogue has."""


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
        setups: how the members decide, and changed settings, by cell.
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
    setups: dict[str, str] = field(default_factory=dict)

    @property
    def is_judged(self) -> bool:
        """Whether there is anything that a judge said."""
        return any(len(frame) for frame in (self.utterances, self.promises, self.knowledge))


def dialogue_frames(dialogue: Dialogue) -> list[tuple[Layout, pd.DataFrame]]:
    """The frames of dialogue with their layouts; none where no judge has read any run."""
    if not dialogue.is_judged:
        return []
    return [(layout, getattr(dialogue, layout.name)) for layout in DIALOGUE_LAYOUTS]


def dialogue_of(talks: Sequence[TalkOfRun], studies: Iterable[StudyJournal], root: Path) -> Dialogue:
    """Join judges' journals with the runs they read.

    A judge's journal counts only where each of its lines fits the run's journal as it is now: the same line in the
    same place, said by the same member. Else all of it is left out, and told in `stale`.

    Args:
        talks: what was said in each run.
        studies: journals of studies; those that are about no run are passed over.
        root: the folder that names are relative to.
    """
    joined = _Joined(studies, root)
    for talk in talks:
        joined.add(talk)
    return joined.dialogue()


class TalkOfRun:
    """What was said, agreed on and harvested in one run, as judges' journals are joined with it.

    Args:
        run: the run.
        journal: its journal, with its lines of `TALK_KINDS` at least.

    Raises:
        JournalError: the journal contradicts itself.
    """

    def __init__(self, run: RunMeasures, journal: Journal) -> None:
        self.run = run
        self.harvests: dict[int, Harvest] = {one.month: one for one in checked_harvests(journal)}
        self.said: dict[tuple[int, int], Utterance] = {
            (one.month, one.ordinal): one for one in journal.of(Utterance) if one.text is not None
        }
        self.limits = agreed_limits(journal.of(Agreement), self.harvests, run.model)

    @property
    def settings(self) -> Settings:
        """Everything that decides the result but the seed, by dotted key."""
        prompts = prompts_name(self.run.scenario, self.run.prompts, self.run.wording)
        return {**flat_settings(self.run.experiment), "society": self.run.society, PROMPTS: prompts}

    @property
    def lines(self) -> dict[int, list[tuple[int, str, str]]]:
        """Place, speaker and text of all that was said, by month."""
        talks: dict[int, list[tuple[int, str, str]]] = {}
        for one in self.said.values():
            talks.setdefault(one.month, []).append((one.ordinal, one.member, one.text or ""))
        return talks

    def flaw_of(self, event: Event) -> str | None:
        """What a judge read that the run's journal does not hold, in words; None where it is there."""
        if isinstance(event, Label) and not self._is_said(event.month, event.ordinal, event.member, event.text):
            return f"no such line is in the talk of month {event.month} any more (line {event.ordinal})"
        if isinstance(event, Promise) and not self._is_promised(event):
            return f"what {event.member} promised in month {event.month} is not in the talk any more"
        if isinstance(event, Knowledge) and not self._has_decided(event.month, event.member):
            return f"{event.member} does not decide in month {event.month} any more"
        return None

    def utterances(self, rater: RaterKey, study: StudyJournal) -> Iterator[UtteranceRow]:
        """The lines of members, as one rater labelled them."""
        given = {(one.month, one.ordinal): one for one in study.of(Label)}
        for place, said in self.said.items():
            if said.member != MODERATOR:
                answer = given.get(place)
                label = answer.label if answer else None
                yield row_of(
                    UtteranceRow,
                    said,
                    model=self.run.models.get(said.member),
                    **rater._asdict(),
                    label=label,
                    group=GROUP_OF[label] if label else None,
                    is_asked=answer is not None,
                    invalid=answer.invalid if answer else None,
                )

    def promises(self, rater: RaterKey, study: StudyJournal) -> Iterator[PromiseRow]:
        """What members promised, as one rater read it."""
        for one in study.of(Promise):
            deed = deed_of(one.member, one.units, self.harvests.get(one.month + 1))
            model = self.run.models.get(one.member)
            yield row_of(PromiseRow, one, model=model, **rater._asdict(), promised=one.units, **asdict(deed))

    def knowledge(self, rater: RaterKey, study: StudyJournal) -> Iterator[KnowledgeRow]:
        """What decisions were based on, as one rater read it."""
        for one in study.of(Knowledge):
            harvest = self.harvests[one.month]
            asked = harvest.asked.get(one.member)
            yield KnowledgeRow(
                month=one.month,
                member=one.member,
                model=self.run.models.get(one.member),
                **rater._asdict(),
                names_threshold=one.threshold,
                names_others=one.others,
                names_future=one.future,
                asked=asked,
                member_threshold=harvest.member_threshold,
                is_over_usage=None if asked is None else asked > harvest.member_threshold,
                invalid=one.invalid,
            )

    def _is_said(self, month: int, ordinal: int | None, member: str, text: str | None) -> bool:
        said = self.said.get((month, -1 if ordinal is None else ordinal))
        return said is not None and (said.member, said.text) == (member, text)

    def _is_promised(self, one: Promise) -> bool:
        """Whether a promise is quoted as it was said; where there is none, whether the member could have given one."""
        if one.line is None:
            is_of_talk = any(month == one.month for month, _ in self.said)
            return is_of_talk and one.member in self.run.experiment.society.members
        return self._is_said(one.month, one.line, one.member, one.quote)

    def _has_decided(self, month: int, member: str) -> bool:
        return month in self.harvests and member in self.harvests[month].granted


class _Joined:
    """Judges' journals joined with the runs they are about, one run after the other."""

    def __init__(self, studies: Iterable[StudyJournal], root: Path) -> None:
        self._root = root
        self._stale: list[str] = []
        self._requests: list[RequestLine] = []
        self._rows: dict[str, list[Row]] = {layout.name: [] for layout in (*DIALOGUE_LAYOUTS, _STUDIED)}
        self._settings: dict[str, Settings] = {}
        self._setups: dict[str, str] = {}
        self._lines: dict[tuple[str, int], tuple[tuple[int, str, str], ...]] = {}
        waiting: dict[Path, list[StudyJournal]] = {}
        for study in studies:
            if isinstance(subject := study.header.subject, Judging):
                waiting.setdefault(study.path.parent / Path(subject.journal).name, []).append(study)
        self._waiting = {run: self._once_each(found) for run, found in waiting.items()}

    def add(self, talk: TalkOfRun) -> None:
        """Take in a run, and what judges said of it."""
        run, keys = talk.run, keys_of(talk.run)
        studies = [study for study in self._waiting.pop(run.path, []) if self._is_current(study, talk)]
        judged: tuple[tuple[Layout, Callable[[RaterKey, StudyJournal], Iterable[Row]], str], ...] = (
            (UTTERANCES, talk.utterances, "labels"),
            (PROMISES, talk.promises, "promises"),
            (KNOWLEDGE, talk.knowledge, "knowledge"),
        )
        raters = dict.fromkeys(("labels", "promises", "knowledge"), 0)
        for layout, rows_of, study in judged:
            for one in studies:
                if _judging(one).study == study:
                    raters[study] += 1
                    self._rows[layout.name] += keyed(keys, rows_of(_rater(one), one))
        self._rows[AGREEMENTS.name] += keyed(keys, talk.limits)
        said = sum(one.member != MODERATOR for one in talk.said.values())
        self._rows[_STUDIED.name] += keyed(keys, [StudiedRow(model=run.model, cell=run.cell, talks=said, **raters)])
        self._requests += [request for study in studies for request in study.of(RequestLine)]
        self._settings[run.cell], self._setups[run.cell] = talk.settings, run.setup
        self._lines |= {(run.name, month): tuple(said) for month, said in talk.lines.items()}

    def dialogue(self) -> Dialogue:
        """All that was taken in; journals of judges whose run was not are told of."""
        orphans = [
            f"{self._named(study)}: the run that it is about, {_judging(study).journal}, is not there or cannot be read"
            for studies in self._waiting.values()
            for study in studies
        ]
        return Dialogue(
            **{layout.name: typed_frame(layout, self._rows[layout.name]) for layout in DIALOGUE_LAYOUTS},
            runs=typed_frame(_STUDIED, self._rows[_STUDIED.name]),
            settings=self._settings,
            setups=self._setups,
            lines=self._lines,
            stale=(*self._stale, *orphans),
            requests=tuple(self._requests),
        )

    def _once_each(self, studies: list[StudyJournal]) -> list[StudyJournal]:
        """One journal for each rater and study: a copy of one would have a second voice."""
        kept: dict[tuple[str, RaterKey], StudyJournal] = {}
        for study in studies:
            first = kept.setdefault((_judging(study).study, _rater(study)), study)
            if first is not study:
                self._stale.append(f"{self._named(study)}: is of the same judge and sample as {first.path.name}")
        return sorted(kept.values(), key=_rater)

    def _is_current(self, study: StudyJournal, talk: TalkOfRun) -> bool:
        what = next(filter(None, map(talk.flaw_of, study.events)), None)
        if what:
            self._stale.append(f"{self._named(study)}: {what}; {talk.run.path.name} has changed since: judge it again")
        return not what

    def _named(self, study: StudyJournal) -> str:
        return study.path.relative_to(self._root).as_posix()


def _rater(study: StudyJournal) -> RaterKey:
    subject = _judging(study)
    setup = subject.rater.removesuffix(f".{subject.sample}") if subject.sample > 1 else subject.rater
    return RaterKey(study.header.model, setup, subject.sample)


def _judging(study: StudyJournal) -> Judging:
    subject = study.header.subject
    assert isinstance(subject, Judging), "others are passed over when they are read"
    return subject
