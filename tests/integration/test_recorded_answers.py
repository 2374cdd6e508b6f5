"""The parsed values of a reply are recorded with it: neither a replay nor a resume parses it again.

Journals of reading rule 1 recorded only rejections. They can be replayed as far as the current rules give the same
values, and are not resumed.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from govsim.config import Execution
from govsim.errors import JournalMismatch, Unparsable
from govsim.jobs import execute_all, prepare, replay
from govsim.journal import (
    READING_RULE,
    Asked,
    Call,
    Journal,
    Solution,
    StudyJournal,
    first_difference,
    read_journal,
    read_study,
)
from govsim.models.fake import member, provider
from govsim.models.fake.member import FakeSettings
from govsim.models.fields import Field, Value
from govsim.models.reply_format import parse_reply
from govsim.studies import SkillSettings, StudyJob, plan_skills
from tests.commands import govsim
from tests.living import Live, make_older, rewrite

SETTINGS: dict[str, Any] = {
    "models.default": "fake/society",
    "models.args": {"catch": 12},
    "world.months": 3,
    "members.Emma.agent": "direct",
}
COMMAND = ("run", "fishery", "--model", "fake/society", "--months", "3")

Reader = Callable[[str, tuple[Field, ...]], dict[str, Value]]
Read = Callable[[Reader], Counter[str]]
Say = Callable[[Callable[[list[tuple[str, str]]], str | None]], None]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Replace the reply parser; return the number of times that each reply was parsed."""

    def by(reader: Reader) -> Counter[str]:
        counted: Counter[str] = Counter()

        def reading(reply: str, fields: tuple[Field, ...], *, is_cut_off: bool) -> dict[str, Value]:
            counted[reply] += 1
            return reader(reply, fields)

        monkeypatch.setattr("govsim.models.recorded.parse_reply", reading)
        return counted

    return by


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Replace the fake model's reply where a function of the messages returns one."""
    usual = member.reply

    def instead(other: Callable[[list[tuple[str, str]]], str | None]) -> None:
        def reply(messages: list[tuple[str, str]], settings: FakeSettings, schema: object) -> str:
            said = other(messages)
            return usual(messages, settings) if said is None else said

        monkeypatch.setattr(provider, "reply", reply)

    return instead


def reads_nothing(reply: str, fields: tuple[Field, ...]) -> dict[str, Value]:
    raise Unparsable(f"nothing is read from {reply}")


def reads_another_number(reply: str, fields: tuple[Field, ...]) -> dict[str, Value]:
    return {tag: 1 if isinstance(value, int) else value for tag, value in parse_reply(reply, fields).items()}


def first_of_kate(messages: list[tuple[str, str]]) -> str | None:
    """An unreadable reply to the first attempt of every question to Kate."""
    is_kate = any(content.startswith("You are Kate") for _, content in messages)
    return "Who knows?" if is_kate and messages[-2][0] != "assistant" else None


