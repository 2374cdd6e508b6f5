"""Prompts: every number is computed from the world, and hidden information is never mentioned."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from govsim.calendar import first_day
from govsim.characters import enumerated
from govsim.commons import State, group_threshold, member_threshold, multiply, state_at_start
from govsim.config import WorkedExample, World, experiment_from
from govsim.errors import ScenarioError
from govsim.scenarios import (
    SCENARIO_TEMPLATES,
    SHARED_TEMPLATES,
    Prompts,
    load_scenario,
    sample_variables,
    scenario_names,
)
from govsim.scenarios.prompts import worked_example

SEVEN = ("John", "Kate", "Jack", "Emma", "Luke", "Anna", "Paul")
FIVE = SEVEN[:5]

DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

scenarios = pytest.mark.parametrize("scenario", scenario_names())


def prompts_of(scenario: str, **world: Any) -> Prompts:
    return Prompts(load_scenario(scenario), World(**world))


def system(prompts: Prompts, members: tuple[str, ...] = FIVE, persona: str = "", **changes: Any) -> str:
    """The parts of every question to the first member: the rules, and its identity."""
    switches = {"communication": True, "transparency": True} | changes
    n = len(members)
    rules = prompts.render("system", n=n, rules=prompts.rules(n), **switches)
    others = enumerated(members[1:])
    return f"{rules}\n" + prompts.render("identity", name=members[0], others=others, n=n, persona=persona)


def state_of(world: World, members: tuple[str, ...], stock: int) -> State:
    return replace(state_at_start(world, members), stock=stock)


def texts_of(prompts: Prompts, members: tuple[str, ...], threshold: int) -> dict[str, str]:
    """What members of a society read in its first month, by template."""
    render = prompts.render
    stock = render("stock", stock=117)
    catch = render("catch", asked=23, received=19)
    memories = [f"2024-01-01: {text}" for text in (stock, catch)]
    moderator = render("moderator", catches=[f"{name} 19" for name in members])
    talk = {"date": "2024-01-30", "lines": [f"Moderator: {moderator}"], "names": enumerated(members)}
    question = render("question", stock=117)
    return {
        "system": system(prompts, members),
        "stock": stock,
        "question": question,
        "catch": catch,
        "moderator": moderator,
        "universalization": render("universalization", threshold=threshold),
        "harvest": render("harvest", date=first_day(1).isoformat(), memories=memories, question=question),
        "forfeit": render("forfeit"),
        "others_catch": render("others_catch", other="Kate", received=19),
        "action": render("action", asked=23),
        "conversation": render("conversation", **talk),
        "line": render("line", name="John", memories=memories),
        "limit": render("limit"),
        "summary": render("summary", rates=False),
        "agreement": render("agreement", limit=19),
        "thoughts": render("thoughts", remember=True, interesting=True),
        "insights": render("insights", date="2024-01-31", count=3, memories=memories, rates=True),
        "month": render("month", date="2024-01", happened=[stock, catch], lines=talk["lines"], limit=19),
    }


@scenarios
def test_no_number_of_the_papers_world_is_left_in_another_world(scenario: str) -> None:
    world = World(capacity=130, growth=3, collapse=7, initial=117)
    threshold = member_threshold(state_of(world, SEVEN, 117))
    assert threshold == 11
    for template, text in texts_of(Prompts(load_scenario(scenario), world), SEVEN, threshold).items():
        left = [word for word in ("100", "50", "10", "five", "double") if word in DATE.sub("", text).lower()]
        assert not left, f"{template}: {text}"


@scenarios
def test_every_number_of_another_world_comes_from_it(scenario: str) -> None:
    world = World(capacity=130, growth=3, collapse=7, initial=117)
    texts = texts_of(Prompts(load_scenario(scenario), world), SEVEN, 11)
    numbers = {template: set(NUMBER.findall(DATE.sub("", text))) for template, text in texts.items()}
    expected = {"7", "0", "130", "117", "39", "78", "1,000"}
    # in the pollution, a pallet spoils 1 % of the water
    assert numbers["system"] - {"1"} == expected
    assert "triples" in texts["system"]
    assert numbers["stock"] == {"117"}
    assert numbers["question"] == {"0", "117"}
    assert numbers["catch"] == {"23", "19"}
    assert numbers["moderator"] == {"19"}
    assert numbers["universalization"] == {"11"}
    assert numbers["harvest"] == {"117", "23", "19", "0"}
    assert numbers["agreement"] == {"19"}


@scenarios
def test_the_worked_example_of_the_papers_world_is_the_papers(scenario: str) -> None:
    example = prompts_of(scenario).rules(5).split("An example:")[1]
    assert re.findall(r"\d+", example) == ["90", "30", "60", "100"]


@scenarios
def test_the_worked_example_of_another_world_follows_its_growth_and_its_cap(scenario: str) -> None:
    example = prompts_of(scenario, capacity=40, growth=1.1).rules(5).split("An example:")[1]
    assert re.findall(r"\d+", example) == ["36", "2", "34", "37"]


@pytest.mark.parametrize(
    ("kind", "world", "numbers"),
    [
        ("safe", {}, (90, 30, 60, 100)),
        ("harmful", {}, (90, 60, 30, 60)),
        ("safe", {"growth": 1.25, "capacity": 60}, (54, 10, 44, 55)),
        ("harmful", {"growth": 1.25, "capacity": 60}, (54, 18, 36, 45)),
        ("safe", {"growth": 1.0}, (90, 30, 60, 60)),  # no harvest is safe
    ],
)
def test_the_worked_example_is_safe_or_harmful_as_configured(
    kind: WorkedExample, world: dict[str, Any], numbers: tuple[int, ...]
) -> None:
    settings = World(**world)
    assert tuple(worked_example(settings, kind).values()) == numbers
    rules = Prompts(load_scenario("fishery"), settings, example=kind).rules(5)
    assert tuple(map(int, re.findall(r"\d+", rules.split("An example:")[1]))) == numbers


@scenarios
def test_the_worked_example_states_the_catch_of_the_group(scenario: str) -> None:
    assert "all of you together" in prompts_of(scenario).rules(5)
    assert "together" not in prompts_of(scenario).rules(1)


@pytest.mark.parametrize("growth", [0.3, 1.0, 1.1, 1.15, 2.0, 3.0])
@pytest.mark.parametrize("capacity", [1, 2, 9, 100, 137])
def test_the_worked_example_is_a_month_of_that_world_without_rationing(capacity: int, growth: float) -> None:
    world = World(capacity=capacity, growth=growth, collapse=0)
    example = worked_example(world)
    assert 0 <= example["example_taken"] <= example["example_before"] <= capacity
    assert example["example_left"] == example["example_before"] - example["example_taken"]
    assert example["example_after"] == state_of(world, FIVE, 0).grown(example["example_left"])


@scenarios
def test_prompts_contain_everything_a_member_may_know(scenario: str) -> None:
    prompts = prompts_of(scenario, capacity=130, growth=1.5)
    text = system(prompts, SEVEN, persona="You are patient.")
    words = load_scenario(scenario).words
    assert f"\nYou are John, one of 7 {words['members']}. " in text
    assert "The others are Kate, Jack, Emma, Luke, Anna and Paul." in text
    assert "You are patient." in text
    assert re.search(r"up to 130 |At best 130 %", text), "the capacity"
    assert "between 0 and 130" in text, "what can be chosen"
    assert "is multiplied by 1.5" in text, "the growth"
    assert "never beyond 130" in text, "the cap"
    assert f"Each of you earns 1,000 dollars for every {words['unit']}, and each of you has the same goal" in text
    assert "negotiate with the others, and influence what they do" in text
    assert "long run, over many months" in text
    assert "in private" in text


@scenarios
def test_prompts_never_contain_the_months_the_collapse_or_the_threshold(scenario: str) -> None:
    world = World(capacity=131, growth=1.7, collapse=23, months=19)
    state = state_of(world, FIVE, 113)
    assert (group_threshold(state), member_threshold(state)) == (46, 9)
    texts = texts_of(Prompts(load_scenario(scenario), world), FIVE, 9)
    del texts["universalization"]
    message = set(NUMBER.findall(DATE.sub("", " ".join(texts[name] for name in ("system", "question", "stock")))))
    assert message.isdisjoint({"19", "23", "46", "9", "12"})
    everything = " ".join(texts.values()).lower()
    assert not re.search(r"collapse|sustainab|threshold|die out|extinct|twelve|nineteen", everything)


@scenarios
@pytest.mark.parametrize("communication", [True, False])
@pytest.mark.parametrize("transparency", [True, False])
def test_discussion_and_transparency_are_announced_only_if_enabled(
    scenario: str, communication: bool, transparency: bool
) -> None:
    text = system(prompts_of(scenario), communication=communication, transparency=transparency)
    assert bool(re.search(r"\b(talk|meet|discuss|speak|said)", text)) is communication
    assert bool(re.search(r"\b(made known|reveal|public|report|learn)", text)) is transparency


@scenarios
def test_the_prompt_of_a_single_member_mentions_no_others(scenario: str) -> None:
    text = system(prompts_of(scenario), ("John",))
    assert text.endswith(f"You are John, a {load_scenario(scenario).words['member']}. There is nobody else.")
    assert not re.search(r"\bone of\b|the others|All of you|each of you|\btalk\b|made known|\. \.|  ", text)


@scenarios
def test_with_two_members_each_prompt_mentions_one_other(scenario: str) -> None:
    text = system(prompts_of(scenario), ("John", "Kate"))
    assert re.search(r"one of 2 \w+.*\bKate\.", text)
    assert "The others are" not in text


@pytest.mark.parametrize("scenario", ["pasture", "pollution"])
def test_no_word_of_the_fishery_is_left_in_the_other_scenarios(scenario: str) -> None:
    loaded = load_scenario(scenario)
    prompts = Prompts(loaded, World())
    everything = [*loaded.words.values(), loaded.title, *texts_of(prompts, FIVE, 10).values()]
    assert not re.findall(r"fish|lake|\btons?\b|\bspawn|caught|catch", " ".join(everything).lower())


@pytest.mark.parametrize("scenario", ["fishery", "pollution"])
def test_no_word_of_the_pasture_is_left_in_the_other_scenarios(scenario: str) -> None:
    everything = " ".join(texts_of(prompts_of(scenario), FIVE, 10).values()).lower()
    assert not re.findall(r"pasture|sheep|flock|grass|graz|shepherd|hectare", everything)


@pytest.mark.parametrize("scenario", ["fishery", "pasture"])
def test_no_word_of_the_pollution_is_left_in_the_other_scenarios(scenario: str) -> None:
    everything = " ".join(texts_of(prompts_of(scenario), FIVE, 10).values()).lower()
    assert not re.findall(r"river|widget|pallet|factor|pollut|%", everything)


@scenarios
def test_no_prompt_has_gaps_or_unfilled_placeholders(scenario: str) -> None:
    for template, text in texts_of(prompts_of(scenario), FIVE, 10).items():
        assert text == text.strip(), template
        assert not re.search(r"\n{3,}|  | \n|[{}]|None|True|False", text), f"{template}: {text}"


@scenarios
def test_the_moderator_opens_without_figures_where_catches_stay_private(scenario: str) -> None:
    text = prompts_of(scenario).render("moderator", catches=[])
    assert not re.search(r"\d", text)
    assert text.endswith("?")
    report = prompts_of(scenario).render("moderator", catches=[], asks=False)
    assert text.startswith(report)
    assert "?" not in report


@scenarios
def test_the_moderator_names_everyone_with_what_was_received(scenario: str) -> None:
    text = prompts_of(scenario).render("moderator", catches=["John 3", "Kate 0"])
    assert "John 3, Kate 0" in text
    assert "\n" not in text


@scenarios
def test_a_memory_list_shows_one_memory_a_line(scenario: str) -> None:
    text = prompts_of(scenario).render("harvest", date="2024-02-01", memories=["first", "second"], question="How much?")
    assert "You remember:\n- first\n- second\n" in text
    assert "remember" not in prompts_of(scenario).render("harvest", date="2024-02-01", memories=[], question="Now?")


def test_a_persona_mentions_only_what_is_given() -> None:
    prompts = prompts_of("fishery")
    nothing: dict[str, Any] = dict.fromkeys(("age", "background", "traits", "goals", "behaviour", "customs"))
    assert prompts.render("persona", **nothing) == ""
    assert prompts.render("persona", **nothing | {"traits": "You are kind."}) == "You are kind."
    assert prompts.render("persona", **nothing | {"age": 0, "goals": "Fish."}) == "You are 0 years old. Fish."


@scenarios
def test_utterances_are_never_rendered_as_templates(scenario: str) -> None:
    prompts = prompts_of(scenario)
    said = "John: {{ capacity }} {% if %}"
    assert said in prompts.render("conversation", date="2024-01-30", names="John and Kate", lines=[said])
    assert "<b>&" in prompts.render("talk", summary="<b>&")


@pytest.mark.parametrize(
    ("growth", "phrase"),
    [
        (2.0, "doubles"),
        (3.0, "triples"),
        (4.0, "quadruples"),
        (5.0, "is multiplied by 5"),
        (1.0, "is multiplied by 1"),
        (1.5, "is multiplied by 1.5"),
        (0.5, "is multiplied by 0.5"),
        (2.5, "is multiplied by 2.5"),
    ],
)
def test_growth_is_a_verb_phrase(growth: float, phrase: str) -> None:
    assert multiply(growth).phrase == phrase


@pytest.mark.parametrize("growth", [1.2345678, 2.0000001, 1.0000005])
def test_growth_is_stated_as_exactly_as_it_is_applied(growth: float) -> None:
    assert multiply(growth).phrase == f"is multiplied by {growth}"


def test_a_word_and_the_growth_can_be_used_in_any_template() -> None:
    prompts = prompts_of("pollution", growth=1.25)
    assert prompts.word("place") == "the river"
    for template in ("talk", "forfeit"):
        scenario = load_scenario("pollution")
        changed = scenario.model_copy(
            update={"templates": scenario.templates | {template: "{{ place }}: {{ growth }}"}}
        )
        assert Prompts(changed, World(growth=1.25)).render(template) == "the river: 1.25"


def test_a_missing_template_is_rejected() -> None:
    with pytest.raises(ScenarioError, match=r"scenario fishery has no template nosuch\.jinja"):
        prompts_of("fishery").render("nosuch")


def test_a_missing_variable_is_rejected_with_its_line() -> None:
    with pytest.raises(ScenarioError, match="line 1: 'stock' is undefined"):
        prompts_of("fishery").render("stock")


def test_there_is_a_sample_of_every_variable_of_every_template() -> None:
    used = set().union(*SCENARIO_TEMPLATES.values(), *SHARED_TEMPLATES.values())
    assert set(sample_variables()) >= used


def test_sample_numbers_are_those_of_the_experiments_world() -> None:
    samples = sample_variables(experiment_from({"world": {"capacity": 130, "growth": 3}, "society": {"members": 6}}))
    assert (samples["stock"], samples["n"]) == (130, 6)
    assert samples["threshold"] == 86 // 6


def test_samples_know_only_the_members_of_the_first_month() -> None:
    samples = sample_variables(experiment_from({"members": {"Luke": {"joins": 2}}}))
    assert samples["n"] == 4
    assert "Luke" not in f"{samples['others']} {samples['names']} {samples['catches']}"


def test_standing_texts_are_rendered_again_only_for_other_variables() -> None:
    prompts = prompts_of("fishery")
    who = {"others": "Kate and Emma", "n": 3, "persona": ""}
    john = prompts.render_cached("identity", name="John", **who)
    assert john == prompts.render("identity", name="John", **who)
    assert prompts.render_cached("identity", name="John", **who) is john
    assert prompts.render_cached("identity", name="Luke", **who).startswith("You are Luke, ")
