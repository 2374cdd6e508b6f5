"""Growth laws of plug-ins: valid results, and validation before a run starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from govsim.commons import GROWTH_LAWS, GrowthLaw, Outcome, State, group_threshold, grow_by_seed, growth_law
from govsim.config import ExtensionEntry, World
from govsim.errors import PluginError
from govsim.game import game_of, maximum_catch


def law(grown: Callable[[int, int], Any], phrase: Any = "changes") -> type[GrowthLaw]:
    class Foreign(GrowthLaw):
        """A law of a plug-in."""

        name = "foreign"

        def grown(self, left: int, capacity: int) -> int:
            result: int = grown(left, capacity)
            return result

        @property
        def phrase(self) -> str:
            words: str = phrase() if callable(phrase) else phrase
            return words

    return Foreign


FOREIGN = World(growth=ExtensionEntry(extension="foreign", name="foreign"))


@pytest.fixture
def installed() -> Iterator[Callable[[type[GrowthLaw]], GrowthLaw]]:
    with ExitStack() as stack:

        def install(kind: type[GrowthLaw]) -> GrowthLaw:
            stack.enter_context(GROWTH_LAWS.temporary(kind))
            return growth_law(FOREIGN)

        yield install


@pytest.mark.parametrize(
    ("grown", "message"),
    [
        (lambda left, capacity: 2 * left, r"grows 51 of 100 units to 102; must be a whole number in 0\.\.100"),
        (lambda left, capacity: left - 60, r"grows 0 of 100 units to -60; must be"),
        (lambda left, capacity: left * 0.5, r"grows 0 of 100 units to 0\.0; must be"),
        (lambda left, capacity: left > 50, r"grows 0 of 100 units to False; must be"),
        (lambda left, capacity: np.int64(left), r"grows 0 of 100 units to np\.int64\(0\); must be"),
        (lambda left, capacity: None, r"grows 0 of 100 units to None; must be"),
        (lambda left, capacity: 90 // (90 - left), r"the growth of 90 of 100 units cannot be computed: ZeroDivision"),
    ],
)
def test_a_law_that_returns_an_invalid_stock_is_rejected_before_a_run(
    installed: Callable[[type[GrowthLaw]], GrowthLaw], grown: Callable[[int, int], Any], message: str
) -> None:
    with pytest.raises(PluginError, match=f"^growth law foreign: {message}"):
        installed(law(grown))


@pytest.mark.parametrize(
    ("phrase", "message"),
    [(None, "its phrase is None; must be text"), (lambda: 1 / 0, "its phrase or factor cannot be computed: Zero")],
)
def test_a_law_without_a_text_for_prompts_is_rejected_before_a_run(
    installed: Callable[[type[GrowthLaw]], GrowthLaw], phrase: Any, message: str
) -> None:
    with pytest.raises(PluginError, match=f"^growth law foreign: {message}"):
        installed(law(lambda left, capacity: left, phrase))


def test_a_law_that_draws_an_invalid_stock_fails_the_month(
    installed: Callable[[type[GrowthLaw]], GrowthLaw],
) -> None:
    kind = law(lambda left, capacity: left)
    kind.drawn = lambda self, left, capacity, rng: float(left)  # type: ignore[method-assign, assignment, return-value]
    state = State(stock=100, month=5, capacity=100, growth=installed(kind), collapse=5, members=("Ada",))
    outcome = Outcome(before=state, asked={"Ada": 40}, granted={"Ada": 40}, stock_after_harvest=60)
    with pytest.raises(PluginError, match=r"growth law foreign: grows 60 units to 60\.0; must be"):
        grow_by_seed(outcome, 0)


def test_thresholds_and_the_optimum_follow_a_law_that_is_not_monotonic(
    installed: Callable[[type[GrowthLaw]], GrowthLaw],
) -> None:
    found = installed(law(lambda left, capacity: min(capacity, 3 * left) if left <= 40 else 0))
    assert found.most_grown(100, 5, 100) == 100, "what is left can be chosen"
    for stock in range(101):
        state = State(stock=stock, month=1, capacity=100, growth=found, collapse=5, members=("Ada",))
        takings = [taken for taken in range(stock + 1) if state.grown(stock - taken) >= stock]
        assert group_threshold(state) == max(takings, default=0)
    # 66 a month leave 34, which become 100 again; everything in the last month.
    assert maximum_catch(game_of(FOREIGN.model_copy(update={"months": 3}))) == 66 + 66 + 100
