"""A run at a glance: what it is, how it stands, its measures, and what it is doing right now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import counted, shortened, visible
from govsim.journal import FRAMEWORK, Header
from govsim.web.parts.runs import measured
from govsim.web.parts.words import amount, dollars
from govsim.web.run_state import RunState
from govsim.web.theme import badge, face
from govsim.web.theme import heading as heading_of_page

if TYPE_CHECKING:
    from govsim.analysis.runs import RunMeasures


def heading(story: RunState) -> None:
    """What was run, and how it stands."""
    header = story.header
    assert header is not None, "shown once the header has been read"
    with ui.element("div").classes("row-line"):
        title = f"{header.scenario.name} · {header.experiment.condition}"
        heading_of_page(visible(shortened(title, 120)))
        badge(story.standing)
    with ui.element("div").classes("row-line"):
        for text in (*_chips(header), *_carried_out_by(story)):
            ui.label(visible(shortened(text, 80))).classes("chip")
    if story.end is not None and story.end.reason:
        ui.label(visible(shortened(story.end.reason.strip().splitlines()[-1], 400))).classes("soft")


def _chips(header: Header) -> Iterator[str]:
    experiment = header.experiment
    yield f"{experiment.models.default or 'no model'}"
    yield f"agent {experiment.agents.default}"
    yield counted(len(experiment.society.members), "member")
    yield counted(experiment.world.months, "month")
    yield f"seed {experiment.seed}"
    yield f"govsim {header.versions.get('govsim', '?')}"
    if header.imported is not None:
        yield f"imported from {header.imported.source}"


def _carried_out_by(story: RunState) -> Iterator[str]:
    """The process of a run that goes on, so that whoever started it in another way can stop it."""
    if story.session is not None and story.is_running:
        yield f"process {story.session.process} on {story.session.host}"


def tiles(story: RunState, measures: RunMeasures | None) -> None:
    """What came of it so far; measures stand there once it has ended."""
    spent, is_imported = story.spent, bool(story.header and story.header.imported)
    told = [
        ("month", f"{story.last_month}"),
        ("calls", "–" if is_imported else f"{spent.calls:,}"),
        ("refused answers", "–" if is_imported else f"{spent.refused:,}"),
        ("tokens", "–" if is_imported else amount(spent.tokens)),
        ("cost", "–" if is_imported else dollars(spent.cost)),
    ]
    if measures is not None and measures.is_counted:
        told = [*measured(measures), *told[1:]]
    for name, value in told:
        with ui.element("div").classes("tile"):
            ui.label(value).classes("tile-value")
            ui.label(name).classes("tile-name")


def live(story: RunState) -> None:
    """What a run that goes on is doing: the month, who is thinking about what, the stock, the spend."""
    month = story.months.get(story.last_month)
    assert story.header is not None, "shown once the header has been read"
    ui.label(f"Month {story.last_month} of {story.header.experiment.world.months}").classes("strong")
    if month is not None:
        left = month.harvest.stock_after_harvest if month.harvest else month.stock
        ui.label(f"stock {amount(left)}" + (" after the harvest" if month.harvest else ""))
    ui.label(f"{amount(story.spent.tokens)} tokens, {dollars(story.spent.cost)}")
    waiting = list(story.thinking.values())
    for asked in waiting[:8]:
        with ui.element("span").classes("thinking"):
            face(asked.member, story.members, is_small=True)
            who = "framework" if asked.member == FRAMEWORK else visible(shortened(asked.member, 30))
            ui.label(f"{who}: {visible(shortened(asked.purpose, 30))}{_since(asked.at)}")
    if len(waiting) > 8:
        ui.label(f"and {len(waiting) - 8} more")
    if not waiting:
        ui.label("between two questions").classes("soft")


def _since(at: str) -> str:
    """For how long, where that is worth a word."""
    try:
        waited = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return ""
    return f" ({waited:.0f} s)" if waited >= 3 else ""
