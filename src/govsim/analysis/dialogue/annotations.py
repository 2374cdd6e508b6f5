"""Annotation sheets: stratified samples of utterances for annotators to label, written and read as CSV."""

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
"""The columns of an annotation sheet besides the one to fill in."""

_NOT_LABELLED = ""

LABEL, ANNOTATOR = "label", "annotator"

_FORMULA = tuple("=+-@\t\r\n'＝＋－＠")
"""First characters of a field that a spreadsheet reads as a formula, and the quotation mark that prevents this."""

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """The labels of annotators.

    Attributes:
        labels: for each annotator, the labels by the ids of utterances; annotators in the order of the files.
        missing: for each annotator, the number of rows without a label, which are ignored.
    """

    labels: Mapping[str, Mapping[str, LabelName]]
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    id: str
    stratum: tuple[str, ...]
    place: tuple[str, int, int]


def utterance_id(path: str, month: int, ordinal: int, text: str) -> str:
    """Return the id of an utterance in annotation sheets, from its journal, month, position and text.

    Args:
        path: the journal, relative to the folder that was read.
        month: the month of the discussion.
        ordinal: its position in the discussion.
        text: its text, of which the id contains a hash of eight hexadecimal digits.
    """
    return f"{path}#{month}.{ordinal}.{sha256(text.encode(errors='replace')).hexdigest()[:8]}"


def utterance_ids(dialogue: Dialogue) -> dict[str, tuple[str, int, int]]:
    """Return the path, month and position of each utterance of a member, by its id."""
    return {
        utterance_id(path, month, ordinal, text): (path, month, ordinal)
        for (path, month), said in dialogue.lines.items()
        for ordinal, speaker, text in said
        if speaker != MODERATOR
    }


def annotation_sample(dialogue: Dialogue, size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw utterances to annotate, balanced over labels, and within a label over scenarios, conditions and models.

    Majority labels (with a stratum for utterances without one) take turns in contributing an utterance, and within a
    label the combinations of scenario, condition and model do, so that rare labels are represented. Agreement on such a
    sample applies to these utterances; it is not weighted by the frequency of labels.

    Args:
        dialogue: the dialogue.
        size: number of utterances; all if there are fewer.
        rng: the generator of the selection and its order.

    Returns:
        One row for each: `id`, `context` (the preceding utterances of the discussion, one on each line), `speaker`,
        `utterance`. It contains no labels of judges.

    Raises:
        AnalysisError: `size` is below 1, or no run has utterances.
    """
    if size < 1:
        raise AnalysisError(f"size = {size}: must be 1 or more")
    candidates = _candidates(dialogue)
    if not candidates:
        raise AnalysisError("the runs have no utterances of members, so there is nothing to annotate")
    chosen = list(_in_turns(_shuffled(candidates, rng), 0, rng))[:size]
    rows = [_shown(dialogue, one) for one in _shuffled(chosen, rng)]
    return pd.DataFrame(rows, columns=list(SAMPLE_COLUMNS), dtype="string")


def write_annotation_sheet(sample: pd.DataFrame, file: Path) -> tuple[Path, Path]:
    """Write an annotation sheet as CSV, and the definitions of the labels as `NAME.labels.txt` in the same folder.

    A field that begins like a formula is prefixed with a single quotation mark, so that no spreadsheet evaluates the
    output of a model; `read_annotations` removes it.

    Args:
        sample: the result of `annotation_sample`.
        file: the output file; its parent folders are created.

    Returns:
        Both files.

    Raises:
        AnalysisError: one of them exists and may contain labels, or cannot be written.
    """
    explained = file.with_name(f"{file.stem}.labels.txt")
    if file.exists():
        raise AnalysisError(f"{file}: already exists and may contain labels; move it or choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # With a byte order mark, spreadsheets read the file as UTF-8.
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
    """A text that no spreadsheet evaluates as a formula; the inverse of `original`."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def original(text: str) -> str:
    """The text of a field without the quotation mark added by `harmless`."""
    is_marked = text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA)
    return text[1:] if is_marked else text


def read_annotations(files: Sequence[Path], known: Collection[str] | None = None) -> Annotations:
    """Read the annotation sheets of one or several annotators.

    The annotator's name is the column `annotator` if it exists, otherwise the name of the file. Labels may have capital
    letters and surrounding spaces. Other columns are ignored, and rows may be missing or in any order.

    Args:
        files: CSV files with at least the columns `id` and `label`; a comma, semicolon or tab between fields.
        known: allowed ids of utterances; None to allow all.

    Returns:
        The labels by annotator, and the number of rows without one.

    Raises:
        AnalysisError: a file cannot be read or lacks a column; a label does not exist; an id is unknown; or an
            annotator labels an utterance twice. Names the file and the row, as numbered in a spreadsheet.
    """
    labels: dict[str, dict[str, LabelName]] = {}
    missing: Counter[str] = Counter()
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        for place, annotator, name, label in _rows(file):
            if known is not None and name not in known:
                raise AnalysisError(
                    f"{place}: id = {shortened(name, 120)}: no such utterance; use the folder that the sheet "
                    "was created from, with unchanged journals"
                )
            first = seen.setdefault((annotator, name), place)
            if first is not place:
                raise AnalysisError(
                    f"{place}: {annotator} already labelled {shortened(name, 120)} ({first}); keep one of the rows"
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
        raise AnalysisError(
            f"{file}: has no column {' and no column '.join(lacking)}; must be an annotation sheet (govsim dialogue "
            "sample)"
        )
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
        raise AnalysisError(f"{file}: is not encoded in UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise AnalysisError(f"{file}: is not a CSV file ({error}); save it as CSV UTF-8") from error


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
    """All candidates, ordered so that the values of each level of the stratum take turns, level by level."""
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
