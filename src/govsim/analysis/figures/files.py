"""Figures as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from govsim.analysis.figures.sheet import Drawn, FileFormat
from govsim.analysis.frames import csv_of
from govsim.errors import AnalysisError

FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
"""What a figure can be written as."""


def write_figures(figures: Iterable[Drawn], folder: Path, file_format: FileFormat = "png") -> list[Path]:
    """Write each figure, and beside it the frame it was drawn from (`.csv`) and its caption (`.txt`).

    Args:
        figures: what to write.
        folder: where to; it is made where there is none, and files of the same name are replaced.
        file_format: `png`, `svg` or `pdf`.

    Returns:
        The files, three for each figure.

    Raises:
        AnalysisError: a file cannot be written; names it.
    """
    paths: list[Path] = []
    for drawn in figures:
        contents = {
            file_format: drawn.content(file_format),
            "csv": csv_of(drawn.frame),
            "txt": f"{drawn.title}. {drawn.caption}\n".encode(errors="replace"),
        }
        for ending, content in contents.items():
            path = folder / f"{drawn.name}.{ending}"
            write(path, content)
            paths.append(path)
    return paths


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it where there are none.

    Raises:
        AnalysisError: it cannot be written; names it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be written ({error.strerror or error})") from error
