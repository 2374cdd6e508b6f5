"""A scenario copied into a folder of one's own, and the kinds of the variables that its templates may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import govsim
from govsim.errors import ConfigError
from govsim.journal import MessageLine, read_journal
from govsim.scenarios import (
    FORMAT_TEMPLATES,
    SCENARIO_TEMPLATES,
    SHARED_TEMPLATES,
    VARIABLES,
    Prompts,
    export_scenario,
    load_scenario,
    scenario_names,
)
from govsim.scenarios.schema import variables_of

KINDS = {
    "whole number": (int,),
    "whole number or none": (int, type(None)),
    "text": (str,),
    "text or none": (str, type(None)),
    "true or false": (bool,),
    "list of text": (list,),
}


@pytest.mark.parametrize("name", scenario_names())
def test_a_copy_has_the_same_words_and_texts(tmp_path: Path, name: str) -> None:
    files = export_scenario(name, tmp_path / "My Commons")
    copy, original = load_scenario(str(tmp_path / "My Commons")), load_scenario(name)
    assert copy == original.model_copy(update={"name": "my-commons"})
    assert {file.stem for file in files} == {"scenario", *original.templates, *FORMAT_TEMPLATES.values()}


def test_a_copy_is_run_with_the_same_prompts(tmp_path: Path) -> None:
    def messages(scenario: str, out: Path) -> list[str]:
        runs = govsim.run(scenario, model="fake/society", months=1, out=out)
        return [line.content for line in read_journal(runs.results[0].path).of(MessageLine)]

    export_scenario("fishery", tmp_path / "lake")
    prompts = messages(str(tmp_path / "lake"), tmp_path / "copy")
    assert prompts == messages("fishery", tmp_path / "shipped")
    assert len(prompts) >= 20


def test_a_change_in_a_copy_reaches_its_prompts(tmp_path: Path) -> None:
    export_scenario("fishery", tmp_path / "lake")
    (tmp_path / "lake" / "stock.jinja").write_text("There are {{ stock }} trout.", encoding="utf-8")
    scenario = load_scenario(str(tmp_path / "lake"))
    assert scenario.templates["stock"] == "There are {{ stock }} trout."


@pytest.mark.parametrize("there", ["a file", "a folder that holds something"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    place = tmp_path / "lake"
    if there == "a file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.mkdir()
        (place / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="exists and is not an empty folder; choose another one"):
        export_scenario("fishery", place)
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    export_scenario("pasture", tmp_path / "lake")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_a_scenario_that_does_not_exist_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such scenario; did you mean fishery"):
        export_scenario("fishry", tmp_path / "lake")
    assert list(tmp_path.iterdir()) == []


def test_every_variable_has_a_type() -> None:
    templates = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}
    assert set().union(*(variables_of(name, frozenset()) for name in templates)) == set(VARIABLES)


def test_variables_have_the_documented_types(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, set[Any]] = {}
    render = Prompts.render

    def watched(prompts: Prompts, template: str, **variables: Any) -> str:
        for name, value in {**prompts._always, **variables}.items():
            seen.setdefault(name, set()).add(type(value))
        return render(prompts, template, **variables)

    monkeypatch.setattr(Prompts, "render", watched)
    for agent in ("generative", "direct"):
        condition = "newcomer-universalization"
        govsim.run("fishery", agent=agent, model="fake/society", months=4, condition=condition, out=tmp_path / agent)
    for name, kind in VARIABLES.items():
        assert seen[name] <= set(KINDS[kind.partition(":")[0]]), name
