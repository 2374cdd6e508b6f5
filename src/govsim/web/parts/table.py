"""A table of the analysis on a page; on a phone each row becomes a card with labelled values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nicegui import ui

from govsim.analysis.tables.formatting import DASH, number
from govsim.analysis.tables.table import Column, Entry, Row, Table
from govsim.web.theme import note, notes, short

Build = Callable[[Row], object]
"""Builds a cell from its row."""

Scale = Callable[[Row], tuple[float, float]]
"""Returns the ends of the scale on which the value of a row is plotted."""

MOST = 400
"""The maximum number of rows that a page shows."""

_SHORT = 13
_LONG = 24
_WIDTH, _HEIGHT, _EDGE = 180, 18, 7
_FIRST, _DRAWN = "", "drawn"
_ADJUSTED = "p_adjusted"


def are_short(heads: Sequence[str]) -> bool:
    """Whether headings are short enough for four values side by side on a phone, instead of three."""
    return max(map(len, heads)) <= _SHORT


def draw(
    table: Table,
    *,
    cells: Mapping[str, Build] | None = None,
    drawn: str = "",
    scale: Scale = lambda _: (0, 100),
    is_stacked: bool = True,
    is_tall: bool = False,
) -> None:
    """Show a table: its first rows, its notes and its footnotes. The first cell of a row is its heading.

    Args:
        table: the table. Its labels become headings of groups of rows.
        cells: functions that build the cells of some columns, by name, instead of text.
        drawn: the column whose estimates are also plotted: a dot on its interval, filled unless `p_adjusted` is not
            significant, and the value of the paper as a diamond.
        scale: the scale of the plot; 0 to 100 by default.
        is_stacked: whether rows become cards on a phone; narrow tables do not need it.
        is_tall: whether the table may be tall, so that it scrolls.
    """
    rows = table.data if table.shown is None else table.shown
    build, scales = dict(cells or {}), {scale(row) for row in rows} if drawn else set()
    if drawn:
        build[_DRAWN] = lambda row: _plot(row, drawn, scale(row), has_scale=len(scales) > 1)
    groups, words = (table.at("label"), table.at("stub")) if table.at("stub") else ((), table.at("label"))
    heads = list(_heads(table, build, words))
    shared = next(iter(scales)) if len(scales) == 1 else None
    place = _head(table.title, heads, shared, is_stacked=is_stacked, is_tall=is_tall)
    listed = list(zip(rows, table.rows, strict=True))[:MOST]
    parts = [(group, list(some)) for group, some in groupby(listed, lambda one: _joined(one[1], groups))]
    is_folded = len(listed) > _LONG and len(parts) > 1
    for position, (group, some) in enumerate(parts):

        def build_rows(some: Sequence[tuple[Row, Sequence[Entry]]] = some) -> None:
            for row, entries in some:
                _row(row, heads, {_FIRST: Entry(lines=(_joined(entries, words),)), **_named(table, entries)}, build)

        with place:
            _part(short(group, 400), len(heads), build_rows, is_folded=is_folded and position > 0)
    _notes_below(table, drawn, shared, has_paper=any(row.get("paper") is not None for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The heading of a column.

    Attributes:
        name: the name of the column; empty for the first, which has the headings of rows.
        text: the heading; for plots it is for screen readers only.
        kind: words and marks are left-aligned, words with a line of their own on a phone; numbers are right-aligned;
            plots are hidden from screen readers, as their numbers are in another column.
    """

    name: str
    text: str
    kind: str


