"""`govsim game` and the yardsticks in Python, measures and figures from a user's perspective."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import govsim
from govsim.analysis.figures import draw
from govsim.analysis.measures.optimal import optimal_path
from govsim.config import Experiment
from govsim.errors import ConfigError
from govsim.game import expected_catch, expected_path
from tests.commands import govsim as command
from tests.docs.pages import ROOT, blocks_of, commands_of


def test_all_yardsticks_are_printed_with_their_methods(tmp_path: Path) -> None:
    done = command(tmp_path, "game", "fishery")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Yardsticks of fishery, default"
    values = dict(re.split(r"  +", line)[:2] for line in lines if re.search(r"\S  +\d", line))
    assert values["optimum"] == "650"
    assert values["equilibrium, unique"] == "100"
    assert values["price of anarchy"] == "6.5"
    assert values["critical continuation probability"] == "0.833"
    assert values["best reply of one member to fair shares"] == "203"


def test_the_best_reply_includes_the_charges_of_institutions(tmp_path: Path) -> None:
    for fine, is_limited, value in (
        ("{per_unit: 3}", False, 132.5),
        ("{per_unit: 4}", False, 120),
        ("{per_unit: 4}", True, 129),
        ("{scale: [0, 1]}", True, None),
    ):
        quota = f"{{quota: {{enforcement: probabilistic, confiscation: none, fine: {fine}}}}}"
        may_go_negative = f"society.may_go_negative={str(not is_limited).lower()}"
        settings = ("--set", f"institutions=[{quota}]", "--set", may_go_negative)
        found = json.loads(command(tmp_path, "game", "fishery", "--format", "json", *settings).stdout)
        assert found["best_reply"] == (None if value is None else pytest.approx(value))
        if value is not None:
            how = "limited by the member's balance" if is_limited else "paid in full"
            assert how in found["methods"]["best_reply"]["reason"]


def test_the_tutorial_states_the_best_replies_that_its_commands_compute(tmp_path: Path) -> None:
    [block] = [one for one in blocks_of(ROOT / "docs" / "tutorial-institutions.md") if "govsim game" in one.content]
    given = [command(tmp_path, *words[1:], "--format", "json").stdout for words in commands_of(block)]
    assert [json.loads(one)["best_reply"] for one in given] == [
        pytest.approx(156),
        pytest.approx(129),
        pytest.approx(120),
    ]
    text = (ROOT / "docs" / "tutorial-institutions.md").read_text(encoding="utf-8")
    assert re.search(r"fine of 2 the best reply earns 156, more than the 120 of compliance", text)
    assert re.search(r"best reply still earns\s129", text)


def test_best_replies_to_policies_are_shown_with_their_methods(tmp_path: Path) -> None:
    policies = ("--against", "grim", "--against", "policy:noisy", "--against", "grim,grim,grim,greedy")
    found = json.loads(command(tmp_path, "game", "fishery", *policies, "--format", "json").stdout)["replies"]
    assert [one["others"] for one in found] == [["grim"] * 4, ["noisy"] * 4, ["grim"] * 3 + ["greedy"]]
    assert (found[0]["best_reply"], found[0]["exploitability"]) == (pytest.approx(170), pytest.approx(50))
    assert [one["methods"]["best_reply"]["method"] for one in found] == ["exact", "bound", "exact"]
    assert "the policy draws its demands" in found[1]["methods"]["exploitability"]["reason"]
    assert found[2]["best_reply"] == pytest.approx(expected_catch("random", 100, (10, 10, 10, 100), 100))
    assert "exploitability" not in found[2]
    text = command(tmp_path, "game", "fishery", *policies).stdout
    assert re.search(r"best reply of one member to grim +170 +exact", text)
    assert "exploitability of grim " in text


def test_json_has_the_values_the_methods_and_the_optimal_path(tmp_path: Path) -> None:
    done = command(
        tmp_path, "game", "fishery", "--format", "json", "--set", "society.members=2", "--set", "world.growth=2.5"
    )
    found = json.loads(done.stdout)
    assert (found["optimum"], found["optimum_surviving"], found["sustainable_total"]) == (760, 755, 720)
    assert found["equilibrium"] == {
        "total": pytest.approx(760),
        "lowest": 100,
        "is_unique": False,
        "demands": [30] * 11 + [100],
    }
    assert found["methods"]["equilibrium"]["method"] == "bound"
    assert found["methods"].keys() == found.keys() - {"experiment", "methods", "path", "expected_path", "replies"}
    assert found["expected_path"] == []
    assert found["path"][0] == {"month": 1, "stock": 100, "catch": 60, "value": 760}
    assert len(found["path"]) == 12


def test_unavailable_yardsticks_state_the_reason(tmp_path: Path) -> None:
    growth = "world.growth={multiply: {factor: {uniform: [1, 3]}}}"
    found = json.loads(command(tmp_path, "game", "fishery", "--format", "json", "--set", growth).stdout)
    assert found["optimum"] == pytest.approx(516.78, abs=0.01)
    assert found["critical_continuation"] is None
    assert found["methods"]["critical_continuation"]["method"] == "unavailable"
    assert found["methods"]["critical_continuation"]["reason"]
    assert found["optimum_informed"] == pytest.approx(591.0, abs=0.1)
    assert found["methods"]["optimum_informed"]["method"] == "bound"
    assert found["path"] == []
    assert sum(month["catch"] for month in found["expected_path"]) == pytest.approx(found["optimum"])
    assert found["expected_path"][0] == {
        "month": 1, "reached": 1, "stock": 100, "low": 100, "high": 100, "catch": 55, "value": found["optimum"]
    }  # fmt: skip


def test_every_different_world_of_an_experiment_file_is_shown_once(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("grid: {world.growth: [2, 3], condition: [default, universalization]}\n", "utf-8")
    done = command(tmp_path, "game", "e.yaml", "--format", "json")
    assert [one["optimum"] for one in json.loads(done.stdout)] == [650, 826]
    refused = command(tmp_path, "game", "e.yaml", "--figure", "o.png")
    assert refused.returncode == 2
    assert "--figure o.png: the experiment has 2 worlds; choose one with --set" in refused.stderr


def test_members_who_join_later_leave_the_optimum_and_the_proof_of_depletion(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("condition: newcomer\n", "utf-8")
    found = json.loads(command(tmp_path, "game", "e.yaml", "--format", "json").stdout)
    assert (found["optimum"], found["optimum_surviving"]) == (800, 795)
    assert found["equilibrium"]["total"] == 100
    assert found["methods"]["critical_continuation"]["reason"] == "members join in later months"


def test_optimal_harvests_are_drawn(tmp_path: Path) -> None:
    assert command(tmp_path, "game", "fishery", "--figure", "o.svg").returncode == 0
    assert b"<svg" in (tmp_path / "o.svg").read_bytes()
    random = ("--set", "world.shocks=[loss]", "--set", "world.horizon={continuation: 0.5}")
    assert command(tmp_path, "game", "fishery", "--figure", "r.svg", *random).returncode == 0
    assert (tmp_path / "r.svg").read_bytes() != (tmp_path / "o.svg").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--figure", "o.gif"), "--figure o.gif: must end in .png, .svg or .pdf"),
        (
            (
                *("--figure", "o.png", "--set", "society.members=[Kate, Emma]"),
                *("--set", "sites={a: {members: [Kate]}, b: {members: [Emma]}}"),
            ),
            "--figure: optimal harvests are not computed, as the world is too large or there are several sites",
        ),
        (("--against", "grim,grim"), "--against grim,grim: has 2 policies; must be 1 or 4, one for each other"),
        (("--against", "grimm"), "there is no such policy"),
        (("--against", "grim", "--set", "institutions=[quota]"), "institutions = quota: not simulated by a tournament"),
        (("--set", "world.growth=nope"), "nope"),
    ],
)
def test_impossible_requests_are_refused(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = command(tmp_path, "game", "fishery", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_python_has_the_optimum_and_all_yardsticks() -> None:
    found = govsim.optimum("fishery", months=2, settings={"world.growth": 3})
    assert (found.total, found.path()) == (166, ((100, 66), (100, 100)))
    assert repr(found) == "<Optimum: 166 units in 2 months>"
    assert govsim.optimum(is_sustained=True).total == 645
    assert govsim.yardsticks(condition="newcomer").optimum.value == 800
    with pytest.raises(ConfigError, match="there is no such key"):
        govsim.optimum(settings={"world.grow": 3})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs in which fair shares are taken, or 60 of the 100 units in every month."""
    folder = tmp_path_factory.mktemp("runs")
    for agent in ("policy:fair-share", "policy:fixed:12"):
        assert command(folder, "run", "fishery", "--agent", agent, "--out", "runs").returncode == 0
    return folder / "runs"


