"""Files that are not read as journals: without an end, or outside the folder."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.journal import (
    LONGEST_LINE,
    Event,
    find_journals,
    is_unstarted,
    only_below,
    opened,
    read_each,
    read_journal,
    read_plan,
    safe_open,
)
from govsim.journal.line import line_of

Make = Callable[..., Event]
Write = Callable[..., Path]


def endless(path: Path, content: bytes = b"", size: int = 8 * LONGEST_LINE) -> Path:
    """A large sparse file whose last line, of zeros, never ends."""
    path.write_bytes(content)
    os.truncate(path, size)
    return path


def test_a_file_without_a_line_break_is_rejected_without_being_read_whole(tmp_path: Path) -> None:
    path = endless(tmp_path / "seed-0.jsonl")
    tracemalloc.start()
    try:
        with pytest.raises(JournalError, match=r"seed-0\.jsonl, line 1: is longer than 64 MiB, the maximum length of"):
            read_journal(path)
        assert not is_unstarted(path)
        assert find_journals(tmp_path) == [path], "damaged journals are reported, not skipped"
        assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_LINE
    finally:
        tracemalloc.stop()


def test_a_journal_that_never_ends_its_last_line_is_rejected_and_not_taken_for_torn(
    run: list[Event], write_journal: Write
) -> None:
    path = write_journal(run)
    endless(path, path.read_bytes(), size=2 * LONGEST_LINE)
    with pytest.raises(JournalError, match=rf"line {len(run) + 1}: is longer than 64 MiB, the maximum length of"):
        read_journal(path)


def test_a_truncated_header_is_no_content_and_one_without_an_end_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    assert is_unstarted(endless(path, b'{"kind":"header"', size=1000))
    assert not is_unstarted(endless(path, b'{"kind":"header"'))


def test_the_longest_line_is_written_and_read_and_a_longer_one_is_neither(make: Make, write_journal: Write) -> None:
    room = LONGEST_LINE - len(line_of(make("end", reason=""))) + 1
    longest = make("end", reason="a" * room)
    assert len(line_of(longest)) == LONGEST_LINE + 1, "with its line break"
    assert read_journal(write_journal([make("header"), longest])).end == longest
    with pytest.raises(JournalError, match="an event of kind end is longer than 64 MiB and cannot be written"):
        line_of(make("end", reason="a" * (room + 1)))


def test_a_plan_without_an_end_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"is not the plan of a campaign \(it is longer than 64 MiB\)"):
        read_plan(endless(tmp_path / "paper.campaign.json"))


@pytest.fixture
def folder(make: Make, write_journal: Write, tmp_path: Path) -> Path:
    """A folder with a journal, next to a private folder."""
    place = tmp_path / "runs"
    (place / "deep").mkdir(parents=True)
    write_journal([make("header")]).rename(place / "deep" / "seed-0.jsonl")
    write_journal([make("header")]).rename(tmp_path / "secret.jsonl")
    return place


def test_links_are_followed_unless_they_lead_out_of_the_folder(folder: Path) -> None:
    (folder / "in.jsonl").symlink_to(folder / "deep" / "seed-0.jsonl")
    (folder / "out.jsonl").symlink_to(folder.parent / "secret.jsonl")
    (folder / "away").symlink_to(folder.parent)
    (folder / "circle.jsonl").symlink_to(folder / "circle.jsonl")
    read_journal(folder / "out.jsonl")
    with only_below(folder):
        read_journal(folder / "in.jsonl")
        for name in ("out.jsonl", "away/secret.jsonl", "../secret.jsonl"):
            with pytest.raises(JournalError, match=r"cannot be read \(it is a link that leads out of the folder"):
                read_journal(folder / name)
        with pytest.raises(JournalError, match=r"circle\.jsonl: cannot be read"):
            read_journal(folder / "circle.jsonl")
    read_journal(folder / "out.jsonl")


def test_links_out_of_the_folder_are_reported_and_the_others_are_read(folder: Path) -> None:
    (folder / "out.jsonl").symlink_to(folder.parent / "secret.jsonl")
    message: list[str] = []
    with only_below(folder):
        found = read_each(folder, read_journal, lambda error: message.append(str(error)))
    assert [one.path.name for one in found] == ["seed-0.jsonl"]
    (why,) = message
    assert "out.jsonl: cannot be read (it is a link that leads out of the folder" in why


@pytest.mark.parametrize("replaced", ["deep/seed-0.jsonl", "deep"])
def test_a_link_that_appears_between_looking_and_opening_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder.parent / "secret.jsonl").rename(outside / "seed-0.jsonl")
    look = safe_open._opened_step_by_step

    def replace_and_look(root: Path, parts: tuple[str, ...]) -> int:
        (folder / replaced).rename(folder.parent / "moved")
        (folder / replaced).symlink_to(outside / "seed-0.jsonl" if replaced.endswith("l") else outside)
        return look(root, parts)

    monkeypatch.setattr(safe_open, "_opened_step_by_step", replace_and_look)
    with pytest.raises(PermissionError, match="leads out of the folder"):
        opened(folder / "deep" / "seed-0.jsonl", folder)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    with pytest.raises(OSError, match="not a regular file"):
        opened(folder / "pipe.jsonl", folder)
