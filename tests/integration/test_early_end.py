"""A run with too many unreadable decisions ends as soon as that is certain, and reports the likely cause."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govsim.jobs import replay
from govsim.journal import Asked, End, Journal, Month, first_difference, read_journal
from govsim.models.fake import member, provider
from tests.commands import govsim
from tests.faulty_server import MODEL, FaultyServer, serving
from tests.living import Live, Lived, make_older

SETTINGS: dict[str, Any] = {"models.default": "fake/society", "models.args": {"catch": 8}, "world.months": 12}


@pytest.fixture
def mumbling(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Make the fake model's decisions unreadable for the members given by the parameter."""
    usual, names = member.reply, request.param

    def reply(messages: list[tuple[str, str]], settings: Any, schema: object) -> str:
        is_one = any(f"You are {name}" in content for _, content in messages for name in names)
        is_decision = any("Answer: <" in content for _, content in messages)
        return "I would rather not say." if is_one and is_decision else usual(messages, settings)

    monkeypatch.setattr(provider, "reply", reply)


ALL = pytest.mark.parametrize("mumbling", [("John", "Kate", "Jack", "Emma", "Luke")], indirect=True)
TWO = pytest.mark.parametrize("mumbling", [("Kate", "Luke")], indirect=True)
ONE = pytest.mark.parametrize("mumbling", [("Kate",)], indirect=True)


def end_of(journal: Journal) -> End:
    assert journal.end is not None
    return journal.end


def tokens(run: Lived) -> int:
    return sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in run.calls())


