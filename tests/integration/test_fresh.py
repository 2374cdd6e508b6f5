"""Starting over: existing journals are archived, regardless of their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from govsim.journal import find_journals, first_difference, read_journal, sole_writer
from tests.commands import Done, govsim

OPTIONS = ("--agent", "policy:random", "--months", "2")


def run(folder: Path, *options: str) -> Done:
    return govsim(folder, "run", "fishery", *OPTIONS, *options)


def folder_of(tmp_path: Path) -> Path:
    return next((tmp_path / "runs/fishery/default").iterdir())


def test_a_finished_run_is_executed_again_and_the_old_journal_is_archived(tmp_path: Path) -> None:
    assert run(tmp_path, "--runs", "2").returncode == 0
    folder = folder_of(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(tmp_path, "--runs", "2", "--fresh")
    assert done.returncode == 0
    assert "old journal archived as runs/fishery/default/" in done.stderr
    assert "already finished" not in done.stdout
    for name, content in before.items():
        assert (folder / f"{name}.old-1").read_bytes() == content
        assert (folder / name).read_bytes() != content
    again = read_journal(folder / "seed-0.jsonl")
    (folder / "seed-0.jsonl.old-1").rename(tmp_path / "old.jsonl")
    assert first_difference(read_journal(tmp_path / "old.jsonl"), again) is None


def test_archived_journals_are_ignored_and_have_unique_names(tmp_path: Path) -> None:
    for _ in range(3):
        run(tmp_path, "--fresh")
    names = sorted(path.name for path in folder_of(tmp_path).iterdir())
    assert names == ["seed-0.jsonl", "seed-0.jsonl.old-1", "seed-0.jsonl.old-2"]
    assert [path.name for path in find_journals(tmp_path)] == ["seed-0.jsonl"]


@pytest.mark.parametrize("content", [b"", b"no journal at all\n", b'{"kind":"header"}\n'])
def test_the_content_of_the_old_file_does_not_matter(tmp_path: Path, content: bytes) -> None:
    run(tmp_path)
    [path] = folder_of(tmp_path).iterdir()
    path.write_bytes(content)
    done = run(tmp_path, "--fresh")
    assert done.returncode == 0
    assert Path(f"{path}.old-1").read_bytes() == content
    assert read_journal(path).status in ("completed", "collapsed")


def test_without_old_journals_it_is_a_normal_run(tmp_path: Path) -> None:
    done = run(tmp_path, "--fresh")
    assert done.returncode == 0
    assert "kept" not in done.stderr


def test_a_journal_that_is_being_written_is_unchanged(tmp_path: Path) -> None:
    run(tmp_path)
    [path] = folder_of(tmp_path).iterdir()
    before = path.read_bytes()
    with sole_writer(path):
        done = run(tmp_path, "--fresh")
    assert done.returncode == 2
    assert "is being written by" in done.stderr
    assert [other.name for other in folder_of(tmp_path).iterdir()] == ["seed-0.jsonl"]
    assert path.read_bytes() == before


def test_no_journal_is_archived_while_one_is_being_written(tmp_path: Path) -> None:
    run(tmp_path, "--runs", "2")
    with sole_writer(folder_of(tmp_path) / "seed-1.jsonl"):
        done = run(tmp_path, "--runs", "2", "--fresh")
    assert done.returncode == 2
    assert "seed-1.jsonl: is being written by" in done.stderr
    assert sorted(path.name for path in folder_of(tmp_path).iterdir()) == ["seed-0.jsonl", "seed-1.jsonl"]


def test_a_run_that_cannot_start_archives_nothing(tmp_path: Path) -> None:
    run(tmp_path)
    done = run(tmp_path, "--fresh", "--member", "Kate.agent=direct", "--model", "nobody/nothing")
    assert done.returncode == 2
    names = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert names == ["seed-0.jsonl"]
