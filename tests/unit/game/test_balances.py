"""Best replies with charges limited by what a member has (figures of docs/explanation/yardsticks.md)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govsim.config import World
from govsim.errors import AnalysisError
from govsim.game import (
    Game,
    Incentives,
    StockStrategy,
    best_reply,
    best_reply_within_balance,
    combined,
    expected_catch,
    fair_share,
    game_of,
)
from govsim.society.rules.quota import Quota
from govsim.society.rules.tax import Tax

FAIR = StockStrategy(fair_share)
FOUR = (FAIR,) * 4


def fined(probability: float, per_unit: float, confiscation: str = "none", **fine: float) -> Incentives:
    how = {"enforcement": "probabilistic", "inspection": {"probability": probability}, "confiscation": confiscation}
    found = Quota.of({**how, "fine": {"per_unit": per_unit, **fine}}).incentives(members=5)
    assert found is not None
    return found


def last_month(balance: int, probability: float = 0.25, per_unit: float = 4) -> float:
    """The best net catch of a member in the last month, given what it has saved."""
    game = game_of(World(months=1))
    return best_reply_within_balance(game, FOUR, fined(probability, per_unit), balance=balance)


def test_an_expected_loss_of_42_5_does_not_deter_a_gain_of_50_in_the_last_month() -> None:
    """A fine of 4 for each of 50 units costs at most the 110 saved and the 60 taken; it is due in one of four cases."""
    loss = 0.25 * (110 + 60)
    assert (loss, 60 - loss) == (42.5, 17.5)
    assert last_month(balance=110) == pytest.approx(17.5), "more than the fair share of 10"
    assert best_reply(game_of(World(months=1)), FOUR, fined(0.25, 4)) == pytest.approx(10), "paid in full, it deters"


def test_a_member_is_deterred_if_it_has_enough_to_lose() -> None:
    assert last_month(balance=139) > 10
    assert last_month(balance=140) == pytest.approx(10), "140 saved and 60 taken pay the fine of 200"
    assert last_month(balance=110, probability=0.5, per_unit=2) == pytest.approx(10), "a fine of 100 can be paid"
    assert last_month(balance=110, probability=0.25, per_unit=1000) == pytest.approx(17.5), "higher fines add nothing"
    assert last_month(balance=110, probability=0.3, per_unit=4) == pytest.approx(10), "0.3 · 170 exceeds the gain"


def test_over_all_months_the_best_reply_exceeds_that_of_complying_until_the_last_month() -> None:
    game = game_of(World())
    assert best_reply_within_balance(game, FOUR, fined(0.25, 4)) == pytest.approx(129)
    assert best_reply_within_balance(game, FOUR, fined(0.25, 3, "pool")) == pytest.approx(129)
    assert 129 > 110 + 60 - 42.5
    assert best_reply_within_balance(game, FOUR, fined(1, 1)) == pytest.approx(120)


def brute_force(game: Game, charges: Callable[[float, int], list[tuple[float, float]]]) -> float:
    """Return the best net catch against one fair share, for doubling stocks, by recursion over all histories."""

    @cache
    def value(month: int, stock: int, balance: float) -> float:
        if month > game.months:
            return 0.0
        share = int(game.thresholds[stock]) // game.members
        options = [(float(catch), stock - share - catch) for catch in range(stock - share + 1)]
        if share:  # more than what the other leaves
            options.append((expected_catch("random", stock, (share,), stock), 0))
        return max(net(month, share, balance, catch, left) for catch, left in options)

    def net(month: int, share: int, balance: float, catch: float, left: int) -> float:
        found = 0.0
        for chance, charge in charges(catch, share):
            paid = min(charge, balance + catch)
            grown = min(game.capacity, 2 * left)
            later = value(month + 1, grown, balance + catch - paid) if left >= 2 else 0.0
            found += chance * (catch - paid + later)
        return found

    return value(1, game.start, 0.0)


@settings(max_examples=25, deadline=None)
@given(
    probability=st.sampled_from((0.1, 0.25, 0.5, 1.0)),
    per_unit=st.sampled_from((0.5, 1.0, 2.0, 4.0)),
    fixed=st.sampled_from((0, 1, 3)),
    tax=st.sampled_from((0, 0.5)),
    months=st.integers(1, 4),
    capacity=st.integers(8, 14),
)
def test_it_equals_the_best_of_all_histories(
    probability: float, per_unit: float, fixed: int, tax: float, months: int, capacity: int
) -> None:
    game = game_of(World(capacity=capacity, months=months, collapse=2), members=2)

    def charges(catch: float, share: int) -> list[tuple[float, float]]:
        excess = max(0.0, catch - share)
        fine = per_unit * excess + fixed * (excess > 0)
        return [(probability, fine + tax * catch), (1 - probability, tax * catch)]

    taxed = Tax.of({"rate": tax, "base": "landed", "use": "burn"}).incentives(members=2)
    assert taxed is not None
    both = combined([fined(probability, per_unit, fixed=fixed), taxed])
    found = best_reply_within_balance(game, (FAIR,), both)
    assert found == pytest.approx(brute_force(game, charges))
    assert found >= best_reply(game, (FAIR,), both) - 1e-9, "a limit is never a loss"


@settings(max_examples=10, deadline=None)
@given(
    probability=st.sampled_from((0.1, 0.5, 1.0)),
    per_unit=st.sampled_from((0.0, 0.5, 1.0, 3.0)),
    confiscation=st.sampled_from(("none", "pool")),
)
def test_whoever_has_enough_pays_in_full(probability: float, per_unit: float, confiscation: str) -> None:
    game, incentives = (
        game_of(World(capacity=20, months=4)),
        fined(probability, per_unit, confiscation),
    )
    found = best_reply_within_balance(game, FOUR, incentives, balance=400)
    assert found == pytest.approx(best_reply(game, FOUR, incentives))


def test_charges_that_balances_cannot_be_counted_in_are_refused() -> None:
    with pytest.raises(AnalysisError, match="charges are not multiples of 1/20 of the price of a unit"):
        best_reply_within_balance(game_of(World(months=1)), FOUR, fined(0.25, 1 / 3))
    with pytest.raises(AnalysisError, match="combinations of month, stock, units taken and balance are too many"):
        best_reply_within_balance(game_of(World(months=60)), FOUR, fined(0.25, 0.05))
