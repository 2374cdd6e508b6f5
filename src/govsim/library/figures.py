"""Drawn figures for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.characters import shortened
from govsim.library.arguments import path_in

if TYPE_CHECKING:
    from govsim.analysis.figures.sheet import Drawn, FileFormat

_LONGEST_NAMES = 200
"""Maximum characters of the names of figures in a short description."""


class Figures(tuple["Drawn", ...]):
    """Drawings of one figure, usually one. A notebook displays them with their captions."""

    __slots__ = ()

    def __new__(cls, drawn: Iterable[Drawn]) -> Figures:
        """Create the collection from drawings."""
        return super().__new__(cls, drawn)

    def save(self, folder: Path | str = "figures", file_format: FileFormat = "png") -> list[Path]:
        """Write each drawing, its data (CSV) and its caption (text) as files.

        Args:
            folder: the folder; created if it does not exist.
            file_format: `png`, `svg` or `pdf`.

        Returns:
            The paths of the files.

        Raises:
            AnalysisError: the format does not exist, or a file cannot be written.
        """
        from govsim.analysis.figures import write_figures

        return write_figures(self, path_in("folder", folder), file_format)

    def __repr__(self) -> str:
        return f"<Figures: {shortened(', '.join(drawn.name for drawn in self), _LONGEST_NAMES)}>"

    def _repr_html_(self) -> str:
        from html import escape

        return "".join(
            f"<figure>{drawn.content('svg').decode()}<figcaption>{escape(drawn.caption)}</figcaption></figure>"
            for drawn in self
        )
