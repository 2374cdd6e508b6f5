"""All that figures and reports are made from, with each journal read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.analysis.dialogue.reading import DIALOGUE_KINDS, Dialogue, DialogueBuilder
from govsim.analysis.frames import KEYS, Column, FrameBuilder, Frames, Layout, typed_frame
from govsim.analysis.frames.reading import frame_kinds
from govsim.analysis.runs import RunMeasures, total_cost, total_tokens, unread
from govsim.errors import JournalError, TornJournal
from govsim.journal import Broken, Call, Imported, Journal, read_each, read_journal

if TYPE_CHECKING:
    import pandas as pd

ANSWERS = Layout(
    name="answers",
    row="what one run asked one model for one purpose in one phase, runs that are not counted included",
    columns=(
        *KEYS,
        Column(name="model", kind="string", meaning="The model that was asked; a run can ask several."),
        Column(name="phase", kind="string", meaning="The phase of the month."),
        Column(name="purpose", kind="string", meaning="What was asked for, as in `harvest` or `line`."),
        Column(name="questions", kind="int64", unit="questions", meaning="Questions asked."),
        Column(
            name="unread", kind="int64", unit="questions", meaning="Of these, those whose last reply was unreadable."
        ),
        Column(name="replies", kind="int64", unit="replies", meaning="Replies, to questions asked again too."),
        Column(name="refused", kind="int64", unit="replies", meaning="Of these, those that could not be read."),
        Column(name="tokens", kind="Int64", unit="tokens", meaning="Of prompts and replies. Missing where unknown."),
        Column(name="cost", kind="float64", unit="dollars", meaning="Of all calls. Missing where a price is unknown."),
    ),
)
"""The frame of answers."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the journals below a folder say.

    Attributes:
        runs: every run's measures.
        frames: the same and more as frames.
        answers: what was asked of models, of which imported runs tell nothing; `ANSWERS` describes its columns.
        dialogue: what was said, and what judges made of it.
        origins: where each run comes from, in the order of `runs`.
        broken: journals that could not be read, and why, relative to the folder.
        from_month: the first month that gain, efficiency and equality count.
    """

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
    """Read every journal below a folder, in the order of their paths.

    Args:
        folder: where the journals lie, at any depth, or one journal.
        from_month: the first month that gain, efficiency and equality count.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none that can be read.
        AnalysisError: `from_month` is below 1.
    """
    builder = FrameBuilder(folder, from_month=from_month)
    root = folder.parent if folder.is_file() else folder
    answers: list[tuple[object, ...]] = []
    told: list[str] = []

    def note(error: JournalError) -> None:
        if not isinstance(error, TornJournal):
            told.append(_without(root, str(error)))
        if broken is not None:
            broken(error)

    tell = None if broken is None else note
    talks = DialogueBuilder(folder, tell)

    def read(path: Path) -> tuple[RunMeasures, Origin]:
        journal = read_journal(path, kinds=(*frame_kinds(), *DIALOGUE_KINDS))
        run = builder.add(journal)
        talks.add(journal)
        name = path.relative_to(root).as_posix()
        counting = (run.status, run.is_counted, run.counting.is_censored)
        keys = (name, run.scenario, run.condition, run.society, run.seed, *counting)
        answers.extend((*keys, *row) for row in _answers(journal.of(Call)))
        return run, _origin(journal, name)

    found = read_each(folder, read, tell)
    return Evidence(
        runs=tuple(run for run, _ in found),
        frames=builder.frames(),
        answers=typed_frame(ANSWERS, answers),
        dialogue=talks.dialogue(),
        origins=tuple(origin for _, origin in found),
        broken=tuple(told),
        from_month=from_month,
    )


def _origin(journal: Journal, name: str) -> Origin:
    header, end = journal.header, journal.end
    return Origin(
        path=name,
        versions=header.versions,
        git_revision=header.git_revision,
        reason=end.reason if end else None,
        imported=header.imported,
    )


def _answers(calls: Iterable[Call]) -> Iterator[tuple[object, ...]]:
    groups: dict[tuple[str, str, str], list[Call]] = {}
    for call in calls:
        groups.setdefault((call.model, call.phase, call.purpose), []).append(call)
    for place, group in groups.items():
        questions = len({(call.month, call.member, call.ordinal) for call in group})
        refused = sum(call.refused is not None for call in group)
        yield (*place, questions, unread(group), len(group), refused, total_tokens(group), total_cost(group))


def _without(root: Path, text: str) -> str:
    """A message with paths as the report names them, so that it says nothing of the machine."""
    return text.replace(f"{root.as_posix()}/", "")
