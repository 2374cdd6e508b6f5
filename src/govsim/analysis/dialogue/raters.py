"""Who labelled utterances: the judges of a folder, the people who annotated a sample, and the majorities of either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from govsim.analysis.dialogue.agreement import Kind, Rater
from govsim.analysis.dialogue.annotations import Annotations, read_annotations, utterance_ids
from govsim.analysis.dialogue.majority import most_votes
from govsim.analysis.dialogue.reading import Dialogue

Place = tuple[str, int, int]
"""Path, month and ordinal of an utterance."""


def people_of(dialogue: Dialogue, files: Sequence[Path]) -> tuple[list[Rater], Annotations]:
    """The people who annotated utterances of a folder, and their majority where they are several.

    Args:
        dialogue: what was said and judged.
        files: the sheets they filled in.

    Returns:
        The people, and what was read of them.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    places = utterance_ids(dialogue)
    found = read_annotations(files, places)
    people = [
        Rater(name=name, kind="person", labels={places[of]: label for of, label in labels.items()})
        for name, labels in found.labels.items()
    ]
    return [*people, *_majority(people, "person", "majority of people")], found


def judges_of(dialogue: Dialogue) -> list[Rater]:
    """The raters of a folder: a judge for each of its samples, and their majority where they are several."""
    labels: dict[tuple[str, str, int], dict[Hashable, str]] = {}
    known = dialogue.utterances[dialogue.utterances["label"].notna()]
    row: Any
    for row in known.itertuples(index=False):
        rater = (str(row.judge), str(row.setup), int(row.sample))
        labels.setdefault(rater, {})[row.path, row.month, row.ordinal] = str(row.label)
    names = _names(list(labels))
    judges = [Rater(name=names[rater], kind="judge", labels=labels[rater]) for rater in sorted(labels)]
    return [*judges, *_majority(judges, "judge", "majority of judges")]


def runs_of(dialogue: Dialogue) -> Mapping[Place, str]:
    """The run of each utterance."""
    return {place: place[0] for place in utterance_ids(dialogue).values()}


def _names(raters: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], str]:
    """Raters by the judge's model alone, with what tells them apart where several are of one model."""
    setups = Counter(judge for judge, _ in {(judge, setup) for judge, setup, _ in raters})
    several = {setup for _, setup, sample in raters if sample > 1}
    return {
        (judge, setup, sample): (judge if setups[judge] == 1 else setup) + (f" #{sample}" if setup in several else "")
        for judge, setup, sample in raters
    }


def _majority(raters: Sequence[Rater], kind: Kind, name: str) -> Iterable[Rater]:
    """A rater that labels as most of several do, and not where they are tied."""
    if len(raters) < 2:
        return ()
    given: dict[Hashable, list[str]] = {}
    for rater in raters:
        for unit, label in rater.labels.items():
            given.setdefault(unit, []).append(label)
    settled = {unit: most_votes(labels)[0] for unit, labels in given.items()}
    labels = {unit: label for unit, label in settled.items() if label is not None}
    return (Rater(name=name, kind=kind, labels=labels, is_majority=True),)
