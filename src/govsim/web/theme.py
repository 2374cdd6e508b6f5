"""What all pages look like: one frame, one style sheet, the same colours for the same members everywhere.

Texts that somebody else has written are always text, whatever stands in them: control characters and marks that turn
the direction of writing are written out; what is very long is folded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from urllib.parse import quote, urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from govsim.analysis.tables.formatting import Kind, lines_of
from govsim.characters import shortened, visible
from govsim.web.folder import plain_problem
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
"""Of members: those of the printed figures (Okabe and Ito's, without the black, which a dark page swallows), then some
of Paul Tol's and two of ours that stand out on white and on a dark page alike. They colour marks, never letters, and a
name or initials always stand beside them."""

GREY = "#808890"

_STANDINGS = {
    "running": ("running", "radio_button_checked"),
    "completed": ("survived", "check_circle"),
    "collapsed": ("collapsed", "trending_down"),
    "failed": ("failed", "error"),
    "unreadable": ("answers unreadable", "help"),
    "cancelled": ("cancelled", "pause_circle"),
    "over-budget": ("over budget", "payments"),
    "killed": ("terminated without an end event", "power_off"),
    "broken": ("cannot be read", "broken_image"),
    "unread": ("being read", "hourglass_empty"),
}

WORDS = {name: word for name, (word, _) in _STANDINGS.items()}
"""How runs stand, in words. Only these names are ever parts of a class or an icon's name."""

ICONS = {name: icon for name, (_, icon) in _STANDINGS.items()}
"""The icon of each."""

FOLDED = 3000
"""Characters of a text that are shown before anybody asks for the rest."""

_BLOCK = 20_000

_PAGES = {"Runs": "/", "Compare": "/compare", "Skills": "/skills", "Dialogue": "/dialogue", "Report": "/report"}


def dress_pages() -> None:
    """Give all pages their style sheet, their script and the look of their fields. Once, before any page is built."""
    for field in (ui.select, ui.input, ui.number, ui.textarea):
        field.default_props("outlined dense options-dense")
    ui.icon.default_props("aria-hidden=true")
    ui.expansion.default_props("dense")
    files = resources.files("govsim.web")
    for name, tag in (("style.css", "style"), ("pages.js", "script")):
        ui.add_head_html(f"<{tag}>{files.joinpath(name).read_text(encoding='utf-8')}</{tag}>", shared=True)


@contextmanager
def frame(site: Site, title: str, *, trail: Mapping[str, str] | None = None, here: str = "") -> Iterator[None]:
    """The frame of a page: a head with the way to all others, and its content.

    Args:
        site: what all pages share.
        title: the page's title.
        trail: where it lies, from the outside in: addresses by name, an empty one for the page itself.
        here: the page's own entry in the head.
    """
    ui.page_title(f"{short(title, 80)} · govsim")
    _page_of_nicegui().props("role=presentation")  # it would be a main part around the head and the main part
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
        ui.skip_link("Skip to the content", target=content)
        if trail:
            with ui.element("nav").classes("trail").props('aria-label="Where this page lies"'):
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
    """A text of somebody else's as it may be shown, in so many characters at most."""
    return visible(shortened(text, most))


def address(page: str, name: str = "", **query: str | int | None) -> str:
    """The address of a page, with a journal's name and what is chosen on it.

    Args:
        page: the page, as in `run`.
        name: the journal.
        query: what is chosen; None and nothing are left out.
    """
    chosen = {key: value for key, value in query.items() if value not in (None, "")}
    place = f"/{page}/{quote(name)}" if name else f"/{page}"
    return f"{place}?{urlencode(chosen)}" if chosen else place


def colour_of(member: str, roster: Sequence[str]) -> str:
    """The colour of a member, the same on all pages; grey for who is no member, as the moderator."""
    return COLOURS[roster.index(member) % len(COLOURS)] if member in roster else GREY


def initials(name: str) -> str:
    """One or two letters for a name; with a number where it ends in one."""
    words = name.split()
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else name[:2]
    return visible(letters)


def mark_of(member: str, roster: Sequence[str]) -> str:
    """The letters of a member's mark; a star for who is no member."""
    return initials(member) if member in roster else "★"


def badge(standing: str) -> ui.element:
    """How a run stands, as a badge with an icon and a word."""
    known = standing if standing in WORDS else "broken"
    return icon_badge(known, ICONS[known], WORDS[known])


def heading(text: str) -> ui.label:
    """The title of a page: each has one."""
    return ui.label(text).classes("title").props("role=heading aria-level=1")


def subheading(text: str, level: int = 2) -> ui.label:
    """The title of a part of a page.

    Args:
        text: it.
        level: below which other headings it stands; 2 right below the page's.
    """
    return ui.label(text).classes("card-title").props(f"role=heading aria-level={level}")


def face(member: str, roster: Sequence[str], *, is_small: bool = False) -> ui.element:
    """A member's mark: its initials on its colour."""
    with ui.element("span").classes("face face-small" if is_small else "face").props("aria-hidden=true") as shown:
        ui.label(mark_of(member, roster))
    shown.style(f"--colour: {colour_of(member, roster)}")
    return shown


def empty(icon: str, text: str, what_next: str = "", command: str = "") -> None:
    """What stands where there is nothing yet: what that means, what to do next, and the command that does it."""
    with ui.element("div").classes("empty").props("role=status"):
        ui.icon(icon)
        ui.label(text).classes("empty-text")
        if what_next:
            ui.label(what_next).classes("soft")
        if command:
            ui.label(command).classes("box mono said")


def wrong(title: str, *problems: str) -> None:
    """A box that says what is wrong."""
    with ui.element("div").classes("wrong").props("role=alert"):
        ui.icon("report")
        with ui.element("div"):
            ui.label(title).classes("strong")
            for problem in problems:
                ui.label(short(plain_problem(problem), 600)).classes("wrong-text")


@contextmanager
def card(title: str = "", *, level: int = 2, classes: str = "") -> Iterator[ui.element]:
    """A part of a page.

    Args:
        title: its heading; none when empty.
        level: of the heading.
        classes: classes of the part.
    """
    with ui.element("section").classes(f"card {classes}") as shown:
        if title:
            subheading(title, level)
        yield shown


def icon_badge(kind: str, icon: str, text: str) -> ui.element:
    """A badge with an icon and a word.

    Args:
        kind: what its class ends in, as in `failed`; empty for a plain one.
        icon: the icon's name.
        text: the word.
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


def tiles(told: Mapping[str, str]) -> None:
    """Numbers, each with its name below.

    Args:
        told: the numbers by name.
    """
    for name, value in told.items():
        with ui.element("div").classes("tile"):
            ui.label(value).classes("tile-value")
            ui.label(name).classes("tile-name")


def note(text: str) -> ui.label:
    """A text that says more of what it stands beside, small and soft."""
    return ui.label(text).classes("soft small")


def busy(text: str) -> None:
    """What is being done, with a sign that it goes on."""
    with ui.element("div").classes("row-line").props("role=status"):
        ui.spinner(size="sm")
        ui.label(text).classes("soft")


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
            ui.expansion("How to read this").classes("small soft"),
            ui.element("div").classes("stack-tight"),
        ):
            for one in found:
                note(visible(one))


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
