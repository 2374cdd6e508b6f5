"""Number of decisions that are still possible."""

from __future__ import annotations

import pytest

from govsim.commons import GROWTH_LAWS, GrowthLaw
from govsim.config import Experiment, ExtensionEntry, SocietySettings, World
from govsim.journal import decisions_possible_after


class Crowding(GrowthLaw):
    """More than 50 units starve; fewer double."""

    name = "crowding"

    def grown(self, left: int, capacity: int) -> int:
        return 2 * left if left <= 50 else 2

    @property
    def phrase(self) -> str:
        return "changes"


@pytest.mark.parametrize(("stock", "months"), [(100, 11), (50, 11), (4, 1), (5, 11)])
def test_a_society_that_can_survive_by_harvesting_enough_can_still_decide(stock: int, months: int) -> None:
    world = World(growth=ExtensionEntry(extension="crowding", name="crowding"))
    experiment = Experiment(world=world, society=SocietySettings(members=("Ada", "Bo")))
    with GROWTH_LAWS.temporary(Crowding):
        assert decisions_possible_after(experiment, 1, stock, is_collapsed=False) == 2 * months
