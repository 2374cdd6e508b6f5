"""Utterances for people to label: drawn from all kinds of them, written as sheets, and read back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np

from govsim.analysis.dialogue.codebook import instructions
from govsim.analysis.dialogue.majority import majority_labels
from govsim.analysis.dialogue.reading import Dialogue
from govsim.characters import shortened
from govsim.errors import AnalysisError
from govsim.journal import LABELS, MODERATOR, LabelName
from govsim.lazy import pandas as pd

T = TypeVar("T")

SAMPLE_COLUMNS = ("id", "context", "speaker", "utterance")
"""What an annotation sheet shows, beside the column to fill in."""

_NOT_LABELLED = ""

LABEL, ANNOTATOR = "label", "annotator"

_FORMULA = tuple("=+-@\t\r\n'＝＋－＠")
"""What makes a spreadsheet read a field as a formula where it stands first; and the mark that keeps it from that."""

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What people said of utterances.

    Attributes:
        labels: by annotator the label of each utterance, by its id; annotators in the order of the files.
        missing: by annotator how many rows have no label; they count nowhere.
    """

    labels: Mapping[str, Mapping[str, LabelName]]
    missing: Mapping[str, int]


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


def annotation_sample(dialogue: Dialogue, size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw utterances for people to annotate, as many of each label as there are, and of each scenario and so on.

    Labels (by majority; utterances without one count as a kind of their own) take turns in giving an utterance, and
    within a label the combinations of scenario, condition and model do, so that rare labels are not drowned. Agreement
    on such a sample is that on these utterances; it is not weighted back to how frequent labels are.

    Args:
        dialogue: what was said in runs.
        size: how many utterances; all where there are fewer.
        rng: what decides which, and in which order they stand.

    Returns:
        One row for each: `id`, `context` (what was said before it in that talk, a line each), `speaker`, `utterance`.
        No judge's label is in it.

    Raises:
        AnalysisError: `size` is below 1, or nothing was said in any run.
    """
    if size < 1:
        raise AnalysisError(f"size = {size}: must be 1 or more")
    candidates = _candidates(dialogue)
    if not candidates:
        raise AnalysisError("no member says anything in any of the runs; there is nothing to annotate")
    chosen = list(_in_turns(_shuffled(candidates, rng), 0, rng))[:size]
    rows = [_shown(dialogue, one) for one in _shuffled(chosen, rng)]
    return pd.DataFrame(rows, columns=list(SAMPLE_COLUMNS), dtype="string")


def write_annotation_sheet(sample: pd.DataFrame, file: Path) -> tuple[Path, Path]:
    """Write a sheet to annotate as CSV, and beside it what the labels mean, as `NAME.labels.txt`.

    Where a field begins like a formula a single quotation mark stands before it, so that no spreadsheet computes what a
    model wrote; `read_annotations` takes it off again.

    Args:
        sample: as `annotation_sample` gives it.
        file: where to; the folders above it are made.

    Returns:
        Both files.

    Raises:
        AnalysisError: one of them exists, so that somebody's labels may be in it, or cannot be written.
    """
    explained = file.with_name(f"{file.stem}.labels.txt")
    if file.exists():
        raise AnalysisError(f"{file}: is there already and may hold labels; move it away or choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # The mark at its beginning tells spreadsheets that the file is UTF-8.
        file.write_bytes(as_sheet(sample).encode("utf-8-sig", errors="replace"))
        explained.write_text(instructions(), encoding="utf-8")
    except OSError as error:
        raise AnalysisError(f"{file}: cannot be written ({error.strerror or error})") from error
    return file, explained


def as_sheet(sample: pd.DataFrame) -> str:
    """A sample as CSV with an empty column for labels; fields that begin like formulas are quoted."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([*SAMPLE_COLUMNS, LABEL])
    for row in sample[list(SAMPLE_COLUMNS)].itertuples(index=False, name=None):
        writer.writerow([*map(harmless, map(str, row)), ""])
    return written.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `original` undoes it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def original(text: str) -> str:
    """What a field of a sheet was before it was made harmless."""
    is_marked = text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA)
    return text[1:] if is_marked else text


def read_annotations(files: Sequence[Path], known: Collection[str] | None = None) -> Annotations:
    """Read back the sheets of one or several people.

    An annotator is named by the column `annotator` where there is one, else by the file. Labels may be written with
    capital letters and spaces around them. Other columns are not read, and rows may be missing or in any order.

    Args:
        files: CSV files with at least the columns `id` and `label`; a comma, semicolon or tab between fields.
        known: ids of the utterances that there are; None to believe all.

    Returns:
        Who said what; rows without a label are counted.

    Raises:
        AnalysisError: a file cannot be read or lacks a column; a label does not exist; an id is not known; or somebody
            labels an utterance twice. Names file and row, as a spreadsheet counts them.
    """
    labels: dict[str, dict[str, LabelName]] = {}
    missing: Counter[str] = Counter()
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        for place, annotator, name, label in _rows(file):
            if known is not None and name not in known:
                raise AnalysisError(
                    f"{place}: id = {shortened(name, 120)}: there is no such utterance; take the folder that the sheet "
                    "was made from, with its journals unchanged"
                )
            first = seen.setdefault((annotator, name), place)
            if first is not place:
                raise AnalysisError(
                    f"{place}: {annotator} has labelled {shortened(name, 120)} already ({first}); keep one of the rows"
                )
            labels.setdefault(annotator, {})
            if found := _label(place, label):
                labels[annotator][name] = found
            else:
                missing[annotator] += 1
    return Annotations(labels=labels, missing=dict(missing))


def _rows(file: Path) -> Iterator[tuple[str, str, str, str]]:
    """Place, annotator, id and label of each row that has an id."""
    rows = _fields(file)
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if lacking := [name for name in ("id", LABEL) if name not in names]:
        raise AnalysisError(f"{file}: has no column {' and no column '.join(lacking)}; must be a sheet to annotate")
    for number, row in enumerate(rows[1:], start=2):
        place = f"{file}, row {number}"
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(names):
            raise AnalysisError(f"{place}: has {len(row)} fields instead of {len(names)}; is a quotation mark missing?")
        fields = dict(zip(names, row, strict=True))
        annotator = fields.get(ANNOTATOR, "").strip() or file.stem
        yield place, original(annotator), original(fields["id"]), fields[LABEL]


def _fields(file: Path) -> list[list[str]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max(_DELIMITERS, key=first.count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except OSError as error:
        raise AnalysisError(f"{file}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{file}: is not UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise AnalysisError(f"{file}: is no CSV file ({error}); save it as CSV UTF-8") from error


def _label(place: str, written: str) -> LabelName | None:
    text = " ".join(written.lower().split())
    if not text:
        return None
    for label in LABELS:
        if text == label:
            return label
    close = get_close_matches(text, LABELS, n=1, cutoff=0)[0]
    raise AnalysisError(
        f"{place}: label = {shortened(written, 60)}: did you mean {close}? must be one of {', '.join(LABELS)}"
    )


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
