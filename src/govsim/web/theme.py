"""The appearance of all pages: the frame, the style sheet, and the same colours for the same members everywhere.

Texts from journals are always shown as plain text: control characters and marks of writing direction are escaped, and
long texts are folded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from urllib.parse import quote, urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from govsim.analysis.tables.formatting import ValueKind, lines_of
from govsim.characters import shortened, visible
from govsim.web.site import Site

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#C94F7C",
    "#999933",
    "#44AA99",
    "#AA4499",
    "#6699CC",
    "#9C6B3F",
)
"""Colours of members: those of the figures (Okabe and Ito's, without black, which is invisible on a dark page), then
some of Paul Tol's and two more that are visible on light and dark pages. They colour marks, never text, and always
with a name or initials beside them."""

GREY = "#808890"

_STATUSES = {
    "running": ("running", "radio_button_checked"),
    "completed": ("survived", "check_circle"),
    "collapsed": ("collapsed", "trending_down"),
    "failed": ("failed", "error"),
    "unreadable": ("unreadable replies", "help"),
    "cancelled": ("cancelled", "pause_circle"),
    "over-budget": ("over budget", "payments"),
    "killed": ("killed", "power_off"),
    "broken": ("not readable", "broken_image"),
    "unread": ("being read", "hourglass_empty"),
}

WORDS = {name: word for name, (word, _) in _STATUSES.items()}
"""The label of each status. Only these names are ever parts of a class or an icon's name."""

ICONS = {name: icon for name, (_, icon) in _STATUSES.items()}
"""The icon of each status."""

FOLDED = 3000
"""Characters of a text that are shown before it is unfolded."""

_BLOCK = 20_000

_PAGES = {"Runs": "/", "Compare": "/compare", "Skills": "/skills", "Dialogue": "/dialogue", "Report": "/report"}


def dress_pages() -> None:
    """Set the style sheet, the script and the default look of fields for all pages. Call once, before any page."""
    for field in (ui.select, ui.input, ui.number, ui.textarea):
        field.default_props("outlined dense options-dense")
    ui.icon.default_props("aria-hidden=true")
    ui.expansion.default_props("dense")
    files = resources.files("govsim.web")
    for name, tag in (("style.css", "style"), ("pages.js", "script")):
        ui.add_head_html(f"<{tag}>{files.joinpath(name).read_text(encoding='utf-8')}</{tag}>", shared=True)


@contextmanager
def frame(site: Site, title: str, *, trail: Mapping[str, str] | None = None, here: str = "") -> Iterator[None]:
    """The frame of a page: a header with links to all pages, and the content.

    Args:
        site: the shared state.
        title: the title of the page.
        trail: the breadcrumb: addresses by name, an empty one for the page itself.
        here: the address of the page's own link in the header.
    """
    ui.page_title(f"{short(title, 80)} · govsim")
    _page_of_nicegui().props("role=presentation")  # otherwise it is a second main landmark, around the header
    head = ui.element("header").classes("head").props("role=banner")
    with head, ui.element("nav").classes("head-inner").props('aria-label="Pages"'):
        ui.link("govsim", "/").classes("brand")
        for name, target in {**_PAGES, **({"New run": "/new"} if site.settings.may_start else {})}.items():
            marked = ui.link(name, target).classes("head-link")
            if target == here:
                marked.classes("is-here").props('aria-current="page"')
        ui.element("div").classes("grow")
        button = ui.button(icon="contrast").props('flat round dense aria-label="Light or dark"').classes("head-button")
        button.on("click", js_handler="govsimToggle")
    with ui.element("main").classes("page").props("tabindex=-1") as content:
        ui.skip_link("Skip to content", target=content)
        if trail:
            with ui.element("nav").classes("trail").props('aria-label="Breadcrumb"'):
                for name, target in trail.items():
                    if target:
                        ui.link(short(name, 60), target)
                    else:
                        ui.label(short(name, 60))
        yield


def _page_of_nicegui() -> ui.element:
    slot = ui.context.client.content.parent_slot
    assert slot is not None, "NiceGUI puts the content into a page"
    return slot.parent


def short(text: str, most: int) -> str:
    """Escape and shorten an untrusted text.

    Args:
        text: the text.
        most: the maximum number of characters.
    """
    return visible(shortened(text, most))


def address(page: str, name: str = "", **query: str | int | None) -> str:
    """The address of a page.

    Args:
        page: the page, such as `run`.
        name: the name of a run.
        query: the selection on the page; None and empty texts are omitted.
    """
    chosen = {key: value for key, value in query.items() if value not in (None, "")}
    place = f"/{page}/{quote(name)}" if name else f"/{page}"
    return f"{place}?{urlencode(chosen)}" if chosen else place


def colour_of(member: str, roster: Sequence[str]) -> str:
    """Return the CSS colour of a member, the same on all pages; grey for others, such as the moderator.

    Colours repeat in rosters of more members than there are `COLOURS`.
    """
    return COLOURS[roster.index(member) % len(COLOURS)] if member in roster else GREY


def initials(name: str) -> str:
    """Return the first letters of the first two words of a name, or the first two letters of a single word."""
    words = name.split()
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else name[:2]
    return visible(letters)


def mark_of(member: str, roster: Sequence[str]) -> str:
    """The letters of a member's mark; a star for others, such as the moderator."""
    return initials(member) if member in roster else "★"


def badge(status: str) -> ui.element:
    """Return the status of a run as a badge with an icon and a label; an unknown status is shown as `broken`."""
    known = status if status in WORDS else "broken"
    return icon_badge(known, ICONS[known], WORDS[known])


def heading(text: str) -> ui.label:
    """The title of a page."""
    return ui.label(text).classes("title").props("role=heading aria-level=1")


def subheading(text: str, level: int = 2) -> ui.label:
    """The title of a section.

    Args:
        text: the title.
        level: the heading level; 2 directly below the title of the page.
    """
    return ui.label(text).classes("card-title").props(f"role=heading aria-level={level}")


def face(member: str, roster: Sequence[str], *, is_small: bool = False) -> ui.element:
    """A member's mark: its initials on its colour."""
    with ui.element("span").classes("face face-small" if is_small else "face").props("aria-hidden=true") as shown:
        ui.label(mark_of(member, roster))
    shown.style(f"--colour: {colour_of(member, roster)}")
    return shown


def empty(icon: str, text: str, what_next: str = "", command: str = "") -> None:
    """Show an empty state: what is missing, the next step, and the command for it.

    Args:
        icon: the name of an icon.
        text: what is missing.
        what_next: the next step, or the reason.
        command: the command for it.
    """
    with ui.element("div").classes("empty").props("role=status"):
        ui.icon(icon)
        ui.label(text).classes("empty-text")
        if what_next:
            ui.label(what_next).classes("soft")
        if command:
            ui.label(command).classes("box mono said")


def wrong(title: str, *problems: str) -> None:
    """Show an error.

    Args:
        title: the error.
        *problems: the details, one line each.
    """
    with ui.element("div").classes("wrong").props("role=alert"):
        ui.icon("report")
        with ui.element("div"):
            ui.label(title).classes("strong")
            for problem in problems:
                ui.label(short(problem, 600)).classes("wrong-text")


@contextmanager
def card(title: str = "", *, level: int = 2, classes: str = "") -> Iterator[ui.element]:
    """A section of a page.

    Args:
        title: the heading; none if empty.
        level: the level of the heading.
        classes: CSS classes.
    """
    with ui.element("section").classes(f"card {classes}") as shown:
        if title:
            subheading(title, level)
        yield shown


def fold(
    title: str, build: Callable[[], object], *, is_open: bool = False, turned: Callable[[bool], object] = bool
) -> None:
    """A section of a page that is built when it is first unfolded.

    Args:
        title: the heading, which folds and unfolds the section.
        build: builds the content.
        is_open: whether it is unfolded at first.
        turned: called with whether it is unfolded, when a visitor folds or unfolds it.
    """

    def unfold() -> None:
        if shown.value and not place.default_slot.children:
            with place:
                build()

    def turn() -> None:
        unfold()
        turned(shown.value)

    shown = ui.expansion(value=is_open, on_value_change=turn).classes("card")
    with shown.add_slot("header"):
        subheading(title)
    with shown:
        place = ui.element("div").classes("stack")
    unfold()


def icon_badge(kind: str, icon: str, text: str) -> ui.element:
    """A badge with an icon and a label.

    Args:
        kind: the end of its CSS class, such as `failed`; empty for a plain badge.
        icon: the name of the icon.
        text: the label.
    """
    with ui.element("span").classes(f"badge badge-{kind}" if kind else "badge") as shown:
        ui.icon(icon)
        ui.label(text)
    return shown


def chips(*texts: str, classes: str = "", longest: int = 80) -> None:
    """Show short facts in a row.

    Args:
        *texts: the facts.
        classes: CSS classes of each.
        longest: the maximum number of characters of each.
    """
    with ui.element("div").classes("row-line"):
        for text in texts:
            ui.label(short(text, longest)).classes(f"chip {classes}")


def tiles(values: Mapping[str, str]) -> None:
    """Show values, each above its name.

    Args:
        values: the values by name.
    """
    for name, value in values.items():
        with ui.element("div").classes("tile"):
            ui.label(value).classes("tile-value")
            ui.label(name).classes("tile-name")


def note(text: str) -> ui.label:
    """A remark in small print."""
    return ui.label(text).classes("soft small")


def busy(text: str) -> None:
    """Show an activity in progress."""
    with ui.element("div").classes("row-line").props("role=status"):
        ui.spinner(size="sm")
        ui.label(text).classes("soft")


def said(text: str, *, classes: str = "", folded: int = FOLDED) -> ui.element:
    """Show a text from a journal.

    Args:
        text: the text.
        classes: CSS classes of its blocks.
        folded: characters shown before it is unfolded.
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

        more(f"Show {len(text) - folded:,} more characters", shown, unfold)
    return shown


def more(text: str, place: ui.element, unfold: Callable[[], None]) -> None:
    """A button that is replaced by the content that it unfolds.

    Args:
        text: the label of the button.
        place: the element that receives the content.
        unfold: builds the content.
    """

    def show() -> None:
        button.delete()
        with place:
            unfold()

    button = ui.button(text, icon="unfold_more", on_click=show).props("flat dense no-caps").classes("fold")


def _block(text: str, classes: str) -> ui.element:
    return ui.label(visible(text)).classes(f"said {classes}").props("dir=auto")


def notes(found: Sequence[str]) -> None:
    """Show the notes of a table, folded.

    Args:
        found: the notes, one paragraph each.
    """
    if found:
        with (
            ui.expansion("Notes").classes("small soft"),
            ui.element("div").classes("stack-tight"),
        ):
            for one in found:
                note(visible(one))


def figure(value: float | None, kind: ValueKind = "count", digits: int = 2) -> str:
    """Format a number as everywhere else; a dash for None.

    Args:
        value: the number.
        kind: its type.
        digits: the number of decimals, if the type does not determine it.
    """
    return next(iter(lines_of(value, kind, digits)), "")


@contextmanager
def dialog(title: str, *, closed: Callable[[], None] | None = None, link: str = "") -> Iterator[None]:
    """An open dialog above the page; Escape closes it and returns the focus.

    Args:
        title: the title, already escaped.
        closed: called when the dialog is closed.
        link: the address that opens the dialog, to be copied; none if empty.
    """

    def close() -> None:
        if closed is not None:
            closed()
        shown.delete()

    with ui.context.client.content, ui.dialog(value=True) as shown, ui.element("div").classes("sheet"):
        shown.props["aria-label"] = title
        shown.on("hide", close)
        with ui.element("div").classes("sheet-head"):
            ui.label(title).classes("title").props("role=heading aria-level=1")
            if link:
                _copy_button(link)
            ui.button(icon="close", on_click=shown.close).props('flat round dense aria-label="Close"')
        yield


def _copy_button(link: str) -> None:
    """A button that copies an absolute address. The browser completes the address, as it knows the server's name."""
    button = ui.button(icon="link").props('flat round dense aria-label="Copy link"')
    button.on("click", _confirm_copy, js_handler=f"() => govsimCopy({json.dumps(link)}).then(emit)")


def _confirm_copy(event: GenericEventArguments) -> None:
    if event.args:
        ui.notify("Link copied.")
    else:
        ui.notify("The browser did not allow copying; copy the address of the page.", type="warning")
