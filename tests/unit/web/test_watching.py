from __future__ import annotations

from pathlib import Path

import pytest

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
    assert contents(tail) == [long, b"short"]


def test_a_file_longer_than_one_read_comes_in_parts(path: Path) -> None:
    line = b"y" * (6 * 2**20)
    path.write_bytes((line + b"\n") * 4)
    tail = Tail(path)
    assert [len(contents(tail)) for _ in range(3)] == [2, 2, 0]


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
