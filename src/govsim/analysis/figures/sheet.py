"""The page format of figures: one column wide, with colour-blind-safe colours, and saved reproducibly."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

from govsim.analysis.figures.compact import compact
from govsim.analysis.figures.layout import EDGE, ColumnLayout, settle
from govsim.analysis.figures.texts import wrap
from govsim.characters import label_text, labels_of, status_text

T = TypeVar("T")

FileFormat = Literal["png", "svg", "pdf"]

WIDTH = 3.4
"""Inches: one column of a two-column page."""

SMALL = 7.0
"""Font size of the smallest letters, in points."""

GREY = "#595959"
FAINT = "#d9d9d9"

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, without the yellow, which is too pale for lines on white."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "d", "p", "h")
_LINES: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0, ()),
    (0, (4, 1.2)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
)
_HATCHES = ("", "////", "..", "\\\\\\\\", "xxxx", "----", "++++")

_STYLE = matplotlib.rc_params_from_file(Path(__file__).with_name("figures.mplstyle"), use_default_template=False)

_NO_TIMES: dict[FileFormat, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
_CAPTION_KEY: dict[FileFormat, str] = {"png": "Description", "svg": "Description", "pdf": "Subject"}

LONGEST_LABEL = 400
"""Characters of a name in a legend, a title or beside a row; names are wrapped, and longer ones shortened."""

_SHORTENED = "Very long names are shortened (…); the data has them in full."

_HANDLE_INCHES = 0.48
"""Room for the mark before a label of the legend."""
_CHARACTERS = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The name and the style of one series in all panels: distinct in colour, and in line and marker without colour."""

    label: str
    colour: str
    marker: str
    line: tuple[float, tuple[float, ...]]
    hatch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure, and the frame it was drawn from.

    Attributes:
        name: its name, and that of its files.
        title: what it shows, in a few words.
        caption: how to read it, the data it is based on and the excluded runs, as under a figure in print.
        figure: the matplotlib figure.
        frame: all values in it.
    """

    name: str
    title: str
    caption: str
    figure: Figure
    frame: pd.DataFrame

    @property
    def is_wide(self) -> bool:
        """Whether it is wider than one column."""
        return self.figure.get_figwidth() > WIDTH

    def content(self, file_format: FileFormat) -> bytes:
        """The figure as a file; the same figure gives the same bytes on one machine.

        Args:
            file_format: `png` (300 dots per inch), `svg` (letters as shapes) or `pdf`.
        """
        return self._saved(file_format)

    def compact_svg(self) -> bytes:
        """The figure as a small SVG for pages, with letters as text."""
        return compact(self._saved("svg", letters="none").decode()).encode()

    def _saved(self, file_format: FileFormat, *, letters: Literal["path", "none"] = "path") -> bytes:
        metadata = {**_NO_TIMES[file_format], _CAPTION_KEY[file_format]: label_text(self.caption, 2000)}
        file = BytesIO()
        with style():
            settle(self.figure)
            matplotlib.rcParams["svg.fonttype"] = letters
            self.figure.savefig(file, format=file_format, metadata=metadata)
        return file.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The description of a figure.

    Attributes:
        name: its name in commands, and that of its files.
        title: what it shows, in a few words.
        description: what it shows, in a sentence, for lists of figures.
        caption: how to read it.
        note: a short form of the caption, shown in the figure itself.
    """

    name: str
    title: str
    description: str
    caption: str
    note: str

    def also(self, sentence: str) -> Self:
        """Return a copy with a sentence appended to caption and note; the same if it is empty."""
        return replace(
            self, caption=joined_sentences(self.caption, sentence), note=joined_sentences(self.note, sentence)
        )

    def drawn(self, figure: Figure, frame: pd.DataFrame) -> Drawn:
        """Return the drawing of this figure from a frame."""
        return Drawn(name=self.name, title=self.title, caption=self.caption, figure=figure, frame=frame)

    def empty(self, frame: pd.DataFrame, why: str) -> Drawn:
        """Return a drawing that states why there is nothing to draw."""
        return empty_figure(self.name, self.title, frame, why)