def _heads(table: Table, build: Mapping[str, Build], words: Sequence[int]) -> Iterator[_Head]:
    first = [table.columns[number] for number in words]
    is_built = len(first) == 1 and first[0].name in build
    title = _title_of(first[0]) if len(first) == 1 else "Setting"
    yield _Head(name=first[0].name if is_built else _FIRST, text=title, kind="words")
    if _DRAWN in build and all(column.name != _DRAWN for column in table.columns):
        yield _Head(name=_DRAWN, text=_capital(_DRAWN), kind=_DRAWN)
    for place in table.at("figure", "remark"):
        column = table.columns[place]
        is_built = column.name in build
        if not is_built and not build.keys() - {_DRAWN} and all(row[place].value in ("", DASH) for row in table.rows):
            continue  # such as the column of the paper, if it has no such values
        kind = "mark" if column.kind == "text" and is_built else "number"
        kind = _DRAWN if column.name == _DRAWN else "words" if column.place == "remark" else kind
        yield _Head(name=column.name, text=_title_of(column), kind=kind)


def _part(group: str, columns: int, build: Callable[[], object], *, is_folded: bool) -> None:
    """The rows of a group below its name; if folded, they are built when a visitor unfolds them.

    Args:
        group: its name; none if empty.
        columns: the number of columns of the table.
        build: builds the rows.
        is_folded: whether the rows are folded.
    """

    def turn() -> None:
        if not body.default_slot.children:
            with body:
                build()
        else:
            body.set_visibility(not body.visible)
        button.props(
            f"icon={'expand_less' if body.visible else 'expand_more'} aria-expanded={str(body.visible).lower()}"
        )

    if group:
        with ui.element("tbody"), ui.element("tr").classes("group"):
            heading = ui.element("th").props(f"scope=colgroup colspan={columns}")
        with heading:
            if is_folded:
                button = ui.button(group, icon="expand_more", on_click=turn)
                button.props("flat dense no-caps align=left aria-expanded=false").classes("fold-rows")
            else:
                ui.label(group)
    with ui.element("tbody") as body:
        if not (group and is_folded):
            build()


def _head(
    label: str, heads: Sequence[_Head], scale: tuple[float, float] | None, *, is_stacked: bool, is_tall: bool
) -> ui.element:
    """Create a table with its headings, and the scale of its plots if they share one."""
    with ui.element("div").classes("scroll tall" if is_tall else "scroll") as place:
        table = ui.element("table").classes("plain is-stacked" if is_stacked else "plain")
    if is_tall:
        place.props("tabindex=0 role=region")
        place.props["aria-label"] = label
    table.props["aria-label"] = label
    table.classes("by-four" if are_short([head.text for head in heads]) else "")
    with table, ui.element("thead"), ui.element("tr"):
        for head in heads:
            with ui.element("th").classes(head.kind).props("scope=col"):
                ui.label(head.text).classes("visually-hidden" if head.kind == _DRAWN else "")
                if head.name == _DRAWN and scale is not None:
                    _scale(scale)
    return table


def _row(row: Row, heads: Sequence[_Head], entries: Mapping[str, Entry], build: Mapping[str, Build]) -> None:
    with ui.element("tr"):
        for place, head in enumerate(heads):
            cell = ui.element("td") if place else ui.element("th").props("scope=row")
            cell.classes(head.kind)
            cell.props["data-label"] = head.text
            with cell:
                if head.name in build:
                    build[head.name](row)
                else:
                    entry = entries[head.name]
                    cell.classes("is-nothing" if entry.value == DASH and not entry.marks else "")
                    _lines(entry)


def _capital(text: str) -> str:
    """Capitalize a heading, except one that begins with a symbol, such as p or R²."""
    return text if len(text.partition(" ")[0]) == 1 else text[:1].upper() + text[1:]


def _title_of(column: Column) -> str:
    """The heading of a column and its unit."""
    return _capital(column.title)


def _named(table: Table, entries: Sequence[Entry]) -> dict[str, Entry]:
    return {column.name: entry for column, entry in zip(table.columns, entries, strict=True)}


def _joined(entries: Sequence[Entry], numbers: Sequence[int]) -> str:
    """Join some entries of a row in one line."""
    return " · ".join(entries[number].value for number in numbers if entries[number].value)


