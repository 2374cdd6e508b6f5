"""What reaches a stream in any encoding, and what happens when a stream cannot be written."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import govsim
from govsim.cli import streams
from tests.commands import Done
from tests.commands import govsim as in_process

ENCODINGS = ("ascii", "cp932")
"""One that has none of the characters, and one of several bytes that has some."""

COMMANDS = """
import json, os, sys
from govsim.cli.main import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["govsim", *words]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            os._exit(90)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few short runs, whose names no Western encoding has."""
    place = tmp_path_factory.mktemp("streams")
    (place / "Zoë.yaml").write_text("society: {members: [Zoë, Łukasz, 小明]}\n", encoding="utf-8")
    for condition in ("default", place / "Zoë.yaml"):
        govsim.run(condition=condition, agent="policy:random", months=2, runs=2, out=place / "runs")
    return place


def command(folder: Path, *words: str, encoding: str = "utf-8", redirect: str = "") -> Done:
    """A command as a shell starts it, with its streams redirected."""
    line = f'"{sys.executable}" -m govsim "$@" {redirect}'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_command_can_write_in_every_encoding(folder: Path, encoding: str) -> None:
    journal = str(next((folder / "runs/fishery/Zoë").rglob("*.jsonl")))
    told = [
        *(["table", "runs", "--format", name] for name in ("text", "markdown", "latex", "csv", "json")),
        *(["status", "runs"], ["cost", "runs"], ["compare", "runs", "--measure", "gain"]),
        *(["scenarios"], ["scenarios", "fishery"], ["replay", journal], ["diff", journal, journal]),
        *(["run", "--help"], ["--version"], ["run", "fishery", "--condition", "Zoë.yaml", "--agent", "policy:greedy"]),
        ["run", "fishery", "--agent", "policy:random", "--estimate"],
        ["export", "runs", "-o", f"frames-{encoding}"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(told)],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert "Traceback" not in done.stderr.decode(encoding)
    assert "Zo\\u00eb" in done.stdout.decode(encoding) or "Zoë" in done.stdout.decode(encoding)
    frame = (folder / f"frames-{encoding}" / "members.csv").read_text(encoding="utf-8")
    assert "小明" in frame


def test_json_stays_the_same_json_in_an_encoding_that_lacks_its_characters(folder: Path) -> None:
    words = ("table", "runs", "--format", "json")
    plain, narrow = in_process(folder, *words), command(folder, *words, encoding="ascii")
    assert json.loads(narrow.stdout) == json.loads(plain.stdout)
    assert narrow.stdout.isascii()


def test_signs_become_similar_ones_and_letters_are_escaped() -> None:
    codecs.register_error("govsim-readable", streams._substituted)
    assert "0–100 → Zoë …".encode("ascii", "govsim-readable") == b"0-100 -> Zo\\u00eb ..."
    assert "\udc80😀".encode("latin-1", "govsim-readable") == b"\\udc80\\ud83d\\ude00"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("table", "runs"), ("--help",)])
def test_a_full_disk_under_stdout_is_one_line_and_exit_code_1(folder: Path, words: tuple[str, ...]) -> None:
    done = command(folder, *words, redirect=">/dev/full")
    assert (done.returncode, done.stderr) == (1, "govsim: the output cannot be written (No space left on device)\n")


def test_a_closed_pipe_ends_a_command_without_a_message(folder: Path) -> None:
    done = command(folder, "scenarios", "fishery", redirect='2>err.txt | true; exit "${PIPESTATUS[0]}"')
    assert (done.returncode, (folder / "err.txt").read_text(encoding="utf-8")) == (141, "")


@pytest.mark.parametrize("redirect", ["2>/dev/full", "2>&-", "2> >(true)"])
def test_messages_that_cannot_be_written_stop_no_run(folder: Path, redirect: str) -> None:
    if "full" in redirect and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    out = f"out-{len(redirect)}"
    done = command(folder, "run", "fishery", "--agent", "policy:greedy", "--out", out, redirect=redirect)
    assert done.returncode == 0
    assert done.stdout.startswith("collapsed in month 1  ")


def test_a_closed_stdout_is_no_error(folder: Path) -> None:
    assert command(folder, "scenarios", redirect=">&-").returncode == 0


def test_too_many_open_files_are_named_after_the_table_of_what_is_there(folder: Path) -> None:
    line = f'ulimit -n 40; exec "{sys.executable}" -m govsim "$@"'
    words = ("run", "fishery", "--model", "fake/society", "-M", "latency_ms=20", "--agent", "direct", "--months", "1")
    done = subprocess.run(
        ["bash", "-c", line, "bash", *words, "--runs", "30", "--parallel", "30", "--out", "many"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        timeout=200,
    )
    assert done.returncode == 1, done.stderr
    assert "govsim: too many open files (the limit is 40): raise the limit, as in ulimit -n" in done.stderr
    assert "or lower --parallel" in done.stderr
    journals = [path for path in (folder / "many").rglob("*.jsonl") if path.stat().st_size]
    assert done.stdout.count("/seed-") == len(journals) > 0
    assert "survival" in done.stdout
    rest = in_process(folder, *words, "--runs", "30", "--parallel", "5", "--out", "many")
    assert rest.returncode == 0
    assert "30 of 30 survived 1 month" in rest.stdout


@pytest.mark.parametrize("words", [("-h",), ("run", "-h"), ("scenarios", "-h"), ("models", "install", "-h")])
def test_help_is_shown_for_h(folder: Path, words: tuple[str, ...]) -> None:
    done = in_process(folder, *words)
    assert done.returncode == 0
    assert "Usage: govsim" in done.stdout


def test_the_shell_receives_the_names_of_commands_for_completion(folder: Path) -> None:
    line = f'_GOVSIM_COMPLETE=complete_bash COMP_WORDS="govsim sc" COMP_CWORD=1 "{sys.executable}" -m govsim'
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, check=False, text=True, timeout=60)
    assert done.stdout.split() == ["scenarios"]