@contextmanager
def style() -> Iterator[None]:
    """Use the style of all figures, independently of other settings of matplotlib, which are restored afterwards."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # Letters that the font lacks are drawn as boxes; the frame of the figure has the full name.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def looks(levels: Sequence[str]) -> dict[str, Look]:
    """A look for each of several series; the first 28 differ in colour or line.

    Args:
        levels: the series, in the order of the legend.
    """
    labels = labels_of(levels, LONGEST_LABEL)
    return {
        level: Look(
            label=labels[level],
            colour=COLOURS[number % len(COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            line=_LINES[number % len(_LINES)],
            hatch=_HATCHES[number % len(_HATCHES)],
        )
        for number, level in enumerate(levels)
    }


def sheet(heights: Sequence[float], *, columns: int = 1, note: str = "") -> tuple[Figure, list[Axes]]:
    """A figure of one column's width with panels from top to bottom, and a note below them.

    Its height follows from its content when it is laid out.

    Args:
        heights: inches of the plot area of each row of panels, without titles and labels.
        columns: panels in a row.
        note: the text below the panels; it is wrapped.

    Returns:
        The figure and its panels, row by row.
    """
    figure = Figure(figsize=(WIDTH, 1.0 + sum(heights)), layout=ColumnLayout(heights, columns))
    axes = figure.subplots(len(heights), columns, squeeze=False)
    if note:
        lines = textwrap.wrap(note, _CHARACTERS, break_on_hyphens=False)
        figure.text(EDGE / WIDTH, 0, "\n".join(lines), fontsize=SMALL, color=GREY, linespacing=1.15, va="bottom")
    return figure, [ax for row in axes for ax in row]


@contextmanager
def drawing(
    heights: Sequence[float], handles: Sequence[Artist] = (), *, note: str = "", columns: int = 1
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A sheet in the style of all figures, which is laid out at the end.

    Args:
        heights: inches of the plot area of each row of panels, without titles and labels.
        handles: entries of the legend above all panels, with their labels.
        note: the text below the panels; it is wrapped.
        columns: panels in a row.
    """
    with style():
        figure, axes = sheet(heights, columns=columns, note=note)
        yield figure, axes
        if handles:
            _add_legend(figure, handles)
        settle(figure)


def _add_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    columns = _legend_columns([str(one.get_label()) for one in handles])
    legend = figure.legend(
        handles=handles,
        loc="upper left",
        ncols=columns,
        columnspacing=1.0,
        handletextpad=0.5,
        borderpad=0,
        borderaxespad=0,
    )
    for text in legend.get_texts():
        wrap(text, figure.bbox.width / columns - _HANDLE_INCHES * figure.dpi)


def handle(look: Look, *, has_line: bool = True, remark: str = "") -> Line2D:
    """The legend's entry of a series.

    Args:
        look: its name and style.
        has_line: whether it is drawn as a line; else by its marker alone.
        remark: the text after its name.
    """
    return Line2D(
        [],
        [],
        color=look.colour,
        marker=look.marker,
        linestyle=look.line if has_line else "none",
        label=f"{look.label}{remark}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An interval, drawn within the possible or shown values.

    Attributes:
        low: its lower end; NaN without one, so that nothing is drawn.
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
        """Draw it at a position of the other axis, with an arrowhead at each end that is cut.

        Args:
            ax: the panel.
            place: the position on the other axis.
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


CUT = "An arrowhead: the interval extends beyond the possible or shown values."
"""The sentence on intervals that are cut."""


def empty_figure(name: str, title: str, frame: pd.DataFrame, why: str) -> Drawn:
    """A figure that states why there is nothing to draw.

    Args:
        name: the figure's name.
        title: what it would show.
        frame: the frame without values.
        why: the reason, as a sentence.
    """
    with drawing([0.55]) as (figure, (ax,)):
        ax.set_axis_off()
        text = "\n".join(textwrap.wrap(f"{title}: {why}", 52))
        ax.text(0.5, 0.5, text, ha="center", va="center", color=GREY, transform=ax.transAxes)
    return Drawn(name=name, title=title, caption=why[:1].upper() + why[1:], figure=figure, frame=frame)


def pages(name: str, items: Sequence[T], most: int) -> list[tuple[str, Sequence[T]]]:
    """Split panels or rows over several figures of a kind; the first has the name of the kind.

    Args:
        name: the name of the kind.
        items: panels or rows, in order.
        most: maximum number of items in a figure.
    """
    starts = range(0, len(items), most)
    return [(f"{name}-{number}" if number > 1 else name, items[at : at + most]) for number, at in enumerate(starts, 1)]


def remark_on_names(names: Iterable[str]) -> str:
    """A sentence if any of the names of a figure is shortened, otherwise empty."""
    return _SHORTENED if any(len(name) > LONGEST_LABEL for name in names) else ""


def month_axis(ax: Axes, months: int, first: float) -> None:
    """An x axis of months with few whole numbers on it.

    Args:
        ax: the panel.
        months: the last month.
        first: where the axis begins.
    """
    if months <= max(1, first):
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


def offsets(count: int, width: float) -> list[float]:
    """Offsets across a row for points that would overlap: spread evenly, in an order that looks random.

    Args:
        count: points.
        width: the total width of the spread.
    """
    return [((number * 0.618033988749895 + 0.5) % 1 - 0.5) * width for number in range(count)]


def shifts(levels: Sequence[str]) -> dict[str, float]:
    """The offset of each of several series from the middle of a row that they share.

    Args:
        levels: their names, from top to bottom.
    """
    return {level: (number - (len(levels) - 1) / 2) * 0.8 / len(levels) for number, level in enumerate(levels)}


def counts_text(by_reason: Mapping[str, int]) -> str:
    """Format counts as in a sentence: "2 failed, 1 over budget"."""
    return ", ".join(f"{count} {status_text(reason)}" for reason, count in by_reason.items() if count)


def joined_sentences(*sentences: str) -> str:
    """Join sentences, without empty ones."""
    return " ".join(sentence for sentence in sentences if sentence)
