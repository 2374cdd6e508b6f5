"""A table of analysis on a page; on a phone each row becomes a card, and each value says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nicegui import ui

from govsim.analysis.tables.table import Column, Entry, Row, Table
from govsim.web.parts.texts import notes
from govsim.web.theme import short

Build = Callable[[Row], object]
"""Builds a cell from its row."""

Scale = Callable[[Row], tuple[float, float]]
"""The ends of the scale that the value of a row is drawn on."""

MOST = 400
"""Rows that a page shows of a table."""

_SHORT = 13
_WIDTH, _HEIGHT, _EDGE = 180, 18, 7
_DRAWN = Column(name="drawn", heading="drawn")


def are_short(heads: Sequence[str]) -> bool:
    """Whether four names fit side by side on a phone, in a line each; otherwise three values of a row stand there."""
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
    """Show a table: its first rows, its notes and its footnotes. The first cell of a row says what the row is about.

    Args:
        table: it. What its labels say stands above the rows that have it in common.
        cells: builds the cells of some columns, by name, in another way than as text.
        drawn: the column whose estimates are drawn too; a dot on its interval, filled unless `p_adjusted` says that it
            may be nothing, and the share that the paper prints as a diamond.
        scale: what it is drawn on; per cent unless told otherwise.
        is_stacked: whether rows become cards on a phone; tables that are narrow anyway stay as they are.
        is_tall: whether it may be so tall that it scrolls by itself.
    """
    labels, words = (table.at("label"), table.at("stub")) if table.at("stub") else ((), table.at("label"))
    columns = [table.columns[number] for number in (*words[:1], *table.at("figure", "remark"))]
    build = dict(cells or {})
    if drawn:
        columns.insert(1, _DRAWN)
        build[_DRAWN.name] = lambda row: _mark(row.get(drawn) or {}, scale(row), row.get("paper"), row)
    body, before = _body(table.title, columns, is_stacked=is_stacked, is_tall=is_tall), ""
    rows = table.data if table.shown is None else table.shown
    for row, entries in list(zip(rows, table.rows, strict=True))[:MOST]:
        group = _joined([entries[number] for number in labels])
        if group and group != before:
            with (
                body,
                ui.element("tr").classes("group"),
                ui.element("th").props(f"scope=colgroup colspan={len(columns)}"),
            ):
                ui.label(group)
        before = group
        shown = dict(zip((column.name for column in table.columns), entries, strict=True))
        with body, ui.element("tr"):
            for place, column in enumerate(columns):
                with _cell(column, is_first=not place):
                    if column.name in build:
                        build[column.name](row)
                    elif place:
                        _lines(shown[column.name])
                    else:
                        ui.label(_joined([entries[number] for number in words]))
    _tell(table, drawn, has_paper=any(row.get("paper") is not None for row in rows))


def _body(label: str, columns: Sequence[Column], *, is_stacked: bool, is_tall: bool) -> ui.element:
    """A table with its heads; its body is given back."""
    heads = [_head(column) for column in columns]
    with ui.element("div").classes("scroll tall" if is_tall else "scroll") as place:
        table = ui.element("table").classes("plain is-stacked" if is_stacked else "plain")
    if is_tall:
        place.props("tabindex=0 role=region")
        place.props["aria-label"] = label
    table.props["aria-label"] = label
    table.classes("by-four" if are_short(heads) else "")
    with table:
        with ui.element("thead"), ui.element("tr"):
            for column, head in zip(columns, heads, strict=True):
                with ui.element("th").classes(_kind(column)).props("scope=col"):
                    ui.label(head).classes("heard" if column.name == _DRAWN.name else "")
        return ui.element("tbody")


def _head(column: Column) -> str:
    return column.title[:1].upper() + column.title[1:]


def _kind(column: Column) -> str:
    """Words and marks are set flush left, words with a line of their own on a phone; numbers are set flush right."""
    if column.name == _DRAWN.name:
        return "drawn"
    if column.place != "figure":
        return "words"
    return "mark" if column.kind == "text" else "number"


@contextmanager
def _cell(column: Column, *, is_first: bool) -> Iterator[None]:
    cell = ui.element("th").props("scope=row") if is_first else ui.element("td")
    cell.classes(_kind(column))
    cell.props["data-label"] = _head(column)
    with cell:
        yield


def _joined(entries: Sequence[Entry]) -> str:
    return short(" · ".join(entry.value for entry in entries if entry.value), 160)


def _lines(entry: Entry) -> None:
    """A value with the marks of its footnotes, and what belongs to it, such as its interval, smaller below."""
    for place, text in enumerate(entry.lines or ("",)):
        label = ui.label(short(text, 160)).classes("cell-range" if place else "")
        if entry.marks and not place:
            label.props["data-marks"] = " ".join(entry.marks)


def _tell(table: Table, drawn: str, *, has_paper: bool) -> None:
    """What stands below a table."""
    told = [f"{mark}  {text}" for mark, text in table.footnotes.items()]
    if drawn:
        told.append("Drawn: a dot on its 95 % interval" + ("; the paper's as a diamond." if has_paper else "."))
    if len(table.data) > MOST:
        told.append(f"{len(table.data) - MOST:,} more rows are not shown; the command writes all.")
    for text in told:
        ui.label(short(text, 600)).classes("soft small")
    notes(table.notes)


def _mark(estimate: Mapping[str, Any], ends: tuple[float, float], paper: float | None, row: Row) -> None:
    """An estimate on its scale, with a line along the scale, or across it at 0 where that lies within."""
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
            is_clear = "p_adjusted" not in row or (row["p_adjusted"] is not None and row["p_adjusted"] < 0.05)
            dot = ui.element("circle").props(f"cx={across(value):.1f} cy={middle} r=4 stroke-width=2")
            dot.style(f"fill: {'var(--accent)' if is_clear else 'var(--card)'}; stroke: var(--accent)")


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: int) -> None:
    (x1, y1), (x2, y2) = start, end
    line = ui.element("line").props(f"x1={x1:.1f} y1={y1:.1f} x2={x2:.1f} y2={y2:.1f} stroke-width={width}")
    line.style(f"stroke: {colour}; stroke-linecap: round")
