from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govsim.errors import JournalError
from govsim.journal import Agreement, Call, Harvest, MemoryLine, MessageLine, Retrieval, Utterance, read_journal
from govsim.web.story import Story, understood
from govsim.web.watching import Tail


def told(path: Path) -> Story:
    story, tail = Story(path), Tail(path)
    while lines := tail.new_lines():
        story.hear(understood(lines))
    return story


def rewritten(path: Path, change: Any) -> Path:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    kept = [line for line in map(change, lines) if line is not None]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept))
    return path


def test_a_story_has_everything_that_its_journal_has(journal: Path) -> None:
    story, whole = told(journal), read_journal(journal)
    months = [story.months[number] for number in sorted(story.months)]
    assert [month.number for month in months] == [1, 2]
    assert [month.harvest for month in months] == list(whole.of(Harvest))
    assert [line for month in months for line in month.lines] == list(whole.of(Utterance))
    assert [month.agreement for month in months] == list(whole.of(Agreement))
    assert sorted(
        (memory for month in months for memory in month.memories), key=lambda one: (one.member, one.ordinal)
    ) == sorted(whole.of(MemoryLine), key=lambda one: (one.member, one.ordinal))
    assert story.problems == []
    assert story.standing == "completed"
    assert story.thinking == {}


def test_what_stays_in_the_file_is_found_there(journal: Path) -> None:
    story, whole = told(journal), read_journal(journal)
    attempts = [
        one for month in story.months.values() for question in month.questions.values() for one in question.attempts
    ]
    calls = [story.call_at(attempt) for attempt in attempts]
    assert sorted(calls, key=lambda call: call.identity) == sorted(whole.of(Call), key=lambda call: call.identity)
    assert [story.message(one.hash) for one in whole.of(MessageLine)] == list(whole.of(MessageLine))
    recalled = story.recall(story.retrievals_of("Kate"))
    assert recalled == [one for one in whole.of(Retrieval) if one.member == "Kate"]
    assert recalled


def test_spending_is_that_of_all_calls(journal: Path) -> None:
    story, calls = told(journal), list(read_journal(journal).of(Call))
    assert story.spent.calls == len(calls)
    assert story.spent.tokens == sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls)
    assert story.spent.cost is None, "the fake model has no price"


def test_who_was_asked_and_has_not_answered_is_thinking(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    asked = next(number for number, line in enumerate(lines) if line.startswith(b'{"kind":"asked"'))
    journal.write_bytes(b"".join(lines[: asked + 1]))
    story = told(journal)
    assert [(one.member, one.purpose) for one in story.thinking.values()] == [
        (json.loads(lines[asked])["member"], "harvest")
    ]
    assert story.standing == "running", "its process is this one"


def test_nobody_thinks_any_more_in_a_new_session_or_after_the_end(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    session = next(line for line in lines if line.startswith(b'{"kind":"session"'))
    asked = next(number for number, line in enumerate(lines) if line.startswith(b'{"kind":"asked"'))
    journal.write_bytes(b"".join([*lines[: asked + 1], session]))
    assert told(journal).thinking == {}
    journal.write_bytes(b"".join([*lines[: asked + 1], lines[-1]]))
    assert told(journal).thinking == {}


def test_a_run_that_ended_and_goes_on_again_has_not_ended(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    session = next(line for line in lines if line.startswith(b'{"kind":"session"'))
    journal.write_bytes(b"".join([*lines, session]))
    assert told(journal).standing == "running"


def test_a_process_that_is_gone_has_left_its_run_without_a_word(journal: Path) -> None:
    def orphaned(line: dict[str, Any]) -> dict[str, Any] | None:
        return None if line["kind"] == "end" else line | ({"process": 2**22 + 1} if line["kind"] == "session" else {})

    assert told(rewritten(journal, orphaned)).standing == "killed"


def test_a_broken_line_is_told_and_the_rest_is_heard(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], b'{"kind":"harvest","month":"x"}\n', b"noise\n", *lines[3:]]))
    story = told(journal)
    assert len(story.problems) == 2
    assert story.problems[0].startswith("line 4: is no line of a journal")
    assert sorted(story.months) == [1, 2]


@pytest.mark.parametrize(
    "content", [b'{"a":1}\n{"b":2}\n', b"noise\nnoise\n", b'["header"]\n', bytes(range(256)) * 9 + b"\n"]
)
def test_what_is_no_journal_is_told_once(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_bytes(content)
    story = told(path)
    assert story.header is None
    assert len(story.problems) == 1


def test_a_journal_of_a_newer_schema_says_so(journal: Path) -> None:
    newer = rewritten(journal, lambda line: line | ({"schema_version": 99} if line["kind"] == "header" else {}))
    assert "schema_version = 99 is newer" in told(newer).problems[0]


def test_a_second_header_does_not_replace_the_first(journal: Path) -> None:
    header = journal.read_bytes().splitlines(keepends=True)[0]
    with journal.open("ab") as file:
        file.write(header)
    assert "second header" in told(journal).problems[0]


def test_a_place_that_holds_something_else_by_now_is_an_error(journal: Path) -> None:
    story = told(journal)
    attempt = next(iter(story.months[1].questions.values())).attempts[0]
    journal.write_bytes(b"\n" * journal.stat().st_size)
    with pytest.raises(JournalError, match="load the page again"):
        story.call_at(attempt)
    with pytest.raises(JournalError, match="is not in the journal"):
        story.message("0" * 16)


@pytest.mark.parametrize("kind", ["month", "retrieval"])
def test_a_month_that_the_run_cannot_have_is_told_and_passed_over(journal: Path, kind: str) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    one = next(line for line in lines if line.startswith(f'{{"kind":"{kind}"'.encode()))
    journal.write_bytes(b"".join([*lines, one.replace(b'"month":1', b'"month":9000000000000000', 1)]))
    story = told(journal)
    assert story.last_month == 2
    assert story.problems == [f"line {len(lines) + 1}: month = 9,000,000,000,000,000: the run has 2 at most"]
