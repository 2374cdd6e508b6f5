"""Texts that somebody else has written, and the sheets they stand on: always text, whatever stands in them.

Control characters and marks that turn the direction of writing are written out; what is very long is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

from govsim.analysis.tables.formatting import Kind, lines_of
from govsim.characters import visible

FOLDED = 3000
"""Characters of a text that are shown before anybody asks for the rest."""

_BLOCK = 20_000


def said(text: str, *, classes: str = "", folded: int = FOLDED) -> ui.element:
    """A text that a model or a journal holds.

    Args:
        text: it.
        classes: classes of its blocks.
        folded: characters that are shown at first.
    """
    with ui.element("div").classes("stack-tight") as shown:
        if len(text) <= folded * 1.2:
            _block(text, classes)
            return shown
        beginning = _block(text[:folded] + "…", classes)

        def unfold() -> None:
            beginning.delete()
            for start in range(0, len(text), _BLOCK):
                _block(text[start : start + _BLOCK], f"{classes} block")

        more(f"Show all, {len(text) - folded:,} characters more", shown, unfold)
    return shown


def more(text: str, place: ui.element, unfold: Callable[[], None]) -> None:
    """A button that gives way to what it unfolds.

    Args:
        text: what stands on it.
        place: where that goes.
        unfold: builds it.
    """

    def show() -> None:
        button.delete()
        with place:
            unfold()

    button = ui.button(text, icon="unfold_more", on_click=show).props("flat dense no-caps").classes("fold")


def _block(text: str, classes: str) -> ui.element:
    return ui.label(visible(text)).classes(f"said {classes}").props("dir=auto")


def notes(found: Sequence[str]) -> None:
    """What has to be known of a table, folded away.

    Args:
        found: one paragraph each.
    """
    if found:
        with (
            ui.expansion("How to read this").props("dense").classes("small soft"),
            ui.element("div").classes("stack-tight"),
        ):
            for one in found:
                ui.label(visible(one)).classes("soft small")


def figure(value: float | None, kind: Kind = "count", digits: int = 2) -> str:
    """A number as it is written everywhere; a dash for what does not exist.

    Args:
        value: it.
        kind: what it is.
        digits: its decimals, where its kind leaves that open.
    """
    return next(iter(lines_of(value, kind, digits)), "")


@contextmanager
def dialog(title: str, *, closed: Callable[[], None] | None = None, link: str = "") -> Iterator[None]:
    """A sheet above the page, open from the start; Escape closes it, and leads back to where one was.

    Args:
        title: what it shows, as it may be shown.
        closed: called when it is put away.
        link: the address that leads here, which can then be copied; none when empty.
    """

    def put_away() -> None:
        if closed is not None:
            closed()
        shown.delete()

    with ui.context.client.content, ui.dialog(value=True) as shown, ui.element("div").classes("sheet"):
        shown.props["aria-label"] = title
        shown.on("hide", put_away)
        with ui.element("div").classes("sheet-head"):
            ui.label(title).classes("title").props("role=heading aria-level=1")
            if link:
                ui.button(icon="link", on_click=lambda: _copy(link)).props(
                    'flat round dense aria-label="Copy the link"'
                )
            ui.button(icon="close", on_click=shown.close).props('flat round dense aria-label="Close"')
        yield


def _copy(link: str) -> None:
    ui.clipboard.write(link)
    ui.notify("The link is in the clipboard.")
