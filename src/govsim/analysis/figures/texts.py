"""Texts of figures: names as labels, shortened, wrapped, and kept inside the figure."""

from __future__ import annotations

import textwrap
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import ScalarFormatter

from govsim.characters import label_text

LINE_INCHES = 0.125
"""Inches of one line of small text."""

_EDGE_INCHES = 0.03
_SLACK = 0.02
_NAMES_SHARE = 0.42  # of the width of a figure, for the names of rows


def shorten_to_fit(text: Text, width: float) -> None:
    """Shorten a text in the middle until it fits.

    Args:
        text: in a figure.
        width: the available width, in dots of the canvas.
    """
    whole = text.get_text()
    while _width_of(text) > width and len(text.get_text()) > 1:
        text.set_text(label_text(whole, min(len(text.get_text()) - 1, int(len(whole) * width / _width_of(text)) + 1)))


def _width_of(text: Text) -> float:
    """The width of a text in dots of the canvas, from its letters as files have them; the canvas is too coarse."""
    canvas = text.get_figure(root=True)
    assert canvas is not None, "drawn on a sheet"
    widest = max(points_of(line, text.get_fontproperties()) for line in text.get_text().split("\n"))
    return (1 + _SLACK) * widest * canvas.dpi / 72


@lru_cache(maxsize=4096)
def points_of(line: str, font: FontProperties) -> float:
    """The width of a line in points.

    Args:
        line: the line.
        font: its font and size.
    """
    return float(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0])


def wrap(text: Text, width: float) -> None:
    """Break the lines of a text that are wider than a width, between words or, where these are too long, within them.

    Args:
        text: in a figure.
        width: the available width, in dots of the canvas.
    """
    lines = []
    for line in text.get_text().split("\n"):
        text.set_text(line)
        characters = len(line)
        while _width_of(text) > width and characters > 1:
            characters -= 1
            text.set_text("\n".join(textwrap.wrap(line, characters)))
        lines.append(text.get_text())
    text.set_text("\n".join(lines))


def wrap_texts(figure: Figure) -> None:
    """Wrap titles, labels of x axes and names of rows that are too wide.

    Args:
        figure: before its layout.
    """
    room = figure.bbox.width - 2 * _EDGE_INCHES * figure.dpi
    for ax in figure.axes:
        wrap(ax.set_title(ax.get_title(loc="left"), loc="left"), room)
        wrap(ax.xaxis.label, room)
        if has_named_rows(ax):
            _wrap_names(ax, _NAMES_SHARE * figure.bbox.width)


def has_named_rows(ax: Axes) -> bool:
    """Whether the y axis of a panel has names instead of numbers."""
    return bool(ax.get_yticks().size) and not isinstance(ax.yaxis.get_major_formatter(), ScalarFormatter)


def _wrap_names(ax: Axes, width: float) -> None:
    labels = ax.get_yticklabels()
    for label in labels:
        wrap(label, width)
    ax.set_yticks(ax.get_yticks(), [label.get_text() for label in labels])


def keep_inside(figure: Figure) -> None:
    """Move titles and labels of x axes that would be cut off at an edge.

    Args:
        figure: after its layout.
    """
    _keep_titles(figure)
    _keep_x_labels(figure)


def _keep_x_labels(figure: Figure) -> None:
    """Move labels of x axes that would be cut off at an edge."""
    edge = _EDGE_INCHES * figure.dpi
    for ax in figure.axes:
        label = ax.xaxis.label
        if not label.get_text():
            continue
        half, middle = _width_of(label) / 2, ax.bbox.x0 + ax.bbox.width / 2
        place = max(edge + half, min(middle, figure.bbox.x1 - edge - half))
        label.set_x((place - ax.bbox.x0) / ax.bbox.width)


def _keep_titles(figure: Figure) -> None:
    """Move the titles of all panels to the left by as much as the longest of them would be cut off on the right."""
    titles = [ax.set_title(ax.get_title(loc="left"), loc="left") for ax in figure.axes]
    boxes = [title.get_window_extent() for title in titles]
    edge = _EDGE_INCHES * figure.dpi
    ends = (box.x0 + _width_of(title) for title, box in zip(titles, boxes, strict=True))
    beyond = max(ends, default=0.0) - (figure.bbox.x1 - edge)
    if beyond <= 0:
        return
    for ax, title, box in zip(figure.axes, titles, boxes, strict=True):
        title.set_x((max(edge, box.x0 - beyond) - ax.bbox.x0) / ax.bbox.width)
