"""The paper that figures are drawn on: one column wide, in colours that everyone can tell apart, and saved alike."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Literal, Self, TypeVar

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from govsim.analysis.figures.texts import LINE_INCHES, keep_inside, labels_of, one_line, wrap, wrap_texts

T = TypeVar("T")

FileFormat = Literal["png", "svg", "pdf"]

WIDTH = 3.4
"""Inches: one column of a two-column page."""

SMALL = 7.0
"""Points of the smallest letters."""

GREY = "#595959"
FAINT = "#d9d9d9"

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, without the yellow, which is too pale for lines on white."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_LINES: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0, ()),
    (0, (4, 1.2)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
)
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++")

_STYLE = matplotlib.rc_params_from_file(Path(__file__).with_name("figures.mplstyle"), use_default_template=False)

_NO_TIMES: dict[FileFormat, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
_CAPTION_KEY: dict[FileFormat, str] = {"png": "Description", "svg": "Description", "pdf": "Subject"}

_LEGEND_INCHES = 0.14
_HANDLE_INCHES = 0.48
"""Room for the mark before a label of the legend."""
_CHARACTERS = 66
_LONGEST_LABEL = 44
_HALF_A_LINE = 22  # characters of a label of which two stand side by side
_MANY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one series looks wherever it is drawn: told apart by colour, and by line and marker without one."""

    colour: str
    marker: str
    line: tuple[float, tuple[float, ...]]
    hatch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure, and what it was drawn from.

    Attributes:
        name: its name, and that of its files.
        title: what it shows, in a few words.
        caption: how to read it, what it rests on and what it leaves out, as under a figure in print.
        figure: the figure.
        frame: every number in it.
    """

    name: str
    title: str
    caption: str
    figure: Figure
    frame: pd.DataFrame

    def content(self, file_format: FileFormat) -> bytes:
        """The figure as a file; the same figure gives the same bytes on one machine.

        Args:
            file_format: `png` (300 dots per inch), `svg` (letters as shapes) or `pdf`.
        """
        metadata = {**_NO_TIMES[file_format], _CAPTION_KEY[file_format]: one_line(self.caption, 2000)}
        file = BytesIO()
        with style():
            self.figure.savefig(file, format=file_format, metadata=metadata)
        return file.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a figure says of itself.

    Attributes:
        name: its name in commands, and that of its files.
        title: what it shows, in a few words.
        description: what it shows, in a sentence, for lists of figures.
        caption: how to read it.
        note: the shortest form of that, for the figure itself.
    """

    name: str
    title: str
    description: str
    caption: str
    note: str

    def also(self, sentence: str) -> Self:
        """The same with a sentence after caption and note; the same where it is empty."""
        return replace(self, caption=joined(self.caption, sentence), note=joined(self.note, sentence))

    def drawn(self, figure: Figure, frame: pd.DataFrame) -> Drawn:
        """The figure as it was drawn from a frame."""
        return Drawn(name=self.name, title=self.title, caption=self.caption, figure=figure, frame=frame)

    def empty(self, frame: pd.DataFrame, why: str) -> Drawn:
        """The figure that says why there is nothing to draw."""
        return empty(self.name, self.title, frame, why)


