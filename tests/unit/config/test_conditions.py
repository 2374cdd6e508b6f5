"""The built-in conditions: each changes only what its comment states."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution, Persona, World, condition_names, experiment_from, load_condition
from govsim.errors import ConfigError
from govsim.jobs import plan_runs
from govsim.scenarios import Prompts, load_scenario, scenario_names


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every setting by its dotted key."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    settings: dict[str, Any] = {}
    for key, inner in value.items():
        settings |= flat(inner, f"{path}.{key}" if path else key)
    return settings


def changed_by(condition: str) -> dict[str, Any]:
    """Return the settings of a condition that differ from the default experiment, by dotted key, without its name."""
    default = flat(experiment_from().model_dump(mode="json"))
    settings = flat(experiment_from(load_condition(condition)).model_dump(mode="json"))
    assert settings.pop("condition") == condition
    return {key: value for key, value in settings.items() if key not in default or default[key] != value}


HINTS = (
    "universalization",
    "universalization-principle",
    "veil-of-ignorance",
    "deontology",
    "utilitarian",
    "virtue",
    "maximin",
)


INSTITUTIONS = ("sanctions", "tax", "reputation", "contract", "mediator", "exclusion", "permits", "exit")


def test_the_conditions_are_those_of_the_paper_their_neighbours_and_institutions() -> None:
    assert set(condition_names()) == {
        "default",
        "choice-chosen",
        "choice-forbidden",
        "choice-imposed",
        "leader-announced",
        "leader-elected",
        "newcomer",
        "newcomer-control",
        "newcomer-universalization",
        "no-communication",
        "no-transparency",
        "no-communication-no-transparency",
        "paraphrase-1",
        "paraphrase-2",
        "paraphrase-3",
        "quota-announced",
        "quota-graduated",
        "quota-hard",
        "quota-inspected",
        "quota-none",
        "reskinned",
        "vote",
        "vote-announced",
        "vote-inspected",
        *HINTS,
        *INSTITUTIONS,
        *(f"{name}-announced" for name in INSTITUTIONS),
    }


@pytest.mark.parametrize("condition", condition_names())
@pytest.mark.parametrize("scenario", scenario_names())
def test_every_condition_can_be_planned_in_every_scenario(scenario: str, condition: str) -> None:
    [plan] = plan_runs({"scenario": scenario}, Execution(), condition=condition)
    assert plan.experiment.condition == condition
    assert f"/{condition}/" in plan.path.as_posix()


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_adds_itself_alone_and_only_universalization_has_a_number(hint: str) -> None:
    assert changed_by(hint) == {"society.hints": [hint]}
    for scenario in scenario_names():
        prompts = Prompts(load_scenario(scenario), World())
        message = prompts.render(hint, threshold=10)
        assert re.findall(r"\d+", message) == (["10"] if hint == "universalization" else [])
        assert prompts.word("members") in message or prompts.word("member") in message or hint == "deontology"


@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_a_condition_of_an_institution_is_this_institution_alone(institution: str) -> None:
    assert changed_by(institution) == {"institutions": [institution]}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_paraphrase_states_the_same_rules_differently(number: int) -> None:
    assert changed_by(f"paraphrase-{number}") == {"society.rules": f"rules-{number}"}
    world = World(capacity=190, growth=3)
    for scenario in map(load_scenario, scenario_names()):
        for members in (1, 5):
            plain = Prompts(scenario, world).rules(members)
            other = Prompts(scenario, world, f"rules-{number}").rules(members)
            assert plain != other
            assert set(re.findall(r"\d+", other)) >= set(re.findall(r"\d+", plain))
            assert "triples" in other


def test_the_newcomer_with_universalization_is_both() -> None:
    assert changed_by("newcomer-universalization") == changed_by("newcomer") | changed_by("universalization")


def test_the_reskinned_world_has_other_numbers_and_names() -> None:
    assert changed_by("reskinned") == {
        "world.capacity": 73,
        "world.growth": 1.7,
        "society.members": ["Ines", "Tarek", "Mila", "Oskar", "Priya"],
    }


def test_discussion_and_report_can_be_disabled_separately() -> None:
    assert changed_by("no-communication") == {"society.communication": False}
    assert changed_by("no-transparency") == {"society.transparency": False}


@pytest.mark.parametrize("condition", ["vote", "leader-elected"])
def test_an_institution_adds_itself_alone(condition: str) -> None:
    assert changed_by(condition).keys() == {"institutions"}


def test_the_default_condition_changes_nothing() -> None:
    assert changed_by("default") == {}


def test_universalization_adds_the_hint_alone() -> None:
    assert changed_by("universalization") == {"society.hints": ["universalization"]}


def test_without_communication_there_is_no_transparency_either() -> None:
    assert changed_by("no-communication-no-transparency") == {
        "society.communication": False,
        "society.transparency": False,
    }


def test_the_newcomer_comes_in_month_four_of_fifteen_and_the_others_are_locals() -> None:
    changed = changed_by("newcomer")
    assert {key for key in changed if not key.startswith("members.")} == {"world.months"}
    assert changed["world.months"] == 15
    joins = {key: value for key, value in changed.items() if key.endswith(".joins")}
    assert {key for key, month in joins.items() if month != 1} == {"members.Luke.joins"}
    assert joins["members.Luke.joins"] == 4
    assert {key.split(".")[2] for key in changed if key.startswith("members.")} == {
        *("agent", "model", "model_args", "extra_body", "persona"),
        *("joins", "leaves", "limit", "price", "weight", "endowment", "group"),
    }


def test_the_locals_share_one_persona_and_the_newcomer_has_another() -> None:
    experiment = experiment_from(load_condition("newcomer"))
    personas = {name: experiment.member(name).persona for name in experiment.society.members}
    local = personas["John"]
    assert [name for name, persona in personas.items() if persona == local] == ["John", "Kate", "Jack", "Emma"]
    assert local is not None
    assert local == Persona(traits="You care about this village and the people who live in it.")
    assert personas["Luke"] is not None
    assert "risks" in (personas["Luke"].traits or "")
    everything = " ".join(
        str(value) for persona in personas.values() if persona for value in persona.model_dump().values()
    )
    assert "newcomer" not in everything.lower(), "nobody knows of it before it comes"


@pytest.mark.parametrize("name", condition_names())
def test_a_condition_begins_with_what_it_is_for(name: str) -> None:
    path = resources.files("govsim.config") / "conditions" / f"{name}.yaml"
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_a_misspelt_condition_is_rejected_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"condition = univerzalization: .*; did you mean universalization\?; choose"):
        load_condition("univerzalization")


def test_a_users_condition_is_named_after_its_file_by_default(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("world: {growth: 1.5}\n", encoding="utf-8")
    (tmp_path / "named.yml").write_text("condition: gentle\nextends: slow.yaml\n", encoding="utf-8")
    assert load_condition(str(tmp_path / "slow.yaml")) == {"condition": "slow", "world": {"growth": 1.5}}
    assert load_condition(str(tmp_path / "named.yml")) == {"condition": "gentle", "world": {"growth": 1.5}}


def test_a_missing_condition_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_condition(str(tmp_path / "none.yaml"))


def test_a_rejected_condition_is_reported_in_one_line() -> None:
    with pytest.raises(ConfigError, match="there is no such condition") as refused:
        load_condition("de\nfault")
    assert len(str(refused.value).splitlines()) == 1


def without_enforcement(value: Any) -> Any:
    """Settings without enforcement; an entry without settings is its name."""
    if isinstance(value, list):
        return [without_enforcement(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_enforcement(inner) for key, inner in value.items() if key != "enforcement"}
    return next(iter(kept)) if list(kept.values()) == [{}] else kept


@pytest.mark.parametrize("name", [name for name in condition_names() if name.endswith("-announced")])
def test_a_control_arm_differs_from_its_institution_in_the_enforcement_alone(name: str) -> None:
    other = {"quota-announced": "quota-hard", "leader-announced": "leader-elected"}.get(name)
    announced, enforced = changed_by(name), changed_by(other or name.removesuffix("-announced"))
    assert without_enforcement(announced["institutions"]) == without_enforcement(enforced["institutions"])
    assert "'enforcement': 'announced'" in str(announced)
    assert "'enforcement': 'announced'" not in str(enforced)
