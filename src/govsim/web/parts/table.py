"""A table of analysis on a page; on a phone each row becomes a card, and each value says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from govsim.analysis.tables.formatting import NOTHING
from govsim.analysis.tables.table import Entry, Row, Table
from govsim.web.theme import note, notes, short

Build = Callable[[Row], object]
"""Builds a cell from its row."""

Scale = Callable[[Row], tuple[float, float]]
"""The ends of the scale that the value of a row is drawn on."""

MOST = 400
"""Rows that a page shows of a table."""

_SHORT = 13
_WIDTH, _HEIGHT, _EDGE = 180, 18, 7
_FIRST, _DRAWN = "", "drawn"
_ADJUSTED = "p_adjusted"


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
    build = dict(cells or {})
    if drawn:
        build[_DRAWN] = lambda row: _mark(row.get(drawn) or {}, scale(row), row.get("paper"), row)
    groups, words = (table.at("label"), table.at("stub")) if table.at("stub") else ((), table.at("label"))
    heads = list(_heads(table, build, words))
    body, before = _body(table.title, heads, is_stacked=is_stacked, is_tall=is_tall), ""
    rows = table.data if table.shown is None else table.shown
    for row, entries in list(zip(rows, table.rows, strict=True))[:MOST]:
        with body:
            if (group := _joined(entries, groups)) and group != before:
                with ui.element("tr").classes("group"), ui.element("th").props(f"scope=colgroup colspan={len(heads)}"):
                    ui.label(short(group, 160))
            before = group
            _row(row, heads, {_FIRST: Entry(lines=(_joined(entries, words),)), **_named(table, entries)}, build)
    _tell(table, drawn, has_paper=any(row.get("paper") is not None for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands above a column of a page.

    Attributes:
        name: the column's name; empty for the first, which says what a row is about.
        text: it; of what is drawn it is only heard.
        kind: words and marks are set flush left, words with a line of their own on a phone; numbers are set flush
            right; drawings are for eyes alone, and numbers stand beside them.
    """

    name: str
    text: str
    kind: str


def _heads(table: Table, build: Mapping[str, Build], words: Sequence[int]) -> Iterator[_Head]:
    first = [table.columns[number] for number in words]
    is_built = len(first) == 1 and first[0].name in build
    title = first[0].title if len(first) == 1 else "Setting"
    yield _Head(name=first[0].name if is_built else _FIRST, text=_capital(title), kind="words")
    if _DRAWN in build and all(column.name != _DRAWN for column in table.columns):
        yield _Head(name=_DRAWN, text=_capital(_DRAWN), kind=_DRAWN)
    for number in table.at("figure", "remark"):
        column = table.columns[number]
        if not build.keys() - {_DRAWN} and all(row[number].value in ("", NOTHING) for row in table.rows):
            continue  # as that for what the paper prints, where it prints nothing of the kind
        kind = "mark" if column.kind == "text" and column.name in build else "number"
        kind = _DRAWN if column.name == _DRAWN else "words" if column.place == "remark" else kind
        yield _Head(name=column.name, text=_capital(column.title), kind=kind)


def _body(label: str, heads: Sequence[_Head], *, is_stacked: bool, is_tall: bool) -> ui.element:
    """A table with its heads; its body is given back."""
    with ui.element("div").classes("scroll tall" if is_tall else "scroll") as place:
        table = ui.element("table").classes("plain is-stacked" if is_stacked else "plain")
    if is_tall:
        place.props("tabindex=0 role=region")
        place.props["aria-label"] = label
    table.props["aria-label"] = label
    table.classes("by-four" if are_short([head.text for head in heads]) else "")
    with table:
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                with ui.element("th").classes(head.kind).props("scope=col"):
                    ui.label(head.text).classes("heard" if head.kind == _DRAWN else "")
        return ui.element("tbody")


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
                    _lines(entries[head.name])


def _capital(text: str) -> str:
    """A heading with a capital, but for a symbol such as p."""
    return text if len(text) == 1 else text[:1].upper() + text[1:]


def _named(table: Table, entries: Sequence[Entry]) -> dict[str, Entry]:
    return {column.name: entry for column, entry in zip(table.columns, entries, strict=True)}


def _joined(entries: Sequence[Entry], numbers: Sequence[int]) -> str:
    """Some entries of a row in a line."""
    return " · ".join(entries[number].value for number in numbers if entries[number].value)


def _lines(entry: Entry) -> None:
    """A value with the marks of its footnotes, and what belongs to it, such as its interval, smaller below."""
    for place, text in enumerate(entry.lines or ("",)):
        label = ui.label(short(text, 160)).classes("cell-range" if place else "")
        if entry.marks and not place:
            label.props["data-marks"] = "\u00a0".join(entry.marks)


def _tell(table: Table, drawn: str, *, has_paper: bool) -> None:
    """What stands below a table."""
    told = [f"{mark}  {text}" for mark, text in table.footnotes.items()]
    if drawn:
        is_tested = any(column.name == _ADJUSTED for column in table.columns)
        parts = ("a dot on its 95 % interval", "filled where the adjusted p is below 0.05" * is_tested)
        told.append(f"Plot: {'; '.join(filter(None, (*parts, 'the printed value as a diamond' * has_paper)))}.")
    if len(table.data) > MOST:
        told.append(f"{len(table.data) - MOST:,} more rows are not shown; the command line writes all.")
    for text in told:
        note(short(text, 600))
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
            p = row.get(_ADJUSTED)
            is_clear = _ADJUSTED not in row or (p is not None and p < 0.05)
            dot = ui.element("circle").props(f"cx={across(value):.1f} cy={middle} r=4 stroke-width=2")
            dot.style(f"fill: {'var(--accent)' if is_clear else 'var(--card)'}; stroke: var(--accent)")


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, width: int) -> None:
    (x1, y1), (x2, y2) = start, end
    line = ui.element("line").props(f"x1={x1:.1f} y1={y1:.1f} x2={x2:.1f} y2={y2:.1f} stroke-width={width}")
    line.style(f"stroke: {colour}; stroke-linecap: round")
