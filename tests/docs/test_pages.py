"""What the pages show works: their code runs, their commands are understood, their links lead somewhere."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import govsim
from govsim.cli import carrying_out
from govsim.cli.main import app
from govsim.config import Execution, load_experiment_file, validate
from govsim.runs import plan_runs
from govsim.runs.building import models_needed
from tests.docs.pages import ROOT, Block, anchors_of, blocks_of, commands_of, links_of, name_of, pages

STORIES = [page for page in pages() if "reference" not in page.parts]
"""Pages whose commands can be given one after the other; those of the reference stand alone."""

RUN_AS_THEY_ARE = ("cp", "mkdir")
UNDERSTOOD = ("cd", "curl", "export", "git", "ollama", "pip", "python", "source", "vllm", *RUN_AS_THEY_ARE)


class NeedsAModelError(Exception):
    """A command came as far as asking a real model."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as after getting the project: with its examples and experiments, and nothing else."""
    for name in ("examples", "experiments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands carry out what needs no real model, and stop before asking one."""
    really = carrying_out.carry_out_with_progress

    def carry_out(plans: Any, execution: Any, **how: Any) -> Any:
        names = {choice.name for choice in models_needed(plans[0].experiment)}
        if names - {"fake/society"}:
            raise NeedsAModelError
        return really(plans, execution, **how)

    monkeypatch.setattr(carrying_out, "carry_out_with_progress", carry_out)


def write_file(block: Block) -> None:
    """Write the file that a block shows, where it names one: ```yaml shocks.yaml."""
    for word in block.words:
        if "." in word:
            path = Path(word)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content, encoding="utf-8")


def give(words: list[str]) -> None:
    """Give one command, and insist that it does what it is shown for."""
    if words[0] in RUN_AS_THEY_ARE:
        subprocess.run(words, check=True, timeout=20)
    elif words[0] == "govsim":
        result = CliRunner().invoke(app, words[1:])
        is_fine = isinstance(result.exception, NeedsAModelError) or result.exit_code == 0
        is_fine = is_fine or (words[1] == "diff" and result.exit_code == 1)
        assert is_fine, f"{' '.join(words)}: {result.exception!r}\n{result.output}"


@pytest.mark.usefixtures("folder", "no_model")
@pytest.mark.parametrize("page", STORIES, ids=name_of)
def test_the_commands_and_the_code_of_a_page_work_one_after_the_other(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        if not block.is_run:
            continue
        write_file(block)
        if block.language == "python":
            exec(compile(block.content, name_of(page), "exec"), names)
        elif block.language == "bash":
            for words in commands_of(block):
                give(words)
        elif block.language == "yaml":
            assert yaml.safe_load(block.content) is not None


@pytest.mark.usefixtures("folder", "no_model")
@pytest.mark.parametrize("command", ["run fishry", "run fishery --set world.growht=3", "table nowhere", "run"])
def test_a_command_that_does_not_work_is_noticed(command: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(f"govsim {command}: ")):
        give(["govsim", *command.split()])


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_govsim_command_of_a_page_has_a_subcommand_and_options_that_exist(page: Path) -> None:
    for block in blocks_of(page):
        if block.language == "bash":
            for words in commands_of(block):
                assert_understood(words)


def assert_understood(words: list[str]) -> None:
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(words[1])}:", makefile, re.MULTILINE), f"{words}: no such target"
    elif words[0] == "govsim":
        known = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*subcommand(words), "--help"])
        assert known.exit_code == 0, f"{words}: {known.output}"
        for word in words:
            if word.startswith("-"):
                assert word in known.output, f"{words}: there is no option {word}"
    else:
        assert words[0] in UNDERSTOOD, f"{words}: a page shows a command that no test knows"


def subcommand(words: list[str]) -> list[str]:
    return words[1:3] if words[1] == "models" else words[1:2]


def test_the_examples_in_the_help_texts_name_scenarios_and_settings_that_exist(folder: Path, no_model: None) -> None:
    shutil.copytree(folder / "examples" / "irrigation", folder / "my-commons")
    shutil.copy(folder / "examples" / "policies.yaml", folder / "experiment.yaml")
    for block in blocks_of(ROOT / "docs" / "reference" / "cli.md"):
        for words in commands_of(block):
            if words[1] in ("run", "scenarios"):
                give(words)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{name_of(page)}: {link} leads nowhere"
        assert not anchor or anchor in anchors_of(target), f"{name_of(page)}: {link}: no such heading"


def test_every_page_of_the_docs_can_be_reached_from_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links_of(index)}
    missing = [name_of(page) for page in pages() if page.is_relative_to(ROOT / "docs") and page != index]
    assert [name for name in missing if ROOT / name not in linked] == []


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.yaml")), ids=name_of)
def test_every_example_of_an_experiment_can_be_planned(file: Path) -> None:
    settings = load_experiment_file(file)
    execution = settings.pop("execution", {})
    plans = plan_runs(settings, validate(Execution, [execution]))
    assert len(plans) == execution["runs"]


@pytest.mark.parametrize("hints", [[], ["universalization"], ["downstream"]])
def test_the_irrigation_example_is_sustained_by_fair_shares_for_all_its_months(
    tmp_path: Path, hints: list[str]
) -> None:
    lived = asyncio.run(
        govsim.arun(
            str(ROOT / "examples" / "irrigation"),
            agent="policy:fair-share",
            settings={"society.hints": hints},
            out=tmp_path,
        )
    )
    (run,) = lived.measures
    assert (run.scenario, run.status, run.months) == ("irrigation", "completed", 12)
    assert (run.gain, run.efficiency, run.over_usage) == (12 * 5, 1.0, 0.0)


def test_the_irrigation_example_talks_of_its_own_commons_and_nothing_else(tmp_path: Path) -> None:
    lived = govsim.run(str(ROOT / "examples" / "irrigation"), model="fake/society", months=2, out=tmp_path)
    text = lived.results[0].path.read_text(encoding="utf-8")
    assert "megalitres of water each of you drew this month" in text
    assert not re.search(r"\b(fish|lake|sheep|pasture|pallets|river)\b", text.partition("\n")[2])
