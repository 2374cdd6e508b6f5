"""Utterances for people to annotate: drawn from all kinds of them, and shown without what a judge said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from govsim.analysis.dialogue.majority import majority_labels
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.results import load
from govsim.errors import AnalysisError
from govsim.journal import MODERATOR, Broken

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

SAMPLE_COLUMNS = ("id", "context", "speaker", "utterance")
"""What an annotation sheet shows, beside the column to fill in."""

_NOT_LABELLED = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    id: str
    stratum: tuple[str, ...]
    place: tuple[str, int, int]


def utterance_id(path: str, month: int, ordinal: int, text: str) -> str:
    """What names an utterance in annotation sheets: its run's journal, month, place in the talk, and its words.

    Args:
        path: the journal, relative to the folder that was read.
        month: the month of the talk.
        ordinal: its place in the talk.
        text: what is said; eight hexadecimal digits of its hash become part of the name.
    """
    return f"{path}#{month}.{ordinal}.{sha256(text.encode(errors='replace')).hexdigest()[:8]}"


def utterance_ids(dialogue: Dialogue) -> dict[str, tuple[str, int, int]]:
    """Path, month and place of each utterance of a member, by its id."""
    return {
        utterance_id(path, month, ordinal, text): (path, month, ordinal)
        for (path, month), said in dialogue.lines.items()
        for ordinal, speaker, text in said
        if speaker != MODERATOR
    }


def annotation_sample(
    folder: Path, size: int, rng: np.random.Generator, *, broken: Broken | None = None
) -> pd.DataFrame:
    """Draw utterances for people to annotate, as many of each label as there are, and of each scenario and so on.

    Labels (by majority; utterances without one count as a kind of their own) take turns in giving an utterance, and
    within a label the combinations of scenario, condition and model do, so that rare labels are not drowned. Agreement
    on such a sample is that on these utterances; it is not weighted back to how frequent labels are.

    Args:
        folder: where the journals lie, at any depth, or one journal.
        size: how many utterances; all where there are fewer.
        rng: what decides which, and in which order they stand.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Returns:
        One row for each: `id`, `context` (what was said before it in that talk, a line each), `speaker`, `utterance`.
        No judge's label is in it.

    Raises:
        JournalError: as `read_dialogue`.
        AnalysisError: `size` is below 1, or nothing was said in any run.
    """
    import pandas as pd

    if size < 1:
        raise AnalysisError(f"size = {size}: must be 1 or more")
    dialogue = load(folder, frames=("utterances",), broken=broken).dialogue
    candidates = _candidates(dialogue)
    if not candidates:
        raise AnalysisError(f"{folder}: no member says anything in any of its runs; there is nothing to annotate")
    chosen = list(_in_turns(_shuffled(candidates, rng), 0, rng))[:size]
    rows = [_shown(dialogue, one) for one in _shuffled(chosen, rng)]
    return pd.DataFrame(rows, columns=list(SAMPLE_COLUMNS), dtype="string")


def _candidates(dialogue: Dialogue) -> list[_Candidate]:
    labels = {
        (row.path, row.month, row.ordinal): str(row.label)
        for row in majority_labels(dialogue.utterances).itertuples(index=False)
        if row.settled == "settled"
    }
    runs = {row.path: (row.scenario, row.condition, row.model) for row in dialogue.runs.itertuples(index=False)}
    return [
        _Candidate(id=name, stratum=(labels.get(place, _NOT_LABELLED), *map(str, runs[place[0]])), place=place)
        for name, place in utterance_ids(dialogue).items()
    ]


def _in_turns(candidates: Sequence[_Candidate], level: int, rng: np.random.Generator) -> Iterator[_Candidate]:
    """All of them, so that what they differ in at a level takes turns, and within that what they differ in below."""
    if not candidates or level == len(candidates[0].stratum):
        yield from candidates
        return
    parts: dict[str, list[_Candidate]] = {}
    for one in candidates:
        parts.setdefault(one.stratum[level], []).append(one)
    waiting = [_in_turns(parts[name], level + 1, rng) for name in _shuffled(sorted(parts), rng)]
    while waiting:
        left = []
        for turn in waiting:
            if (found := next(turn, None)) is not None:
                yield found
                left.append(turn)
        waiting = left


def _shuffled(items: Sequence[T], rng: np.random.Generator) -> list[T]:
    return [items[int(place)] for place in rng.permutation(len(items))]


def _shown(dialogue: Dialogue, one: _Candidate) -> tuple[str, str, str, str]:
    path, month, place = one.place
    said = dialogue.lines[path, month]
    before = [f"{speaker}: {text}" for ordinal, speaker, text in said if ordinal < place]
    (found,) = [(speaker, text) for ordinal, speaker, text in said if ordinal == place]
    return (one.id, "\n".join(before), *found)
