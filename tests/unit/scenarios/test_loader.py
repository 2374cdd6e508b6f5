"""Scenarios as data: what loads, and what is refused before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.config import World
from govsim.errors import ConfigError, GovSimError, ScenarioError
from govsim.scenarios import (
    FORMAT_TEMPLATES,
    REQUIRED_WORDS,
    SCENARIO_TEMPLATES,
    SHARED_TEMPLATES,
    Prompts,
    is_hint,
    is_rules,
    load_scenario,
    scenario_names,
)

Replace = Callable[[str, str, str], None]


def refusal(folder: Path, prompts: Path | None = None) -> str:
    """The message that a scenario is refused with: one line, whatever is wrong."""
    with pytest.raises(GovSimError, match=r"\S") as refused:
        load_scenario(str(folder), prompts)
    assert isinstance(refused.value, ScenarioError | ConfigError)
    assert len(str(refused.value).splitlines()) == 1
    return str(refused.value)


def test_the_three_scenarios_of_the_paper_and_one_in_other_words_are_built_in() -> None:
    assert scenario_names() == ["fishery", "pasture", "pollution", "reeds"]


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_has_every_word_and_template_and_pays_the_papers_price(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.price == 1000
    assert set(scenario.words) >= set(REQUIRED_WORDS)
    parts = set(SCENARIO_TEMPLATES) | set(SHARED_TEMPLATES) - {FORMAT_TEMPLATES["structured"]}
    assert parts <= set(scenario.templates)
    structured = load_scenario(name, replies="structured").templates.keys()
    assert structured - scenario.templates.keys() == {FORMAT_TEMPLATES["structured"]}
    assert scenario.templates.keys() - structured == {FORMAT_TEMPLATES["text"]}
    assert all(is_hint(name) or is_rules(name) for name in set(scenario.templates) - parts)
    assert scenario.world == {}, "all have the same mathematics"


def test_a_users_folder_loads_like_a_built_in_scenario(folder: Path) -> None:
    assert load_scenario(str(folder)) == load_scenario("fishery")


def test_a_misspelt_scenario_is_rejected_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"scenario = fishry: .*; did you mean fishery\?; choose from fishery, past"):
        load_scenario("fishry")


def test_a_folder_without_a_scenario_file_is_rejected(tmp_path: Path) -> None:
    assert "contains no scenario.yaml" in refusal(tmp_path)


@pytest.mark.parametrize("template", sorted(SCENARIO_TEMPLATES))
def test_a_missing_template_is_named(folder: Path, template: str) -> None:
    (folder / f"{template}.jinja").unlink()
    assert refusal(folder).startswith(f"{folder / template}.jinja: is missing; every scenario needs rules.jinja, ")


@pytest.mark.parametrize("word", REQUIRED_WORDS)
def test_a_missing_word_is_named_and_explained(folder: Path, replace_in: Replace, word: str) -> None:
    replace_in("scenario.yaml", f"  {word}: ", f"  other_{word}: ")
    assert refusal(folder) == f"{folder / 'scenario.yaml'}: words.{word} is missing: {REQUIRED_WORDS[word]}"


def test_an_empty_word_is_missing(folder: Path, replace_in: Replace) -> None:
    replace_in("scenario.yaml", "took: caught", "took: ''")
    assert "words.took is missing" in refusal(folder)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("price: 1000", "prize: 1000", "prize: there is no such key; did you mean price?"),
        ("price: 1000", "price: -1", "price = -1: must be at least 0"),
        ("name: fishery", "name: The Fishery", "name = 'The Fishery': "),
        ("took: caught", "took: 5", "words.took = 5: must be text"),
        (
            "words:\n",
            "templates: {rules: hi}\nwords:\n",
            "templates: is not allowed; templates are files in the same folder",
        ),
        ("words:\n", "world: {capcity: 3}\nwords:\n", "world: capcity: there is no such key; did you mean capacity?"),
        ("words:\n", "world: {capacity: 3}\nwords:\n", "world: world.collapse = 5: must be below world.capacity = 3"),
        ("words:\n", "words:\n  memories: x\n", "words.memories: is the name of a prompt variable"),
        ("words:\n", "words:\n  capacity: x\n", "words.capacity: is the name of a prompt variable"),
        ("words:\n", "words: [\n", "is not valid YAML ("),
        ("name: fishery\n", "- name\n", "is not valid YAML ("),
    ],
)
def test_a_scenario_file_that_cannot_be_used_is_rejected_with_file_and_key(
    folder: Path, replace_in: Replace, old: str, new: str, expected: str
) -> None:
    replace_in("scenario.yaml", old, new)
    assert refusal(folder).startswith(f"{folder / 'scenario.yaml'}: {expected}")


def test_broken_yaml_is_rejected_with_its_line(folder: Path, replace_in: Replace) -> None:
    replace_in("scenario.yaml", "  place: the lake", "  place: [the lake")
    assert re.search(r"scenario\.yaml: is not valid YAML .*line \d", refusal(folder))


@pytest.mark.parametrize("template", ["stock", "moderator"])
@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("Hello.\n{{ memoris }}", 2, "unknown variable memoris"),
        ("{% if nobody %}x{% endif %}", 1, "unknown variable nobody"),
        ("One.\nTwo.\n{{ capcity }}", 3, "unknown variable capcity; did you mean capacity?; this template may use "),
        ("Hello.\n{{ stock", 2, "unexpected end of template"),
        ("{% if capacity %}\n\n{% endfor %}", 3, "Encountered unknown tag 'endfor'"),
        ("One.\n{{ capacity.year }}", 2, "has no attribute 'year'"),
        ("One.\n{{ capacity / 0 }}", 2, "division by zero"),
        ("One.\n{% for x in capacity %}{% endfor %}", 2, "not iterable"),
        ("One.\n{% include 'x' %}", 2, "no loader"),
        ("One.\n{{ capacity | nosuch }}", 2, "No filter named 'nosuch'"),
        ("One.\n{% if capacity is nosuch %}{% endif %}", 2, "No test named 'nosuch'"),
        ("One.\n{{ '{:d}'.format('a') }}", 2, "Unknown format code"),
        ("One.\n{{ 'x'.encode('nosuch') }}", 2, "unknown encoding"),
        ("\n\n{{ memoris }}", 3, "unknown variable memoris"),
    ],
)
def test_a_template_that_cannot_be_used_is_rejected_with_file_line_and_name(
    folder: Path, template: str, text: str, line: int, expected: str
) -> None:
    path = folder / f"{template}.jinja"
    path.write_text(text, encoding="utf-8")
    message = refusal(folder)
    assert message.startswith(f"{path}, line {line}: ")
    assert expected in message


def test_a_template_may_not_use_what_belongs_to_another(folder: Path) -> None:
    (folder / "question.jinja").write_text("{{ threshold }}", encoding="utf-8")
    assert "question.jinja, line 1: unknown variable threshold" in refusal(folder)


def test_a_template_that_is_not_text_is_rejected(folder: Path) -> None:
    (folder / "rules.jinja").write_bytes(b"\xff\xfe")
    assert "rules.jinja: cannot be read" in refusal(folder)


def test_a_scenario_may_have_its_own_words_and_hints(folder: Path, replace_in: Replace) -> None:
    replace_in("scenario.yaml", "words:\n", "words:\n  boat: skiff\n")
    (folder / "warning.jinja").write_text(
        "Keep your {{ boat }} in: {{ threshold }} of {{ capacity }}.", encoding="utf-8"
    )
    prompts = Prompts(load_scenario(str(folder)), World())
    assert prompts.render("warning", threshold=10) == "Keep your skiff in: 10 of 100."


def test_a_scenario_may_replace_a_shared_template(folder: Path) -> None:
    (folder / "talk.jinja").write_text("They said: {{ summary }}", encoding="utf-8")
    assert Prompts(load_scenario(str(folder)), World()).render("talk", summary="yes") == "They said: yes"


def test_a_scenario_may_change_the_world(folder: Path, replace_in: Replace) -> None:
    replace_in("scenario.yaml", "words:\n", "world: {growth: 1.5}\nwords:\n")
    assert load_scenario(str(folder)).world == {"growth": 1.5}


def test_custom_prompts_replace_those_of_the_scenario_and_the_shared_ones(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "question.jinja").write_text("How much of {{ stock }}?", encoding="utf-8")
    (own / "moderator.jinja").write_text("Speak up.", encoding="utf-8")
    scenario, usual = load_scenario("pasture", own), load_scenario("pasture")
    changed = {name for name, text in scenario.templates.items() if text != usual.templates[name]}
    assert changed == {"question", "moderator"}
    assert Prompts(scenario, World()).render("question", stock=40) == "How much of 40?"


def test_custom_prompts_override_those_of_a_scenario_folder(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (folder / "talk.jinja").write_text("The folder's.", encoding="utf-8")
    (own / "talk.jinja").write_text("One's own.", encoding="utf-8")
    assert load_scenario(str(folder), own).templates["talk"] == "One's own."


def test_custom_prompts_are_checked_like_any_others(tmp_path: Path) -> None:
    (tmp_path / "question.jinja").write_text("One.\n{{ nope }}", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"question\.jinja, line 2: unknown variable nope"):
        load_scenario("fishery", tmp_path)


def test_a_missing_or_empty_folder_of_prompts_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"prompts = .*none: there is no such folder"):
        load_scenario("fishery", tmp_path / "none")
    with pytest.raises(ConfigError, match=r"contains no templates; it may contain any of action, agreement, catch"):
        load_scenario("fishery", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ capacity | attr('__class__') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ '{0.__class__}'.format(capacity) }}",
        "{{ [].append(1) }}",
        "{{ range(1000000000) | list }}",
        "{% for x in range(100001) %}x{% endfor %}",
        "{% import 'os' as os %}",
        "{% extends '/etc/passwd' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ],
)
def test_a_template_can_neither_escape_the_sandbox_nor_run_forever(folder: Path, text: str) -> None:
    (folder / "stock.jinja").write_text(text, encoding="utf-8")
    assert refusal(folder).startswith(f"{folder / 'stock.jinja'}, line 1: ")


def test_words_are_not_rendered_themselves(folder: Path, replace_in: Replace) -> None:
    replace_in("scenario.yaml", "place: the lake", "place: '{{ 6 * 7 }}'")
    prompts = Prompts(load_scenario(str(folder)), World())
    rendered = prompts.render("harvest", date="2024-01-01", memories=[], question="How much?")
    assert "{{ 6 * 7 }}" in rendered