def _lines(entry: Entry) -> None:
    """Show a value with the marks of its footnotes, and further lines, such as its interval, in small print below."""
    if not entry.value and not entry.marks:
        return  # an empty cell is hidden on a phone
    for place, text in enumerate(entry.lines):
        label = ui.label(short(text, 400)).classes("cell-range" if place else "")
        if entry.marks and not place:
            label.props["data-marks"] = "\u00a0".join(entry.marks)


def _notes_below(table: Table, drawn: str, scale: tuple[float, float] | None, *, has_paper: bool) -> None:
    """Show the footnotes and notes of a table."""
    texts = [f"{mark}  {text}" for mark, text in table.footnotes.items()]
    if drawn:
        is_tested = any(column.name == _ADJUSTED for column in table.columns)
        parts = (
            "a dot on its 95 % interval",
            "filled where the adjusted p is below 0.05" * is_tested,
            "the printed value as a diamond" * has_paper,
            "" if scale is None else f"the scale is from {_tick(scale[0])} to {_tick(scale[1])}",
        )
        texts.append(f"Plot: {'; '.join(filter(None, parts))}.")
    if len(table.data) > MOST:
        texts.append(f"{len(table.data) - MOST:,} more rows are not shown; the command line writes all.")
    for text in texts:
        note(short(text, 600))
    notes(table.notes)


def _plot(row: Row, drawn: str, ends: tuple[float, float], *, has_scale: bool) -> None:
    """Plot the estimate of a row, above a scale of its own if it has one."""
    _mark(row.get(drawn) or {}, ends, row.get("paper"), row)
    if has_scale:
        _scale(ends)


def _scale(ends: tuple[float, float]) -> None:
    """The numbers at the ends and in the middle of a scale."""
    with ui.element("div").classes("scale").props("aria-hidden=true"):
        for place in (ends[0], sum(ends) / 2, ends[1]):
            ui.label(_tick(place))


def _tick(place: float) -> str:
    """A number on a scale, with as many decimals as it needs."""
    return number(place, next(digits for digits in range(7) if digits == 6 or round(place, digits) == place))


def _mark(estimate: Mapping[str, Any], ends: tuple[float, float], paper: float | None, row: Row) -> None:
    """Plot an estimate, with a line along the scale, or across it at 0 if the scale includes negative values."""
    value, low, high = (estimate.get(part) for part in ("value", "low", "high"))
    least, most = ends

    def across(number: float) -> float:
        share = (min(max(number, least), most) - least) / (most - least or 1)
        return _EDGE + share * (_WIDTH - 2 * _EDGE)

    middle = _HEIGHT / 2
    with ui.element("svg").props(f'width={_WIDTH} height={_HEIGHT} viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden=true'):
        if least < 0:
            _line((across(0), 0), (across(0), _HEIGHT), "var(--line)", 2)
        else:
            _line((across(least), middle), (across(most), middle), "var(--line)", 1)
        if low is not None and high is not None:
            _line((across(low), middle), (across(high), middle), "var(--accent)", 3)
        if paper is not None:
            x = across(paper)
            points = f"{x:.1f},{middle - 6} {x + 6:.1f},{middle} {x:.1f},{middle + 6} {x - 6:.1f},{middle}"
            diamond = ui.element("polygon").props(f'points="{points}" stroke-width=2')
            diamond.style("fill: none; stroke: var(--warn)")
        if value is not None:
            p = row.get(_ADJUSTED)
            is_clear = _ADJUSTED not in row or (p is not None and p < 0.05)
            dot = ui.element("circle").props(f"cx={across(value):.1f} cy={middle} r=4 stroke-width=2")
            dot.style(f"fill: {'var(--accent)' if is_clear else 'var(--card)'}; stroke: var(--accent)")


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: int) -> None:
    (x1, y1), (x2, y2) = start, end
    line = ui.element("line").props(f"x1={x1:.1f} y1={y1:.1f} x2={x2:.1f} y2={y2:.1f} stroke-width={width}")
    line.style(f"stroke: {colour}; stroke-linecap: round")
