"""The layout of figures: each panel gets the plot height that it needs, and the figure is as high as all its parts.

The width is fixed. Tick labels, titles and axis labels are measured, so that no panel can collapse or overlap another,
however many panels there are and however long names are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.layout_engine import LayoutEngine

from govsim.analysis.figures.texts import LINE_INCHES, has_named_rows, keep_inside, wrap_texts

EDGE = 0.03
"""Inches between the edge of a figure and its content."""

_GAP = 0.06
_LEAST_HEIGHT = 0.34
_BETWEEN_NAMES = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class _Margins:
    """Inches around the plot area of a panel, for its labels and title."""

    left: float
    right: float
    top: float
    bottom: float


_EXPECTED = _Margins(left=0.7, right=0.1, top=0.3, bottom=0.3)


class ColumnLayout(LayoutEngine):
    """Places the legend, the rows of panels and the note from top to bottom.

    Args:
        heights: inches of the plot area of each row of panels, at least.
        columns: panels in a row.
    """

    _adjust_compatible = False
    _colorbar_gridspec = False

    def __init__(self, heights: Sequence[float], columns: int) -> None:
        super().__init__()
        self._heights = heights
        self._columns = columns

    def execute(self, fig: FigureBase) -> None:
        """Place everything, and set the height of the figure."""
        figure = fig.get_figure(root=True)
        assert isinstance(figure, Figure), "made by `sheet`"
        axes = figure.axes
        rows = [axes[start : start + self._columns] for start in range(0, len(axes), self._columns)]
        wrap_texts(figure)
        heights = [
            max(_LEAST_HEIGHT, height, *map(_height_of_names, row))
            for height, row in zip(self._heights, rows, strict=True)
        ]
        _place(figure, rows, heights, [[_EXPECTED] * len(row) for row in rows])
        _place(figure, rows, heights, [[_margins_of(ax, figure.dpi) for ax in row] for row in rows])
        keep_inside(figure)


def settle(figure: Figure) -> None:
    """Lay a figure out once: a layout at each writing would differ by a hair between file formats.

    Args:
        figure: with everything that belongs in it.
    """
    engine = figure.get_layout_engine()
    if isinstance(engine, ColumnLayout):
        engine.execute(figure)
        # Without an engine: with one, even an empty one, matplotlib draws a figure twice to save it.
        with rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
            figure.set_layout_engine(None)


def _place(
    figure: Figure, rows: Sequence[Sequence[Axes]], heights: Sequence[float], margins: Sequence[Sequence[_Margins]]
) -> None:
    """Set the height of the figure, and the positions of its panels, legend and note."""
    tops, bottoms = ([max(getattr(one, side) for one in row) for row in margins] for side in ("top", "bottom"))
    legend, note = (
        sum(artist.get_window_extent().height / figure.dpi + _GAP for artist in artists)
        for artists in (figure.legends, figure.texts)
    )
    gaps = _GAP * (len(rows) - 1)
    total = 2 * EDGE + legend + sum(tops) + sum(heights) + sum(bottoms) + gaps + note
    figure.set_figheight(total)
    y = total - EDGE - legend
    for row, height, top, bottom in zip(rows, heights, tops, bottoms, strict=True):
        y -= top + height
        for ax, (x, width) in zip(row, _columns(figure.get_figwidth(), margins), strict=True):
            ax.set_position((x / figure.get_figwidth(), y / total, width / figure.get_figwidth(), height / total))
        y -= bottom + _GAP
    for one in figure.legends:
        one.set_bbox_to_anchor((EDGE / figure.get_figwidth(), 1 - EDGE / total))
    for text in figure.texts:
        text.set_y(EDGE / total)


def _columns(width: float, margins: Sequence[Sequence[_Margins]]) -> list[tuple[float, float]]:
    """The left end and the width of each column of panels, in inches; all are of one width."""
    lefts, rights = (
        [max(getattr(one, side) for one in column) for column in zip(*margins, strict=True)]
        for side in ("left", "right")
    )
    gaps = _GAP * (len(lefts) - 1)
    plot = max(0.3, (width - 2 * EDGE - gaps - sum(lefts) - sum(rights)) / len(lefts))
    places = []
    x = EDGE
    for left, right in zip(lefts, rights, strict=True):
        places.append((x + left, plot))
        x += left + plot + right + _GAP
    return places


def _margins_of(ax: Axes, dpi: float) -> _Margins:
    texts = [text for text in ax.texts if text.get_in_layout()]  # lines stay in the plot area, and take long to measure
    outer, inner = ax.get_tightbbox(for_layout_only=True, bbox_extra_artists=texts), ax.bbox
    if outer is None:
        return _Margins(left=0, right=0, top=0, bottom=0)
    return _Margins(
        left=max(0, inner.x0 - outer.x0) / dpi,
        right=max(0, outer.x1 - inner.x1) / dpi,
        top=max(0, outer.y1 - inner.y1) / dpi,
        bottom=max(0, inner.y0 - outer.y0) / dpi,
    )


def _height_of_names(ax: Axes) -> float:
    """The height that the names of rows need, of which each can have several lines."""
    if not has_named_rows(ax):
        return 0.0
    lines = [label.get_text().count("\n") + 1 for label in ax.get_yticklabels()]
    low, high = sorted(ax.get_ylim())
    return (high - low) * (LINE_INCHES * max(lines, default=1) + _BETWEEN_NAMES) if max(lines, default=1) > 1 else 0.0
