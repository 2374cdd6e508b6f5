"""Folders with damaged journals: they are named before anything runs, and counted in every table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.jobs import lifecycle
from govsim.journal import sole_writer
from tests.commands import Done, govsim


def run(folder: Path, *options: str) -> Done:
    return govsim(folder, "run", "fishery", "--agent", "policy:greedy", "--runs", "4", *options)


@pytest.fixture
def journals(tmp_path: Path) -> list[Path]:
    """The journals of four finished runs, in order of their seeds."""
    assert run(tmp_path).returncode == 0
    return sorted((tmp_path / "runs").rglob("*.jsonl"))


def damage(path: Path, line: int, *, old: str = '{"kind"', new: str = '{"kin') -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("".join(lines), encoding="utf-8")


def test_all_damaged_journals_are_named_in_one_line_before_anything_runs(tmp_path: Path, journals: list[Path]) -> None:
    for number, path in enumerate(journals[:3], start=3):
        damage(path, number)
    journals[3].unlink()
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    first, second, third = (path.relative_to(tmp_path) for path in journals[:3])
    assert line.startswith(f"govsim: {first}, line 3: is not a valid journal line")
    assert line.endswith(f"move it to another folder and run again (also {second}, line 4; {third}, line 5)")
    assert not journals[3].exists()


def test_an_unfinished_journal_is_checked_completely_before_anything_runs(tmp_path: Path, journals: list[Path]) -> None:
    damage(journals[1], 4, old='"stock_before":100', new='"stock_before":"x"')
    lines = journals[1].read_text(encoding="utf-8").splitlines(keepends=True)
    journals[1].write_text("".join(lines[:-1]), encoding="utf-8")
    journals[0].unlink()
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "seed-1.jsonl, line 4: is not a valid journal line (stock_before: must be a whole number)" in done.stderr
    assert not journals[0].exists()


def test_a_finished_run_with_a_damaged_event_is_excluded_from_the_table(tmp_path: Path, journals: list[Path]) -> None:
    damage(journals[1], 4, old='"stock_before":100', new='"stock_before":"x"')
    done = run(tmp_path)
    assert done.returncode == 1
    assert "seed-1.jsonl, line 4: is not a valid journal line" in done.stderr
    assert done.stderr.endswith("govsim: 1 journal was skipped\n")
    assert done.stdout.count("collapsed in month 1, already finished") == 4
    assert "Not in this table: 1 unreadable journal." in done.stdout
    assert "No run was excluded." not in done.stdout


def test_a_failure_after_the_start_shows_which_runs_had_finished_before(
    tmp_path: Path, journals: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    journals[0].unlink()
    journals[1].unlink()

    def refusing(path: Path) -> object:
        if path.name == "seed-1.jsonl":
            raise JournalError(f"{path}: is being written by another process")
        return sole_writer(path)

    monkeypatch.setattr(lifecycle, "sole_writer", refusing)
    done = run(tmp_path)
    assert done.returncode == 2
    assert re.findall(r"^collapsed in month 1.*?seed-\d", done.stdout, re.MULTILINE) == [
        "collapsed in month 1  runs/fishery/default/policy-greedy/seed-0",
        "collapsed in month 1, already finished  runs/fishery/default/policy-greedy/seed-2",
        "collapsed in month 1, already finished  runs/fishery/default/policy-greedy/seed-3",
    ]


@pytest.mark.parametrize("command", [("table",), ("status",), ("compare",), ("cost",), ("report", "-o", "r.html")])
def test_a_journal_truncated_in_its_first_line_is_counted(
    tmp_path: Path, journals: list[Path], command: tuple[str, ...]
) -> None:
    journals[0].write_bytes(journals[0].read_bytes()[:1500])
    done = govsim(tmp_path, command[0], "runs", *command[1:])
    assert "seed-0.jsonl: is truncated in its first line, so nothing in it can be read" in done.stderr
    if command[0] == "table":
        assert done.returncode == 1
        assert "Not in this table: 1 unreadable journal." in done.stdout
        assert "No run was excluded." not in done.stdout
    assert done.returncode != 0


def test_runs_of_other_settings_are_reported_once_with_all_their_journals(tmp_path: Path, journals: list[Path]) -> None:
    for path in journals:
        damage(path, 1, old='"capacity":100', new='"capacity":90')
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("belongs to another experiment") == 1
    assert all(str(path.relative_to(tmp_path)) in done.stderr for path in journals)