@ALL
@pytest.mark.usefixtures("mumbling")
def test_a_run_of_unreadable_replies_ends_with_the_harvest_of_its_third_month(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    end = end_of(run.journal)
    assert (end.status, end.months) == ("failed", 2)
    why = run.harvests[0].invalid["Kate"]
    assert end.reason == (
        "15 of 15 harvest decisions could not be parsed; society.max_invalid = 20% allows 12 of at most 60; "
        f'the most frequent reason, of 45 of 45 rejected replies: "{why}"; see the journal'
    )
    assert [len(harvest.invalid) for harvest in run.harvests] == [5, 5, 5]
    assert {call.purpose for call in run.calls(month=3)} == {"harvest"}


@ALL
@pytest.mark.usefixtures("mumbling")
def test_estimates_cost_a_fifth_of_a_run(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [short] = live("fishery", SETTINGS)
    monkeypatch.setattr("govsim.society.building.FIRST_READING_RULE", 2)
    [long] = live("fishery", SETTINGS, folder=tmp_path / "long")
    assert end_of(long.journal).reason is not None
    assert (end_of(long.journal).reason or "").startswith("60 of 60 harvest decisions could not be parsed")
    assert len(list(long.journal.of(Month))) == 12
    assert len(short.calls()) < len(long.calls()) / 4
    assert tokens(short) < tokens(long) / 5


@TWO
@pytest.mark.usefixtures("mumbling")
def test_two_of_five_end_it_with_the_thirteenth_unreadable_decision(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    assert (end_of(run.journal).status, end_of(run.journal).months) == ("failed", 6)
    assert [len(harvest.invalid) for harvest in run.harvests] == [2] * 7


@ONE
@pytest.mark.usefixtures("mumbling")
def test_one_of_five_is_the_maximum_allowed(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    assert (end_of(run.journal).status, end_of(run.journal).months) == ("completed", 12)


@TWO
@pytest.mark.usefixtures("mumbling")
def test_a_society_that_collapses_is_judged_by_the_decisions_that_it_made(live: Live) -> None:
    [run] = live("fishery", SETTINGS | {"models.args": {"catch": 40}})
    end = end_of(run.journal)
    assert (end.status, end.months) == ("failed", 0)
    assert run.harvests[0].is_collapsed
    assert (end.reason or "").startswith(
        "2 of 5 harvest decisions could not be parsed; society.max_invalid = 20% allows 1 of 5; "
    )
    assert {call.purpose for call in run.calls()} == {"harvest"}


@TWO
@pytest.mark.usefixtures("mumbling")
def test_with_on_invalid_fail_the_first_month_ends_it(live: Live) -> None:
    [run] = live("fishery", SETTINGS | {"society.on_invalid": "fail"})
    end = end_of(run.journal)
    assert (end.status, end.months) == ("failed", 0)
    assert (end.reason or "").startswith(
        "month 1: Kate's harvest decision could not be parsed (society.on_invalid = fail): "
    )
    assert 'the most frequent reason, of 6 of 6 rejected replies: "' in (end.reason or "")
    assert asyncio.run(replay(run.journal.path)).difference is None


@TWO
@pytest.mark.usefixtures("mumbling")
def test_it_is_replayed_exactly_and_resumed_without_requests(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    found = asyncio.run(replay(run.journal.path))
    assert (found.difference, found.months) == (None, 6)
    asked = len(list(run.journal.of(Asked)))
    [again] = live("fishery", SETTINGS)
    assert first_difference(run.journal, again.journal) is None
    assert len(list(again.journal.of(Asked))) == asked
    assert end_of(again.journal).reason == end_of(run.journal).reason


@TWO
@pytest.mark.usefixtures("mumbling")
def test_a_journal_truncated_anywhere_is_resumed_to_the_same_end(live: Live, tmp_path: Path) -> None:
    [whole] = live("fishery", SETTINGS)
    content = whole.journal.path.read_bytes()
    for part, share in enumerate((0.1, 0.5, 0.97, 0.9995)):
        path = tmp_path / f"part-{part}" / whole.journal.path.relative_to(tmp_path / "runs")
        path.parent.mkdir(parents=True)
        path.write_bytes(content[: int(len(content) * share)])
        assert asyncio.run(replay(path)).difference is None
        [again] = live("fishery", SETTINGS, folder=tmp_path / f"part-{part}")
        assert first_difference(whole.journal, again.journal) is None
        assert end_of(again.journal).reason == end_of(whole.journal).reason


@TWO
@pytest.mark.usefixtures("mumbling")
def test_a_replay_reports_a_different_recorded_end(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    path = run.journal.path
    content = path.read_text()
    path.write_text(content.replace('"status":"failed","months":6', '"status":"completed","months":6'))
    assert asyncio.run(replay(path)).difference == "end: status was 'completed' and is now 'failed'"
    path.write_text(content.replace('"status":"failed","months":6', '"status":"failed","months":5'))
    assert asyncio.run(replay(path)).difference == "end: months was 5 and is now 6"


@ALL
@pytest.mark.usefixtures("mumbling")
def test_an_older_journal_is_replayed_to_its_last_month(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govsim.society.building.FIRST_READING_RULE", 2)
    [run] = live("fishery", SETTINGS | {"world.months": 4})
    monkeypatch.undo()
    make_older(run.journal.path)
    found = asyncio.run(replay(run.journal.path))
    assert (found.difference, found.months) == (None, 4)
    path = run.journal.path
    path.write_text(path.read_text().replace('{"kind": "header", ', '{"kind": "header", "reading_rule": 2, ', 1))
    assert read_journal(path).header.reading_rule == 2
    assert "is in the journal but did not occur in the replay" in (asyncio.run(replay(path)).difference or "")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("FAKE_API_KEY", "none-needed")
    monkeypatch.setattr("tests.faulty_server.MOST_IN_A_ROW", 10**6)
    with serving() as found:
        found.faults.answers = 1
        yield found


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("cut while reasoning", "cut off at the token limit; raise models.sampling.max_tokens (now 4096)"),
        ("200 kB of nothing", "cut off at the token limit; raise models.sampling.max_tokens (now 4096)"),
        ("only reasoning", "contained only reasoning; configure the provider to return the answer as content"),
        ("empty", 'the most frequent reason, of 45 of 45 rejected replies: "The reply was empty."'),
        ("filtered", 'of 45 of 45 rejected replies: "The reply was withheld by a content filter."'),
    ],
)
def test_govsim_run_reports_the_likely_cause(fault: str, expected: str, server: FaultyServer, tmp_path: Path) -> None:
    server.faults.odd_answers = [fault]
    options = ("--base-url", server.address(), "--set", "society.communication=false", "--agent", "direct")
    done = govsim(tmp_path, "run", "fishery", "--model", MODEL, *options)
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert said.startswith(
        "failed after 2 months: 15 of 15 harvest decisions could not be parsed; "
        "society.max_invalid = 20% allows 12 of at most 60; "
    )
    assert expected in said
    assert server.requests["all"] == 45
