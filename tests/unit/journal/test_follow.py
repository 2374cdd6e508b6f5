from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.journal import LONGEST_LINE, Event, Follower, MessageLine, NewLine, Tail, event_at, known_sum, read_journal
from govsim.journal.decoding import BrokenLine
from govsim.journal.follow import MOST_BYTES, MOST_LINES

Write = Callable[..., Path]


def contents(tail: Tail) -> list[bytes]:
    return list(tail.lines(MOST_BYTES, MOST_LINES)) if tail.has_more() else []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_only_new_lines_are_read(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    assert contents(tail) == [b"one", b"two"]
    assert contents(tail) == []
    with path.open("ab") as file:
        file.write(b"three\n")
    assert [(tail.number, tail.location.start, content) for content in tail.lines()] == [(3, 8, b"three")]


def test_an_incomplete_line_is_read_once_complete(path: Path) -> None:
    path.write_bytes(b"one\ntw")
    tail = Tail(path)
    assert contents(tail) == [b"one"]
    assert tail.partial_line == b"tw"
    assert contents(tail) == []
    with path.open("ab") as file:
        file.write(b"o\n")
    assert contents(tail) == [b"two"]
    assert tail.partial_line == b""


def test_an_incomplete_line_that_is_rewritten_is_read_once(path: Path) -> None:
    path.write_bytes(b"one\ntorn")
    tail = Tail(path)
    assert contents(tail) == [b"one"]
    with path.open("r+b") as file:  # as a run does that continues its journal
        file.truncate(4)
    assert not tail.has_been_replaced()
    with path.open("ab") as file:
        file.write(b"two\n")
    assert contents(tail) == [b"two"]


def test_a_line_longer_than_one_read_is_read_whole(path: Path) -> None:
    long = b"x" * (17 * 2**20)
    path.write_bytes(long + b"\nshort\n")
    tail = Tail(path)
    assert [*contents(tail), *contents(tail)] == [long, b"short"]


def test_a_file_longer_than_one_read_comes_in_parts(path: Path) -> None:
    line = b"y" * (6 * 2**20)
    path.write_bytes((line + b"\n") * 4)
    tail = Tail(path)
    assert [len(contents(tail)) for _ in range(3)] == [3, 1, 0]


def test_many_short_lines_come_in_parts(path: Path) -> None:
    path.write_bytes(b"\n" * 50_000)
    tail = Tail(path)
    assert [len(contents(tail)) for _ in range(4)] == [20_000, 20_000, 10_000, 0]


def test_a_line_without_an_end_is_reported_once_and_the_file_is_skipped_until_replaced(path: Path) -> None:
    path.write_bytes(b"one\n")
    os.truncate(path, 8 * LONGEST_LINE)
    tail = Tail(path)
    tracemalloc.start()
    lines = tail.lines()
    assert next(lines) == b"one"
    with pytest.raises(BrokenLine, match="longer than 64 MiB"):
        next(lines)
    assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_LINE
    tracemalloc.stop()
    assert (tail.number, tail.partial_line) == (2, b"")
    os.truncate(path, 9 * LONGEST_LINE)
    assert not tail.has_more()
    assert not tail.has_been_replaced()
    path.write_bytes(b"two\n")
    assert tail.has_been_replaced()


def test_a_file_without_line_breaks_has_been_replaced_if_it_starts_differently(path: Path) -> None:
    path.write_bytes(b"x")
    os.truncate(path, 2 * LONGEST_LINE)
    tail = Tail(path)
    with pytest.raises(BrokenLine, match="longer than 64 MiB"):
        contents(tail)
    assert tail.number == 1
    path.write_bytes(b"one\n")
    assert tail.has_been_replaced()


def test_a_link_out_of_the_folder_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "link.jsonl").symlink_to(path)
    with pytest.raises(PermissionError, match="leads out of the folder"):
        contents(Tail(below / "link.jsonl", below))


def test_a_shorter_file_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    contents(tail)
    path.write_bytes(b"new\n")
    assert tail.has_been_replaced()
    tail.restart()
    assert contents(tail) == [b"new"]


