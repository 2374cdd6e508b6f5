from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from govsim.journal import LONGEST_LINE
from govsim.web.watching import Tail


def contents(tail: Tail) -> list[bytes]:
    return [line.content for line in tail.new_lines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_only_what_is_new_is_read(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    assert contents(tail) == [b"one", b"two"]
    assert contents(tail) == []
    with path.open("ab") as file:
        file.write(b"three\n")
    assert [(line.number, line.start, line.content) for line in tail.new_lines()] == [(3, 8, b"three")]


def test_a_torn_line_waits_until_it_is_whole(path: Path) -> None:
    path.write_bytes(b"one\ntw")
    tail = Tail(path)
    assert contents(tail) == [b"one"]
    assert tail.torn == 2
    assert contents(tail) == []
    with path.open("ab") as file:
        file.write(b"o\n")
    assert contents(tail) == [b"two"]
    assert tail.torn == 0


def test_a_torn_line_that_is_cut_off_and_written_anew_is_read_once(path: Path) -> None:
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


def test_a_line_without_an_end_is_told_once_and_the_file_left_until_it_is_another(path: Path) -> None:
    path.write_bytes(b"one\n")
    os.truncate(path, 8 * LONGEST_LINE)
    tail = Tail(path)
    tracemalloc.start()
    one, endless = tail.new_lines()
    assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_LINE
    tracemalloc.stop()
    assert (one.content, one.problem) == (b"one", None)
    assert (endless.number, endless.content) == (2, b"")
    assert "longer than 64 MiB" in str(endless.problem)
    os.truncate(path, 9 * LONGEST_LINE)
    assert not tail.has_news()
    assert not tail.has_been_replaced()
    path.write_bytes(b"two\n")
    assert tail.has_been_replaced()


def test_a_file_without_any_line_break_has_been_replaced_once_it_begins_in_another_way(path: Path) -> None:
    path.write_bytes(b"x")
    os.truncate(path, 2 * LONGEST_LINE)
    tail = Tail(path)
    assert [line.number for line in tail.new_lines()] == [1]
    path.write_bytes(b"one\n")
    assert tail.has_been_replaced()


def test_a_link_out_of_the_folder_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / "link.jsonl").symlink_to(path)
    with pytest.raises(PermissionError, match="leads out of the folder"):
        Tail(below / "link.jsonl", below).new_lines()


def test_a_shorter_file_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(path)
    tail.new_lines()
    path.write_bytes(b"new\n")
    assert tail.has_been_replaced()
    tail.start_over()
    assert contents(tail) == [b"new"]


def test_another_file_of_the_same_name_has_replaced_it(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(path)
    tail.new_lines()
    other = tmp_path / "other"
    other.write_bytes(b"uno\ndue\n")
    other.replace(path)
    assert tail.has_been_replaced()


def test_the_same_file_written_anew_from_its_start_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(path)
    tail.new_lines()
    path.write_bytes(b"uno\ndue\n")
    assert tail.has_been_replaced()


def test_an_empty_file_has_no_line_and_one_that_is_gone_is_an_error(path: Path) -> None:
    path.write_bytes(b"")
    tail = Tail(path)
    assert contents(tail) == []
    path.unlink()
    with pytest.raises(OSError, match="no file"):
        tail.new_lines()


def test_a_file_that_begins_alike_and_goes_on_otherwise_has_been_replaced(path: Path) -> None:
    path.write_bytes(b"header\none\n")
    tail = Tail(path)
    tail.new_lines()
    path.write_bytes(b"header\nuno\ndue\n")  # in the same inode, as may be after a removal, and longer than before
    assert tail.has_been_replaced()
    tail.start_over()
    assert contents(tail) == [b"header", b"uno", b"due"]
    with path.open("ab") as file:
        file.write(b"tre\n")
    assert not tail.has_been_replaced()