def test_the_header_records_the_reading_rule_and_every_call_its_values(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    assert run.journal.header.reading_rule == READING_RULE == 2
    values = [call.values for call in run.calls(refused=None)]
    assert values
    assert all(values)
    assert {type(value) for found in values if found for value in found.values()} == {int, str}
    [harvest] = run.calls(purpose="harvest", month=2, member="Jack")
    assert harvest.values == {"Answer": 12}


def test_the_society_follows_the_recorded_values(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    for harvest in run.harvests:
        calls = run.calls(purpose="harvest", month=harvest.month, refused=None)
        assert {call.member: call.values for call in calls} == {
            name: {"Answer": units} for name, units in harvest.asked.items()
        }


@pytest.mark.parametrize("reader", [reads_nothing, reads_another_number])
def test_a_replay_parses_no_reply(live: Live, say: Say, read: Read, reader: Reader) -> None:
    say(first_of_kate)
    [run] = live("fishery", SETTINGS)
    assert run.calls(attempt=1)
    counted = read(reader)
    found = asyncio.run(replay(run.journal.path))
    assert found.difference is None
    assert found.is_complete
    assert not counted


def test_recorded_values_are_kept_if_a_reply_was_edited(live: Live, say: Say) -> None:
    say(first_of_kate)
    [run] = live("fishery", SETTINGS)

    def other_words(line: dict[str, Any]) -> dict[str, Any]:
        is_last = line["kind"] == "call" and line["refused"] is None
        return line | {"reply": "Answer: 55\nSay: Something else."} if is_last else line

    rewrite(run.journal.path, other_words)
    assert asyncio.run(replay(run.journal.path)).difference is None


def test_a_resume_parses_only_new_answers(live: Live, say: Say, read: Read) -> None:
    say(first_of_kate)
    [whole] = live("fishery", SETTINGS)
    lines = whole.journal.path.read_bytes().splitlines(keepends=True)
    for share in (0.2, 0.5, 0.9):
        kept = lines[: int(len(lines) * share)]
        whole.journal.path.write_bytes(b"".join(kept))
        counted = read(parse_reply)
        [again] = live("fishery", SETTINGS)
        assert first_difference(whole.journal, again.journal) is None
        answered = sum(line.startswith(b'{"kind":"call"') for line in kept)
        assert counted.total() == len(again.calls()) - answered > 0


def test_a_recorded_rejection_is_followed_by_the_same_question_after_a_resume(live: Live, say: Say, read: Read) -> None:
    say(first_of_kate)
    [whole] = live("fishery", SETTINGS | {"world.months": 1})
    lines = whole.journal.path.read_bytes().splitlines(keepends=True)
    refused = next(at for at, line in enumerate(lines) if b'"refused":"' in line)
    whole.journal.path.write_bytes(b"".join(lines[: refused + 1]))
    counted = read(lambda reply, fields: {"Answer": 77} if reply == "Who knows?" else parse_reply(reply, fields))
    [again] = live("fishery", SETTINGS | {"world.months": 1})
    first, second = again.calls(member="Kate", purpose="harvest")
    assert (first.reply, first.values, second.attempt, second.values) == ("Who knows?", {}, 1, {"Answer": 12})
    assert first.refused == whole.calls(member="Kate", purpose="harvest")[0].refused
    asked = [event for event in again.journal.of(Asked) if (event.member, event.purpose) == ("Kate", "harvest")]
    assert [event.attempt for event in asked if event.attempt == 0] == [0]
    assert counted["Who knows?"] == len(again.calls(reply="Who knows?")) - 1


def test_an_older_journal_matches_if_the_current_rules_give_the_same_values(live: Live, say: Say) -> None:
    say(first_of_kate)
    [run] = live("fishery", SETTINGS)
    make_older(run.journal.path)
    older = read_journal(run.journal.path)
    assert older.header.reading_rule == 1
    assert {call.values for call in older.of(Call)} == {None}
    found = asyncio.run(replay(run.journal.path))
    assert (found.difference, found.incomparable_from, found.is_complete) == (None, None, True)


def test_a_rejection_in_an_older_journal_is_kept(live: Live, say: Say, read: Read) -> None:
    say(first_of_kate)
    [run] = live("fishery", SETTINGS)
    make_older(run.journal.path)
    read(lambda reply, fields: {"Answer": 3} if reply == "Who knows?" else parse_reply(reply, fields))
    assert asyncio.run(replay(run.journal.path)).difference is None


@pytest.mark.parametrize(
    ("reader", "detail"),
    [
        (lambda reply, fields: {"Answer": 11}, r"month 2, phase harvest, member Jack.* 11"),
        (reads_nothing, r"call, month 2, phase harvest, member Jack.*rejected by the current rules: nothing is read"),
    ],
)
def test_an_older_journal_with_differently_parsed_replies_is_not_comparable_from_there(
    live: Live, say: Say, read: Read, tmp_path: Path, reader: Reader, detail: str
) -> None:
    say(lambda messages: "That is: 12 tons\nAnswer: 12" if _is_jack_in_february(messages) else None)
    [run] = live("fishery", SETTINGS)
    path = run.journal.path
    make_older(path)
    read(lambda reply, fields: (reader if reply.startswith("That is") else parse_reply)(reply, fields))
    found = asyncio.run(replay(path))
    assert found.incomparable_from == 2
    assert found.months == 1
    done = govsim(tmp_path, "replay", str(path))
    assert done.returncode == 1
    cause = "its answers were parsed by an earlier rule"
    expected = f"{path}: not comparable from month 2 on, because {cause} (first difference: "
    assert " ".join(done.stdout.split()).startswith(expected)
    assert re.search(detail, found.difference or "")


def _is_jack_in_february(messages: list[tuple[str, str]]) -> bool:
    said = "\n".join(content for _, content in messages)
    return "You are Jack" in said and "It is 2024-02-01" in messages[-1][1] and "Answer: <" in messages[-1][1]


def test_a_difference_before_any_reply_is_not_attributed_to_parsing(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    make_older(run.journal.path)
    rewrite(run.journal.path, lambda line: line | {"stock": 99} if line["kind"] == "month" else line)
    found = asyncio.run(replay(run.journal.path))
    assert found.incomparable_from is None
    assert "stock was 99" in (found.difference or "")


def test_an_unfinished_older_journal_is_not_resumed(tmp_path: Path) -> None:
    path = carried_out(tmp_path)
    make_older(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    before = path.read_bytes()
    for more in ((), ("--accept-version",)):
        done = govsim(tmp_path, *COMMAND, *more)
        assert done.returncode == 2
        [line] = done.stderr.strip().splitlines()
        assert "its replies were parsed with an earlier rule (reading_rule = 1, the current one is 2)" in line
        assert "start over with --fresh" in line
        assert path.read_bytes() == before
    assert govsim(tmp_path, *COMMAND, "--fresh").returncode == 0
    assert read_journal(path).header.reading_rule == READING_RULE


def test_a_finished_older_journal_counts_only_if_accepted(tmp_path: Path) -> None:
    path = carried_out(tmp_path)
    make_older(path)
    before = path.read_bytes()
    refused = govsim(tmp_path, *COMMAND, "--runs", "2")
    assert refused.returncode == 2
    assert "parsed with an earlier rule" in refused.stderr
    assert "--accept-version" in refused.stderr
    assert not path.with_name("seed-1.jsonl").exists()
    accepted = govsim(tmp_path, *COMMAND, "--runs", "2", "--accept-version")
    assert accepted.returncode == 0, accepted.stderr
    assert path.read_bytes() == before


def carried_out(folder: Path) -> Path:
    done = govsim(folder, *COMMAND)
    assert done.returncode == 0, done.stderr
    [path] = folder.rglob("*.jsonl")
    return path


def planned(folder: Path) -> list[StudyJob]:
    wanted = SkillSettings(models=["fake/society"], scenarios=["fishery"], problems=3, out=folder, settings={})
    return plan_skills(wanted)


def studied(folder: Path, **how: Any) -> StudyJournal:
    plans, execution = planned(folder), Execution(out=folder, **how)
    [result] = asyncio.run(execute_all(plans, prepare(plans, execution)))
    assert result.status == "completed"
    return read_study(result.path)


def solutions(journal: StudyJournal) -> Mapping[tuple[Any, ...], Solution]:
    return {line.identity: line for line in journal.of(Solution)}


@pytest.mark.parametrize("share", [0.3, 0.6, 1])
def test_a_study_is_resumed_from_its_recorded_answers(tmp_path: Path, say: Say, read: Read, share: float) -> None:
    say(lambda messages: "Who knows?" if len(messages) < 4 else None)
    whole = studied(tmp_path)
    assert whole.header.reading_rule == READING_RULE
    lines = whole.path.read_bytes().splitlines(keepends=True)
    kept = lines[: int(len(lines) * share)]
    whole.path.write_bytes(b"".join(kept))
    counted = read(parse_reply)
    again = studied(tmp_path)
    assert solutions(again) == solutions(whole)
    answered = sum(line.startswith(b'{"kind":"call"') for line in kept)
    assert counted.total() == len(list(again.of(Call))) - answered


def test_an_older_study_is_not_resumed_but_rejected_with_advice(tmp_path: Path) -> None:
    path = studied(tmp_path).path
    make_older(path)
    with pytest.raises(JournalMismatch, match=r"parsed with an earlier rule \(reading_rule = 1.*--accept-version"):
        studied(tmp_path)
    assert solutions(studied(tmp_path, accept_version=True))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    for accept_version in (False, True):
        with pytest.raises(JournalMismatch, match=r"parsed with an earlier rule .*move the file away"):
            studied(tmp_path, accept_version=accept_version)


def test_a_finished_older_study_with_differently_parsed_replies_is_reported(tmp_path: Path, read: Read) -> None:
    path = studied(tmp_path).path
    make_older(path)
    read(lambda reply, fields: {"Answer": 1})
    with pytest.raises(
        JournalMismatch, match=r"answer was 10 .*parsed with an earlier rule; move this file to another folder"
    ):
        studied(tmp_path, accept_version=True)


def test_journals_of_different_rules_are_distinguished(live: Live) -> None:
    [run] = live("fishery", SETTINGS | {"world.months": 1})
    newer: Journal = read_journal(run.journal.path)
    make_older(run.journal.path)
    difference = first_difference(read_journal(run.journal.path), newer)
    assert difference is not None
    assert (difference.place, difference.key, difference.first, difference.second) == ("header", "reading_rule", 1, 2)