@contextmanager
def style() -> Iterator[None]:
    """The style of all figures, whatever matplotlib is set to elsewhere; as before afterwards."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name in a script that the letters lack is drawn as boxes; the frame beside the figure has it whole.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def looks(levels: Sequence[str]) -> dict[str, Look]:
    """A look for each of several series; all differ for the first 28.

    Args:
        levels: their names, in the order of the legend.
    """
    return {
        level: Look(
            colour=COLOURS[number % len(COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            line=_LINES[number % len(_LINES)],
            hatch=_HATCHES[number % len(_HATCHES)],
        )
        for number, level in enumerate(levels)
    }


def sheet(heights: Sequence[float], *, columns: int = 1, legend: int = 0, note: str = "") -> tuple[Figure, list[Axes]]:
    """A figure of one column's width with panels from top to bottom, and room for a legend above and a note below.

    Args:
        heights: inches of each row of panels.
        columns: panels in a row.
        legend: lines of the legend.
        note: what stands below the panels; it is wrapped.

    Returns:
        The figure and its panels, row by row.
    """
    lines = textwrap.wrap(note, _CHARACTERS, break_on_hyphens=False)
    height = sum(heights) + _LEGEND_INCHES * legend + LINE_INCHES * len(lines) + 0.15
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, hspace=0.02, wspace=0.03)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(len(heights), columns, squeeze=False, gridspec_kw={"height_ratios": list(heights)})
    if lines:
        figure.supxlabel("\n".join(lines), x=0.015, ha="left", fontsize=SMALL, color=GREY, linespacing=1.15)
    return figure, [ax for row in axes for ax in row]


@contextmanager
def drawing(
    heights: Sequence[float], handles: Sequence[Artist] = (), *, note: str = "", columns: int = 1
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A sheet to draw on in the style of all figures, which has its legend and its places in the end.

    Args:
        heights: inches of each row of panels.
        handles: what the legend above all panels explains; their labels are its entries.
        note: what stands below the panels; it is wrapped.
        columns: panels in a row.
    """
    labels = [str(one.get_label()) for one in handles]
    in_a_line = _legend_columns(labels)
    with style():
        figure, axes = sheet(heights, columns=columns, legend=-(-len(labels) // in_a_line), note=note)
        yield figure, axes
        if handles:
            legend = figure.legend(
                handles=handles, loc="outside upper left", ncols=in_a_line, columnspacing=1.0, handletextpad=0.5
            )
            for text in legend.get_texts():
                wrap(text, figure.bbox.width / in_a_line - _HANDLE_INCHES * figure.dpi)
        settle(figure)


def legend_labels(levels: Sequence[str]) -> dict[str, str]:
    """Series as the legend names them, all differently; where they are many, so short that two stand side by side.

    Args:
        levels: their names.
    """
    return labels_of(levels, _HALF_A_LINE if len(levels) > _MANY else _LONGEST_LABEL)


def handle(label: str, look: Look, *, has_line: bool = True) -> Line2D:
    """The legend's entry of a series.

    Args:
        label: its name.
        look: how it looks.
        has_line: whether it is drawn as a line; else by its marker alone.
    """
    return Line2D(
        [],
        [],
        color=look.colour,
        marker=look.marker,
        linestyle=look.line if has_line else "none",
        label=one_line(label, _LONGEST_LABEL),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An interval, drawn as far as its values are possible or shown.

    Attributes:
        low: its lower end; NaN where there is none, so that nothing is drawn.
        high: its upper end.
        least: the smallest value that is drawn.
        most: the largest value that is drawn.
    """

    low: float
    high: float
    least: float
    most: float

    @property
    def is_cut(self) -> bool:
        """Whether an end is beyond what is drawn."""
        return self.low < self.least or self.high > self.most

    def draw(self, ax: Axes, place: float, *, colour: str, width: float, is_upright: bool = False) -> None:
        """Draw it at a place of the other axis, with an arrowhead at each end that is cut.

        Args:
            ax: the panel.
            place: where on the other axis.
            colour: its colour.
            width: points.
            is_upright: whether its values are on the y axis.
        """
        ends = [min(max(end, self.least), self.most) for end in (self.low, self.high)]
        arrows, cut = ("v", "^") if is_upright else ("<", ">"), (self.low < self.least, self.high > self.most)
        heads = [([end], arrow, "none") for end, arrow, is_it in zip(ends, arrows, cut, strict=True) if is_it]
        for values, mark, line in [(ends, "", "-"), *heads]:
            there = [place] * len(values)
            x, y = (there, values) if is_upright else (values, there)
            ax.plot(x, y, color=colour, marker=mark, linestyle=line, linewidth=width, markersize=3.4, zorder=3.5)


CUT = "An arrowhead: the interval goes on beyond values that can be, or that are shown."
"""The sentence on intervals that are not drawn whole."""


def empty(name: str, title: str, frame: pd.DataFrame, why: str) -> Drawn:
    """A figure that says why there is nothing to draw.

    Args:
        name: the figure's name.
        title: what it would show.
        frame: what it would have been drawn from.
        why: in a sentence.
    """
    with drawing([0.7]) as (figure, (ax,)):
        ax.set_axis_off()
        text = "\n".join(textwrap.wrap(f"{title}: {why}", 52))
        ax.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=ax.transAxes)
    return Drawn(name=name, title=title, caption=why, figure=figure, frame=frame)


def pages(name: str, items: Sequence[T], most: int) -> list[tuple[str, Sequence[T]]]:
    """What stands on each of several figures of a kind, with its name: the first bears the kind's own.

    Args:
        name: the kind's.
        items: panels or rows, in order.
        most: how many of them fit on a figure.
    """
    starts = range(0, len(items), most)
    return [(f"{name}-{number}" if number > 1 else name, items[at : at + most]) for number, at in enumerate(starts, 1)]


def month_axis(ax: Axes, months: int, first: float) -> None:
    """An x axis of months with few whole numbers on it.

    Args:
        ax: the panel.
        months: the last month.
        first: where the axis begins.
    """
    if months <= first:
        ax.set_xticks([months])
        ax.set_xlim(months - 0.6, months + 0.6)
        return
    step = next((step for step in (1, 2, 3, 5, 6, 10, 12, 24, 60, 120) if months / step <= 4), max(1, months // 4))
    ticks = list(range(0, months + 1, step)) if first == 0 else sorted({1, *range(step, months + 1, step)})
    ax.set_xticks(ticks)
    ax.set_xlim(first - 0.02 * months, months + 0.04 * months + 0.1)


def _legend_columns(labels: Sequence[str]) -> int:
    widest = max((len(label) for label in labels), default=0) * 0.058 + 0.42
    return next((columns for columns in (4, 3, 2) if columns * widest <= WIDTH and len(labels) >= columns), 1)


def settle(figure: Figure) -> None:
    """Find room for everything once and for all: found anew at each writing, it would differ by a hair between files.

    Args:
        figure: with all that belongs into it.
    """
    wrap_texts(figure)
    engine = figure.get_layout_engine()
    assert engine is not None, "made by `sheet`"
    engine.execute(figure)
    figure.set_layout_engine("none")
    keep_inside(figure)


def offsets(count: int, width: float) -> list[float]:
    """Places across a row for points that would cover each other: spread evenly, in an order that looks like none.

    Args:
        count: points.
        width: how far they may spread, in all.
    """
    return [((number * 0.618033988749895 + 0.5) % 1 - 0.5) * width for number in range(count)]


def shifts(levels: Sequence[str]) -> dict[str, float]:
    """Where each of several series stands in a row that they share, from its middle on.

    Args:
        levels: their names, from top to bottom.
    """
    return {level: (number - (len(levels) - 1) / 2) * 0.8 / len(levels) for number, level in enumerate(levels)}


def counted(by_reason: Mapping[str, int]) -> str:
    """Counts as in a sentence: "2 failed, 1 over-budget"."""
    return ", ".join(f"{count} {reason}" for reason, count in by_reason.items() if count)


def joined(*sentences: str) -> str:
    """Sentences one after the other, without empty ones."""
    return " ".join(sentence for sentence in sentences if sentence)
