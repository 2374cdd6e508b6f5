"""Reading journals: whole ones, unfinished ones, and files that are none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.errors import JournalError
from govsim.journal import SCHEMA_VERSION, Call, End, Event, Harvest, Header, find_journals, is_unbegun, read_journal
from govsim.journal.events import line_of

Make = Callable[..., Event]
Write = Callable[..., Path]


def test_a_journal_is_read_as_it_was_written(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    journal = read_journal(path)
    assert [journal.header, *journal.events] == run
    assert journal.path == path
    assert (journal.torn, journal.whole_bytes) == ("", path.stat().st_size)


def test_a_journal_may_consist_of_its_header_alone(make: Make, write_journal: Write) -> None:
    journal = read_journal(write_journal([make("header")]))
    assert journal.events == ()
    assert journal.status is None


def test_a_torn_last_line_is_left_out_and_told(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    whole = path.stat().st_size
    for torn in (b'{"kind":"call","mon', b'{"kind":"end"}', "ä".encode()[:1], b" "):
        path.write_bytes(path.read_bytes()[:whole] + torn)
        journal = read_journal(path)
        assert len(journal.events) == len(run) - 1
        assert journal.whole_bytes == whole
        assert journal.torn == torn.decode(errors="replace")


def test_a_last_line_without_its_line_break_is_torn_even_if_it_is_complete(
    run: list[Event], write_journal: Write
) -> None:
    path = write_journal(run)
    os.truncate(path, path.stat().st_size - 1)
    journal = read_journal(path)
    assert journal.status is None
    assert journal.torn == line_of(run[-1]).decode().strip()


@pytest.mark.parametrize("content", [b"", b"\n", b'{"kind":"header"', b'{"kind":"header","schema_version":1}'])
def test_a_file_that_is_empty_or_cut_in_its_first_line_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed-0.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"seed-0\.jsonl: is empty or was cut in its first line"):
        read_journal(path)


@pytest.mark.parametrize(
    "line", ['{"a": 1}', "[]", "1", "not JSON", "", '{"kind":"weather"}', '{"kind":"header"}', "\x00"]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(f"{line}\n{{}}\n", encoding="utf-8")
    with pytest.raises(JournalError, match=r"other\.jsonl, line 1: is no line of a journal") as refused:
        read_journal(path)
    assert len(str(refused.value).splitlines()) == 1


def test_a_journal_without_its_header_is_refused(run: list[Event], write_journal: Write) -> None:
    with pytest.raises(JournalError, match="line 1: is no header, so this is no journal of govsim"):
        read_journal(write_journal(run[1:]))


def test_a_journal_of_a_newer_version_is_refused(make: Make, write_journal: Write) -> None:
    newer = make("header", schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(JournalError, match=f"schema_version = {SCHEMA_VERSION + 1} is newer than {SCHEMA_VERSION}"):
        read_journal(write_journal([newer]))


def test_a_newer_header_with_keys_of_its_own_is_told_to_be_newer(make: Make, tmp_path: Path) -> None:
    content = json.loads(line_of(make("header"))) | {"schema_version": SCHEMA_VERSION + 1, "weather": "rain"}
    path = tmp_path / "seed-0.jsonl"
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    with pytest.raises(JournalError, match=f"schema_version = {SCHEMA_VERSION + 1} is newer than {SCHEMA_VERSION}"):
        read_journal(path)


@pytest.mark.parametrize("broken", [b'{"kind":"harvest"}', b"", b"garbage", b'{"kind":"weather"}', b"\xff\xfe"])
def test_a_broken_line_in_the_middle_is_named_by_its_number(
    run: list[Event], write_journal: Write, broken: bytes
) -> None:
    path = write_journal(run)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:5], broken, *lines[5:]]))
    with pytest.raises(JournalError, match=r"seed-0\.jsonl, line 6: is no line of a journal"):
        read_journal(path)


def test_a_key_that_breaks_a_line_is_named(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    path.write_bytes(path.read_bytes().replace(b'"stock":100', b'"stock":"many"', 1))
    with pytest.raises(JournalError, match=r"line 3: is no line of a journal \(stock: "):
        read_journal(path)


def test_only_the_kinds_wanted_are_read_and_how_the_run_ended(run: list[Event], write_journal: Write) -> None:
    journal = read_journal(write_journal(run), kinds=["harvest", "call"])
    assert [event.kind for event in journal.events] == ["session", "call", "harvest", "end"]
    assert journal.status == "completed"
    assert isinstance(journal.header, Header)


def test_a_kind_is_not_taken_for_another_that_begins_like_it(run: list[Event], write_journal: Write) -> None:
    journal = read_journal(write_journal(run), kinds=["m"])
    assert {event.kind for event in journal.events} == {"session", "end"}


def test_the_events_of_one_kind_come_in_the_order_of_the_file(make: Make, write_journal: Write) -> None:
    calls = [make("call", ordinal=ordinal) for ordinal in (2, 0, 1)]
    journal = read_journal(write_journal([make("header"), make("month"), *calls, make("end")]))
    assert list(journal.of(Call)) == calls
    assert list(journal.of(End)) == [make("end")]
    assert list(journal.of(Harvest)) == []


def test_a_run_that_is_continued_has_not_ended(make: Make, write_journal: Write) -> None:
    begun = [make("header"), make("session"), make("month")]
    stopped = [*begun, make("end", status="cancelled")]
    continued = [*stopped, make("session")]
    finished = [*continued, make("month", month=2), make("end", status="collapsed")]
    assert read_journal(write_journal(begun, "a.jsonl")).status is None
    assert read_journal(write_journal(stopped, "b.jsonl")).status == "cancelled"
    assert read_journal(write_journal(continued, "c.jsonl")).status is None
    assert read_journal(write_journal(continued, "c2.jsonl")).end is None
    assert read_journal(write_journal(finished, "d.jsonl")).status == "collapsed"


def test_journals_are_found_in_folders_below_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b/seed-1.jsonl", "a/x/seed-0.jsonl", "b/seed-0.jsonl", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("something")
    (tmp_path / "b/seed-2.jsonl").touch()  # a run that is only about to begin
    found = [str(path.relative_to(tmp_path)) for path in find_journals(tmp_path)]
    assert found == ["a/x/seed-0.jsonl", "b/seed-0.jsonl", "b/seed-1.jsonl"]
    assert find_journals(tmp_path / "b/notes.txt") == [tmp_path / "b/notes.txt"]


def test_a_place_without_journals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"nowhere: there is no such folder or journal"):
        find_journals(tmp_path / "nowhere")
    with pytest.raises(JournalError, match=r"holds no journals \(files ending in \.jsonl\)"):
        find_journals(tmp_path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot be read \(No such file or directory\)"):
        read_journal(tmp_path / "none.jsonl")


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b'{"ki', b'{"kind":"header","sch' + b"\0" * 100])
def test_zeros_that_a_power_failure_left_are_nothing_yet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed-0.jsonl"
    path.write_bytes(content)
    assert is_unbegun(path)
    path.write_bytes(b"something else" + content)
    assert not is_unbegun(path)
