"""The quota: how it is stated, inspected, fined and enforced."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.analysis import read_run
from govsim.journal import Accounts, Charges, Harvest, InspectionLine, MessageLine, Month, TermsLine
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
GREEDY: dict[str, Any] = {"agents.default": "policy:greedy"}
ONE_TAKES_14: dict[str, Any] = {"agents.default": "policy:fixed:10", "members.John.agent": "policy:fixed:14"}


def quota(**settings: Any) -> dict[str, Any]:
    return {"institutions": [{"quota": settings}]}


def lived(live: Live, base: dict[str, Any], **settings: Any) -> Lived:
    [run] = live("fishery", {**base, **quota(**settings), "world.months": 12})
    return run


def charges(run: Lived, month: int) -> list[tuple[str, str, int, str | None, str | None, int]]:
    found = [one for line in run.journal.of(Charges) if line.month == month for one in line.charges]
    return [(one.member, one.reason, one.paid // 100, one.to, one.fund, one.returned) for one in found]


class TestEnforcement:
    def test_five_greedy_members_live_under_hard_enforcement_only(self, live: Live) -> None:
        ends = {
            how: [(run.journal.status, len(run.harvests)) for run in [lived(live, GREEDY, enforcement=how)]]
            for how in ("none", "announced", "hard")
        }
        assert ends == {
            "none": [("collapsed", 1)],
            "announced": [("collapsed", 1)],
            "hard": [("completed", 12)],
        }
        hard = lived(live, GREEDY, enforcement="hard")
        assert [sum(one.granted["John"] for one in hard.harvests)] == [120]

    def test_the_quotas_of_every_arm_are_recorded_for_compliance(self, live: Live) -> None:
        for how in ("none", "announced", "probabilistic", "hard"):
            terms = next(lived(live, GREEDY, enforcement=how).journal.of(TermsLine))
            assert terms.quotas == dict.fromkeys(FIVE, 10)
            assert (terms.text == "") == (how == "none")

    def test_all_stated_arms_send_the_same_prompts_in_the_first_month(self, live: Live) -> None:
        sent = set()
        for how in ("announced", "probabilistic", "hard"):
            base = {"models.default": "fake/society", "world.months": 1, **quota(enforcement=how, amount=5)}
            [run] = live("fishery", base)
            messages = {one.hash: one.content for one in run.journal.of(MessageLine)}
            sent.add(tuple(messages[hash_] for call in run.calls(phase="harvest") for hash_ in call.messages))
        assert len(sent) == 1

    def test_members_decide_without_a_stated_quota_as_without_any(self, live: Live) -> None:
        base = {"models.default": "fake/society", "models.args": {"catch": 13}, "world.months": 2}
        [free], [unstated] = (live("fishery", base, condition=one) for one in ("default", "quota-none"))
        assert free.prompts() == unstated.prompts()
        assert free.harvests == unstated.harvests
        assert [read_run(one.journal.path).values.get("compliance") for one in (free, unstated)] == [None, 0]

    def test_a_share_of_the_threshold_follows_the_stock(self, live: Live) -> None:
        run = lived(live, {"agents.default": "policy:fixed:12"}, enforcement="announced", share=0.8)
        stocks = [one.stock for one in run.journal.of(Month)]
        assert len(set(stocks)) > 2
        expected = [int(Fraction(8, 10) * (stock // 2 // 5)) for stock in stocks]
        assert [one.quotas["John"] for one in run.journal.of(TermsLine) if one.quotas] == expected

    def test_a_quota_of_the_threshold_is_refused_if_it_would_reveal_the_stock(self, live: Live) -> None:
        with pytest.raises(Exception, match="amount = threshold: would reveal the stock, which members do not observe"):
            live("fishery", {**GREEDY, **quota(), "observation.stock": "hidden"})


class TestInspection:
    CERTAIN = {"probability": 1}

    def test_the_excess_is_fined_and_sold_for_the_common_fund(self, live: Live) -> None:
        run = lived(live, ONE_TAKES_14, amount=10, enforcement="probabilistic", inspection=self.CERTAIN)
        assert charges(run, 1) == [
            ("John", "confiscated catch", 4_000, None, "pool", 0),
            ("John", "fine", 10_000, None, None, 0),  # of 12,000, as John has no more
        ]
        first = next(run.journal.of(Accounts))
        assert first.funds == {"pool": 400_000}
        assert first.members["John"].balance == 0
        line = next(run.journal.of(InspectionLine))
        john = line.inspected[0]
        assert (john.member, john.excess, john.offence, john.fine) == (
            "John",
            4,
            1,
            1_200_000,
        )

    def test_confiscated_units_grow_with_the_stock_but_do_not_undo_a_collapse(self, live: Live) -> None:
        how = {"amount": 10, "enforcement": "probabilistic", "inspection": self.CERTAIN, "confiscation": "stock"}
        run = lived(live, ONE_TAKES_14, **how)
        first, second = list(run.journal.of(Harvest))[:2]
        assert (first.stock_after_harvest, first.stock_after_growth, second.stock_before) == (46, 100, 100)
        [collapsed] = live("fishery", {**GREEDY, **quota(**how)})
        assert (collapsed.journal.status, len(collapsed.harvests)) == ("collapsed", 1)

    def test_fines_grow_with_offences_and_suspend_after_the_scale(self, live: Live) -> None:
        how = {"scale": [0, 1, 3], "suspension": 1, "memory": 12}
        run = lived(
            live,
            {"agents.default": "policy:fixed:5", "members.John.agent": "policy:fixed:14"},
            amount=10,
            enforcement="probabilistic",
            inspection=self.CERTAIN,
            fine=how,
            confiscation="none",
        )
        lines = list(run.journal.of(InspectionLine))
        john = [
            next((one.offence, one.fine // 400_000) for one in line.inspected if one.member == "John") for line in lines
        ]
        assert john[:6] == [(1, 0), (2, 1), (3, 3), (4, 3), (0, 0), (5, 3)], "offence, fine in units per unit"
        assert [one.granted["John"] for one in run.harvests][:6] == [14, 14, 14, 14, 0, 14]
        suspended = [one for one in run.journal.of(TermsLine) if one.month == 5]
        assert "John may take nothing this month" in suspended[0].text

    def test_shared_fines_leave_the_sum_of_balances_unchanged(self, live: Live) -> None:
        run = lived(
            live,
            ONE_TAKES_14,
            amount=10,
            enforcement="probabilistic",
            inspection=self.CERTAIN,
            confiscation="none",
            revenue="equal-share",
        )
        for harvest, accounts in zip(run.harvests, run.journal.of(Accounts), strict=True):
            earned = sum(sum(one.granted.values()) for one in run.harvests if one.month <= harvest.month) * 100_000
            assert sum(one.balance for one in accounts.members.values()) + sum(accounts.funds.values()) == earned

    def test_a_guard_is_paid_by_all(self, live: Live) -> None:
        how = {"by": "guard", "count": 2, "cost": 1.5}
        run = lived(live, ONE_TAKES_14, amount=20, enforcement="probabilistic", inspection=how)
        assert charges(run, 1) == [(name, "wage of the guard", 300, None, None, 0) for name in FIVE]
        assert {len(line.inspected) for line in run.journal.of(InspectionLine)} == {2}

    def test_a_guard_paid_by_the_fund_inspects_no_member_while_the_fund_has_too_little(self, live: Live) -> None:
        guard = {"by": "guard", "probability": 1, "cost": 5, "paid_by": "pool"}
        rules = [
            {"tax": {"base": "landed", "rate": 0.05, "use": "fund"}},
            *quota(
                amount=10,
                enforcement="probabilistic",
                wording="enforcement",
                inspection=guard,
                confiscation="none",
                fine={"per_unit": 1},
            )["institutions"],
        ]
        [run] = live("fishery", {**ONE_TAKES_14, "institutions": rules, "world.months": 5, "world.growth": 3})
        # 54 units are taxed with 2.7 units a month, so that the fund pays a wage of 5 units in months 3 and 5.
        lines = list(run.journal.of(InspectionLine))
        assert [one.probability for one in lines] == [0, 0, 1, 0, 1]
        assert [len(one.inspected) for one in lines] == [0, 0, 5, 0, 5]
        funds = [one.funds.get("pool", 0) // 1_000 for one in run.journal.of(Accounts)]
        assert funds == [270, 540, 310, 580, 350]
        kate = [one.members["Kate"].balance for one in run.journal.of(Accounts)]
        assert kate == [(10 - 0.5) * 100_000 * month for month in range(1, 6)], "the wage changes no balance"
        text = next(one.text for one in run.journal.of(TermsLine) if one.rule == "quota")
        assert "by a guard, whose monthly wage of 5,000 dollars the common fund pays; nobody is inspected while" in text

    def test_only_a_guard_is_paid_by_the_fund(self, live: Live) -> None:
        with pytest.raises(Exception, match=r"inspection\.paid_by = pool: only a guard is paid by the fund; set"):
            live("fishery", {**GREEDY, **quota(enforcement="probabilistic", inspection={"paid_by": "pool"})})

    def test_peers_inspect_the_largest_known_excess_and_receive_the_fine(self, live: Live) -> None:
        how = {"amount": 10, "enforcement": "probabilistic", "inspection": {"by": "peers"}, "confiscation": "none"}
        run = lived(live, {**ONE_TAKES_14, "society.may_go_negative": True}, **how)
        found = charges(run, 1)
        assert found.count(("John", "fine", 12_000, "Kate", None, 0)) == 1, "fined once, to the first inspector"
        assert [one[0] for one in found if one[1] == "inspection of another member"] == ["Kate", "Jack", "Emma", "Luke"]

    def test_at_the_end_a_fine_is_limited_by_what_a_member_owns(self, live: Live) -> None:
        base = {"agents.default": "policy:fair-share", "members.John.agent": "policy:endgame"}
        how = {
            "enforcement": "probabilistic",
            "confiscation": "none",
            "inspection": self.CERTAIN,
            "fine": {"per_unit": 4},
        }
        run = lived(live, base, **how)
        assert charges(run, 12) == [("John", "fine", 170_000, None, None, 0)], "110 saved, 60 taken, a fine of 200"

    def test_a_fine_that_may_be_found_in_the_last_month_costs_all_that_is_saved_or_nothing(self, live: Live) -> None:
        """The two cases of the expected loss of 42.5 with a probability of a quarter; see tests/unit/game."""
        how = {
            "enforcement": "probabilistic",
            "confiscation": "none",
            "inspection": {"probability": 0.25},
            "fine": {"per_unit": 4},
        }
        society = {"agents.default": "policy:fair-share", "members.John.agent": "policy:endgame"}
        runs = live("fishery", {**society, **quota(**how), "world.months": 12}, runs=12)
        balances = [[one.members["John"].balance // 100_000 for one in run.journal.of(Accounts)] for run in runs]
        assert {one[10] for one in balances} == {110}
        inspected = [
            "John" in {one.member for one in list(run.journal.of(InspectionLine))[-1].inspected} for run in runs
        ]
        assert [one[11] for one in balances] == [0 if is_found else 170 for is_found in inspected]
        assert 0 < sum(inspected) < len(runs)

    def test_inspection_shifts_no_draw_of_the_world(self, live: Live) -> None:
        base = {"agents.default": "policy:random", "seed": 3, "society.may_go_negative": True}
        runs = [
            lived(live, base, amount=5, enforcement=how, confiscation="none") for how in ("announced", "probabilistic")
        ]
        assert [one.granted for one in runs[0].harvests] == [one.granted for one in runs[1].harvests]


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.integers(0, 99),
    probability=st.sampled_from((0.1, 0.25, 0.5)),
    per_unit=st.sampled_from((1, 2.5, 3)),
    scale=st.sampled_from(([], [0, 1, 3], [1, 2])),
    fixed=st.sampled_from((0, 4)),
    suspension=st.integers(0, 3),
    by=st.sampled_from(("world", "guard", "peers")),
    count=st.sampled_from((None, 2)),
)
def test_every_number_in_the_terms_is_one_that_is_applied_and_the_reverse(
    live: Live,
    amount: int,
    probability: float,
    per_unit: float,
    scale: list[int],
    fixed: int,
    suspension: int,
    by: str,
    count: int | None,
) -> None:
    inspection = {"by": by, "probability": probability, "count": count, "cost": 1.5}
    fine = {"per_unit": per_unit, "scale": scale, "fixed": fixed, "suspension": suspension, "memory": 7}
    how = {"amount": amount, "enforcement": "probabilistic", "wording": "enforcement"}
    run = lived(live, {**GREEDY, "world.collapse": 0}, **how, inspection=inspection, fine=fine)
    text = next(run.journal.of(TermsLine)).text
    stated = sorted(float(one.replace(",", "")) for one in NUMBER.findall(text))
    applied = [float(amount), *(1000.0 * one for one in [float(one) for one in scale] or [per_unit])]
    applied += [1000.0 * fixed] if fixed else []
    applied += [7.0] if scale else []
    applied += [float(len(scale) or 1), float(suspension)] if suspension else []
    applied += [1500.0] if by != "world" else []
    if by != "peers":
        applied += [100 * probability] if count is None else [2.0]
    assert stated == sorted(applied), text
