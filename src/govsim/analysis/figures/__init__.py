"""Figures of all runs below a folder, each with the frame that it was drawn from. Importing this imports matplotlib."""

# Figures are drawn in the order in which these modules register them.
# isort: off
from govsim.analysis.figures.figure import FIGURES, FORMATS, Figure, Series
from govsim.analysis.figures.figure import draw, figures_with_data, write, write_figures
from govsim.analysis.figures.months import stock, stock_frame, survival, survival_frame
from govsim.analysis.figures.harvests import catch, catch_frame, equality, equality_frame, gain, gain_frame
from govsim.analysis.figures.comparisons import baseline_of, compared, effects, effects_frame
from govsim.analysis.figures.calls import answers_frame, cost, cost_frame, invalid
from govsim.analysis.figures.dialogue import knowledge, knowledge_frame, labels, labels_frame, promises, promises_frame
from govsim.analysis.figures.skills import draw_accuracies, draw_correlations

# isort: on
from govsim.analysis.figures.panels import GROUPINGS
from govsim.analysis.figures.sheet import Drawn, FileFormat, empty, sheet, style
from govsim.analysis.statistics import SEED

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
    "draw_accuracies",
    "draw_correlations",
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
