"""What opens above a page when somebody asks for more: a title, the texts, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nicegui import ui


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
