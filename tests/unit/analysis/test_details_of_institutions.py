"""Measures of details of institutions, which exports have and tables do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from govsim.analysis.measures import CountedRun, measure_named, tabulated_measures
from govsim.config import experiment_from
from govsim.journal import (
    Account,
    Accounts,
    Agenda,
    BallotLine,
    Charged,
    Charges,
    ContractDesign,
    ContractLine,
    Event,
    ExitLine,
    Harvest,
    Inspected,
    InspectionLine,
    Move,
    Points,
    Ratings,
    SanctionsLine,
    TermsLine,
    Utterance,
)
from tests.unit.analysis.test_measures_of_institutions import NOTHING

PLAIN = experiment_from({"scenario": "fishery"})


def harvest(month: int, site: str | None = None, **granted: int) -> Event:
    stocks = {"stock_before": 90, "stock_after_harvest": 60, "stock_after_growth": 90}
    how: dict[str, Any] = {"threshold": 30, "member_threshold": 10, "invalid": {}, "is_collapsed": False}
    return Harvest(month=month, site=site, asked=granted, granted=granted, **stocks, **how)


def terms(month: int, quotas: dict[str, int] | None = None, rule: str = "rule", **values: Any) -> Event:
    return TermsLine(month=month, rule=rule, ordinal=0, text="", values=values, quotas=quotas)


def found(month: int, **excess: int) -> Event:
    inspected = (
        Inspected(member=name, draw=None, excess=units, offence=int(units > 0), fine=0)
        for name, units in excess.items()
    )
    return InspectionLine(month=month, rule="rule", ordinal=0, probability=1.0, inspected=tuple(inspected))


def punished(month: int, **points: int) -> Event:
    given = (Points(by="Cy", member=name, punish=each, reward=0) for name, each in points.items())
    return SanctionsLine(month=month, phase="p", rule="sanctions", points=tuple(given))


def ballot(
    month: int, value: Any, *, subject: str = "quota.amount", counted_by: str = "median", **ballots: Any
) -> Event:
    how: dict[str, Any] = {"ballots": ballots, "abstained": (), "outcome": "adopted", "value": value}
    return BallotLine(month=month, phase="p", rule="rule", ordinal=0, subject=subject, counted_by=counted_by, **how)


def accounts(month: int, site: str | None = None, **net: tuple[int, int]) -> Event:
    members = {name: Account(earned=earned, charged=charged, balance=0) for name, (earned, charged) in net.items()}
    return Accounts(month=month, site=site, members=members)


def charges(*those: tuple[int, str | None, str | None]) -> Event:
    each = (
        Charged(by="r", member="Ann", reason="r", amount=paid, paid=paid, to=to, fund=fund) for paid, to, fund in those
    )
    return Charges(month=1, phase="p", charges=tuple(each))


def design(ordinal: int, *, limit: int, transfer: int, bonus: int) -> Event:
    """A contract that was designed in month 1; another one that did not win would deter."""
    own = ContractDesign(by="Ann", limit=limit, transfer=transfer, bonus=bonus, escrow=0)
    other = ContractDesign(by="Bo", limit=1, transfer=9_999, bonus=0, escrow=0)
    how: dict[str, Any] = {"approvals": {}, "winner": "Ann", "signed": (), "parties": ()}
    return ContractLine(month=1, phase=f"p{ordinal}", rule="contract", designs=(own, other), **how)


def leaves(month: int, **decisions: bool) -> Event:
    return ExitLine(month=month, phase="p", rule="exit", decisions=decisions, leaving=())


def agenda(month: int, limit: int | None) -> Event:
    return Agenda(month=month, phase="p", member="Ann", is_candidate=True, limit=limit, text=None)


def fined(month: int, per_unit: Any, *, confiscation: str = "none", rule: str = "rule", scale: Any = ()) -> Event:
    fine: dict[str, Any] = {"per_unit": per_unit, "scale": list(scale), "fixed": 7}
    return terms(month, {"Ann": 1, "Bo": 1, "Cy": 1, "Di": 1}, rule, fine=fine, confiscation=confiscation)


def inspections(month: int, probability: float | None, *, inspected: int = 0, phase: str = "") -> Event:
    results = (Inspected(member="Ann", draw=None, excess=0, offence=0, fine=0),) * inspected
    return InspectionLine(
        month=month, phase=phase, rule="rule", ordinal=0, probability=probability, inspected=tuple(results)
    )


def said(month: int, member: str, following: str | None, *, is_drawn: bool = False) -> Event:
    return Utterance(month=month, member=member, ordinal=0, text="…", next_speaker=following, next_is_drawn=is_drawn)


CHARGED = [
    accounts(1, Ann=(4_000, 0), Bo=(6_000, 0)),
    charges(
        (500, None, None),
        (-200, None, None),
        (700, "Bo", None),
        (-100, "Bo", None),
        (900, None, "pool"),
        (-300, None, "pool"),
    ),
]

CASES: list[tuple[str, list[Event], float | None]] = [
    ("response_to_punishment", [harvest(1, Ann=20, Bo=9), harvest(2, Ann=12, Bo=10), punished(1, Ann=3, Bo=1)], -3.5),
    ("response_to_punishment", [harvest(1, Ann=20), harvest(2, Bo=9), punished(1, Ann=3), punished(2, Bo=1)], None),
    ("members_present", [harvest(1, Ann=1, Bo=1, Cy=1), harvest(2, Ann=1, Bo=1), leaves(1, Cy=True)], 2.5),
    ("members_present", [harvest(1, Ann=1)], None),
    ("selection", [harvest(1, Ann=4, Bo=8, Cy=10), leaves(1, Ann=True, Bo=False, Cy=False)], 4 - 9),
    ("selection", [harvest(1, Ann=4, Bo=8), leaves(1, Ann=True)], None),
    (
        "selection",
        [
            harvest(1, "x", Ann=4, Bo=8),
            harvest(1, "y", Cy=20),
            *(
                Move(month=1, site=here, member=name, to=to)
                for name, here, to in (("Ann", "x", "y"), ("Bo", "x", "x"), ("Cy", "y", "y"))
            ),
        ],
        -4,
    ),
    (
        "recidivism",
        [
            *(harvest(month, Ann=ann, Bo=bo) for month, ann, bo in ((1, 12, 12), (2, 12, 9), (3, 9, 12), (4, 12, 12))),
            *(terms(month, {"Ann": 10, "Bo": 10}) for month in (1, 2, 3, 4)),
            found(1, Ann=2, Bo=2),
            found(2, Ann=2),
            found(3, Bo=2),
            found(4, Ann=2),
        ],
        2 / 4,
    ),
    ("recidivism", [harvest(1, Ann=12), terms(1, {"Ann": 10}), found(1, Ann=2)], None),
    ("quota_fit", [harvest(1, Ann=1, Bo=1), terms(1, {"Ann": 8, "Bo": 20}), terms(1, {"Bo": 12}, "other")], 20 / 20),
    ("quota_fit", [harvest(1, Ann=1)], None),
    ("relative_enforcement_cost", CHARGED, 100 * (500 - 200) / 10_000),
    ("payments", CHARGED, (700 + 100) / 100 / 2),
    ("public_revenue", CHARGED, 900 / 100 / 2),
    ("public_revenue", [], None),
    (
        "proposal_dispersion",
        [ballot(1, 10, Ann=8, Bo=12), ballot(2, 9, Ann=9), ballot(3, 5, subject="quota.fine", Ann=1, Bo=9)],
        2,
    ),
    (
        "contract_quality",
        [
            harvest(1, Ann=10, Bo=0),
            accounts(1, Ann=(10_000, 0), Bo=(0, 0)),  # 1,000 cents for a unit
            *(
                design(month, **how)
                for month, how in enumerate(
                    (
                        {"limit": 10, "transfer": 1_000, "bonus": 1_000},
                        {"limit": 11, "transfer": 1_000, "bonus": 0},
                        {"limit": 10, "transfer": 999, "bonus": 0},
                        {"limit": 10, "transfer": 1_000, "bonus": 1_001},
                    )
                )
            ),
        ],
        1 / 4,
    ),
    ("contract_quality", [harvest(1, Ann=1), design(0, limit=1, transfer=1_000, bonus=0)], None),
    ("agenda_error", [harvest(1, Ann=1), agenda(1, 13), agenda(1, None)], 3),
    (
        "reelection_rate",
        [
            *(terms(month, leader="Ann") for month in (1, 2, 3)),
            ballot(1, "Ann", counted_by="plurality"),
            ballot(2, "Bo", counted_by="plurality"),
            ballot(3, "Bo", counted_by="recall"),
        ],
        1 / 2,
    ),
    (
        "leader_share",
        [harvest(1, Ann=9, Bo=3), harvest(2, Ann=3, Bo=3), terms(1, leader="Ann"), terms(2, leader="Cy")],
        9 / 12,
    ),
    ("deterrence_ratio", [fined(1, 3), inspections(1, 0.25)], 0.75),
    ("deterrence_ratio", [fined(1, 3, confiscation="pool"), inspections(1, 0.25)], 1),
    ("deterrence_ratio", [fined(1, 3, confiscation="stock"), inspections(1, 0.5), fined(2, 3), inspections(2, 0)], 1),
    ("deterrence_ratio", [fined(1, 2), inspections(1, None, inspected=1)], 2 / 4),
    ("deterrence_ratio", [fined(1, 3, scale=(0, 1)), inspections(1, 0.25)], None),
    ("deterrence_ratio", [fined(1, 3), inspections(1, None, inspected=1, phase="quota-inspection")], None),
    ("deterrence_ratio", [fined(1, 3, rule="other"), inspections(1, 0.25)], None),
    (
        "whitewashing",  # Ann returns after a month away, Bo comes from another site, and Cy stays
        [
            *(harvest(month, "x", Cy=1) for month in (1, 2, 3)),
            harvest(1, "x", Ann=1),
            harvest(3, "x", Ann=1),
            *(harvest(month, "y", Bo=1) for month in (1, 2)),
            terms(1, standings={"Ann": 0.5, "Cy": 0.2}).model_copy(update={"site": "x"}),
            terms(3, standings={"Ann": 0.75, "Bo": 1.0, "Cy": 1.0}).model_copy(update={"site": "x"}),
            terms(2, standings={"Bo": 0.5}).model_copy(update={"site": "y"}),
        ],
        (0.25 + 0.5) / 2,
    ),
    (
        "whitewashing",
        [harvest(1, Ann=1), harvest(2, Ann=1), *(terms(t, standings={"Ann": t / 2}) for t in (1, 2))],
        None,
    ),
    (
        "leader_influence",
        [
            terms(1, leader="Ann"),
            said(1, "moderator", "Ann"),
            said(1, "Ann", "Bo"),
            said(1, "Bo", "Ann"),
            said(1, "Cy", "Bo"),
            said(1, "Bo", "Cy"),
            said(1, "Cy", "Ann"),
            said(1, "Bo", "Ann", is_drawn=True),
            said(1, "Cy", None),
            said(2, "Cy", "Ann"),
        ],
        2 / 4,
    ),
    ("leader_influence", [terms(1, leader="Ann"), said(1, "Ann", "Bo")], None),
    (
        "rating_bias",
        [harvest(1, Ann=14, Bo=5), Ratings(month=1, phase="p", rule="r", ratings={"Cy": {"Ann": 8, "Bo": 9}})],
        0.5,
    ),
    (
        "excess_by_standing",
        [
            harvest(1, Ann=10, Bo=20),
            terms(1, standings={"Ann": 1.0, "Bo": 0.5}),
            terms(1, leader="Ann"),
        ],
        -20,
    ),
    ("excess_by_standing", [harvest(1, Ann=10, Bo=20), terms(1, standings={"Ann": 1.0, "Bo": 1.0})], None),
]


def value_of(name: str, events: Sequence[Event], experiment: Any = PLAIN, from_month: int = 1) -> Any:
    measure = measure_named(name)
    run = CountedRun(experiment=experiment, harvests=NOTHING, events=tuple(events), kinds=measure.kinds)
    return measure.function(replace(run, from_month=from_month))


@pytest.mark.parametrize(("name", "events", "value"), CASES)
def test_details_of_institutions_have_the_expected_values(name: str, events: list[Event], value: float | None) -> None:
    assert value_of(name, events) == (None if value is None else pytest.approx(value))
    assert value_of(name, events, from_month=9) is None


SITES = {
    "scenario": "fishery",
    "society": {"members": 6},
    "sites": {
        "with": {"members": 3, "institutions": ["sanctions", "migration"]},
        "without": {"members": 3, "institutions": ["migration"]},
    },
}


def test_payoffs_and_members_at_sites_with_an_institution_that_others_lack() -> None:
    events = [
        harvest(1, "with", Ann=1, Bo=1),
        harvest(1, "without", Cy=1),
        accounts(1, "with", Ann=(5_000, 1_000), Bo=(6_000, 0)),
        accounts(1, "without", Cy=(2_000, 0)),
        harvest(2, "with", Ann=1, Bo=1, Cy=1),
        accounts(2, "with", Ann=(0, 0), Bo=(0, 0), Cy=(0, 0)),
        harvest(2, "without", Di=1),
        accounts(2, "without", Di=(0, 0), Ann=(0, -99_999)),  # paid while at another site
    ]
    experiment = experiment_from(SITES)
    assert value_of("institution_share", events, experiment) == 3 / 4
    assert value_of("payoff_difference", events, experiment) == pytest.approx((10_000 / 5 - 2_000 / 2) / 100)
    assert value_of("institution_share", events, experiment, from_month=9) is None
    alike = experiment_from(SITES | {"sites": {name: {"members": 3, "institutions": ["migration"]} for name in "xy"}})
    assert value_of("institution_share", events, alike) is value_of("payoff_difference", events, alike) is None
    assert value_of("institution_share", events) is value_of("payoff_difference", events) is None


def test_details_are_not_columns_of_tables() -> None:
    names = {name for name, _, _ in CASES}
    assert not names & {one.name for one in tabulated_measures([dict.fromkeys((*names, "turnout"), 1.0)])}
