"""Joins judges' journals with the runs that they judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from govsim.analysis.columns import Layout, RowValues, keyed, row_of, typed_frame
from govsim.analysis.dialogue.compliance import agreed_limits, compliance_of
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
from govsim.analysis.naming import named_alike
from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import PROMPTS, FlatSettings, flat_settings, prompts_name
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
    by_site,
    in_total,
)
from govsim.lazy import pandas as pd

DIALOGUE_KINDS = ("month", "harvest", "utterance", "agreement")
"""The kinds of event of a run's journal that dialogue is read from."""

JUDGING_KINDS = ("label", "promise", "knowledge", "request")
"""The kinds of event of a judge's journal that dialogue is read from."""


class RaterKey(NamedTuple):
    """A rater: the judge's model, its name with a hash of its settings, and the number of the sample."""

    judge: str
    judge_setup: str
    sample: int


class StudiedRow(NamedTuple):
    """One run."""

    model: str
    """The members' language model; `none` or `mixed` as in `runs`."""
    cell: str
    """A hash of everything that determines a result except the seed, as in `runs`."""
    lines: int
    """Utterances of members."""
    labels: int
    """Number of raters of its labels."""
    promises: int
    """Number of raters of its promises."""
    knowledge: int
    """Number of raters of its knowledge."""


