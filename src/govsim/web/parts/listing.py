"""A table that is sorted and paginated by the server, so that thousands of rows are as fast as ten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nicegui import ui
from nicegui.events import GenericEventArguments

from govsim.analysis.tables.formatting import ValueKind, lines_of
from govsim.lazy import pandas as pd
from govsim.web.parts.table import are_short
from govsim.web.theme import short

T = TypeVar("T")

# A button makes a heading reachable by keyboard; its click bubbles up to the cell, which sorts.
_HEAD = """
<q-th :props="props" :aria-sort="!props.col.sortable ? null : !props.col.__thClass.includes('sorted') ? 'none' :
    props.col.__thClass.includes('sort-desc') ? 'descending' : 'ascending'">
  <button v-if="props.col.sortable" class="sort">{{ props.col.label }}</button>
  <template v-else>{{ props.col.label }}</template>
</q-th>
"""
_CELL = '<q-td :props="props" :data-label="props.col.label">{}</q-td>'
# A click that selects text, or hits a link, does nothing else. The button of a row needs no handler of its own.
_ROW_CLICK = """(event, row) => {
  if (event.target.closest("a") || String(getSelection())) return;
  if (!row.href) emit(row.id);
  else if (event.ctrlKey || event.metaKey) window.open(row.href);
  else location.href = row.href;
}"""
_NOTHING = '<div class="soft small">{{ props.message }}</div>'

SortKey = float | int | str | None
ListRow = dict[str, str | float | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumn(Generic[T]):
    """A column of a table.

    Attributes:
        name: its name in rows.
        label: its heading.
        key: the sort key; None if the column cannot be sorted.
        kind: the type of the keys, which determines their format; all but text is right-aligned.
        shown: the content of its cells, if that is not the key.
        cell: the Vue template of a cell; plain text if empty. Texts are always escaped.
        classes: CSS classes of its cells.
    """

    name: str
    label: str
    key: Callable[[T], SortKey] | None = None
    kind: ValueKind = "text"
    shown: Callable[[T], SortKey] | None = None
    cell: str = ""
    classes: str = ""

    def cell_of(self, item: T) -> SortKey:
        """The content of the cell of an item."""
        if self.shown is not None:
            return self.shown(item)
        value = None if self.key is None else self.key(item)
        return short(next(iter(lines_of(value, self.kind)), ""), 160)


def rows(frame: pd.DataFrame) -> list[Any]:
    """The rows of a frame, with its columns as attributes; missing values are None.

    Args:
        frame: the frame.
    """
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False))


class Listing(Generic[T]):
    """A table that is sorted and paginated by the server.

    Args:
        columns: its columns.
        name: returns a unique name of an item.
        more: returns further values for the templates of cells.
        opened: called with the item whose row is clicked; a button in the row makes it reachable by keyboard.
        has_links: whether a click on a row follows its `href`.
        sort: the initial sort column.
        size: the number of rows of a page.
        nothing: the text shown if there are no rows.
    """

    def __init__(
        self,
        columns: Sequence[ListColumn[T]],
        name: Callable[[T], str],
        more: Callable[[T], ListRow] = lambda _: {},
        *,
        opened: Callable[[T], object] | None = None,
        sort: str = "",
        has_links: bool = False,
        size: int = 25,
        nothing: str = "Nothing to show.",
    ) -> None:
        self._columns = {column.name: column for column in columns}
        self._name, self._more, self._opened = name, more, opened
        self._items: Sequence[T] = ()
        self._shown: list[ListRow] = []
        self._table = ui.table(
            columns=[_definition_of(column) for column in columns],
            rows=[],
            row_key="id",
            pagination={"page": 1, "rowsPerPage": size, "sortBy": sort or None, "descending": False, "rowsNumber": 0},
        )
        self._table.props("flat dense wrap-cells binary-state-sort :rows-per-page-options=[10,25,50,100]")
        self._table.props["no-data-label"] = nothing
        self._table.classes("by-four" if are_short([column.label for column in columns]) else "")
        self._table.add_slot("header-cell", _HEAD)
        self._table.add_slot("body-cell", _CELL.format("{{ props.value }}"))
        self._table.add_slot("no-data", _NOTHING)
        for column in columns:
            if column.cell:
                self._table.add_slot(f"body-cell-{column.name}", _CELL.format(column.cell))
        self._table.on("request", self._paginate, ["pagination"])
        if opened is not None or has_links:
            self._table.classes("is-clickable")
            self._table.on("rowClick", self._open, js_handler=_ROW_CLICK)
        self._table.on_pagination_change(self._correct)

    def show(self, items: Sequence[T], nothing: str = "") -> None:
        """Show other items, or the same ones in a new state.

        Args:
            items: the items.
            nothing: the text shown if there are none; as before if empty.
        """
        if nothing and nothing != self._table.props["no-data-label"]:
            self._table.props["no-data-label"] = nothing
            self._table.update()
        self._items = items
        self._refresh(dict(self._table.pagination))

    def _open(self, event: GenericEventArguments) -> None:
        for item in self._items:
            if self._opened is not None and self._name(item) == event.args:
                self._opened(item)
                return

    def _paginate(self, event: GenericEventArguments) -> None:
        self._refresh({**self._table.pagination, **event.args["pagination"]})

    def _correct(self) -> None:
        """Send the number of rows again: the first pagination from the browser may arrive late, with a number of 0."""
        if self._table.pagination.get("rowsNumber") != len(self._items):
            self._refresh(dict(self._table.pagination))

    def _refresh(self, pagination: dict[str, Any]) -> None:
        size = int(pagination.get("rowsPerPage") or 25)
        pages = max(1, -(-len(self._items) // size))
        page = min(max(int(pagination.get("page") or 1), 1), pages)
        ordered = self._in_order(pagination.get("sortBy"), bool(pagination.get("descending")))
        rows = [self._row(item) for item in ordered[(page - 1) * size : page * size]]
        pagination |= {"page": page, "rowsPerPage": size, "rowsNumber": len(self._items)}
        if rows != self._shown or pagination != self._table.pagination:
            self._shown = rows
            self._table.pagination = pagination
            self._table.rows = [dict(row) for row in rows]

    def _row(self, item: T) -> ListRow:
        return {
            **{name: column.cell_of(item) for name, column in self._columns.items()},
            **self._more(item),
            "id": self._name(item),
        }

    def _in_order(self, name: str | None, is_descending: bool) -> Sequence[T]:
        column = self._columns.get(name or "")
        if column is None or column.key is None:
            return self._items
        key = column.key
        known = [item for item in self._items if key(item) is not None]
        unknown = [item for item in self._items if key(item) is None]
        return [*sorted(known, key=key, reverse=is_descending), *unknown]  # type: ignore[arg-type]


def _definition_of(column: ListColumn[T]) -> dict[str, object]:
    return {
        "name": column.name,
        "label": column.label,
        "field": column.name,
        "align": "left" if column.kind == "text" else "right",
        "sortable": column.key is not None,
        "classes": column.classes,
        "headerClasses": column.classes,
    }
