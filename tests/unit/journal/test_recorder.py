"""Recording of a journal: new events are written, and recorded ones are replayed."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from govsim.errors import ConfigError, JournalError, JournalMismatch, PluginError
from govsim.journal import EndOfJournal, Event, Journal, Recorder, place_of, read_journal

Make = Callable[..., Event]
Write = Callable[..., Path]


def live(recorder: Recorder, events: Sequence[Event]) -> None:
    for event in events:
        recorder.write(event)


def continued(path: Path) -> Recorder:
    return Recorder(path, read_journal(path))


def lines_of(path: Path) -> list[Event]:
    journal = read_journal(path)
    return [journal.header, *journal.events]


def test_the_first_and_every_costly_event_is_in_the_file_at_once_with_all_before_it(
    run: list[Event], tmp_path: Path
) -> None:
    path = tmp_path / "deep" / "folder" / "seed-0.jsonl"
    with Recorder(path) as recorder:
        for count, event in enumerate(run, start=1):
            recorder.write(event)
            if count == 1 or event.is_costly:
                assert len(lines_of(path)) == count
    assert lines_of(path) == run
    assert {event.kind for event in run if event.is_costly} == {"asked", "call", "embedding"}


def test_other_events_are_written_together_and_at_the_latest_when_the_journal_is_closed(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "seed-0.jsonl", [0.0]
    monkeypatch.setattr("govsim.journal.recorder.time.monotonic", lambda: now[0])
    with Recorder(path) as recorder:
        live(recorder, [make("header"), make("month")])
        assert len(lines_of(path)) == 1
        now[0] = 60.0
        recorder.write(make("harvest"))
        assert len(lines_of(path)) == 3
        recorder.write(make("month", month=2))
        assert len(lines_of(path)) == 3
    assert len(lines_of(path)) == 4


async def test_the_end_of_a_phase_writes_what_was_held_for_long(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "seed-0.jsonl", [0.0]
    monkeypatch.setattr("govsim.journal.recorder.time.monotonic", lambda: now[0])
    with Recorder(path) as recorder:
        live(recorder, [make("header"), make("month")])
        now[0] = 60.0
        await recorder.sync()
        assert len(lines_of(path)) == 2


def test_recorded_events_are_not_written_again(run: list[Event], write_journal: Write) -> None:
    path = write_journal(run)
    before = path.read_bytes()
    with continued(path) as recorder:
        live(recorder, [event for event in run[1:] if event.kind not in ("session", "asked", "request", "end")])
        assert recorder.unseen == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("is_continued", [False, True])
def test_an_event_with_the_identity_of_an_earlier_one_is_rejected(
    make: Make, write_journal: Write, tmp_path: Path, is_continued: bool
) -> None:
    """Otherwise all readers would reject the journal, long after the run."""
    path = write_journal([make("header"), make("session"), make("month")])
    with continued(path) if is_continued else Recorder(tmp_path / "new.jsonl") as recorder:
        recorder.write(make("month"))
        with pytest.raises(PluginError, match=r"^month, month 1: is recorded twice; .* give it an ordinal$"):
            recorder.write(make("month", stock=7))
    assert len(lines_of(path)) == 3


def test_new_events_are_appended(make: Make, write_journal: Write) -> None:
    first = [make("header"), make("session"), make("month"), make("harvest")]
    path = write_journal(first)
    following = [make("month", month=2), make("harvest", month=2)]
    with continued(path) as recorder:
        live(recorder, [make("session", at="later"), make("month"), make("harvest"), *following])
    assert lines_of(path) == [*first, make("session", at="later"), *following]


def test_sessions_questions_and_ends_are_written_every_time(make: Make, write_journal: Write) -> None:
    always = [make("session"), make("asked"), make("end")]
    path = write_journal([make("header"), *always])
    with continued(path) as recorder:
        live(recorder, always)
    assert lines_of(path) == [make("header"), *always, *always]


def test_a_message_is_stored_once(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    with Recorder(path) as recorder:
        live(recorder, [make("header"), *[make("message")] * 3, make("message", content="Another.")])
    assert len(lines_of(path)) == 3
    with continued(path) as recorder:
        live(recorder, [make("message")] * 2)
    assert len(lines_of(path)) == 3


def test_a_truncated_line_is_removed_before_anything_is_appended(
    run: list[Event], write_journal: Write, make: Make
) -> None:
    path = write_journal(run[:-1])
    with path.open("ab") as file:
        file.write(b'{"kind":"ca')
    with continued(path) as recorder:
        recorder.write(make("session", at="later"))
    assert lines_of(path) == [*run[:-1], make("session", at="later")]


def test_a_different_event_than_the_recorded_one_is_rejected_with_place_and_key(
    make: Make, write_journal: Write
) -> None:
    path = write_journal([make("header"), make("harvest")])
    before = path.read_bytes()
    with (
        continued(path) as recorder,
        pytest.raises(JournalMismatch, match=r"^harvest, month 1, phase harvest: stock_before was 100 and is now 90$"),
    ):
        recorder.write(make("harvest", stock_before=90))
    assert path.read_bytes() == before


def test_a_long_value_is_shortened_in_an_error(make: Make, write_journal: Write) -> None:
    path = write_journal([make("header"), make("call")])
    with continued(path) as recorder, pytest.raises(JournalMismatch, match=r"reply was .* and is now") as refused:
        recorder.write(make("call", reply="x" * 5000))
    assert str(refused.value).startswith(
        "call, month 1, phase harvest, member John, purpose harvest, ordinal 0, attempt 0"
    )
    assert len(str(refused.value)) < 400


def test_clock_fields_may_differ(make: Make, write_journal: Write) -> None:
    path = write_journal([make("header"), make("call")])
    with continued(path) as recorder:
        recorder.write(make("call", seconds=99.0, retries=0, cost=None))
    assert len(lines_of(path)) == 2


def test_events_of_members_are_written_member_by_member_at_the_end_of_the_phase(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    noted = [
        make("memory", member="Luke", ordinal=0),
        make("harvest"),
        make("memory", member="Kate", ordinal=4),
        make("memory", member="John", ordinal=2),
        make("memory", member="Kate", ordinal=3),
        make("memory", member="John", ordinal=1),
    ]
    with Recorder(path) as recorder:
        recorder.write(make("header"))
        for event in noted:
            recorder.note(event)
        assert len(lines_of(path)) == 1, "not before the phase ends"
        recorder.end_phase(["Kate", "John", "Luke"])
        recorder.end_phase(["Kate", "John", "Luke"])
    written = [
        (event.kind, getattr(event, "member", None), getattr(event, "ordinal", None)) for event in lines_of(path)
    ]
    assert written[1:] == [
        ("memory", "Kate", 4),
        ("memory", "Kate", 3),
        ("memory", "John", 2),
        ("memory", "John", 1),
        ("memory", "Luke", 0),
        ("harvest", None, None),
    ]


def test_the_order_in_which_members_finish_does_not_affect_the_journal(make: Make, tmp_path: Path) -> None:
    members = ("John", "Kate", "Jack")
    files = []
    for number, order in enumerate([members, members[::-1], ("Kate", "Jack", "John")]):
        files.append(tmp_path / f"{number}.jsonl")
        with Recorder(files[-1]) as recorder:
            recorder.write(make("header"))
            for member in order:
                recorder.note(make("retrieval", member=member))
                recorder.note(make("memory", member=member))
            recorder.end_phase(members)
    assert len({file.read_bytes() for file in files}) == 1


def test_an_answer_is_found_by_its_identity_and_counts_as_seen(make: Make, write_journal: Write) -> None:
    path = write_journal([make("header"), make("call"), make("harvest")])
    with continued(path) as recorder:
        assert recorder.recorded(make("asked").identity_as("call")) == make("call")
        assert recorder.recorded(make("call", ordinal=1).identity) is None
        assert recorder.unseen == [make("harvest")]


def relived(path: Path) -> tuple[Recorder, Journal]:
    journal = read_journal(path)
    return Recorder(None, journal), journal


def test_a_replay_ends_where_its_file_does(make: Make, write_journal: Write) -> None:
    path = write_journal([make("header"), make("month")])
    before = path.read_bytes()
    recorder, _ = relived(path)
    assert not recorder.is_writing
    live(recorder, [make("session"), make("asked"), make("message"), make("month")])
    with pytest.raises(EndOfJournal, match="the journal ends before harvest, month 1, phase harvest"):
        recorder.write(make("harvest"))
    with pytest.raises(EndOfJournal, match="the journal ends before"):
        recorder.recorded(make("call").identity)
    assert path.read_bytes() == before


def test_recorded_events_that_are_not_replayed_are_unseen(run: list[Event], write_journal: Write) -> None:
    recorder, journal = relived(write_journal(run))
    compared = [event for event in journal.events if event.kind not in ("session", "asked", "request", "end")]
    assert recorder.unseen == compared
    live(recorder, compared[3:])
    assert recorder.unseen == compared[:3]


def test_a_difference_is_found_in_a_replay(make: Make, write_journal: Write) -> None:
    recorder, _ = relived(write_journal([make("header"), make("month")]))
    with pytest.raises(JournalMismatch, match="month, month 1: stock was 100 and is now 99"):
        recorder.write(make("month", stock=99))


def test_a_listener_receives_every_event_new_or_replayed(make: Make, write_journal: Write) -> None:
    path = write_journal([make("header"), make("month")])
    heard: list[Event] = []
    with Recorder(path, read_journal(path), heard.append) as recorder:
        live(recorder, [make("month"), make("harvest")])
        recorder.note(make("memory"))
        assert heard == [make("month"), make("harvest")]
        recorder.end_phase(["John"])
    assert heard == [make("month"), make("harvest"), make("memory")]


def test_a_path_that_cannot_be_written_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be written \(.*\); choose another folder with --out"):
        Recorder(tmp_path / "file" / "seed-0.jsonl")


def test_a_place_in_the_journal_is_human_readable(make: Make) -> None:
    assert place_of(make("month")) == "month, month 1"
    assert place_of(make("utterance")) == "utterance, month 1, phase discussion, member John, ordinal 1"


def test_nothing_is_written_after_an_incomplete_line(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another member's answer may come just then, and be shorter than the space that is left."""
    path = tmp_path / "seed-0.jsonl"
    write = os.write
    left = [20]

    def nearly_full(file: int, line: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        part, left[0] = line[: left[0]], 0
        return write(file, part)

    with Recorder(path) as recorder:
        with monkeypatch.context() as patch:
            patch.setattr("govsim.journal.sink.os.write", nearly_full)
            with pytest.raises(JournalError, match=r"cannot be written \(No space left on device\); free space"):
                recorder.write(make("month"))
        with pytest.raises(JournalError, match="free space and run again"):
            recorder.write(make("month", month=2))
    assert len(path.read_bytes()) == 20


def test_a_failed_flush_is_reported(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    recorder = Recorder(tmp_path / "seed-0.jsonl")
    recorder.write(make("call"))
    monkeypatch.setattr("govsim.journal.sink.os.fsync", fail)
    with pytest.raises(JournalError, match=r"cannot be written \(Input/output error\)"):
        asyncio.run(recorder.sync())
    with pytest.raises(JournalError, match=r"cannot be written \(Input/output error\)"):
        recorder.close()
    recorder.close()


async def test_only_costly_events_are_flushed_to_disk(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    with Recorder(tmp_path / "seed-0.jsonl") as recorder:
        recorder.write(make("header"))
        await recorder.sync()
        assert synced == []
        recorder.write(make("asked"))
        await recorder.sync()
        await recorder.sync()
        assert len(synced) == 1
        recorder.write(make("call"))
        await recorder.sync()
        assert len(synced) == 2
    assert len(synced) == 2
