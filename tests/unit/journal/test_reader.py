"""Reading of journals: complete ones, truncated ones, and other files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govsim.errors import JournalError
from govsim.journal import (
    SCHEMA_VERSION,
    Call,
    End,
    Event,
    Harvest,
    Header,
    find_journals,
    is_unstarted,
    read_each,
    read_journal,
    sole_writer,
)
from govsim.journal.line import line_of

Make = Callable[..., Event]
Write = Callable[..., Path]


def test_a_journal_is_read_as_it_was_written(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    journal = read_journal(path)
    assert [journal.header, *journal.events] == run
    assert journal.path == path
    assert (journal.partial_line, journal.complete_bytes) == ("", path.stat().st_size)


def test_a_journal_may_consist_of_its_header_alone(make: Make, write_journal: Write) -> None:
    journal = read_journal(write_journal([make("header")]))
    assert journal.events == ()
    assert journal.status is None


def test_a_truncated_last_line_is_ignored_and_reported(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    whole = path.stat().st_size
    for torn in (b'{"kind":"call","mon', b'{"kind":"end"}', "ä".encode()[:1], b" "):
        path.write_bytes(path.read_bytes()[:whole] + torn)
        journal = read_journal(path)
        assert len(journal.events) == len(run) - 1
        assert journal.complete_bytes == whole
        assert journal.partial_line == torn.decode(errors="replace")


def test_a_last_line_without_a_line_break_is_truncated_even_if_complete(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    os.truncate(path, path.stat().st_size - 1)
    journal = read_journal(path)
    assert journal.status is None
    assert journal.partial_line == line_of(run[-1]).decode().strip()


@pytest.mark.parametrize("content", [b"", b'{"kind":"header"', b'{"kind":"header","schema_version":1}'])
def test_a_file_that_is_empty_or_truncated_in_its_first_line_is_rejected(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed-0.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"seed-0\.jsonl: is empty or truncated in its first line"):
        read_journal(path)


@pytest.mark.parametrize(
    "line", ['{"a": 1}', "[]", "1", "not JSON", "", "\n", '{"kind":"Weather"}', '{"kind":"header"}', "\x00"]
)
def test_a_file_of_something_else_is_rejected(tmp_path: Path, line: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(f"{line}\n{{}}\n", encoding="utf-8")
    with pytest.raises(
        JournalError, match=r"other\.jsonl, line 1: is not (the header of a journal|a valid journal line)"
    ) as refused:
        read_journal(path)
    assert len(str(refused.value).splitlines()) == 1


def test_a_journal_without_its_header_is_rejected(run: list[Event], write_journal: Write) -> None:
    with pytest.raises(JournalError, match="line 1: is not the header of a journal; this is not a govsim journal"):
        read_journal(write_journal(run[1:]))


def test_a_journal_of_a_newer_version_is_rejected(make: Make, write_journal: Write) -> None:
    newer = make("header", schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(JournalError, match=f"schema_version = {SCHEMA_VERSION + 1} is newer than {SCHEMA_VERSION}"):
        read_journal(write_journal([newer]))


def test_a_newer_header_with_unknown_keys_is_reported_as_newer(make: Make, tmp_path: Path) -> None:
    content = json.loads(line_of(make("header"))) | {"schema_version": SCHEMA_VERSION + 1, "weather": "rain"}
    path = tmp_path / "seed-0.jsonl"
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    with pytest.raises(JournalError, match=f"schema_version = {SCHEMA_VERSION + 1} is newer than {SCHEMA_VERSION}"):
        read_journal(path)


@pytest.mark.parametrize("broken", [b'{"kind":"harvest"}', b"", b"garbage", b'{"kind":"Weather"}', b"\xff\xfe"])
def test_a_damaged_line_in_the_middle_is_reported_with_its_number(
    run: list[Event], write_journal: Write, broken: bytes
) -> None:
    path = write_journal(run)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:5], broken, *lines[5:]]))
    with pytest.raises(JournalError, match=r"seed-0\.jsonl, line 6: is not a valid journal line"):
        read_journal(path)


def replaced(path: Path, number: int, line: bytes) -> Path:
    """The journal with one of its lines, counted from 1, replaced by another."""
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[: number - 1], line, *lines[number:]]))
    return path


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (0, "schema_version = 0: must be a whole number from 1 to"),
        (-1, "schema_version = -1: must be"),
        ("1", 'schema_version = "1": must be'),
        (True, "schema_version = true: must be"),
        (1.0, "schema_version = 1.0: must be"),
        (None, "line 1: is not a valid journal line \\(schema_version: "),
        (10**4000, "schema_version = 1000+…000+ is newer than"),
    ],
    ids=["zero", "negative", "text", "true", "float", "null", "enormous"],
)
def test_an_invalid_version_is_rejected(run: list[Event], write_journal: Write, version: object, message: str) -> None:
    content = json.loads(line_of(run[0])) | {"schema_version": version}
    path = replaced(write_journal(run), 1, json.dumps(content).encode())
    with pytest.raises(JournalError, match=message) as refused:
        read_journal(path)
    assert len(str(refused.value)) < 500


def test_a_header_without_a_version_is_rejected(run: list[Event], write_journal: Write) -> None:
    content = json.loads(line_of(run[0]))
    del content["schema_version"]
    with pytest.raises(JournalError, match="line 1: schema_version = null: must be a whole number from 1 to"):
        read_journal(replaced(write_journal(run), 1, json.dumps(content).encode()))


def test_two_journals_in_one_file_are_rejected(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    path.write_bytes(path.read_bytes() * 2)
    for kinds in (None, ["call"], ["harvest"]):
        with pytest.raises(JournalError, match=f"line {len(run) + 1}: is a second header; another journal"):
            read_journal(path, kinds=kinds)


def test_a_duplicate_line_is_rejected(run: list[Event], write_journal: Write, make: Make) -> None:
    path = write_journal(run[:-1])
    path.write_bytes(path.read_bytes() + line_of(make("call", seconds=9.0)) + line_of(run[-1]))
    first = next(number for number, event in enumerate(run, start=1) if event.kind == "call")
    for kinds in (None, ["call"]):
        with pytest.raises(
            JournalError, match=rf"line {len(run)}: is a duplicate of line {first} \(call, month 1, phase harvest"
        ):
            read_journal(path, kinds=kinds)


def test_events_that_may_recur_are_not_duplicates(run: list[Event], write_journal: Write, make: Make) -> None:
    again = [make("asked"), make("end", status="cancelled"), make("session"), make("asked")]
    assert len(read_journal(write_journal([*run, *again])).events) == len(run) - 1 + len(again)


def test_a_line_joined_to_a_skipped_one_is_not_lost(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    content = path.read_bytes()
    at = content.index(b'\n{"kind":"call"')
    for between in (b"", b"\r", b"\x0b", b" "):
        path.write_bytes(content[:at] + between + content[at + 1 :])
        with pytest.raises(JournalError, match=r"line 5: is not a valid journal line .*trailing characters"):
            read_journal(path, kinds=["call"])


@pytest.mark.parametrize("kind", [b'{"kind":"c\x00ll"', b'{"kinc":"call"', b'{ "kind":"c ll"', b'{"Kind":"call"'])
def test_a_line_with_a_damaged_kind_is_not_skipped(run: list[Event], write_journal: Write, kind: bytes) -> None:
    path = write_journal(run)
    path.write_bytes(path.read_bytes().replace(b'{"kind":"call"', kind, 1))
    with pytest.raises(JournalError, match="line 6: is not a valid journal line"):
        read_journal(path, kinds=["harvest"])


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"\x1f\x8b\x08", "is compressed; unpack it first"),
        (b"\xef\xbb\xbf", "starts with a byte order mark; save it as UTF-8 without one"),
        (b"\xff\xfe{", "is encoded as UTF-16; save it as UTF-8"),
    ],
)
def test_a_journal_in_another_file_format_is_reported_as_such(
    run: list[Event], write_journal: Write, start: bytes, message: str
) -> None:
    path = write_journal(run)
    path.write_bytes(start + path.read_bytes())
    with pytest.raises(JournalError, match=rf"seed-0\.jsonl: {message}"):
        read_journal(path)


def test_line_breaks_of_another_system_are_read(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_journal(path).events) == run[1:]
    assert [event.kind for event in read_journal(path, kinds=["call"]).of(Call)] == ["call"]


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("number", "start", "end"), [(1, b'{"kind":"header","x":', b"}"), (4, b'{"kind":"month","x":', b"}")]
)
def test_a_line_nested_beyond_reason_is_rejected(
    run: list[Event], write_journal: Write, number: int, start: bytes, end: bytes
) -> None:
    line = start + DEEP + end
    for kinds in (None, ["month"]):
        with pytest.raises(JournalError, match=f"line {number}: is not a valid journal line .*recursion limit"):
            read_journal(replaced(write_journal(run), number, line), kinds=kinds)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("harvest", b'"stock_before":' + b"9" * 5000, "number out of range"),
        ("harvest", b'"stock_before":' + b"9" * 400, "stock_before: must be at most"),
        ("harvest", b'"stock_before":-1', "stock_before: must be at least"),
        ("harvest", b'"stock_before":"100"', "stock_before: must be a whole number"),
        ("harvest", b'"stock_before":true', "stock_before: must be a whole number"),
        ("harvest", b'"stock_before":1e2', "stock_before: must be a whole number"),
        ("harvest", b'"stock_before":NaN', "stock_before: must be a"),
        ("harvest", b'"stock_before":null', "stock_before: must be a whole number"),
        ("harvest", b'"rain":1,"stock_before":100', "rain: there is no such key"),
        ("harvest", b'"\xff":1,"stock_before":100', "invalid JSON: invalid unicode"),
        ("harvest", b'"\\ud800":1,"stock_before":100', "invalid JSON: "),
        ("call", b'"seconds":Infinity', "seconds: must be a finite number"),
        ("call", b'"seconds":1e300', "seconds: must be at most"),
        ("call", b'"seconds":1e999', "seconds: must be a finite number"),
        ("embedding", b'"vector":"%%%%"', "vector: "),
        ("embedding", b'"vector":"AAA="', "vector: must contain 32-bit floats"),
    ],
)
def test_an_invalid_value_is_rejected(
    run: list[Event], write_journal: Write, kind: str, change: bytes, message: str
) -> None:
    number = next(at for at, event in enumerate(run, start=1) if event.kind == kind)
    key = b"stock_before" if kind == "harvest" else b"vector" if kind == "embedding" else b"seconds"
    line, changes = re.subn(rb'"' + key + rb'":("[^"]*"|[\d.]+)', lambda _: change, line_of(run[number - 1]).strip())
    assert changes == 1
    with pytest.raises(JournalError, match=rf"line {number}: is not a valid journal line \(.*{message}") as refused:
        read_journal(replaced(write_journal(run), number, line))
    assert str(refused.value).isprintable()


def test_content_of_a_line_reaches_no_terminal_as_control_characters(run: list[Event], write_journal: Write) -> None:
    line = b'{"kind":"har\\u001b[2Jvest\\u202e' + b"x" * 100_000 + b'"}'
    with pytest.raises(JournalError, match=r"line 4: .*kind = har\\u001b\[2Jvest\\u202exxx") as refused:
        read_journal(replaced(write_journal(run), 4, line))
    assert len(str(refused.value)) < 400


def test_a_key_that_breaks_a_line_is_named(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    path.write_bytes(path.read_bytes().replace(b'"stock":100', b'"stock":"many"', 1))
    with pytest.raises(JournalError, match=r"line 3: is not a valid journal line \(stock: "):
        read_journal(path)


def test_only_selected_kinds_and_the_end_are_read(run: list[Event], write_journal: Write) -> None:
    journal = read_journal(write_journal(run), kinds=["harvest", "call"])
    assert [event.kind for event in journal.events] == ["session", "call", "harvest", "end"]
    assert journal.status == "completed"
    assert isinstance(journal.header, Header)


def test_a_kind_is_not_confused_with_another_of_the_same_prefix(run: list[Event], write_journal: Write) -> None:
    journal = read_journal(write_journal(run), kinds=["m"])
    assert {event.kind for event in journal.events} == {"session", "end"}


def test_the_events_of_one_kind_come_in_the_order_of_the_file(make: Make, write_journal: Write) -> None:
    calls = [make("call", ordinal=ordinal) for ordinal in (2, 0, 1)]
    journal = read_journal(write_journal([make("header"), make("month"), *calls, make("end")]))
    assert list(journal.of(Call)) == calls
    assert list(journal.of(End)) == [make("end")]
    assert list(journal.of(Harvest)) == []


def test_a_resumed_run_has_not_ended(make: Make, write_journal: Write) -> None:
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


def test_a_folder_with_the_name_of_a_journal_is_a_folder(make: Make, write_journal: Write, tmp_path: Path) -> None:
    path = write_journal([make("header")])
    inside = tmp_path / "folder.jsonl" / "seed-0.jsonl"
    inside.parent.mkdir()
    path.rename(inside)
    assert find_journals(tmp_path) == [inside]


def unreadable_files(folder: Path) -> list[Path]:
    """Objects that are named like a journal and cannot be read; reading does not block on the pipe."""
    names = ("broken-link.jsonl", "loop.jsonl", "pipe.jsonl")
    link, loop, pipe = (folder / name for name in names)
    link.symlink_to(folder / "nowhere")
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    return [link, loop, pipe]


def test_unreadable_files_are_reported_without_blocking(make: Make, write_journal: Write, tmp_path: Path) -> None:
    path = write_journal([make("header")])
    unreadable = unreadable_files(tmp_path)
    message: list[JournalError] = []
    assert find_journals(tmp_path, message.append) == [path]
    assert [str(error) for error in message] == [
        f"{file}: is not a regular file; move it to another folder" for file in unreadable
    ]
    with pytest.raises(JournalError, match=r"broken-link\.jsonl: is not a regular file"):
        find_journals(tmp_path)
    assert not any(is_unstarted(file) for file in unreadable)


def test_a_folder_that_cannot_be_listed_is_reported(
    make: Make, write_journal: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_journal([make("header")])
    (tmp_path / "secret").mkdir()
    scan = os.scandir

    def refusing(place: str) -> Any:
        if str(place).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refusing)
    message: list[JournalError] = []
    assert find_journals(tmp_path, message.append) == [path]
    assert [str(error) for error in message] == [
        f"{tmp_path / 'secret'}: cannot be read (Permission denied); journals in it are skipped"
    ]


def test_unreadable_journals_are_skipped_and_reported(run: list[Event], write_journal: Write, tmp_path: Path) -> None:
    first, broken, last = (write_journal(run, name) for name in ("a.jsonl", "b.jsonl", "c.jsonl"))
    broken.write_bytes(b"garbage\n")
    message: list[JournalError] = []
    assert read_each(tmp_path, lambda path: read_journal(path).path, message.append) == [first, last]
    assert len(message) == 1
    assert str(message[0]).startswith(f"{broken}, line 1: ")
    with pytest.raises(JournalError, match=r"b\.jsonl, line 1"):
        read_each(tmp_path, read_journal)
    with pytest.raises(JournalError, match=r"b\.jsonl, line 1"):
        read_each(broken, read_journal, message.append)


def test_a_folder_without_readable_journals_is_an_error(tmp_path: Path) -> None:
    message: list[JournalError] = []
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b"garbage\n")
    with pytest.raises(JournalError, match="contains no readable journals"):
        read_each(tmp_path, read_journal, message.append)
    assert len(message) == 2


@pytest.mark.parametrize("cut", [0, 1, 10, 16, 17, 40, 2000])
def test_a_journal_truncated_in_its_header_has_no_content(run: list[Event], write_journal: Write, cut: int) -> None:
    path = write_journal(run)
    os.truncate(path, cut)
    assert is_unstarted(path)


@pytest.mark.parametrize("cut", [1, 16, 40, 2000])
def test_a_journal_truncated_in_its_header_is_reported(
    run: list[Event], write_journal: Write, tmp_path: Path, cut: int
) -> None:
    whole, path = write_journal(run, "a.jsonl"), write_journal(run, "b.jsonl")
    os.truncate(path, cut)
    message: list[JournalError] = []
    assert find_journals(tmp_path, message.append) == [whole]
    assert [str(error).split(";")[0] for error in message] == [
        f"{path}: is truncated in its first line, so nothing in it can be read"
    ]
    whole.unlink()
    with pytest.raises(JournalError, match="contains no readable journals"):
        find_journals(tmp_path, message.append)
    with pytest.raises(JournalError, match=r"b\.jsonl: is truncated in its first line"):
        find_journals(tmp_path)


def test_a_journal_whose_first_line_is_being_written_is_no_problem(
    run: list[Event], write_journal: Write, tmp_path: Path
) -> None:
    whole, path = write_journal(run, "a.jsonl"), write_journal(run, "b.jsonl")
    os.truncate(path, 40)
    with sole_writer(path):
        assert find_journals(tmp_path) == [whole]


@pytest.mark.parametrize("content", [b"\n", b"x", b'{"kind":"end"', b'{"kind":"headex', b'{"kind":"header"}\n'])
def test_a_foreign_file_is_not_considered_without_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed-0.jsonl"
    path.write_bytes(content)
    assert not is_unstarted(path)


def test_a_folder_without_journals_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"nowhere: there is no such folder or journal"):
        find_journals(tmp_path / "nowhere")
    with pytest.raises(JournalError, match=r"contains no journals \(files ending in \.jsonl\)"):
        find_journals(tmp_path)


def test_a_file_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"none\.jsonl: there is no such journal; runs write theirs to runs/"):
        read_journal(tmp_path / "none.jsonl")
    with pytest.raises(
        JournalError, match=r": is a folder; give one of the journals in it \(files ending in \.jsonl\)"
    ):
        read_journal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b'{"ki', b'{"kind":"header","sch' + b"\0" * 100])
def test_zeros_after_a_power_failure_are_no_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seed-0.jsonl"
    path.write_bytes(content)
    assert is_unstarted(path)
    path.write_bytes(b"something else" + content)
    assert not is_unstarted(path)
