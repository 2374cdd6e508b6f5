"""Figures of all runs below a folder, each with the frame that it was drawn from. Importing this imports matplotlib."""

# Figures are drawn in the order in which these modules register them.
# isort: off
from govsim.analysis.figures.figure import FIGURES, Figure, Series
from govsim.analysis.figures.stock import stock, stock_frame
from govsim.analysis.figures.survival import survival, survival_frame
from govsim.analysis.figures.catch import catch, catch_frame
from govsim.analysis.figures.gain import gain, gain_frame
from govsim.analysis.figures.equality import equality, equality_frame
from govsim.analysis.figures.effects import baseline_of, compared, effects, effects_frame
from govsim.analysis.figures.answers import answers_frame, invalid
from govsim.analysis.figures.cost import cost, cost_frame
from govsim.analysis.figures.labels import labels, labels_frame
from govsim.analysis.figures.promises import promises, promises_frame
from govsim.analysis.figures.knowledge import knowledge, knowledge_frame

# isort: on
from govsim.analysis.figures.drawing import SEED, draw, figures_with_data
from govsim.analysis.figures.files import FORMATS, write, write_figures
from govsim.analysis.figures.groups import GROUPINGS
from govsim.analysis.figures.sheet import Drawn, FileFormat, empty, sheet, style

__all__ = [
    "FIGURES",
    "FORMATS",
    "GROUPINGS",
    "SEED",
    "Drawn",
    "Figure",
    "FileFormat",
    "Series",
    "answers_frame",
    "baseline_of",
    "catch",
    "catch_frame",
    "compared",
    "cost",
    "cost_frame",
    "draw",
    "effects",
    "effects_frame",
    "empty",
    "equality",
    "equality_frame",
    "figures_with_data",
    "gain",
    "gain_frame",
    "invalid",
    "knowledge",
    "knowledge_frame",
    "labels",
    "labels_frame",
    "promises",
    "promises_frame",
    "sheet",
    "stock",
    "stock_frame",
    "style",
    "survival",
    "survival_frame",
    "write",
    "write_figures",
]