def test_another_file_of_the_same_name_has_replaced_it(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(path)
    contents(tail)
    other = tmp_path / "other"
    other.write_bytes(b"uno\ndue\n")
    other.replace(path)
    assert tail.has_been_replaced()


def test_the_same_file_rewritten_from_its_start_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(path)
    contents(tail)
    path.write_bytes(b"uno\ndue\n")
    assert tail.has_been_replaced()


def test_an_empty_file_has_no_lines_and_a_missing_one_is_an_error(path: Path) -> None:
    path.write_bytes(b"")
    tail = Tail(path)
    assert contents(tail) == []
    path.unlink()
    with pytest.raises(OSError, match="is not a file"):
        contents(tail)


def test_a_file_with_the_same_start_and_another_continuation_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"header\none\n")
    tail = Tail(path)
    contents(tail)
    path.write_bytes(b"header\nuno\ndue\n")  # in the same inode, as may be after a removal, and longer than before
    assert tail.has_been_replaced()
    tail.restart()
    assert contents(tail) == [b"header", b"uno", b"due"]
    with path.open("ab") as file:
        file.write(b"tre\n")
    assert not tail.has_been_replaced()


def events_of(news: list[NewLine]) -> list[Event]:
    return [one.event for one in news if one.event is not None]


def test_a_file_that_starts_with_an_empty_line_has_not_been_replaced_when_it_grows(path: Path) -> None:
    path.write_bytes(b"\none\n")
    tail = Tail(path)
    assert contents(tail) == [b"", b"one"]
    with path.open("ab") as file:
        file.write(b"two\n")
    assert not tail.has_been_replaced()


def test_following_a_journal_to_its_end_is_equivalent_to_reading_it(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    follower = Follower(path)
    news = follower.new_lines()
    assert events_of(news) == run == [read_journal(path).header, *read_journal(path).events]
    assert [one.line for one in news] == list(range(1, len(run) + 1))
    assert (follower.new_lines(), follower.has_more(), follower.restart_if_replaced()) == ([], False, False)


def test_a_journal_written_byte_by_byte_yields_each_event_once(
    run: list[Event], write_journal: Write, path: Path
) -> None:
    content = write_journal(run).read_bytes()
    path.write_bytes(b"")
    follower, news = Follower(path), []
    for start in range(0, len(content), 97):
        with path.open("ab") as file:
            file.write(content[start : start + 97])
        news += follower.new_lines()
        assert not follower.restart_if_replaced()
    assert events_of(news) == run
    assert follower.partial_line == b""


def test_problems_are_reported_as_when_reading_and_the_rest_is_read(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"noise\n", *lines[3:], b"tor"]))
    follower = Follower(path)
    news = follower.new_lines()
    (wrong,) = [one for one in news if one.problem is not None]
    assert events_of(news) == run
    with pytest.raises(JournalError, match="line 4: is not a valid journal line") as refused:
        read_journal(path)
    assert str(refused.value).startswith(f"{path}, line {wrong.line}: {wrong.problem}; ")
    assert follower.partial_line == b"tor"


def test_a_duplicate_line_is_returned_once(run: list[Event], write_journal: Write) -> None:
    first = next(number for number, event in enumerate(run, start=1) if event.kind == "call")
    path = write_journal([*run, run[first - 1]])
    news = Follower(path).new_lines()
    assert events_of(news) == run
    assert str(news[-1].problem).startswith(f"is a duplicate of line {first} (call, month 1")


def test_a_file_that_is_not_the_journal_of_a_run_is_reported_once(
    run: list[Event], write_journal: Write, path: Path
) -> None:
    for content, message in (
        (b"noise\nnoise\n", "is not the header of a journal; this is not a govsim journal"),
        (b"\x1f\x8b\x08 noise\n", "is compressed"),
    ):
        path.write_bytes(content)
        follower = Follower(path, journal="run")
        assert [str(one.problem).startswith(message) for one in follower.new_lines()] == [True]
        assert not follower.has_more()
    follower = Follower(write_journal(run), journal="study")
    (one,) = follower.new_lines()
    assert (one.line, one.problem) == (1, "is the header of the journal of a run, not of a study")


def test_a_replaced_journal_is_read_from_its_start(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    follower = Follower(path)
    follower.new_lines()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert follower.restart_if_replaced()
    assert events_of(follower.new_lines()) == run[:2]


def test_a_line_is_found_again_at_its_place_unless_it_has_changed(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    found = [(one.location, one.event) for one in Follower(path).new_lines()[1:] if one.event is not None]
    assert [event_at(path, place, type(event)) for place, event in found] == run[1:]
    place, event = found[-1]
    with pytest.raises(JournalError, match="reload the page"):
        event_at(path, place, MessageLine)
    path.write_bytes(b"\n" * path.stat().st_size)
    with pytest.raises(JournalError, match="reload the page"):
        event_at(path, place, type(event))


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [((1, 2), 3), ((0.5, None), None), ((), 0), ((None, 1), None), ((0, 0.0), 0), ((0.1,) * 10, 1.0)],
)
def test_a_sum_is_unknown_if_an_amount_is(amounts: tuple[float | None, ...], expected: float | None) -> None:
    assert known_sum(amounts) == expected
