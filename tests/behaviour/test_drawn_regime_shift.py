"""A regime shift that is drawn once per run: what members learn, the record, and seeds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from govsim.agents import Request
from govsim.commons import growth_law, initial_state, law_of_month
from govsim.config import experiment_from
from govsim.environments import HarvestRun
from govsim.game import maximum_catch, realised_game
from govsim.jobs import replay
from govsim.journal import GrowthLine, first_difference
from govsim.tournament import Worlds
from tests.behaviour.test_observation import sent, watching
from tests.living import Live, Lived

FAKE = {"models.default": "fake/society", "world.months": 2}


def shift(**settings: Any) -> dict[str, Any]:
    return {"world.growth": {"threshold": {"below": 40, "factor_below": 1, **settings}}}


def occurs(seed: int, probability: float) -> bool:
    experiment = experiment_from({"world": {"growth": {"threshold": {"probability": probability}}}, "seed": seed})
    law = law_of_month(initial_state(experiment), growth_law(experiment.world), seed)
    return law.grown(10, 100) == 12


def drawn(run: Lived) -> list[Any]:
    return [line.growth["threshold"].get("probability", 1) for line in run.journal.of(GrowthLine)]  # type: ignore[index, union-attr]


WITH, WITHOUT = (next(seed for seed in range(100) if occurs(seed, 0.5) is wanted) for wanted in (True, False))
"""Seeds of runs with and without the shift."""


def test_the_share_of_runs_with_a_shift_is_its_probability() -> None:
    share = sum(occurs(seed, 0.3) for seed in range(2000)) / 2000
    assert abs(share - 0.3) < 0.05
    assert all(occurs(seed, 0.7) for seed in range(300) if occurs(seed, 0.3)), "the same number decides"


@pytest.mark.parametrize(("seed", "probability", "grown"), [(WITH, 1, 30), (WITHOUT, 0, 60)])
def test_all_months_of_a_run_have_the_law_that_was_drawn(live: Live, seed: int, probability: int, grown: int) -> None:
    settings = {"agents.default": "policy:fixed:4", "world.initial": 50, "world.months": 6, "seed": seed}
    [run] = live("fishery", settings | shift(probability=0.5))
    assert set(drawn(run)) == {probability}
    assert run.harvests[0].stock_after_growth == grown
    experiment = run.journal.header.experiment
    stocks = [harvest.stock_before for harvest in run.harvests]
    assert Worlds(experiment, [seed]).simulate(["policy:fixed:4"] * 5).stock[0, : len(stocks)].tolist() == stocks
    environment, found = HarvestRun(experiment), []
    while not environment.is_over:
        found.append(environment.state.stock)
        environment.harvest(dict.fromkeys(environment.state.members, 4))
    assert found == stocks
    certain = experiment_from(
        {"world": {"initial": 50, "months": 6, "growth": shift(probability=probability)["world.growth"]}}
    )
    assert maximum_catch(realised_game(experiment)) == maximum_catch(realised_game(certain))


def test_a_shift_that_is_drawn_changes_no_other_draw(live: Live) -> None:
    settings = {
        **{"agents.default": "policy:random:two-shares", "world.months": 6, "world.initial": 90},
        "world.shocks": [{"loss": {"probability": 0.5, "units": 3}}],
        "seed": WITHOUT,
    }
    runs = [
        live("fishery", settings | growth)[0]
        for growth in ({"world.growth": 2.0}, shift(told="nothing", probability=0.5))
    ]
    asked, draws = zip(
        *(
            (
                [one.asked for one in run.harvests],
                [shock.draw for line in run.journal.of(GrowthLine) for shock in line.shocks],
            )
            for run in runs
        ),
        strict=True,
    )
    assert asked[0] == asked[1]
    assert draws[0] == draws[1]


def test_a_certain_shift_is_recorded_as_before(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:fixed:4", "world.months": 1} | shift())
    assert b"probability" not in run.journal.path.read_bytes()
    assert list(run.journal.of(GrowthLine)) == []


@pytest.mark.parametrize("hints", [[], ["universalization"]])
@pytest.mark.parametrize(
    "institutions",
    [
        [],
        ["quota"],
        [{"tax": {"allowance": "threshold"}}],
        ["mediator"],
        [{"permits": {"enforcement": "announced"}}],
        ["reputation"],
    ],
    ids=str,
)
@pytest.mark.parametrize("told", [{"told": "nothing"}, {"told_probability": [0, 1]}], ids=str)
def test_whether_there_is_a_shift_is_not_revealed_before_growth_shows_it(
    live: Live, told: dict[str, Any], institutions: list[Any], hints: list[str]
) -> None:
    settings = {**FAKE, "models.args": {"catch": 8}, "institutions": institutions, "society.hints": hints}
    runs = [live("fishery", settings | shift(probability=one, **told))[0] for one in (0, 0.5, 1)]
    assert {harvest.stock_before for run in runs for harvest in run.harvests} == {100}
    assert sent(runs[0]) == sent(runs[1]) == sent(runs[2])


@pytest.mark.parametrize("told", [{}, {"told": "nothing"}, {"told_probability": [0.1, 0.9]}], ids=str)
def test_policies_have_the_same_inputs_until_growth_shows_the_shift(live: Live, told: dict[str, Any]) -> None:
    seen: list[list[Request]] = []
    for seed in (WITH, WITHOUT):
        with watching() as requests:
            settings = {"agents.default": "policy:watching", "world.months": 3, "world.initial": 90, "seed": seed}
            [run] = live("fishery", settings | shift(probability=0.5, **told))
        assert set(drawn(run)) == {int(seed == WITH)}
        seen.append(requests)
    assert seen[0] == seen[1]
    with watching() as requests:
        settings = {"agents.default": "policy:watching", "world.months": 2, "world.initial": 60, "seed": WITH}
        live("fishery", settings | shift(probability=0.5, **told))
    assert requests[5].view.stock == 35, "it shows as soon as fewer units are left"


def test_the_true_probability_is_not_revealed_by_a_range(live: Live) -> None:
    seen: list[list[Request]] = []
    for probability in (0.1, 0.4, 0.9):
        with watching() as requests:
            settings = {"agents.default": "policy:watching", "world.months": 1}
            live("fishery", settings | shift(probability=probability, told_probability=[0.1, 0.9]))
        seen.append(requests)
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    ("settings", "chance"),
    [
        ({"probability": 0.5}, "of 50 %"),
        ({"probability": 0.5, "told_probability": [0.1, 0.9]}, "between 10 % and 90 %"),
    ],
)
def test_prompts_state_the_risk_or_a_range(live: Live, settings: dict[str, Any], chance: str) -> None:
    [run] = live("fishery", FAKE | {"models.args": {"catch": 8}} | shift(**settings))
    [other] = live("fishery", FAKE | {"models.args": {"catch": 8}} | shift(told="nothing", **{"probability": 0.5}))
    wording = (
        f"by the next month their amount doubles if at least 40 are left, and if fewer are left, is multiplied by 1 "
        f"with a probability {chance}, which is decided once for all months, and doubles otherwise"
    )
    assert all(wording in prompt for prompt in run.prompts(purpose="harvest"))
    assert not any("40" in prompt or "probability" in prompt for prompt in other.prompts(purpose="harvest"))


@pytest.mark.parametrize("seed", [WITH, WITHOUT])
def test_runs_are_replayed_and_resumed(live: Live, tmp_path: Path, seed: int) -> None:
    settings = {
        **FAKE,
        **{"models.args": {"catch": 8}, "world.months": 3, "society.members": 2, "world.initial": 50, "seed": seed},
        **shift(probability=0.5, told_probability=[0.1, 0.9]),
        "world.collapse": {"uniform": [0, 4]},
    }
    [whole] = live("fishery", settings)
    path, content = whole.journal.path, whole.journal.path.read_bytes()
    replayed = asyncio.run(replay(path))
    assert (replayed.difference, replayed.is_complete) == (None, True)
    for part, share in enumerate((0.4, 0.7, 0.95)):
        folder = tmp_path / f"part-{part}"
        cut = folder / path.relative_to(tmp_path / "runs")
        cut.parent.mkdir(parents=True)
        cut.write_bytes(content[: int(len(content) * share)])
        [again] = live("fishery", settings, folder=folder)
        assert again.journal.path == cut
        assert first_difference(whole.journal, again.journal) is None
