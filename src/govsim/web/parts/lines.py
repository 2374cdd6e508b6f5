"""Lines of talk that judges have read, each with the way to the run, the month and the member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.web.parts.listing import Column, Listing, Row
from govsim.web.theme import address, short

if TYPE_CHECKING:
    from govsim.web.dialogue import LabelGiven, PromiseGiven

_PLACE = """
<a class="cell-main" :href="props.row.href">{{ props.row.place }}</a><span
  class="cell-sub cell-short" :title="props.row.run">{{ props.row.run }}</span>
"""
_OUTCOME = """
<span :class="'badge ' + props.row.kind" :title="props.row.judges">
  <q-icon :name="props.row.icon" aria-hidden="true"></q-icon>{{ props.row.outcome }}
</span>
"""
_LABEL = """<span class="chip" :title="props.row.judges">{{ props.row.label }}</span>"""

_KINDS = {"kept": ("badge-completed", "check_circle"), "broken": ("badge-broken", "heart_broken")}
_OTHER = ("", "help")

_LINES: tuple[Column[LabelGiven], ...] = (
    Column(
        name="place",
        label="Where",
        key=lambda one: f"{one.run} {one.month:06} {one.ordinal:06}",
        cell=_PLACE,
        classes="cell-place",
    ),
    Column(name="label", label="Label", key=lambda one: one.label, cell=_LABEL, classes="words"),
    Column(name="text", label="What was said", classes="words"),
)
_PROMISES: tuple[Column[PromiseGiven], ...] = (
    Column(
        name="place",
        label="Where",
        key=lambda one: f"{one.run} {one.month:06} {one.member}",
        cell=_PLACE,
        classes="cell-place",
    ),
    Column(name="promised", label="Promised", key=lambda one: one.promised, is_number=True),
    Column(name="asked", label="Asked", key=lambda one: one.asked, is_number=True),
    Column(name="granted", label="Granted", key=lambda one: one.granted, is_number=True),
    Column(
        name="outcome",
        label="Outcome",
        key=lambda one: f"{one.outcome} {one.excess or 0:09}",
        cell=_OUTCOME,
        classes="mark",
    ),
    Column(name="quote", label="The line", classes="words"),
)
_LOOK = "outlined dense options-dense clearable"


def outcome_words(one: PromiseGiven) -> str:
    """What came of a promise, in words."""
    return f"broken by {one.excess:,}" if one.outcome == "broken" and one.excess is not None else one.outcome


def outcome_look(one: PromiseGiven) -> tuple[str, str]:
    """The class of a badge that tells it, and its icon."""
    return _KINDS.get(one.outcome, _OTHER)


class PromisesGiven:
    """The list of promises.

    Args:
        found: they.
        outcome: those that are shown at first; all when empty.
    """

    def __init__(self, found: Sequence[PromiseGiven], outcome: str) -> None:
        self._found = found
        counts = Counter(one.outcome for one in found)
        options = {name: f"{name} ({count:,})" for name, count in sorted(counts.items())}
        chosen = outcome if outcome in options else None
        ui.select(options, value=chosen, label="Outcome", on_change=lambda e: self._choose(e.value or "")).props(
            _LOOK
        ).style("width: 200px")
        self._listing: Listing[PromiseGiven] = Listing(
            _PROMISES, _promise_row, size=10, nothing="No promise is like this."
        )
        self._choose(chosen or "")

    def _choose(self, outcome: str) -> None:
        self._listing.show([one for one in self._found if not outcome or one.outcome == outcome])


class LabelledLines:
    """The list of labelled lines.

    Args:
        found: they.
        label: that of the lines shown at first; all when empty.
    """

    def __init__(self, found: Sequence[LabelGiven], label: str) -> None:
        self._found = found
        counts = Counter(one.label for one in found)
        options = {name: f"{name} ({count:,})" for name, count in counts.most_common()}
        chosen = label if label in options else None
        ui.select(options, value=chosen, label="Label", on_change=lambda e: self._choose(e.value or "")).props(
            _LOOK
        ).style("width: 260px; max-width: 100%")
        self._listing: Listing[LabelGiven] = Listing(_LINES, _line_row, size=10, nothing="No line is like this.")
        self._choose(chosen or "")

    def _choose(self, label: str) -> None:
        self._listing.show([one for one in self._found if not label or one.label == label])


def _where(one: PromiseGiven | LabelGiven) -> Row:
    return {
        "href": address("run", one.run, month=one.month, member=one.member),
        "place": f"Month {one.month} · {short(one.member, 30)}",
        "run": short(one.run, 80),
        "judges": short(f"read by {one.judges}", 200),
    }


def _promise_row(one: PromiseGiven) -> Row:
    kind, icon = outcome_look(one)
    return {
        **_where(one),
        "id": f"{one.run} {one.month} {one.member}",
        "promised": one.promised,
        "asked": "–" if one.asked is None else one.asked,
        "granted": "–" if one.granted is None else one.granted,
        "outcome": outcome_words(one),
        "kind": kind,
        "icon": icon,
        "quote": short(one.quote, 160),
    }


def _line_row(one: LabelGiven) -> Row:
    return {
        **_where(one),
        "id": f"{one.run} {one.month} {one.ordinal}",
        "label": one.label,
        "text": short(one.text, 240),
    }