_STUDIED = Layout("studied", (RunKeys, StudiedRow))
"""The frame of runs of `Dialogue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """The discussions in a folder and their judgements; `DIALOGUE_LAYOUTS` describes the columns.

    Attributes:
        utterances: one row for each utterance of a member and rater.
        promises: one row for each member, discussion and rater.
        agreements: one row for each discussion that agreed on a limit; needs no judge.
        knowledge: one row for each decision and rater.
        runs: one row for each run, judged or not: the keys, `model`, `cell`, `lines` (utterances of members), and
            the number of raters of `labels`, `promises` and `knowledge`.
        settings: all settings that determine a result except the seed, by cell and dotted key.
        lines: position, speaker and text of all utterances, including the moderator's, by path and month.
        stale: judges' journals that are excluded because the run's journal has changed, with the reason.
        requests: what was sent to judges besides the questions, if recorded.
        setups: how the members decide, and changed settings, by cell.
    """

    utterances: pd.DataFrame
    promises: pd.DataFrame
    agreements: pd.DataFrame
    knowledge: pd.DataFrame
    runs: pd.DataFrame
    settings: dict[str, FlatSettings]
    lines: dict[tuple[str, int], tuple[tuple[int, str, str], ...]]
    stale: tuple[str, ...]
    requests: tuple[RequestLine, ...] = ()
    setups: dict[str, str] = field(default_factory=dict)

    @property
    def is_judged(self) -> bool:
        """Whether there are any judgements."""
        return any(len(frame) for frame in (self.utterances, self.promises, self.knowledge))


def dialogue_frames(dialogue: Dialogue) -> list[tuple[Layout, pd.DataFrame]]:
    """Return the frames of dialogue with their layouts; none if there are no judgements."""
    if not dialogue.is_judged:
        return []
    return [(layout, getattr(dialogue, layout.name)) for layout in DIALOGUE_LAYOUTS]


def dialogue_of(runs: Sequence[RunDialogue], studies: Iterable[StudyJournal], root: Path) -> Dialogue:
    """Join judges' journals with the runs that they judged.

    A judge's journal is used only if each of its judgements matches the current journal of the run: the same utterance
    at the same position by the same member. Otherwise all of it is excluded and listed in `stale`.

    Args:
        runs: the discussions of each run.
        studies: journals of studies; those that are not about a run are ignored.
        root: the folder that names of journals are relative to.
    """
    joined = _Joined(studies, root)
    for run in runs:
        joined.add(run)
    return joined.dialogue()


class RunDialogue:
    """The utterances, agreements and harvests of one run, which judges' journals are joined with.

    Args:
        run: the run.
        journal: its journal, with its events of `DIALOGUE_KINDS` at least.

    Raises:
        JournalError: the journal is inconsistent.
    """

    def __init__(self, run: RunMeasures, journal: Journal) -> None:
        self.run = run
        checked = checked_harvests(journal)
        self.harvests: dict[int, Harvest] = {one.month: one for one in in_total(checked)}
        self.said: dict[tuple[int, int], Utterance] = {
            (one.month, one.ordinal): one for one in journal.of(Utterance) if one.text is not None
        }
        at_sites = {site: {one.month: one for one in found} for site, found in by_site(checked).items()}
        self.limits = [
            row
            for site, found in by_site(journal.of(Agreement)).items()
            for row in agreed_limits(found, at_sites.get(site, self.harvests), run.model)
        ]

    @property
    def settings(self) -> FlatSettings:
        """All settings that determine the result except the seed, by dotted key."""
        prompts = prompts_name(self.run.scenario, self.run.prompts, self.run.prompts_folder)
        return {**flat_settings(self.run.experiment), "society": self.run.society, PROMPTS: prompts}

    @property
    def lines(self) -> dict[int, list[tuple[int, str, str]]]:
        """Position, speaker and text of all utterances, by month."""
        by_month: dict[int, list[tuple[int, str, str]]] = {}
        for one in self.said.values():
            by_month.setdefault(one.month, []).append((one.ordinal, one.member, one.text or ""))
        return by_month

    def flaw_of(self, event: Event) -> str | None:
        """Return why a judgement does not match the run's journal; None if it does."""
        if isinstance(event, Label) and not self._is_said(event.month, event.ordinal, event.member, event.text):
            return f"the discussion of month {event.month} no longer has this utterance (line {event.ordinal})"
        if isinstance(event, Promise) and not self._is_promised(event):
            return f"the discussion of month {event.month} no longer has the promise of {event.member}"
        if isinstance(event, Knowledge) and not self._has_decided(event.month, event.member):
            return f"{event.member} no longer has a decision in month {event.month}"
        return None

    def utterances(self, rater: RaterKey, study: StudyJournal) -> Iterator[UtteranceRow]:
        """Yield the members' utterances with the labels of one rater."""
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
        """Yield the members' promises as extracted by one rater."""
        for one in study.of(Promise):
            found = compliance_of(one.member, one.units, self.harvests.get(one.month + 1))
            model = self.run.models.get(one.member)
            yield row_of(PromiseRow, one, model=model, **rater._asdict(), promised=one.units, **asdict(found))

    def knowledge(self, rater: RaterKey, study: StudyJournal) -> Iterator[KnowledgeRow]:
        """Yield the grounds of decisions according to one rater."""
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
                member_threshold=harvest.threshold_of(one.member),
                is_over_usage=None if asked is None else asked > harvest.threshold_of(one.member),
                invalid=one.invalid,
            )

    def _is_said(self, month: int, ordinal: int | None, member: str, text: str | None) -> bool:
        said = self.said.get((month, -1 if ordinal is None else ordinal))
        return said is not None and (said.member, said.text) == (member, text)

    def _is_promised(self, one: Promise) -> bool:
        """Whether the quote of a promise is in the journal; without one, whether the month has a discussion."""
        if one.line is None:
            has_discussion = any(month == one.month for month, _ in self.said)
            return has_discussion and one.member in self.run.experiment.society.members
        return self._is_said(one.month, one.line, one.member, one.quote)

    def _has_decided(self, month: int, member: str) -> bool:
        return month in self.harvests and member in self.harvests[month].granted


