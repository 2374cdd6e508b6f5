"""The institutions in a month of a run, whatever their rules: terms in force, limits, charges and money."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import chain

from nicegui import ui

from govsim.analysis.settings import short_name
from govsim.analysis.tables.formatting import dollars
from govsim.analysis.tables.table import Column, Row, Table
from govsim.characters import name_text, shortened, visible
from govsim.commons import CENTS
from govsim.journal import Charged, TermsLine
from govsim.web.month_state import MonthState
from govsim.web.parts.live import Chart, LivePart
from govsim.web.parts.overview import member_link
from govsim.web.parts.run_charts import charges_chart, subjects_of, votes_chart
from govsim.web.parts.table import draw
from govsim.web.run_state import RunState
from govsim.web.theme import card, note, said, short

_MOST_RULES, _MOST_VOTES = 50, 7
_COLUMNS = (
    Column(name="member", place="stub"),
    Column(name="limit", unit="units", kind="count", is_optional=True),
    Column(name="earned", kind="dollars", is_optional=True),
    Column(name="charges_paid", heading="paid in charges", kind="dollars", is_optional=True),
    Column(name="balance", kind="dollars", is_optional=True),
    Column(name="charges", place="remark"),
)


def institutions(month: MonthState, roster: Sequence[str], name: str) -> None:
    """Show the terms of the rules in a month, and the limit, the charges and the money of each member.

    Args:
        month: the month.
        roster: all members.
        name: the name of the run, for links to members.
    """
    for terms in month.terms[:_MOST_RULES]:
        _terms(terms)
    if len(month.terms) > _MOST_RULES:
        note(f"and {len(month.terms) - _MOST_RULES:,} more rules")
    if data := list(member_rows(month, roster)):
        table = Table(name="institutions", title="Limits, charges and balances", columns=_COLUMNS, data=data)
        draw(table, cells={"member": lambda row: member_link(row["member"], roster, name)})


def _terms(terms: TermsLine) -> None:
    """Show the terms of one rule: their text, otherwise their values."""
    with ui.element("div").classes("stack-tight"):
        ui.label(short(terms.rule if terms.site is None else f"{terms.site}: {terms.rule}", 80)).classes("small strong")
        if terms.text:
            said(terms.text)
        else:
            values = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in terms.values.items())
            note(visible(shortened(", ".join(values), 400)))


class InstitutionCharts:
    """Charts of charges and votes over the months of a run, shown if there were any.

    Args:
        chosen: called with the index of a month that is clicked.
    """

    def __init__(self, chosen: Callable[[int], None]) -> None:
        self._chosen = chosen
        self._part = LivePart("two")
        self._charges: Chart | None = None
        self._votes: dict[str, Chart] = {}

    def show(self, state: RunState, number: int, what: Hashable) -> None:
        """Draw the charts.

        Args:
            state: the run.
            number: the selected month.
            what: identifies the content.
        """
        has_charges = any(one.charged for month in state.months.values() for one in month.accounts.values())
        subjects = subjects_of(state)[:_MOST_VOTES]
        self._part.element.set_visibility(has_charges or bool(subjects))
        self._part.show((has_charges, subjects), lambda: self._build(subjects, has_charges=has_charges))
        if self._charges is not None:
            self._charges.show(what, lambda: charges_chart(state, number))
        for subject, chart in self._votes.items():
            chart.show(what, partial(votes_chart, state, subject, number))

    def _build(self, subjects: Sequence[str], *, has_charges: bool) -> None:
        self._charges, self._votes = None, {}
        if has_charges:
            with card("Charges paid, dollars"):
                self._charges = Chart("Charges paid by member and month, dollars", self._chosen)
        for subject in subjects:
            title = f"Votes: {short(short_name(subject), 60)}"
            with card(title):
                self._votes[subject] = Chart(f"{title}, by month", self._chosen)


def member_rows(month: MonthState, roster: Sequence[str]) -> Iterator[Row]:
    """Yield a row for each member with a limit, a charge or an account, in the order of the roster.

    Args:
        month: the month.
        roster: all members.
    """
    limits: dict[str, int] = {}
    for admission in month.admissions:  # each rule limits what earlier ones admit
        limits |= admission.admitted
    charges: defaultdict[str, list[Charged]] = defaultdict(list)
    for one in chain.from_iterable(event.charges for event in month.charges):
        charges[one.member].append(one)
    accounts = month.accounts
    for member in dict.fromkeys((*roster, *limits, *charges, *accounts)):
        if member in limits or member in charges or member in accounts:
            account = accounts.get(member)
            yield {
                "member": member,
                "limit": limits.get(member),
                "earned": account and account.earned / CENTS,
                "charges_paid": account and account.charged / CENTS,
                "balance": account and account.balance / CENTS,
                "charges": "; ".join(_charge(one) for one in charges[member]) or None,
            }


def _charge(one: Charged) -> str:
    what = ": ".join(part for part in (name_text(one.by), one.reason) if part)
    done = "received" if one.amount < 0 else "paid"
    only = "" if one.paid == one.amount else f", of which {dollars(abs(one.paid) / CENTS)} {done}"
    received = " received" if one.amount < 0 and not only else ""
    return f"{what}, {dollars(abs(one.amount) / CENTS)}{received}{only}"
