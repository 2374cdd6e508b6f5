"""The overview of a run: its settings, status and current activity, and the events of a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from nicegui import ui

from govsim.analysis.counterfactual import bounds_notes
from govsim.analysis.runs import RunMeasures
from govsim.analysis.serving import served_notes
from govsim.analysis.settings import changes_of, composition, informed_notes, settings_in_words
from govsim.analysis.tables.formatting import count, dollars
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import counted, name_text, visible
from govsim.journal import FRAMEWORK, Harvest, Header
from govsim.web.month_state import MonthState
from govsim.web.parts.runs import measured
from govsim.web.parts.table import Build, draw
from govsim.web.run_state import RunStage, RunState
from govsim.web.theme import address, badge, chips, empty, face, figure, note, short, tiles
from govsim.web.theme import heading as heading_of_page
from govsim.web.titles import member_setup

_DECISIONS = (
    Column(name="member", place="stub"),
    Column(name="site", is_optional=True),
    Column(name="asked", kind="count"),
    Column(name="received", kind="count"),
    Column(name="remark", place="remark"),
)
_BY_MONTH = (
    Column(name="month", place="stub"),
    *_DECISIONS[1:4],
    Column(name="share", heading="sustainable share", kind="count"),
    Column(name="remark", place="remark"),
)
_MOST_WAITING = 8


def heading(state: RunState, name: str) -> None:
    """Show what was run and its status.

    Args:
        state: the run, whose header has been read.
        name: the name of the run, for links to members.
    """
    header = state.header
    assert header is not None, "shown once the header has been read"
    with ui.element("div").classes("row-line"):
        heading_of_page(short(f"{header.scenario.name} · {header.experiment.condition}", 120))
        badge(state.status)
    chips(*_facts(state, header), longest=200)
    if len({tuple(member_setup(header, member)) for member in state.members}) > 1:
        _members(state, header, name)
    if state.status == "killed":
        ui.label("The process ended without closing the journal. The same command resumes the run.").classes("soft")
    if state.end is not None and state.end.reason:
        ui.label(short(state.end.reason.strip().splitlines()[-1], 400)).classes("soft")


def _members(state: RunState, header: Header, name: str) -> None:
    """How each member decides, if they differ."""
    with ui.element("nav").classes("row-line members").props('aria-label="Members"'):
        for member in state.members:
            with ui.link(target=address("member", name, member=member)).classes("chip"):
                face(member, state.members, is_small=True)
                ui.label(short(f"{member}: {', '.join(member_setup(header, member))}", 80))


def _facts(state: RunState, header: Header) -> Iterator[str]:
    """The society, then every setting that differs from the defaults, then how the run was made."""
    experiment = header.experiment
    yield composition(header)
    yield counted(len(experiment.society.members), "member")
    yield counted(experiment.world.months, "month")
    shown_already = {"society.members", "world.months"}
    yield from settings_in_words({key: value for key, value in changes_of(header).items() if key not in shown_already})
    yield f"seed {experiment.seed}"
    yield f"govsim {header.versions.get('govsim', '?')}"
    if header.imported is not None:
        yield f"imported from {header.imported.source}"
    if state.session is not None and state.is_running:  # to stop a run that was started elsewhere
        yield f"process {state.session.process} on {state.session.host}"


def figures(state: RunState, measures: RunMeasures | None) -> None:
    """Show the results so far, with notes; the measures once the run has ended.

    Args:
        state: the run.
        measures: its measures; None if unknown.
    """
    spent, is_imported = state.spent, bool(state.header and state.header.imported)
    is_measured = measures is not None and measures.is_counted
    first = dict(measured(measures)) if measures is not None and is_measured else {"month": figure(state.last_month)}
    spending = {
        "calls": figure(spent.calls),
        "unreadable replies": figure(spent.refused),
        "tokens": count(spent.tokens),
        "cost": dollars(spent.cost),
    }
    tiles(first | (dict.fromkeys(spending, "–") if is_imported else spending))
    if measures is not None:
        informed = informed_notes([measures.informed])
        for text in (*bounds_notes(measures.values, measures.bounds), *served_notes(measures.served), *informed):
            note(text)


def live(state: RunState) -> None:
    """Show the current activity of a running run: month, stock, tokens, cost, and open requests.

    Args:
        state: the run.
    """
    month = state.months.get(state.last_month)
    ui.label(f"Month {state.last_month} of {state.experiment.world.months}").classes("strong")
    if month is not None:
        left = month.harvest.stock_after_harvest if month.harvest else month.stock
        ui.label(f"stock {figure(left)}" + (" after the harvest" if month.harvest else ""))
    ui.label(f"tokens {count(state.spent.tokens)}, cost {dollars(state.spent.cost)}")
    waiting = list(state.thinking.values())
    for asked in waiting[:_MOST_WAITING]:
        with ui.element("span").classes("thinking"):
            face(asked.member, state.members, is_small=True)
            who = "framework" if asked.member == FRAMEWORK else short(asked.member, 30)
            ui.label(f"{who}: {short(name_text(asked.purpose), 30)}{_since(asked.at)}")
    if len(waiting) > _MOST_WAITING:
        ui.label(f"and {len(waiting) - _MOST_WAITING} more")
    if not waiting:
        ui.label("no open request").classes("soft")


def _since(at: str) -> str:
    """The waiting time; empty if it is short."""
    try:
        waited = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return ""
    return f" ({figure(round(waited), 'duration')})" if waited >= 3 else ""


def decisions(month: MonthState, roster: Sequence[str], name: str, progress: RunStage) -> None:
    """Show the amounts that each member asked for and received, and the sustainable amounts.

    Args:
        month: the month.
        roster: all members.
        name: the name of the run, for links to members.
        progress: the progress of the month.
    """
    harvest = month.harvest
    if harvest is None:
        empty("hourglass_empty", *_without_harvest(progress))
        return
    rows = [decision for member in roster if (decision := _decision(month, harvest, member)) is not None]
    cells = {**_CELLS, "member": lambda row: member_link(row["member"], roster, name)}
    table = Table(name="decisions", title="Decisions", columns=_DECISIONS, data=rows)
    draw(table, cells=cells, is_stacked=False, is_tall=True)
    for site, one in month.harvests.items():
        note(_stocks_of(one, "" if site is None else f"{short(site, 40)}: ")).classes("number")
    if moved := [f"{short(one.member, 30)} to {short(one.to, 40)}" for one in month.moves if one.to != one.site]:
        note(f"Moves at the end of the month: {', '.join(moved)}.")


def member_decisions(state: RunState, member: str, name: str) -> None:
    """Show the amounts that a member asked for and received in each month, and its sustainable share.

    Args:
        state: the run.
        member: the member.
        name: the name of the run, for links to months.
    """
    rows = [
        decision
        for number, harvest in state.harvests
        if (decision := _decision(state.months[number], harvest, member)) is not None
    ]
    if not rows:
        empty("hourglass_empty", "No harvest yet." if state.is_running else "No harvest of this member.")
        return
    cells = {**_CELLS, "month": lambda row: _month_link(row["month"], name)}
    draw(
        Table(name="decisions", title="Decisions by month, units", columns=_BY_MONTH, data=rows),
        cells=cells,
        is_stacked=False,
    )


def _decision(month: MonthState, harvest: Harvest, member: str) -> Row | None:
    """The decision of a member in a month; None if it took no part in the harvest."""
    received = harvest.granted.get(member)
    if received is None:
        return None
    share = harvest.threshold_of(member)
    is_over = received > share
    return {
        "month": month.number,
        "member": member,
        "site": next((site for site, one in month.harvests.items() if member in one.granted), None),
        "asked": harvest.asked.get(member),
        "received": received,
        "share": share,
        "is_over": is_over,
        "is_forfeited": member in harvest.invalid,
        "remark": harvest.invalid.get(member, "above its share" if is_over else None),
    }


def _month_link(month: int, name: str) -> None:
    ui.link(figure(month), address("run", name, month=month))


def _stocks_of(harvest: Harvest, where: str) -> str:
    each = f"{figure(harvest.member_threshold)} per member"
    if harvest.member_thresholds is not None:
        each = ", ".join(f"{figure(units)} for {short(name, 30)}" for name, units in harvest.member_thresholds.items())
    return (
        f"{where}Stock {figure(harvest.stock_before)} → {figure(harvest.stock_after_harvest)} after the harvest → "
        f"{figure(harvest.stock_after_growth)} after growth. Sustainable catch: {figure(harvest.threshold)} in total, "
        f"{each}." + " The commons has collapsed." * harvest.is_collapsed
    )


def _without_harvest(progress: RunStage) -> tuple[str, str]:
    match progress:
        case "running":
            return "No harvest yet.", "The month is still in progress."
        case "stopped":
            return "No harvest in this month.", "The run stopped before the harvest."
        case _:
            return "No harvest in this month.", ""


def member_link(member: str, roster: Sequence[str], name: str) -> None:
    """Show a member in a table, with a link to its page.

    Args:
        member: the member.
        roster: all members.
        name: the name of the run.
    """
    with ui.element("div").classes("who"):
        face(member, roster, is_small=True)
        ui.link(short(member, 40), address("member", name, member=member))


def _received(row: Row) -> None:
    ui.label(figure(row["received"])).classes("over" if row["is_over"] else "")


def _remark(row: Row) -> None:
    if row["is_forfeited"]:
        ui.label("forfeited").classes("badge badge-failed")
        ui.label(short(row["remark"], 300)).classes("cell-range")
    elif row["is_over"]:
        ui.label(row["remark"]).classes("small over")


_CELLS: dict[str, Build] = {
    "site": lambda row: ui.label(short(row["site"] or "", 40)),
    "received": _received,
    "remark": _remark,
}


def other_events(month: MonthState) -> None:
    """Show the events of plug-ins, each with its kind and its fields.

    Args:
        month: the month.
    """
    for text in month.others:
        ui.label(visible(text)).classes("small")
    if month.more_others:
        note(f"and {counted(month.more_others, 'other event')}")