def test_measures_place_runs_between_equilibrium_and_optimum(runs: Path) -> None:
    fair, fixed = govsim.load(runs).measures
    assert (fair.values["regret"], fixed.values["regret"]) == (650 - 600, 650 - 160)
    assert fair.values["between_equilibrium_and_optimum"] == pytest.approx(100 * 500 / 550)
    assert fixed.values["between_equilibrium_and_optimum"] == pytest.approx(100 * 60 / 550)
    assert fixed.values["share_of_optimum"] == pytest.approx(160 / 650)


def test_the_figure_of_regret_shows_which_months_lost_the_catch(runs: Path) -> None:
    [drawn] = draw(govsim.load(runs), ["regret"], by="agent")
    losses = {agent: rows["regret"].tolist() for agent, rows in drawn.frame.groupby("agent")}
    assert losses["policy:fair-share"] == [0] * 11 + [50]
    assert losses["policy:fixed:12"] == [10, 40, 440, *[0] * 9]


def test_the_figure_of_regret_adds_regret_in_hindsight_where_the_seed_draws_something(
    runs: Path, tmp_path: Path
) -> None:
    [certain] = draw(govsim.load(runs), ["regret"], by="agent")
    assert certain.frame["hindsight"].tolist() == certain.frame["regret"].tolist()
    assert "Thin" not in certain.caption
    growth = "world.growth={multiply: {factor: {uniform: [1.5, 2.5]}}}"
    drawn_level = "world.collapse={uniform: [3, 20]}"
    done = command(
        tmp_path, "run", "fishery", "--agent", "policy:fixed:11", "--set", growth, "--set", drawn_level, "--runs", "5"
    )
    assert done.returncode == 0, done.stderr
    results = govsim.load(tmp_path / "runs")
    lost = [run.values["hindsight_regret"] or 0 for run in results.measures]
    for run in results.measures:
        catch = 5 * (run.values["gain"] or 0)
        assert run.values["hindsight_regret"] == pytest.approx(catch / (run.values["share_of_optimum"] or 0) - catch)
    [drawn] = draw(results, ["regret"])
    assert drawn.frame["hindsight"].sum() == pytest.approx(sum(lost) / 5)
    assert drawn.frame["regret"].sum() == pytest.approx(sum(run.values["regret"] or 0 for run in results.measures) / 5)
    assert "Thin: the same compared with a society that knows" in drawn.caption


