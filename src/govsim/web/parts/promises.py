"""What members promised, and what they did in the month after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from govsim.analysis.tables.table import Column, Table
from govsim.web.parts.listing import rows
from govsim.web.parts.table import draw
from govsim.web.parts.texts import said
from govsim.web.theme import address, empty, icon_badge, short

if TYPE_CHECKING:
    from govsim.web.dialogue import Judged

_LOOKS = {"kept": ("completed", "check_circle"), "broken": ("broken", "heart_broken")}
_COLUMNS = (
    Column(name="month", place="stub"),
    *(Column(name=name, kind="count") for name in ("promised", "asked", "granted")),
    Column(name="outcome"),
    Column(name="quote", heading="the line", place="remark"),
    Column(name="judges", heading="read by", place="remark"),
)
_MOST_AT_ONCE = 12


def outcome_look(promise: Any) -> tuple[str, str, str]:
    """How a badge tells what came of a promise: the kind of badge, its icon, and the words.

    Args:
        promise: a row of `Judged.promises`.
    """
    kind, icon = _LOOKS.get(promise.outcome, ("", "help"))
    is_measured = promise.outcome == "broken" and promise.excess is not None
    return kind, icon, f"broken by {promise.excess:,}" if is_measured else promise.outcome


def promises(judged: Judged | None, member: str, name: str) -> None:
    """A row for each promise of a member.

    Args:
        judged: what judges made of the run; None where none has read it, or that is being found out.
        member: whose promises.
        name: the run, for links to its months.
    """
    if judged is None or not judged.has_promises:
        empty(
            "handshake",
            "No judge has read what was promised in this run.",
            "Ask one with:",
            "govsim dialogue judge DIR --model PROVIDER/NAME --ask promises",
        )
        return
    found = rows(judged.promises[judged.promises["member"] == member])
    if not found:
        empty("handshake", f"{short(member, 40)} has promised nothing, as judges read it.")
        return
    cells = {
        "month": lambda row: ui.link(f"Month {row['month']}", address("run", name, month=row["month"], member=member)),
        "outcome": lambda row: icon_badge(*outcome_look(row["of"])),
        "quote": lambda row: said(row["quote"] or "", classes="small", folded=300),
        "judges": lambda row: ui.label(short(row["judges"], 120)).classes("soft small"),
    }
    data = [{**one._asdict(), "of": one} for one in found]
    table = Table(name="promises", title="Promises and deeds", columns=_COLUMNS, data=data)
    draw(table, cells=cells, is_tall=len(found) > _MOST_AT_ONCE)
    ui.label(
        "Asked and granted are those of the month after the talk; a promise is kept by asking for no more."
    ).classes("soft small")
