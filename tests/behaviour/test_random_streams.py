"""Independent random streams: adding, removing or reordering anything does not affect other draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np
import pytest

from govsim.agents import Agent, Answer, Policy, Request
from govsim.commons import Charge, GrowthLaw, Outcome, Stream, generator, stream_of
from govsim.commons.allocation import deal_at_random
from govsim.config import experiment_from
from govsim.errors import ConfigError
from govsim.journal import MODERATOR, first_difference
from govsim.society import Phase, Rule, Society, Terms, compose
from tests.living import Live, Lived

PlugIn = Callable[[str, str, object], None]

USUAL = ["harvest", "report", "discussion", "reflection"]


class Mumbler(Agent):
    """Asks for too much, and says nothing that could be read, so that each next speaker is drawn."""

    name = "mumbler"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": min(40, request.view.state.stock)})
        return request.answer({}, invalid="mumbles")


class Thirsty(Policy):
    """Draws a hundred numbers, and asks for 17 units."""

    name = "thirsty"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        rng.random(100)
        return min(17, request.view.state.stock)


class Dice(Phase):
    """Draws, and leaves everything as it is."""

    name = "dice"

    async def run(self, society: Society) -> None:
        self.draws(society).random(50)
        self.draws(society, "again").random(50)


class Lottery(Rule):
    """Draws in all of its hooks, limits nobody and charges nothing."""

    name = "lottery"

    def terms(self, society: Society) -> Terms:
        return Terms(text="There is a lottery.", values={"drawn": int(self.draws(society).integers(1000))})

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        self.draws(society).random(10)
        return {}

    def settle(self, society: Society, outcome: Outcome) -> Iterator[Charge]:
        self.draws(society).random(10)
        return iter(())


class Spring(GrowthLaw):
    """Fills the commons again, so that units are dealt in every month."""

    name = "spring"
    phrase = "fills up"

    def grown(self, left: int, capacity: int) -> int:
        return capacity


class Weather(Spring):
    """Draws the weather, and fills the commons in any."""

    name = "weather"

    def drawn(self, left: int, capacity: int, rng: np.random.Generator) -> int:
        rng.random(20)
        return self.grown(left, capacity)


@pytest.fixture(autouse=True)
def installed(plug_in: PlugIn) -> None:
    plug_in("agents", "mumbler", Mumbler)
    plug_in("policies", "thirsty", Thirsty)
    plug_in("phases", "dice", Dice)
    plug_in("rules", "lottery", Lottery)
    plug_in("growth_laws", "spring", Spring)
    plug_in("growth_laws", "weather", Weather)


BASE: dict[str, Any] = {
    "agents.default": "mumbler",
    "models.default": "fake/society",
    "members.Jack.agent": "policy:random",
    "members.Emma.agent": "policy:fixed:17",
    "world.months": 4,
    "world.growth": "spring",
    "world.collapse": 0,
    "seed": 11,
}


def draws_of(run: Lived) -> dict[str, list[Any]]:
    """Everything that is drawn in the usual month: by policies, the allocation, and the talk."""
    talk = [line for line in run.utterances if line.phase == "discussion"]
    assert all(line.next_is_drawn or line.next_speaker is None for line in talk if line.member != MODERATOR)
    return {
        "policy": [harvest.asked["Jack"] for harvest in run.harvests],
        "allocation": [harvest.granted for harvest in run.harvests],
        "openers": [line.next_speaker for line in talk if line.member == MODERATOR],
        "next speakers": [(line.month, line.next_speaker) for line in talk if line.member != MODERATOR],
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"society.phases": ["dice", *USUAL]},
        {"society.phases": ["harvest", "dice", "report", "discussion", "reflection"]},
        {"society.phases": [*USUAL, "dice", {"dice": {"as": "more-dice"}}]},
        {"society.phases": [*USUAL, {"dice": {"as": "more-dice"}}, "dice"]},
        {"society.phases": ["harvest", "report", "discussion"]},
        {"society.phases": [{"discussion": {"as": "talk-before"}}, *USUAL]},
        {"institutions": ["lottery"]},
        {"institutions": ["lottery", {"lottery": {"as": "raffle"}}]},
        {"institutions": [{"lottery": {"as": "raffle"}}, "lottery"]},
        {"institutions": ["lottery", {"quota": {"amount": 100}}]},
        {"institutions": [{"quota": {"amount": 100}}, "lottery"]},
        {"world.growth": "weather"},
        {"world.growth": {"spring": {"as": "fountain"}}},
        {"members.Emma.agent": "policy:thirsty"},
        {"society.phases": ["dice", *USUAL], "institutions": ["lottery"], "world.growth": "weather"},
    ],
    ids=str,
)
def test_adding_removing_or_reordering_does_not_affect_other_draws(live: Live, changed: dict[str, Any]) -> None:
    [base] = live("fishery", BASE)
    [other] = live("fishery", BASE | changed)
    assert base.journal.status == other.journal.status == "completed"
    drawn = draws_of(base)
    assert draws_of(other) == drawn
    assert len(drawn["next speakers"]) > 20
    assert len({str(granted) for granted in drawn["allocation"]}) == 4, "units are dealt in every month"


def test_unused_plug_ins_do_not_affect_the_journal(live: Live, plug_in: PlugIn, tmp_path: Any) -> None:
    [base] = live("fishery", BASE, folder=tmp_path / "before")
    for group, value in (("phases", Dice), ("rules", Lottery), ("policies", Thirsty), ("growth_laws", Weather)):
        name = f"spare-{value.name}"
        plug_in(group, name, type(value.__name__, (value,), {"name": name, "__doc__": "Not used."}))
    [other] = live("fishery", BASE, folder=tmp_path / "after")
    assert first_difference(base.journal, other.journal) is None


def test_a_change_of_the_seed_changes_every_draw(live: Live) -> None:
    [base] = live("fishery", BASE)
    [other] = live("fishery", BASE | {"seed": 12})
    for name, drawn in draws_of(base).items():
        assert draws_of(other)[name] != drawn


def test_the_default_draws_come_from_streams_1_to_4(live: Live) -> None:
    [run] = live("fishery", BASE)
    drawn = draws_of(run)
    speakers = ["John", "Kate", "Luke"]
    for month, harvest in enumerate(run.harvests, start=1):
        policy = generator(11, 4, month, member="Jack")
        assert harvest.asked["Jack"] == policy.integers(0, harvest.stock_before + 1)
        asked = {name: harvest.asked[name] for name in sorted(harvest.asked)}
        assert harvest.granted == deal_at_random(asked, harvest.stock_before, generator(11, 1, month))
        opener = speakers[int(generator(11, 2, month).integers(3))]
        assert drawn["openers"][month - 1] == opener
        following = generator(11, 3, month)
        speaker = opener
        for found in [name for when, name in drawn["next speakers"] if when == month and name is not None]:
            speaker = [name for name in speakers if name != speaker][int(following.integers(2))]
            assert found == speaker


def test_two_discussions_of_a_month_have_independent_draws(live: Live) -> None:
    [run] = live("fishery", BASE | {"society.phases": [{"discussion": {"as": "talk-before"}}, *USUAL]})
    before, usual = (
        [line.next_speaker for line in run.utterances if line.phase == phase] for phase in ("talk-before", "discussion")
    )
    assert len(before) == len(usual) == 40
    assert before != usual


def collision(kind: str, other: str) -> tuple[str, str]:
    """Two names whose streams, as extensions of two kinds, are the same; one in 2^32 pairs has such names."""
    seen: dict[int, str] = {}
    for number in count():
        seen[stream_of(kind, f"a{number}")] = f"a{number}"
        if (found := seen.get(stream_of(other, name := f"b{number}"))) is not None:
            return found, name
    raise AssertionError("numbers do not end")


def experiment(first: str, kind: str, second: str, other: str) -> Mapping[str, Any]:
    phases = [{"dice": {"as": name}} for name, of in ((first, kind), (second, other)) if of == "phase"]
    rules = [{"lottery": {"as": name}} for name, of in ((first, kind), (second, other)) if of == "rule"]
    growth = [{"weather": {"as": name}} for name, of in ((first, kind), (second, other)) if of == "growth law"]
    return {
        "society": {"phases": [*USUAL, *phases]},
        "institutions": rules,
        "world": {"growth": growth[0] if growth else 2},
    }


@pytest.mark.parametrize(
    ("kind", "other"), [("phase", "phase"), ("phase", "rule"), ("rule", "rule"), ("rule", "growth law")]
)
def test_two_names_with_the_same_stream_are_rejected(kind: str, other: str) -> None:
    first, second = collision(kind, other)
    assert stream_of(kind, first) == stream_of(other, second)
    with pytest.raises(ConfigError, match=r": has the same random stream as .*; give it another name with as$"):
        compose(experiment_from(experiment(first, kind, second, other)))
    for spare in ("c1", "c2"):
        compose(experiment_from(experiment(first, kind, spare, other)))


def test_the_streams_with_numbers_are_never_given_to_a_name() -> None:
    assert [int(stream) for stream in Stream] == [1, 2, 3, 4, 5]
    assert min(stream_of("phase", f"a{number}") for number in range(10_000)) > 5