def test_the_figure_of_gain_shows_equal_shares_of_optimum_and_equilibrium(runs: Path) -> None:
    [drawn] = draw(govsim.load(runs), ["gain"], by="agent")
    of_runs = drawn.frame[drawn.frame["of"] == "run"]
    assert of_runs[["sustainable", "optimum", "equilibrium"]].to_numpy().tolist() == [[120, 130, 20]] * 2
    lines = [line for line in drawn.figure.axes[0].get_lines() if line.get_color() == "#595959"]
    assert {float(np.unique(line.get_xdata()).item()) for line in lines} == {20, 120, 130}
    [later] = draw(govsim.load(runs, from_month=2), ["gain"], by="agent")
    assert later.frame[["optimum", "equilibrium"]].isna().all(axis=None), "totals of all months"


def test_the_figure_of_the_stock_shows_optimal_harvests(runs: Path) -> None:
    [drawn] = draw(govsim.load(runs), ["stock"], by="agent")
    dashes = [line for line in drawn.figure.axes[0].get_lines() if line.get_color() == "#595959"]
    assert [line.get_ydata().tolist() for line in dashes] == [[100] * 12]  # type: ignore[union-attr]


def test_the_figure_of_the_stock_shows_the_mean_of_optimal_harvests_if_growth_is_random(tmp_path: Path) -> None:
    shocks = "world.shocks=[{loss: {probability: 0.2}}]"
    command(tmp_path, "run", "fishery", "--agent", "policy:fair-share", "--set", shocks, "--runs", "3")
    [drawn] = draw(govsim.load(tmp_path / "runs"), ["stock"])
    [line] = [line for line in drawn.figure.axes[0].get_lines() if line.get_color() == "#595959"]
    months = expected_path(govsim.optimum("fishery", settings={"world.shocks": [{"loss": {"probability": 0.2}}]}))
    assert np.asarray(line.get_ydata()).tolist() == pytest.approx([month.stock for month in months])
    assert months[1].stock < 100


def test_there_is_no_optimal_path_if_growth_is_random() -> None:
    assert optimal_path(Experiment())[0] == (100, 50)
    assert optimal_path(Experiment.model_validate({"world": {"shocks": ["loss"]}})) == ()
