"""Validation of experiments, with one-line errors."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from govsim.agents import settings_of
from govsim.agents.generative import GenerativeAgent
from govsim.agents.generative.settings import Generative
from govsim.commons import growth_law
from govsim.config import Execution, Experiment, Layer, Member, World, experiment_from, flattened, nested, validate
from govsim.errors import ConfigError
from govsim.society import compose


def refusal(layer: Layer) -> str:
    """Return the message with which an experiment is rejected."""
    with pytest.raises(ConfigError, match=r"\S") as refused:
        compose(experiment_from(layer))
    return str(refused.value)


def test_the_default_is_the_papers_experiment() -> None:
    experiment = Experiment()
    world, society = experiment.world, experiment.society
    assert (world.capacity, world.stock_at_start, world.growth, world.collapse, world.months) == (100, 100, 2.0, 5, 12)
    assert world.allocation == "random"
    assert society.members == ("John", "Kate", "Jack", "Emma", "Luke")
    assert [phase.name for phase in society.phases] == ["harvest", "report", "discussion", "reflection"]
    assert (society.communication, society.transparency, society.hints) == (True, True, ())
    assert compose(experiment).phases[2].settings.max_lines == 10
    assert (experiment.models.sampling.temperature, experiment.models.sampling.top_p) == (0.0, 1.0)
    memory = settings_of(GenerativeAgent, experiment)
    assert isinstance(memory, Generative)
    assert (memory.recency_weight, memory.importance_weight, memory.relevance_weight) == (0.5, 3.0, 2.0)
    assert (memory.recency_decay, memory.lifetime_days, memory.lines_queried) == (0.99, 63, 4)
    assert (memory.top_acting, memory.top_reflecting, memory.top_talking) == (10, 10, 5)
    assert not memory.retrieve_chats
    assert experiment.member("Kate") == Member()
    assert all(experiment.agent_of(name) == "generative" for name in society.members)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("wrold", "wrold: there is no such key; did you mean world?"),
        ("world.capcity", "world.capcity: there is no such key; did you mean capacity?"),
        (
            "society.phases.discussion.max_line",
            "society.phases.discussion.max_line: there is no such key; did you mean max_lines?",
        ),
        ("members.John.persona.agee", "members.John.persona.agee: there is no such key; did you mean age?"),
        ("members.John.model_arg", "members.John.model_arg: there is no such key; did you mean model_args?"),
        ("models.sampling.temprature", "models.sampling.temprature: there is no such key; did you mean temperature?"),
        ("agents.generative.top_act", "agents.generative.top_act: there is no such key; did you mean top_acting?"),
        ("agents.direct.history", "agents.direct.history: there is no such key; did you mean history_months?"),
    ],
)
def test_an_unknown_key_is_rejected_with_the_nearest_one_at_any_depth(key: str, expected: str) -> None:
    assert refusal(nested(key, 1)).startswith(f"{expected}; allowed ")


def test_a_key_that_resembles_no_other_is_rejected_with_the_allowed_ones() -> None:
    assert refusal({"world": {"zzz": 1}}) == (
        "world.zzz: there is no such key; allowed are capacity, initial, growth, shocks, collapse, "
        "collapse_told, allocation, months, horizon"
    )


def test_a_misspelt_key_is_reported_first_and_further_errors_are_counted() -> None:
    expected = refusal({"seed": -1, "world": {"capcity": 3, "months": 0}})
    assert expected.startswith("world.capcity: there is no such key; did you mean capacity?")
    assert expected.endswith("(and 2 other errors)")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("world.capacity", "many", "world.capacity = 'many': must be a whole number"),
        ("world.capacity", 99.5, "world.capacity = 99.5: must be a whole number"),
        ("world.capacity", None, "world.capacity = null"),
        ("world.growth", [2], "world.growth = [2]: must be a number"),
        (
            "world.allocation",
            "fair",
            "world.allocation = fair: there is no such allocation rule; choose from random, proportional, seq",
        ),
        ("world", [1], "world = [1]"),
        ("world", None, "world = null"),
        ("society.members", "John", "society.members = 'John'"),
        ("society.members", [1, 2], "society.members.0 = 1"),
        ("society.members", True, "society.members = true"),
        ("society.hints", "universalization", "society.hints = 'universalization'"),
        ("society.communication", "maybe", "society.communication = 'maybe'"),
        ("society.cognition", "split", "society.cognition = 'split'"),
        ("members", ["John"], "members = ['John']"),
        ("members.John", "generative", "members.John = 'generative'"),
        ("members.John.persona.age", -1, "members.John.persona.age = -1"),
        ("seed", 1.5, "seed = 1.5"),
        ("seed", -1, "seed = -1: must be at least 0"),
        ("seed", 2**63, "seed = 9223372036854775808: must be at most"),
        ("models.sampling.temperature", 3, "models.sampling.temperature = 3"),
        ("models.sampling.top_p", 0, "models.sampling.top_p = 0"),
        ("society.max_invalid", 1.1, "society.max_invalid = 1.1"),
        ("agents.generative.recency_decay", 0, "agents.generative.recency_decay = 0"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected_with_its_key_and_value(key: str, value: object, expected: str) -> None:
    assert refusal(nested(key, value)).startswith(expected)


@pytest.mark.parametrize("key", ["world.months", "world.capacity", "world.growth", "seed", "members.John.limit"])
def test_booleans_are_not_numbers(key: str) -> None:
    layer = {"world": {"collapse": 0}}
    with pytest.raises(ConfigError, match=f"{key}: must be a number, not true"):
        experiment_from(layer | nested(key, True))


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ({"collapse": 100}, "world.collapse = 100: must be below world.capacity = 100"),
        ({"capacity": 5}, "world.collapse = 5: must be below world.capacity = 5"),
        ({"initial": 101}, "world.initial = 101: must not exceed world.capacity = 100"),
        ({"initial": -1}, "world.initial = -1: must be at least 0"),
        ({"capacity": 0}, "world.capacity = 0"),
        ({"collapse": -1}, "world.collapse = -1"),
        ({"months": 0}, "world.months = 0"),
        ({"months": -3}, "world.months = -3"),
        ({"months": 95_001}, "world.months = 95001"),
        ({"growth": 0}, "world.growth = 0"),
        ({"growth": -2}, "world.growth = -2"),
        ({"growth": float("nan")}, "world.growth = nan: must be a finite number"),
        ({"growth": float("inf")}, "world.growth = inf: must be a finite number"),
        ({"growth": "1e400"}, "world.growth = '1e400'"),
    ],
)
def test_an_impossible_world_is_rejected(world: dict[str, Any], expected: str) -> None:
    assert refusal({"world": world}).startswith(expected)


def test_the_growth_is_the_decimal_number_that_was_written() -> None:
    assert growth_law(World(growth=1.1)).grown(10, 100) == 11
    assert growth_law(World(growth=1e-7)).grown(10**7, 10**7) == 1
    assert growth_law(World(growth=1e-7)).grown(10**7 - 1, 10**7) == 0


def test_a_world_may_start_with_less_than_it_can_hold_or_with_nothing() -> None:
    assert World(initial=40).stock_at_start == 40
    assert World(initial=0).stock_at_start == 0
    assert World(capacity=130).stock_at_start == 130


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([], "society.members is empty: at least 1 member is required"),
        (0, "society.members: 0 members: at least 1 is required"),
        (-2, "society.members: -2 members: at least 1 is required"),
        (["John", "Kate", "John"], "society.members = John, Kate, John: names must be unique"),
        (["John", "JOHN"], "society.members = John, JOHN: names must be unique"),
        (["Moderator"], "society.members: 'Moderator' is reserved"),
        (["framework"], "society.members: 'framework' is reserved"),
        (["Random"], "society.members: 'Random' is reserved"),
        ([""], "society.members: '' is not a valid name"),
        (["John: I agree"], "society.members: 'John: I agree' is not a valid name"),
        (["John, Kate"], "society.members: 'John, Kate' is not a valid name"),
        (["Jo\nhn"], r"society.members: 'Jo\nhn' is not a valid name"),
        (["John "], "society.members: 'John ' is not a valid name"),
        (["4711"], "society.members: '4711' is not a valid name"),
        (["<John>"], "society.members: '<John>' is not a valid name"),
        (["J" * 41], f"society.members: {'J' * 41!r} is not a valid name"),
    ],
)
def test_a_roster_with_unusable_names_is_rejected(members: object, expected: str) -> None:
    assert refusal({"society": {"members": members}}).startswith(expected)


@pytest.mark.parametrize("name", ["Anne-Marie", "O'Neill", "Juan Carlos", "Zoë", "李雷", "R2D2", "J" * 40])
def test_names_of_many_kinds_are_allowed(name: str) -> None:
    assert experiment_from({"society": {"members": [name]}}).society.members == (name,)


@pytest.mark.parametrize("count", [1, 5, 7, 50, 60, 300])
def test_members_given_by_number_get_unique_names(count: int) -> None:
    members = experiment_from({"society": {"members": count}}).society.members
    assert len({name.lower() for name in members}) == len(members) == count
    assert members[:5] == ("John", "Kate", "Jack", "Emma", "Luke")[:count]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"members": {"Anna": {}}}, "members.Anna: there is no such member; choose from John, Kate, Jack, Emma"),
        ({"members": {"John": {"joins": 13}}}, "members.John.joins = 13: must be from 1 to 12 (world.months)"),
        (
            {"members": {"John": {"joins": 0}}},
            "members.John.joins = 0: must be a month from 1 on, {hazard: P} with 0 < P ≤ 1, or {replaces: NAME}",
        ),
        (
            {"society": {"members": ["John"]}, "members": {"John": {"joins": 2}}},
            "members: no member is present in month 1; at least one must join in month 1",
        ),
        (
            {"society": {"phases": ["harvest", "report", "report"]}},
            "society.phases: report is listed twice; give one of them another name with as: NAME",
        ),
        ({"society": {"phases": "harvest"}}, "society.phases: must be a list of names, each with or without settings"),
        (
            {"society": {"phases": [{"harvest": {}, "report": {}}]}},
            "society.phases: {'harvest': {}, 'report': {}}: must be a name, or one name with its settings",
        ),
        (
            {"institutions": {"quota": {"amount": 1}}},
            "institutions: quota: no such entry; list the entries before changing their settings",
        ),
        ({"institutions": {}}, "institutions: must be a list of names, each with or without settings"),
        (
            {"institutions": [{"quota": {"as": 5}}]},
            "institutions: as = 5: a name consists of lower-case letters, digits and",
        ),
        (
            {"institutions": [{"quota": {"as": "a.b"}}]},
            "institutions: as = 'a.b': a name consists of lower-case letters",
        ),
        ({"institutions": [{"quota": {"as": "a" * 61}}]}, "institutions: as = 'aaaaa"),
        (
            {"institutions": ["Quota"]},
            "institutions: 'Quota': a name consists of lower-case letters, digits and single",
        ),
        (
            {"society": {"phases": {"talk": {"max_lines": 3}}}},
            "society.phases.talk: no such entry in the list; it contains harvest, report, discussion, reflection",
        ),
        ({"society": {"phases": {"discussion": 3}}}, "society.phases.discussion = 3: must be a mapping of settings"),
    ],
)
def test_an_invalid_society_is_rejected(layer: Layer, expected: str) -> None:
    assert refusal(layer).startswith(expected)


@pytest.mark.parametrize(
    ("layer", "place"),
    [
        ({"runs": 5}, "execution.runs"),
        ({"parallel": 5}, "execution.parallel"),
        ({"connections": 5}, "execution.connections"),
        ({"out": "here"}, "execution.out"),
        ({"budget": {"cost": 1}}, "execution.budget"),
        ({"cost": 1}, "execution.budget.cost or execution.run_budget.cost"),
        ({"max_cost": 1}, "execution.budget.cost"),
        ({"months": 3}, "world.months"),
        ({"world": {"communication": False}}, "society.communication"),
        ({"temperature": 1}, "models.sampling.temperature"),
        ({"max_tokens": 9}, "models.sampling.max_tokens or execution.budget.tokens"),
        ({"model": "openai/gpt-4o-mini"}, "models.default"),
        ({"agent": "direct"}, "agents.default"),
    ],
)
def test_a_key_in_the_wrong_section_is_rejected_with_the_place_where_it_belongs(layer: Layer, place: str) -> None:
    assert f"there is no such key; did you mean {place}?; allowed are " in refusal(layer)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            {"society": {"rules": "A b"}},
            "society.rules = 'A b': must be rules, or the name of a template that starts with rules-, as in rules-1",
        ),
        (
            {"condition": "_x"},
            "condition = '_x': must start with a letter or digit and consist of letters, digits, spaces and . _ + -",
        ),
    ],
)
def test_an_invalid_name_is_rejected_in_words_instead_of_a_pattern(layer: Layer, expected: str) -> None:
    assert refusal(layer) == expected


def test_a_key_that_was_renamed_is_rejected_with_its_new_name() -> None:
    expected = refusal({"society": {"discussion": {"opener": "Luke"}}})
    assert expected == "society.discussion: was renamed to society.phases.discussion"


def test_a_member_may_join_in_the_last_month_and_open_every_discussion() -> None:
    layer = {"members": {"Luke": {"joins": 12}}, "society": {"phases": {"discussion": {"opener": "Luke"}}}}
    experiment = experiment_from(layer)
    assert experiment.member("Luke").joins == 12
    assert compose(experiment).phases[2].settings.opener == "Luke"


def test_a_members_own_agent_overrides_the_default() -> None:
    experiment = experiment_from({"agents": {"default": "direct"}, "members": {"Kate": {"agent": "policy:greedy"}}})
    assert (experiment.agent_of("Kate"), experiment.agent_of("John")) == ("policy:greedy", "direct")


SECRET = "sk-live-4711"
SECRET_NAMES = ["api_key", "APIKEY", "client_secret", "access_token", "Password", "aws_credential_file"]
PLACES = ["models.args", "models.framework_args", "members.John.model_args"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SECRET_NAMES)
def test_model_arguments_that_look_like_secrets_are_rejected_without_being_quoted(place: str, name: str) -> None:
    expected = refusal(nested(place, {"region": "eu", name: SECRET}))
    assert expected.startswith(f"{place}: {name}: ")
    assert SECRET not in expected


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", [[SECRET], {"value": SECRET}], ids=["list", "mapping"])
def test_a_secret_in_a_value_of_the_wrong_type_is_not_quoted(place: str, value: object) -> None:
    expected = refusal(nested(place, {"api_key": value}))
    assert "api_key" in expected
    assert SECRET not in expected


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_given_instead_of_arguments_is_not_quoted(place: str) -> None:
    assert SECRET not in refusal(nested(place, f"api_key={SECRET}"))


def test_arguments_that_merely_resemble_a_secret_are_allowed() -> None:
    layer = {"models": {"args": {"max_num_tokens": 100, "device": "cpu", "tokenizer_path": "x"}}}
    assert experiment_from(layer).models.args["max_num_tokens"] == 100


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k", "seed", "max_tokens", "reasoning_effort"])
def test_sampling_settings_are_not_model_arguments(place: str, name: str) -> None:
    expected = refusal(nested(place, {name: 1}))
    assert expected == f"{place}: {name}: is not a model argument; use models.sampling.{name}"


BODIES = ["models.extra_body", "models.framework_extra_body", "members.John.extra_body"]


@pytest.mark.parametrize("place", BODIES)
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"api_key": SECRET}, "api_key"),
        ({"provider": {"headers": {"Authorization": SECRET}}}, "provider.headers.Authorization"),
        ({"steps": [{"plain": 1}, {"access_token": SECRET}]}, "steps.1.access_token"),
        ({"callback": "https://me:pass@host"}, "callback"),
        ({"urls": ["https://host/?api_key=abc"]}, "urls.0"),
    ],
)
def test_fields_of_requests_hold_no_secret_at_any_depth(place: str, body: dict[str, Any], named: str) -> None:
    expected = refusal(nested(place, body))
    assert expected == (
        f"{place}: {named}: request fields are stored in the journal; set keys in the environment instead"
    )
    assert SECRET not in expected


@pytest.mark.parametrize("place", BODIES)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("temperature", "cannot be set here; use models.sampling.temperature"),
        ("max_tokens", "cannot be set here; use models.sampling.max_tokens"),
        ("stream", "cannot be set here; use the model argument stream"),
        ("model", "cannot be set here; use the name of the model"),
        ("messages", "cannot be set; govsim sets it when it builds a request"),
        ("n", "cannot be set; govsim sets it when it builds a request"),
    ],
)
def test_fields_of_requests_do_not_contradict_other_settings(place: str, name: str, reason: str) -> None:
    assert refusal(nested(place, {name: 1})) == f"{place}: {name}: {reason}"


def test_fields_of_requests_are_any_data() -> None:
    body = {"chat_template_kwargs": {"enable_thinking": False}, "stop_token_ids": [1, 2], "note": None}
    assert experiment_from({"models": {"extra_body": body}}).models.extra_body == body
    assert "models.extra_body" in refusal({"models": {"extra_body": [1]}})


def test_system_messages_have_one_of_two_roles() -> None:
    assert experiment_from({"models": {"system_role": "user"}}).models.system_role == "user"
    assert "'system' or 'user'" in refusal({"models": {"system_role": "developer"}})


@pytest.mark.parametrize(
    "value",
    [
        Experiment(),
        Experiment().world,
        Experiment().society,
        Experiment().agents,
        Experiment().models,
        Experiment().models.sampling,
        Member(),
        Execution(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_settings_cannot_be_changed(value: BaseModel) -> None:
    key = next(iter(type(value).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, key, getattr(value, key))


def test_an_experiment_survives_a_round_trip_through_a_journal() -> None:
    layer = {
        "world": {"growth": 1.1, "initial": 70},
        "society": {"members": 7, "hints": ["universalization"]},
        "members": {"Kate": {"persona": {"age": 40}, "model": "a/b", "model_args": {"n": 1, "x": None, "y": 0.5}}},
    }
    experiment = experiment_from(layer)
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"runs": 0}, "runs = 0"),
        ({"parallel": 0}, "parallel = 0"),
        ({"retries": -1}, "retries = -1"),
        ({"timeout": 0}, "timeout = 0"),
        ({"backoff": float("inf")}, "backoff = inf"),
        ({"run": 1}, "run: there is no such key; did you mean runs?"),
    ],
)
def test_invalid_execution_settings_are_rejected(layer: Layer, expected: str) -> None:
    with pytest.raises(ConfigError, match=r"\S") as refused:
        validate(Execution, [layer])
    assert str(refused.value).startswith(expected)


@pytest.mark.parametrize(
    "layer",
    [
        {"wo\nrld": 1},
        {"world": {"cap\nacity": 1}},
        {"members": {"Jo\nhn": {}}},
        {"society": {"phases": {"dis\ncussion": {}}}},
        {"society": {"phases": ["har\nvest"]}},
        {"society": {"members": ["Jo\nhn"]}},
        {"models": {"args": {"my\nkey": 1}}},
        {"world": {"capacity": "1\n0 0"}},
    ],
    ids=str,
)
def test_an_error_is_one_line_for_any_input(layer: Layer) -> None:
    assert len(refusal(layer).splitlines()) == 1


def test_lists_in_request_fields_are_not_entries() -> None:
    bodies = [{"tools": [{"one": {"x": x}}, {"one": {"x": 2}}]} for x in (1, 3)]
    first, second = (dict(flattened({"models": {"extra_body": body}})) for body in bodies)
    assert first == {"models.extra_body.tools": bodies[0]["tools"]}
    assert first != second, "an entry of the same name must not stand in for another"
