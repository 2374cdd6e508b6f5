"""Societies in uncertain worlds: recorded draws, paired seeds, what is stated to members, and random ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from govsim.analysis.counterfactual import resimulated
from govsim.analysis.measures import CountedRun
from govsim.analysis.runs import harvests_of
from govsim.commons import Outcome, as_known, collapse_level, grow_by_seed, growth_law, last_month, state_at_start
from govsim.environments import HarvestRun
from govsim.game import realised_game
from govsim.jobs import replay
from govsim.journal import GrowthLine, Month, first_difference
from govsim.tournament import Worlds
from tests.behaviour.test_observation import watching
from tests.living import Live, Lived

UNIFORM = {"multiply": {"factor": {"uniform": [1.5, 2.5]}}}
POLICIES = {"agents.default": "policy:fair-share", "world.months": 8, "seed": 3}
DIRECT = {"agents.default": "direct", "models.default": "fake/society", "world.months": 3, "society.members": 2}


def growth_of(run: Lived) -> list[GrowthLine]:
    return list(run.journal.of(GrowthLine))


def test_a_certain_world_has_no_growth_events(live: Live) -> None:
    [run] = live("fishery", POLICIES | {"world.growth": {"threshold": {}}})
    assert growth_of(run) == []


@pytest.mark.parametrize("told", ["nothing", "distribution", "realised"])
def test_recorded_draws_and_stocks_are_those_of_the_pure_world(live: Live, told: str) -> None:
    growth = {"multiply": {"factor": {"uniform": [1.5, 2.5]}, "told": told}}
    shocks = [{"loss": {"probability": 0.5, "units": 9}}, {"loss": {"as": "june", "months": [6]}}]
    [run] = live("fishery", POLICIES | {"world.growth": growth, "world.shocks": shocks})
    experiment = run.journal.header.experiment
    state = state_at_start(experiment.world, experiment.society.members, seed=3)
    lines = growth_of(run)
    assert len(lines) == len(run.harvests) == 8
    for harvest, line in zip(run.harvests, lines, strict=True):
        state = as_known(state, growth_law(experiment.world), 3)
        assert harvest.stock_before == state.stock
        outcome = Outcome(before=state, asked={}, granted={}, stock_after_harvest=harvest.stock_after_harvest)
        grown = grow_by_seed(outcome, 3)
        assert (line.left, line.stock) == (harvest.stock_after_harvest, grown.stock)
        assert harvest.stock_after_growth == line.stock
        assert line.growth == float(grown.law.factor)
        assert [(one.draw, one.lost) for one in line.shocks] == [(one.draw, one.lost) for one in grown.shocks]
        state = grown.state
    assert [line.shocks[1].is_realised for line in lines] == [month == 6 for month in range(1, 9)]


def test_members_who_know_the_factor_take_the_threshold_of_the_month(live: Live) -> None:
    told, untold = (
        {"multiply": {"factor": {"choice": [1.25, 2]}, "told": told}} for told in ("realised", "distribution")
    )
    [informed] = live("fishery", POLICIES | {"world.growth": told})
    [uninformed] = live("fishery", POLICIES | {"world.growth": untold})
    assert [line.growth for line in growth_of(informed)] == [line.growth for line in growth_of(uninformed)]
    thresholds = {
        line.growth: harvest.threshold
        for harvest, line in zip(informed.harvests, growth_of(informed), strict=True)
        if harvest.stock_before == 100
    }
    assert thresholds == {1.25: 20, 2.0: 50}
    assert {one.threshold for one in uninformed.harvests if one.stock_before == 100} == {38}, "mean factor 1.625"


def over_used(told: str) -> dict[str, Any]:
    growth = {"multiply": {"factor": {"choice": [1.5, 2.5]}, "told": told}}
    shocks = [{"over-use": {"per_unit": 0.03, "units": 1}}]
    return {"world.growth": growth, "world.shocks": shocks, "world.months": 6, "seed": 4}


def test_what_is_stated_about_growth_changes_neither_growth_nor_shocks(live: Live) -> None:
    settings = {"agents.default": "policy:fixed:12"}
    found = [live("fishery", settings | over_used(told)) for told in ("nothing", "distribution", "realised")]
    growths = [growth_of(run) for [run] in found]
    assert growths[0] == growths[1] == growths[2]
    # 60 units are taken of 100, of which the mean factor 2 replaces 50.
    assert {line.shocks[0].probability for line in growths[0]} == {0.3}


def test_stated_growth_does_not_change_the_worlds_of_tournaments_environments_and_games(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:fixed:12"} | over_used("realised"))
    experiment = run.journal.header.experiment
    stocks = [harvest.stock_before for harvest in run.harvests]
    simulated = Worlds(experiment, [experiment.seed]).simulate(["policy:fixed:12"] * 5)
    assert simulated.stock[0].tolist() == stocks
    environment, found = HarvestRun(experiment), []
    while not environment.is_over:
        found.append(environment.state.stock)
        environment.harvest(dict.fromkeys(environment.state.members, 12))
    assert found == stocks
    game = realised_game(experiment)
    for harvest, following in zip(run.harvests, run.harvests[1:], strict=False):
        left = harvest.stock_after_harvest
        occurring = [
            int(case.transition.stocks[left, 0])
            for case in game.cases[harvest.month - 1]
            if np.broadcast_to(case.probability, (101, 101))[harvest.stock_before, left]
        ]
        assert occurring == [following.stock_before]


@pytest.mark.parametrize(
    "shocks",
    [
        [{"loss": {"probability": 0.5, "share": 0.2}}],
        [{"loss": {"as": "other", "months": [2], "units": 9}}, {"loss": {"probability": 0.5, "units": 1}}],
    ],
)
def test_shocks_shift_no_other_draw(live: Live, shocks: list[Any]) -> None:
    settings = POLICIES | {"agents.default": "policy:fixed:3", "world.growth": UNIFORM}
    [without] = live("fishery", settings)
    [with_shocks] = live("fishery", settings | {"world.shocks": shocks, "world.horizon": {"continuation": 1.0}})
    assert [line.growth for line in growth_of(without)] == [line.growth for line in growth_of(with_shocks)]
    draws = [line.shocks[-1].draw for line in growth_of(with_shocks)]
    [alone] = live("fishery", settings | {"world.shocks": [{"loss": {"probability": 0.5, "units": 1}}]})
    assert draws == [line.shocks[0].draw for line in growth_of(alone)]


def test_a_random_end_completes_the_run_and_a_random_threshold_decides_on_collapse(live: Live) -> None:
    uncertain = {"world.horizon": {"continuation": 0.7}, "world.collapse": {"uniform": [0, 60]}}
    runs = live("fishery", POLICIES | uncertain, runs=6)
    assert {run.journal.status for run in runs} == {"completed", "collapsed"}
    for run in runs:
        experiment = run.journal.header.experiment
        level, last = collapse_level(experiment.world, experiment.seed), last_month(experiment.world, experiment.seed)
        left = [harvest.stock_after_harvest for harvest in run.harvests]
        collapsed = [month for month, units in enumerate(left, start=1) if units < level]
        assert len(left) == min([last, *collapsed])
        assert (run.journal.status == "collapsed") == bool(collapsed)


def test_uncertain_runs_are_the_same_when_replayed(live: Live) -> None:
    shocks = ["loss", {"over-use": {"told": "realised"}}]
    [run] = live("fishery", DIRECT | {"world.growth": UNIFORM, "world.shocks": shocks, "world.horizon": "known"})
    assert asyncio.run(replay(run.journal.path)).months == 3


def test_nothing_is_stated_by_default(live: Live) -> None:
    [usual] = live("fishery", DIRECT)
    [other] = live("fishery", DIRECT | {"world.horizon": {"continuation": 1.0, "told": False}, "world.collapse": 4})
    assert usual.prompts(purpose="harvest") == other.prompts(purpose="harvest")
    assert (
        not {"shock_risk", "horizon_known", "average_growth", "threshold_hint"}
        & usual.journal.header.scenario.templates.keys()
    )


def test_prompts_state_the_horizon_and_the_risks_with_the_rules(live: Live) -> None:
    shocks = [{"loss": {"probability": 0.1, "units": 7}}, {"loss": {"as": "hidden", "told": "nothing", "units": 77}}]
    [run] = live("fishery", DIRECT | {"world.shocks": shocks, "world.horizon": "known"})
    for prompt in run.prompts(purpose="harvest"):
        assert "with a probability of 10 %: 7 tons of fish are lost, or all if there are fewer." in prompt
        assert "There are 3 months in all. The last one begins on 2024-03-01; everything ends after it." in prompt
        assert "77" not in prompt


def test_prompts_state_the_continuation_probability(live: Live) -> None:
    [run] = live("fishery", DIRECT | {"world.horizon": {"continuation": 0.9}, "world.months": 30, "seed": 1})
    expected = (
        "another month follows with a probability of 90 %; otherwise everything ends. There are at most 30 months."
    )
    assert all(expected in prompt for prompt in run.prompts(purpose="harvest"))


@pytest.mark.parametrize("told", ["nothing", "distribution", "realised"])
def test_the_mean_is_not_stated_as_a_fact(live: Live, told: str) -> None:
    growth = {"multiply": {"factor": {"uniform": [1, 3]}, "told": told}}
    hinted = DIRECT | {"society.hints": ["universalization"], "world.growth": growth, "world.months": 1}
    [run] = live("fishery", hinted)
    [risky] = live("fishery", hinted | {"world.shocks": ["over-use"]})
    for prompt in run.prompts(purpose="harvest"):
        assert "starts with 100 tons.\n" in prompt
        assert "\nThe example assumes average growth.\n" in prompt
        is_average = "this month, and growth is average, fewer tons of fish could be caught next month" in prompt
        assert is_average == (told != "realised")
    for prompt in risky.prompts(purpose="harvest"):
        assert "average growth, and so does the amount that can be replaced by the next month." in prompt


def test_members_learn_of_realised_growth_before_and_of_losses_after_the_fact(live: Live) -> None:
    growth = {"multiply": {"factor": {"choice": [1.25, 2]}, "told": "realised"}}
    shocks = [{"loss": {"months": [1], "units": 1, "told": "realised"}}]
    [run] = live("fishery", DIRECT | {"world.growth": growth, "world.shocks": shocks})
    phrases = {"1.25": "is multiplied by 1.25", "2.0": "doubles"}
    for line in growth_of(run):
        grows = f"By the start of the next month, what is left after this month's harvest {phrases[str(line.growth)]}."
        for prompt in run.prompts(purpose="harvest", month=line.month):
            assert f"- {date_of(run, line.month)}: {grows}" in prompt
            assert ("Last month, 1 ton of fish was lost besides the harvest." in prompt) == (line.month > 1)


def test_replaced_forfeits_are_simulated_with_the_growth_and_the_shocks_of_the_run(live: Live) -> None:
    shocks = [{"loss": {"probability": 0.5, "units": 9}}, {"over-use": {"share": 0.1}}]
    growth = {"multiply": {"factor": {"uniform": [1.5, 2.5]}, "told": "realised"}}
    settings = {"agents.default": "policy:fixed:12", "world.months": 8, "society.members": 5}
    [run] = live("fishery", settings | {"world.growth": growth, "world.shocks": shocks})
    recorded = harvests_of(run.journal)
    asked = recorded.asked.copy()
    asked[1:3, 0] = np.nan  # as if the first member had forfeited, instead of demanding 12
    forfeited = CountedRun(experiment=run.journal.header.experiment, harvests=replace(recorded, asked=asked))
    found = resimulated(forfeited, lambda fair, last: 12)
    assert found is not None
    for name in ("stock_before", "stock_after_harvest", "received", "thresholds"):
        assert getattr(found, name).tolist() == getattr(recorded, name).tolist()


def date_of(run: Lived, month: int) -> str:
    return next(line.date for line in run.journal.of(Month) if line.month == month)


UNKNOWN = {"world.collapse": {"uniform": [0, 20]}}


@pytest.mark.parametrize(
    ("collapse", "stated"),
    [
        (7, "The critical number is 7."),
        (
            {"uniform": [0, 20]},
            "The critical number was drawn once, before the first month: any value between 0 and 20 equally likely. It "
            "is not known.",
        ),
    ],
)
def test_prompts_state_the_collapse_threshold_or_how_it_is_drawn(live: Live, collapse: Any, stated: str) -> None:
    [run] = live("fishery", DIRECT | {"world.collapse": collapse, "world.collapse_told": "distribution"})
    expected = (
        "If fewer tons of fish than a critical number are left after the harvest of a month, none can be caught at the "
        f"lake from then on. {stated}"
    )
    assert run.calls()
    assert all(expected in prompt for prompt in run.prompts(purpose="harvest"))


def test_a_collapse_threshold_that_is_not_stated_changes_neither_prompts_nor_the_journal(live: Live) -> None:
    [usual] = live("fishery", DIRECT | UNKNOWN)
    [other] = live("fishery", DIRECT | UNKNOWN | {"world.collapse_told": "nothing"})
    assert usual.journal.path.name == other.journal.path.name
    assert b"collapse_told" not in other.journal.path.read_bytes()
    assert "collapse_risk" not in usual.journal.header.scenario.templates
    assert not any("critical number" in prompt for prompt in usual.prompts())


def test_the_collapse_threshold_that_was_drawn_is_not_revealed(live: Live) -> None:
    seen, levels = [], set()
    for seed in range(4):
        told = UNKNOWN | {"world.collapse_told": "distribution", "seed": seed}
        with watching() as requests:
            [run] = live("fishery", told | {"agents.default": "policy:watching", "world.months": 3})
        [asked] = live("fishery", DIRECT | told | {"models.args": {"catch": 9}, "society.communication": False})
        experiment = run.journal.header.experiment
        levels.add(collapse_level(experiment.world, seed))
        seen.append((list(requests), asked.prompts(purpose="harvest")))
    assert len(levels) > 2
    assert all(one == seen[0] for one in seen[1:])


def test_runs_whose_collapse_threshold_is_stated_are_replayed_and_resumed(live: Live, tmp_path: Path) -> None:
    settings = DIRECT | UNKNOWN | {"world.collapse_told": "distribution", "models.args": {"catch": 9}}
    [whole] = live("fishery", settings)
    path, content = whole.journal.path, whole.journal.path.read_bytes()
    assert asyncio.run(replay(path)).difference is None
    for part, share in enumerate((0.5, 0.9)):
        folder = tmp_path / f"part-{part}"
        cut = folder / path.relative_to(tmp_path / "runs")
        cut.parent.mkdir(parents=True)
        cut.write_bytes(content[: int(len(content) * share)])
        [again] = live("fishery", settings, folder=folder)
        assert first_difference(whole.journal, again.journal) is None
