"""Export of frames as files, with a description of their columns."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from govsim.analysis.columns import Layout
from govsim.analysis.dialogue.reading import dialogue_frames
from govsim.analysis.frames import layouts
from govsim.analysis.records import CALLS, MEMORIES, STUDIES
from govsim.analysis.results import Results
from govsim.analysis.skills.frames import skill_frames
from govsim.characters import without_formula
from govsim.config import check_writable
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd

Laid = tuple[Layout, "pd.DataFrame"]
"""A frame with its layout."""


def write_frames(results: Results, folder: Path, format: str = "csv") -> tuple[Path, ...]:  # noqa: A002
    """Write all frames into a folder, and the meaning of their columns as `columns.md` and `columns.json`.

    The output is reproducible byte for byte. Files of the same names are replaced.

    Args:
        results: results with all frames.
        folder: the output folder, created if needed.
        format: `csv`, or `parquet`, which keeps the types and needs the package pyarrow.

    Returns:
        The files that were written.

    Raises:
        ConfigError: files cannot be written to the folder.
        AnalysisError: the format does not exist, pyarrow is missing, or a file cannot be written.
    """
    check_export_format(format)
    check_writable(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_written(list(exported(results)), folder, format))
    except OSError as error:
        raise AnalysisError(f"{folder}: cannot be written: {error.strerror or error}") from error


def exported(results: Results) -> Iterator[Laid]:
    """Yield the frames to write: those of runs if there are any, and others that are not empty."""
    if results.measures:
        yield from ((layout, getattr(results, layout.name)) for layout in layouts())
    yield from skill_frames(results.skills)
    yield from dialogue_frames(results.dialogue)
    yield from ((layout, frame) for layout in (CALLS, MEMORIES, STUDIES) if len(frame := getattr(results, layout.name)))


def check_export_format(format: str) -> None:  # noqa: A002
    """Reject a format in which frames cannot be written, before any journals are read.

    Raises:
        AnalysisError: the format does not exist, or pyarrow is missing.
    """
    if format not in _WRITERS:
        raise AnalysisError(f"format = {format}: must be one of {', '.join(_WRITERS)}")
    if format == "parquet" and importlib.util.find_spec("pyarrow") is None:
        raise AnalysisError("format = parquet: requires pyarrow; run pip install 'govsim[parquet]', or use csv")


def csv_of(frame: pd.DataFrame) -> bytes:
    """Return a frame as a CSV file in UTF-8 with LF line ends and numbers in full precision.

    A text that a spreadsheet would evaluate is prefixed with an apostrophe (`govsim.characters.without_formula`).
    """
    written = frame.copy(deep=False)
    for column, kind in frame.dtypes.items():
        if kind in ("string", "object"):
            written[column] = frame[column].map(_harmless)
    return written.to_csv(index=False, lineterminator="\n").encode(errors="replace")


def describe_columns(described: Iterable[Layout]) -> dict[str, object]:
    """Return the meaning of rows and columns of frames as objects for JSON."""
    return {
        layout.name: {"row": layout.row, "columns": [asdict(column) for column in layout.columns]}
        for layout in described
    }


def _written(laid: Sequence[Laid], folder: Path, format: str) -> Iterator[Path]:  # noqa: A002
    for layout, frame in laid:
        path = folder / f"{layout.name}.{format}"
        _WRITERS[format](frame, path)
        yield path
    written = [layout for layout, _ in laid]
    described = json.dumps(describe_columns(written), ensure_ascii=False, indent=2) + "\n"
    for name, text in (("columns.md", _as_markdown(written)), ("columns.json", described)):
        (folder / name).write_text(text, encoding="utf-8")
        yield folder / name


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(csv_of(frame))


def _harmless(value: object) -> object:
    return without_formula(value) if isinstance(value, str) else value


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    with parquet.ParquetWriter(path, table.schema) as writer:
        if len(frame):  # readers such as Hugging Face Datasets cannot read a row group without rows
            writer.write_table(table)


_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {"csv": _write_csv, "parquet": _write_parquet}


def _as_markdown(written: Iterable[Layout]) -> str:
    parts = [
        "# Columns",
        "Undefined and unknown values are missing: an empty field in CSV, null in Parquet. Shares are in 0..1.",
        "In CSV, a text that a spreadsheet would evaluate as a formula is prefixed with an apostrophe: one that begins "
        "with =, +, - or @ and is not a number.",
        *(part for layout in written for part in _section(layout)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(layout: Layout) -> Iterator[str]:
    yield f"## {layout.name}"
    yield f"Each row is {layout.row}."
    rows = (f"| {c.name} | {c.kind} | {c.unit or '–'} | {c.meaning} |" for c in layout.columns)
    yield "\n".join(["| column | type | unit | meaning |", "| --- | --- | --- | --- |", *rows])
