"""Figures of all runs in a folder, each with the frame that it was drawn from. Importing this imports matplotlib.

Each module of this package registers the figures that it draws; `draw` draws any of them by name.
"""

# Figures are drawn in the order in which these modules register them.
# isort: off
from govsim.analysis.figures import months, harvests, regret, endgame, comparisons, calls, dialogue, skills  # noqa: F401

# isort: on
from govsim.analysis.figures.figure import (
    FIGURES,
    FORMATS,
    Figure,
    Series,
    check_data,
    draw,
    figures_with_data,
    write_figures,
    write_file,
)
from govsim.analysis.figures.sheet import Drawn, FileFormat, empty_figure, sheet, style
from govsim.analysis.frames import GROUPINGS

__all__ = [
    "FIGURES",
    "FORMATS",
    "GROUPINGS",
    "Drawn",
    "Figure",
    "FileFormat",
    "Series",
    "check_data",
    "draw",
    "empty_figure",
    "figures_with_data",
    "sheet",
    "style",
    "write_figures",
    "write_file",
]