class _Joined:
    """Joins judges' journals with their runs, one run after the other."""

    def __init__(self, studies: Iterable[StudyJournal], root: Path) -> None:
        self._root = root
        self._stale: list[str] = []
        self._requests: list[RequestLine] = []
        self._rows: dict[str, list[RowValues]] = {layout.name: [] for layout in (*DIALOGUE_LAYOUTS, _STUDIED)}
        self._settings: dict[str, FlatSettings] = {}
        self._runs: dict[str, RunMeasures] = {}
        self._lines: dict[tuple[str, int], tuple[tuple[int, str, str], ...]] = {}
        waiting: dict[Path, list[StudyJournal]] = {}
        for study in studies:
            if isinstance(subject := study.header.subject, Judging):
                waiting.setdefault(study.path.parent / Path(subject.journal).name, []).append(study)
        self._waiting = {run: self._once_each(found) for run, found in waiting.items()}

    def add(self, source: RunDialogue) -> None:
        """Add a run and its judgements."""
        run, keys = source.run, keys_of(source.run)
        studies = [study for study in self._waiting.pop(run.path, []) if self._is_current(study, source)]
        judged: tuple[tuple[Layout, Callable[[RaterKey, StudyJournal], Iterable[RowValues]], str], ...] = (
            (UTTERANCES, source.utterances, "labels"),
            (PROMISES, source.promises, "promises"),
            (KNOWLEDGE, source.knowledge, "knowledge"),
        )
        raters = dict.fromkeys(("labels", "promises", "knowledge"), 0)
        for layout, rows_of, study in judged:
            for one in studies:
                if _judging(one).study == study:
                    raters[study] += 1
                    self._rows[layout.name] += keyed(keys, rows_of(_rater(one), one))
        self._rows[AGREEMENTS.name] += keyed(keys, source.limits)
        said = sum(one.member != MODERATOR for one in source.said.values())
        self._rows[_STUDIED.name] += keyed(keys, [StudiedRow(model=run.model, cell=run.cell, lines=said, **raters)])
        self._requests += [request for study in studies for request in study.of(RequestLine)]
        self._settings[run.cell], self._runs[run.cell] = source.settings, run
        self._lines |= {(run.name, month): tuple(said) for month, said in source.lines.items()}

    def dialogue(self) -> Dialogue:
        """Return all runs that were added; journals of judges without their run are listed as stale."""
        orphans = [
            f"{self._named(study)}: its run, {_judging(study).journal}, is missing or unreadable"
            for studies in self._waiting.values()
            for study in studies
        ]
        return Dialogue(
            **{layout.name: typed_frame(layout, self._rows[layout.name]) for layout in DIALOGUE_LAYOUTS},
            runs=typed_frame(_STUDIED, self._rows[_STUDIED.name]),
            settings=self._settings,
            setups={run.cell: run.setup for run in named_alike(self._runs.values())},
            lines=self._lines,
            stale=(*self._stale, *orphans),
            requests=tuple(self._requests),
        )

    def _once_each(self, studies: list[StudyJournal]) -> list[StudyJournal]:
        """One journal for each rater and study, so that copies have no second vote."""
        kept: dict[tuple[str, RaterKey], StudyJournal] = {}
        for study in studies:
            first = kept.setdefault((_judging(study).study, _rater(study)), study)
            if first is not study:
                self._stale.append(f"{self._named(study)}: has the same judge and sample as {first.path.name}")
        return sorted(kept.values(), key=_rater)

    def _is_current(self, study: StudyJournal, source: RunDialogue) -> bool:
        what = next(filter(None, map(source.flaw_of, study.events)), None)
        if what:
            self._stale.append(f"{self._named(study)}: {what}; {source.run.path.name} has changed: judge it again")
        return not what

    def _named(self, study: StudyJournal) -> str:
        return study.path.relative_to(self._root).as_posix()


def _rater(study: StudyJournal) -> RaterKey:
    subject = _judging(study)
    setup = subject.rater.removesuffix(f".{subject.sample}") if subject.sample > 1 else subject.rater
    return RaterKey(study.header.model, setup, subject.sample)


def _judging(study: StudyJournal) -> Judging:
    subject = study.header.subject
    assert isinstance(subject, Judging), "other studies are ignored when they are read"
    return subject
