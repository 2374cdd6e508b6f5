"""The pages are correct: their code runs, their commands exist, and their links have targets."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click.testing
import inspect_ai.model
import pytest
from inspect_ai._cli.main import inspect as inspect_command
from inspect_ai.log import EvalLog, read_eval_log
from typer.testing import CliRunner

import govsim
from govsim.cli import execute
from govsim.cli.main import app
from govsim.config import Execution, load_experiment_file, validate
from govsim.config.yaml import parse
from govsim.jobs import Job, JobResult, RunJob, plan_runs
from govsim.society import models_needed
from tests.docs.pages import ROOT, Block, anchors_of, blocks_of, commands_of, links_of, name_of, pages
from tests.inspecting import evaluating

STORIES = [
    page
    for page in pages()
    if "reference" not in page.parts and any(block.language and block.is_run for block in blocks_of(page))
]
"""Pages whose commands are run in sequence; the commands of reference pages are independent."""

RUN_AS_THEY_ARE = ("cp", "mkdir")
UNDERSTOOD = (
    "cd",
    "curl",
    "export",
    "git",
    "inspect",
    "ollama",
    "pip",
    "python",
    "ray",
    "source",
    "vllm",
    *RUN_AS_THEY_ARE,
)


RUNS_EXECUTED = 20
"""Larger campaigns of real models are planned but not executed."""


class OutOfReachError(Exception):
    """A command would execute what no test can: too many runs, or embeddings of a real model."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like a fresh checkout: with the examples and experiments, of one scenario, and nothing else."""
    for name in ("examples", "experiments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    campaign = tmp_path / "experiments" / "paper.yaml"
    content = campaign.read_text(encoding="utf-8")
    assert "[fishery, pasture, pollution]" in content
    campaign.write_text(content.replace("[fishery, pasture, pollution]", "[fishery]"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ):  # pages set variables
        yield tmp_path


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace every real model by the fake one, so that later commands of a page find the results of earlier ones.

    It takes the whole stock, so that a society lasts for one month.
    """
    really_get = inspect_ai.model.get_model
    really_carry_out = execute.execute

    def get_model(name: str | None = None, **options: Any) -> inspect_ai.model.Model:
        if name is None or name.startswith("fake/"):
            return really_get(name, **options)
        model = really_get("fake/society", memoize=False, config=options["config"], catch=1000)
        setattr(model.api, "streaming", False)  # noqa: B010 - an attribute of providers that can stream replies
        return model

    def carry_out(jobs: Sequence[Job[Any]], execution: Execution, **how: Any) -> list[JobResult]:
        if not isinstance(jobs[0], RunJob):
            return really_carry_out(jobs, execution, **how)
        experiment = jobs[0].experiment
        is_real = {choice.name for choice in models_needed(experiment)} - {"fake/society"}
        if is_real and (
            len(jobs) > RUNS_EXECUTED
            or experiment.agents.settings_of("generative").get("relevance", "lexical") != "lexical"
        ):
            raise OutOfReachError
        return really_carry_out(jobs, execution, **how)

    monkeypatch.setattr(inspect_ai.model, "get_model", get_model)
    monkeypatch.setattr(execute, "execute", carry_out)


def write_file(block: Block) -> None:
    """Write the file that a block shows, if the block names one: ```yaml shocks.yaml."""
    for word in block.words:
        if "." in word:
            path = Path(word)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.content, encoding="utf-8")


def give(words: list[str], *, is_repeated: bool = False) -> None:
    """Run one command and check its effect; a repeated command may have nothing left to do."""
    if words[0] in RUN_AS_THEY_ARE:
        subprocess.run(words, check=True, timeout=20)
    elif words[0] == "inspect":
        with evaluating():
            done = click.testing.CliRunner().invoke(inspect_command, [*words[1:], "--display", "none"])
        assert done.exit_code == 0, f"{' '.join(words)}: {done.exception!r}\n{done.output}"
        assert all(log.status == "success" for log in latest_logs()), words
    elif words[0] == "export":
        name, _, value = words[1].partition("=")
        os.environ[name] = value
    elif words[0] == "govsim":
        before = journals()
        result = CliRunner().invoke(app, words[1:])
        is_out_of_reach = isinstance(result.exception, OutOfReachError)
        is_fine = is_out_of_reach or result.exit_code == 0 or (words[1] == "diff" and result.exit_code == 1)
        assert is_fine, f"{' '.join(words)}: {result.exception!r}\n{result.output}"
        if "--estimate" in words:
            assert not result.output.startswith("Nothing is left"), (
                f"{' '.join(words)}: nothing left to do after earlier commands"
            )
            assert estimated_calls(result.output) > 0, f"{' '.join(words)}: nothing left to do after earlier commands"
        elif words[1] == "run" and not is_out_of_reach and not is_repeated:
            assert journals() != before, f"{' '.join(words)}: nothing left to do after earlier commands"


def latest_logs() -> list[EvalLog]:
    """Return the latest log of Inspect in each folder, without its samples."""
    paths = sorted(Path().rglob("*.eval"))
    return [read_eval_log(str(path), header_only=True) for path in {path.parent: path for path in paths}.values()]


def journals() -> dict[Path, int]:
    """Return the journals in this folder, each with its modification time."""
    return {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.suffix in (".jsonl", ".study")}


def estimated_calls(output: str) -> int:
    """Return the calls in the last row of an estimate: the number that is aligned with the heading of that column."""
    heading = re.search(r"^.*\b(calls|questions)\b", output, re.MULTILINE)
    row = re.search(r"^all\b.*(\n +\S.*)?", output, re.MULTILINE)  # wide tables continue on the next line
    assert heading is not None, output
    assert row is not None, output
    ends = (line[: len(heading[0])].split()[-1:] for line in row[0].splitlines())
    return next(int(word.replace(",", "")) for last in ends for word in last if word[0].isdigit())


@pytest.mark.usefixtures("folder", "stand_in")
@pytest.mark.parametrize("page", STORIES, ids=name_of)
def test_the_commands_and_code_blocks_of_a_page_work_in_sequence(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        if not block.is_run:
            continue
        write_file(block)
        if block.language == "python":
            exec(compile(block.content, name_of(page), "exec"), names)
        elif block.language == "bash":
            for words in commands_of(block):
                give(words, is_repeated="again" in block.words)
        elif block.language == "yaml":
            assert parse(block.content) is not None


@pytest.mark.usefixtures("folder", "stand_in")
@pytest.mark.parametrize("command", ["run fishry", "run fishery --set world.growht=3", "table nowhere", "run"])
def test_a_failing_command_is_detected(command: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(f"govsim {command}: ")):
        give(["govsim", *command.split()])


@pytest.mark.usefixtures("folder", "stand_in")
@pytest.mark.parametrize("option", ["--estimate", "--max-cost=1"])
def test_a_command_with_nothing_left_to_do_is_detected(option: str) -> None:
    run = "run fishery --model openai/gpt-4o-mini --runs 2 --price openai/gpt-4o-mini=1/1"
    give(["govsim", *run.split(), "--estimate"])
    give(["govsim", *run.split()])
    with pytest.raises(AssertionError, match="nothing left to do after earlier commands"):
        give(["govsim", *run.split(), option])


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
        known = help_of(*subcommand(words))
        for word in words:
            if word.startswith("-"):
                assert word in known, f"{words}: there is no option {word}"
    else:
        assert words[0] in UNDERSTOOD, f"{words}: unknown command on a page"


@cache
def help_of(*words: str) -> str:
    known = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"])
    assert known.exit_code == 0, f"{words}: {known.output}"
    return known.output


def subcommand(words: list[str]) -> list[str]:
    if words[1] == "scenarios":
        return ["scenarios", "export" if words[2:3] == ["export"] else "show"]
    if words[1] == "export":  # without a name, frames are exported
        return ["export", words[2] if words[2] in ("trajectories", "every-eval-ever") else "frames"]
    return words[1:3] if words[1] in ("models", "skills", "dialogue", "probe", "prompts", "campaign") else words[1:2]


def test_the_examples_in_the_help_texts_name_scenarios_and_settings_that_exist(folder: Path, stand_in: None) -> None:
    shutil.copytree(folder / "examples" / "irrigation", folder / "my-commons")
    shutil.copy(folder / "examples" / "policies.yaml", folder / "experiment.yaml")
    for block in blocks_of(ROOT / "docs" / "reference" / "cli.md"):
        for words in commands_of(block):
            if words[1] in ("run", "scenarios"):
                is_there = words[2:3] == ["export"]  # the target folder of the copy
                give([*words[:-1], "another"] if is_there else words)


def test_the_guide_to_scenarios_replaces_all_texts_of_the_copied_example(folder: Path) -> None:
    give(["cp", "-r", "examples/irrigation", "my-wells"])
    for block in blocks_of(ROOT / "docs" / "how-to" / "scenario.md"):
        write_file(block)
    shown = CliRunner().invoke(app, ["scenarios", "./my-wells"])
    assert shown.exit_code == 0, shown.output
    assert "The well field holds 60 megalitres" in shown.output
    assert not re.search(r"\b(reservoir|farm\w*|gate|fields)\b", shown.output)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_relative_link_of_a_page_has_a_target(page: Path) -> None:
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{name_of(page)}: {link} has no target"
        assert not anchor or anchor in anchors_of(target), f"{name_of(page)}: {link}: no such heading"


def test_every_page_of_the_docs_is_linked_from_the_index() -> None:
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
    society = asyncio.run(
        govsim.arun(
            str(ROOT / "examples" / "irrigation"),
            agent="policy:fair-share",
            settings={"society.hints": hints},
            out=tmp_path,
        )
    )
    (run,) = society.measures
    assert (run.scenario, run.status, run.months) == ("irrigation", "completed", 12)
    assert (run.values["gain"], run.values["efficiency"], run.values["over_usage"]) == (12 * 5, 1.0, 0.0)


def test_the_irrigation_example_mentions_only_its_own_commons(tmp_path: Path) -> None:
    society = govsim.run(str(ROOT / "examples" / "irrigation"), model="fake/society", months=2, out=tmp_path)
    text = society.results[0].path.read_text(encoding="utf-8")
    assert "megalitres of water each of you drew this month" in text
    assert not re.search(r"\b(fish|lake|sheep|pasture|pallets|river)\b", text.partition("\n")[2])
