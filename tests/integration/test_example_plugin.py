"""The example plug-in, installed only for these tests: its tests, its societies and their journals.

It is built without a network. Commands that need it run in separate processes with the plug-in on their path; code in
this process reads journals without the plug-in.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log

from govsim.journal import UnknownEvent, read_journal
from tests.commands import govsim as govsim_without
from tests.docs.pages import ROOT, blocks_of, commands_of

EXAMPLE = ROOT / "examples" / "plugin"
PAGE = ROOT / "docs" / "how-to" / "extend.md"
NOT_CHECKED = "Events of kinds that no installed package defines were read as data and not checked: poll ("


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed package, and nothing else."""
    folder = tmp_path_factory.mktemp("plugin")
    source, target = folder / "source", folder / "installed"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", "install", "--quiet", *offline, "--target", str(target), str(source), folder=folder)
    return target


def python(*words: str, folder: Path, installed: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in a folder; it must succeed."""
    paths = {} if installed is None else {"PYTHONPATH": str(installed)}
    environment = {**os.environ, **paths, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done


def test_its_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path, installed=installed)
    passed = re.search(r"^(\d+) passed in ", done.stdout, re.MULTILINE)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= 18


def test_the_commands_of_the_page_work_and_the_journals_can_be_read_without_it(installed: Path, tmp_path: Path) -> None:
    commands = [words for block in blocks_of(PAGE) if block.language == "bash" for words in commands_of(block)]
    with_it = [words[1:] for words in commands if words[0] == "govsim"]
    assert {words[0] for words in with_it} >= {"plugins", "run", "table", "replay", "figure"}
    shown = {words[0]: python("-m", "govsim", *words, folder=tmp_path, installed=installed).stdout for words in with_it}
    assert "society.phases.poll.every" in shown["plugins"]
    assert "participation" in shown["table"]
    assert "not checked" not in shown["table"]
    assert "identical, " in shown["replay"]
    (journal,) = tmp_path.rglob("seed-0.jsonl")
    assert_continues(journal, next(words for words in with_it if words[0] == "run"), installed, tmp_path)
    assert_can_be_read(journal, tmp_path)


def test_its_scenario_is_a_task_of_inspect_with_its_measure(installed: Path, tmp_path: Path) -> None:
    words = [
        "eval",
        "govsim/forest",
        "--model",
        "none",
        "-T",
        "agent=policy:fair-share",
        "-T",
        "runs=1",
        "-T",
        "months=1",
    ]
    python("-m", "inspect_ai", *words, "--display", "none", folder=tmp_path, installed=installed)
    (path,) = tmp_path.glob("logs/*.eval")
    log = read_eval_log(str(path), header_only=True)
    assert log.status == "success"
    assert log.results is not None
    assert {"survival_time", "participation"} <= {score.name for score in log.results.scores}


def assert_continues(journal: Path, command: list[str], installed: Path, folder: Path) -> None:
    """Truncate the journal at the second poll: the same command resumes it to the same end."""
    whole = journal.read_bytes()
    second = [match.start() for match in re.finditer(rb'^\{"kind":"poll"', whole, re.MULTILINE)][1]
    journal.write_bytes(whole[: second + 40])
    python("-m", "govsim", *command, folder=folder, installed=installed)
    uncut = journal.with_name("uncut.jsonl")
    uncut.write_bytes(whole)
    same = python("-m", "govsim", "diff", str(uncut), str(journal), folder=folder, installed=installed)
    assert same.stdout.strip() == "the same"
    uncut.unlink()


def assert_can_be_read(journal: Path, folder: Path) -> None:
    """Read the journal with every reading command in this process, where the package is not installed."""
    unknown = [event for event in read_journal(journal).events if isinstance(event, UnknownEvent)]
    assert {event.kind for event in unknown} == {"poll"}
    before = journal.read_bytes()
    runs = str(journal.relative_to(folder).parts[0])
    commands = {
        "table": ("table", runs),
        "status": ("status", runs),
        "diff": ("diff", str(journal), str(journal)),
        "export": ("export", runs, "--out", "frames"),
        "figure": ("figure", runs, "--out", "figures"),
        "report": ("report", runs, "--out", "report.html"),
    }
    for name, words in commands.items():
        done = govsim_without(folder, *words)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        output = " ".join((done.stdout + done.stderr).split())
        assert NOT_CHECKED in output, f"{name}: {output}"
    assert "participation" not in govsim_without(folder, "table", runs).stdout
    refused = govsim_without(folder, "replay", str(journal))
    assert refused.returncode == 2
    assert "no installed package defines events of kind poll; install govsim-example 1.0.0" in refused.stderr
    assert journal.read_bytes() == before
