"""Measures of contracts, mediation, exclusion, ratings, exit and migration; optional measures in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.analysis import Results, cells_table, compare_measures, comparisons_table, load
from govsim.analysis.measures import CountedRun, Harvests, measure_named
from govsim.analysis.tables.text import as_text
from govsim.config import experiment_from
from govsim.journal import (
    Accounts,
    Auction,
    BallotLine,
    Charges,
    ContractDesign,
    ContractLine,
    Delegation,
    Event,
    ExclusionLine,
    ExitLine,
    Harvest,
    Inspected,
    InspectionLine,
    Month,
    Move,
    PermitOffers,
    PermitSale,
    Ratings,
    Report,
    TermsLine,
    Trade,
    Wishes,
)
from tests.living import Live

EMPTY = np.zeros((0, 3))
NOTHING = Harvests(
    members=("Ann", "Bo", "Cy"),
    asked=EMPTY,
    received=EMPTY,
    stock_before=EMPTY[:, 0],
    stock_after_harvest=EMPTY[:, 0],
    thresholds=EMPTY[:, 0],
    member_thresholds=EMPTY,
)
DESIGN = ContractDesign(by="Ann", limit=3, transfer=100, bonus=0, escrow=0)


def contract(month: int, signed: tuple[str, ...], parties: tuple[str, ...], winner: str | None = "Ann") -> Event:
    approvals: dict[str, tuple[str, ...]] = {"Ann": ("Ann",), "Bo": (), "Cy": ()}
    how: dict[str, Any] = {"designs": (DESIGN,), "approvals": approvals, "signed": signed, "parties": parties}
    return ContractLine(month=month, phase="p", rule="contract", winner=winner, **how)


def exclusion(month: int, excluded: str | None, *, appealed: bool = False) -> Event:
    how: dict[str, Any] = {"votes": {}, "accused": "Bo", "acquittals": (), "until": None}
    return ExclusionLine(month=month, phase="p", rule="exclusion", appealed=appealed, excluded=excluded, **how)


def harvest(month: int) -> Event:
    granted = dict.fromkeys(NOTHING.members, 1)
    stocks = {"stock_before": 9, "stock_after_harvest": 6, "stock_after_growth": 9}
    how: dict[str, Any] = {"threshold": 3, "member_threshold": 1, "invalid": {}, "is_collapsed": False}
    return Harvest(month=month, asked=granted, granted=granted, **stocks, **how)


def exit_line(month: int, **decisions: bool) -> Event:
    return ExitLine(month=month, phase="p", rule="exit", decisions=decisions, leaving=())


def month_line(month: int, members: str, left: str = "", joined: str = "") -> Event:
    how: dict[str, Any] = {"members": tuple(members), "left": tuple(left), "joined": tuple(joined)}
    return Month(month=month, date="2024-01-01", stock=9, **how)


def sale(month: int, sold: dict[str, int], price: int) -> Event:
    return PermitSale(month=month, phase="s", rule="permits", offered=9, bids=(), price=price, sold=sold, held=sold)


def auction(month: int, units: int, price: int, held: dict[str, int], ordinal: int = 0) -> Event:
    trades = (Trade(buyer="Ann", seller="Bo", units=units),) if units else ()
    how: dict[str, Any] = {"orders": (), "trades": trades, "held": held}
    return Auction(month=month, phase="a", rule="permits", ordinal=ordinal, price=price, **how)


def caught(month: int, **granted: int) -> Event:
    stocks = {"stock_before": 9, "stock_after_harvest": 6, "stock_after_growth": 9}
    how: dict[str, Any] = {"threshold": 6, "member_threshold": 2, "invalid": {}, "is_collapsed": False}
    return Harvest(month=month, asked=granted, granted=granted, **stocks, **how)


def terms(month: int, quotas: dict[str, int] | None = None, **values: Any) -> Event:
    return TermsLine(month=month, rule="r", ordinal=0, text="", values=values, quotas=quotas)


def inspected(month: int, **excess: int) -> Event:
    found = tuple(Inspected(member=name, draw=0.1, excess=units, offence=1, fine=0) for name, units in excess.items())
    return InspectionLine(month=month, rule="r", ordinal=0, probability=1, inspected=found)


def vote(month: int, subject: str, value: int | str | None, **ballots: int | str) -> Event:
    how: dict[str, Any] = {"phase": "v", "rule": "v", "ordinal": 0, "counted_by": "median", "abstained": ()}
    outcome: Any = "rejected" if value is None else "adopted"
    return BallotLine(month=month, subject=subject, ballots=ballots, value=value, outcome=outcome, **how)


def wished(subject: str, **units: int) -> Event:
    return Wishes(month=1, phase="w", rule="v", subject=subject, wishes=units)


def taxed(month: int, **dollars: int) -> list[Event]:
    account = {"earned": 0, "charged": 0, "balance": 0}
    charges = [
        {"by": "levy", "member": name, "reason": reason, "amount": 900_00, "paid": paid * 100}
        for name, paid in dollars.items()
        for reason in ("tax", "fine")
    ]
    return [
        Charges.model_validate({"month": month, "phase": "harvest", "charges": charges}),
        Accounts.model_validate({"month": month, "members": dict.fromkeys(NOTHING.members, account)}),
    ]


QUOTA = {"Ann": 3, "Bo": 3}
RATED = [
    caught(1, Ann=2, Bo=4, Cy=6),
    Ratings(month=1, phase="p", rule="reputation", ratings={"Ann": {"Bo": 6, "Cy": 2}, "Bo": {"Ann": 8, "Cy": 2}}),
    terms(1, standings={"Ann": 1.0, "Bo": 0.5, "Cy": 0.0}),
]
LED = [
    *(terms(1, leader=None), terms(2, leader="Bo"), terms(3, leader="Bo"), terms(4, leader="Cy")),
    *(vote(1, "leader.member", "Bo"), vote(2, "leader.member", "Bo"), vote(3, "leader.member", "Cy")),
    vote(4, "leader.member", None),
    *(caught(1, Ann=9, Bo=0), caught(2, Ann=1, Bo=4, Cy=3), caught(3, Ann=1, Bo=1, Cy=3), caught(4, Ann=1, Bo=1)),
]
MARKETS = [
    sale(1, {"Ann": 2, "Bo": 2}, 300),
    auction(1, 1, 500, {"Ann": 3, "Bo": 1}),
    auction(1, 1, 700, {"Ann": 4, "Bo": 0}, ordinal=1),
    auction(2, 0, 0, {"Ann": 2, "Bo": 2}),
]
OFFER: dict[str, Any] = {"by": "Ann", "to": "Bo", "side": "buy", "units": 2, "price": 200, "is_accepted": True}
OFFERS = PermitOffers.model_validate({
    **{"month": 1, "phase": "o", "rule": "permits", "ordinal": 0, "held": {"Ann": 3, "Bo": 1}},
    "offers": [{**OFFER, "traded": 1}, {**OFFER, "by": "Cy", "traded": 0}],
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "events", "value"),
    [
        ("signature_rate", [contract(1, ("Ann", "Bo"), ()), contract(2, (), (), None)], 2 / 3),
        ("signature_rate", [contract(1, (), (), None)], None),
        ("contract_rate", [contract(1, ("Ann", "Bo"), ()), contract(4, NOTHING.members, NOTHING.members)], 0.5),
        ("delegation_rate", [harvest(1), harvest(2), *(
            Delegation(month=month, phase="p", rule="mediator", delegating=members, amount=None)
            for month, members in ((1, ("Ann",)), (2, ("Ann", "Bo", "Cy")))
        )], 4 / 6),
        ("exclusion_rate", [exclusion(1, "Bo"), exclusion(2, None), exclusion(3, None, appealed=True)], 1 / 3),
        ("overturned", [exclusion(1, None), exclusion(2, "Bo", appealed=True), exclusion(3, None, appealed=True)], 0.5),
        ("overturned", [exclusion(1, "Bo")], None),
        ("rating_spread", [
            Ratings(month=1, phase="p", rule="reputation", ratings={"Ann": {"Bo": 10, "Cy": 4}, "Bo": {"Cy": 8}}),
            Ratings(month=2, phase="p", rule="reputation", ratings={"Ann": {"Bo": 5, "Cy": 5}}),
            Ratings(month=3, phase="p", rule="reputation", ratings={}),
        ], (2 + 0) / 2),
        ("manipulation", [
            *(vote(1, "quota.amount", 4, Ann=4, Bo=9, Cy=1), vote(2, "quota.amount", 4, Ann=2)),
            *(vote(1, "quota.fine", 4, Ann=9), wished("quota.amount", Ann=6, Bo=9), wished("x", Ann=60)),
        ], (2 + 0) / 2),
        ("manipulation", [vote(1, "quota.amount", 4, Ann=4)], None),
        ("recidivism", [
            *(terms(month, QUOTA) for month in (1, 2, 4)), *(caught(month, Ann=4, Bo=month) for month in (1, 2, 3, 4)),
            *(inspected(1, Ann=1, Bo=0), inspected(2, Ann=1), inspected(3, Cy=1), inspected(4, Ann=1, Bo=1)),
        ], 1),
        ("recidivism", [terms(1, QUOTA), terms(2, QUOTA), caught(1, Ann=4, Bo=5), caught(2, Ann=3, Bo=4),
            inspected(1, Ann=1, Bo=2)], 1 / 2),
        ("recidivism", [terms(1, QUOTA), caught(1, Ann=4, Bo=5), inspected(1, Ann=1)], None),
        ("tax_revenue", [*taxed(1, Ann=300, Bo=60), *taxed(2, Cy=0)], 120),
        ("tax_revenue", taxed(1), None),
        ("permit_price", MARKETS, (4 * 3 + 5 + 7) / 6),
        ("permit_price", [auction(1, 0, 0, {"Ann": 2})], None),
        ("permit_turnover", MARKETS, 2 / 8),
        ("permit_turnover", MARKETS[:1], None),
        ("permit_turnover", [OFFERS], 1 / 4),
        ("permit_price", [OFFERS], 2),
        ("permit_concentration", [OFFERS], 0.25),
        ("permit_concentration", MARKETS, (0.5 + 0) / 2),
        ("permit_concentration", MARKETS[:1], 0),
        ("exit_rate", [exit_line(1, Ann=True, Bo=False), exit_line(2, Bo=False)], 1 / 3),
        ("migration_rate", [Move(month=1, member=name, site="x", to=to) for name, to in (("A", "y"), ("B", "x"))], 0.5),
        ("turnover", [exit_line(1, A=True), month_line(1, "ABC"), month_line(2, "BC", left="A"),
            month_line(3, "ABC", joined="A")], 1 / 5),
        ("turnover", [month_line(1, "ABC"), month_line(2, "BC", left="A")], None),
    ],
)  # fmt: skip
def test_shares_of_members_and_decisions(name: str, events: list[Event], value: float | None) -> None:
    measure = measure_named(name)
    run = CountedRun(
        experiment=experiment_from({"scenario": "fishery"}),
        harvests=NOTHING,
        events=tuple(events),
        kinds=measure.kinds,
    )
    assert measure.function(run) == (None if value is None else pytest.approx(value))
    assert measure.function(replace(run, from_month=9)) is None


def test_a_report_after_a_delay_is_compared_with_the_month_that_it_is_about() -> None:
    late = Report(month=2, of_month=1, by="memory", author="Ann", catches={"Ann": 1, "Bo": 3})
    measure = measure_named("report_honesty")
    run = CountedRun(
        experiment=experiment_from({"scenario": "fishery"}),
        harvests=NOTHING,
        events=(harvest(1), harvest(2), late),
        kinds=measure.kinds,
        from_month=2,
    )
    assert measure.function(run) == 0.5


@pytest.fixture
def results(live: Live, out: Path) -> Results:
    """Runs with a quota that is stated or inspected, and without one."""
    for condition in ("default", "quota-announced", "quota-inspected"):
        society = {"agents.default": "policy:fixed:9", "members.Luke.agent": "policy:fixed:11", "world.months": 2}
        live("fishery", society, condition=condition, runs=2)
    return load(out)


def test_optional_measures_are_shown_where_a_run_defines_them(results: Results) -> None:
    def columns(condition: str | None) -> set[str]:
        cells = [cell for cell in results.cells if condition in (None, cell.condition)]
        return {column.name for column in cells_table(cells).columns}

    assert columns("quota-inspected") - columns("quota-announced") == {"fines"}
    assert {"compliance", "excess_catch", "detection", "net_income"} <= columns("quota-announced") - columns("default")
    assert columns(None) == columns("quota-inspected")
    for width in (80, 140):
        lines = as_text(cells_table(results.cells), width).splitlines()
        assert max(map(len, lines)) <= width
        assert "compliance" in " ".join(lines[:12])
    [default] = [cell for cell in results.cells if cell.condition == "default"]
    assert "compliance" not in default.to_json()


def test_optional_measures_are_compared_where_two_groups_define_them(results: Results) -> None:
    rng = np.random.default_rng(0)
    found = compare_measures(results.runs, by="condition", baseline="quota-announced", rng=rng)
    measures = {one.measure for one in found}
    assert {"compliance", "detection", "net_income"} <= measures
    assert not measures & {"fines", "sanction_points", "exit_rate"}
    shown = {(row["level"], row["measure"]) for row in comparisons_table(found).shown or ()}
    assert ("quota-inspected", "compliance") in shown
    assert ("default", "compliance") not in shown, "no run without a quota has a value"
    named = compare_measures(results.runs, by="condition", baseline="default", rng=rng, measures=["compliance"])
    assert len(comparisons_table(named).shown or ()) == 2, "a measure that is asked for is shown in any case"
