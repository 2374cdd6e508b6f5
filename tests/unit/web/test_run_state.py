from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govsim.errors import JournalError
from govsim.journal import (
    Agenda,
    Agreement,
    Auction,
    BallotLine,
    Call,
    ContractDesign,
    ContractLine,
    Decree,
    Delegation,
    Event,
    ExclusionLine,
    Follower,
    GrowthLine,
    Harvest,
    Inspected,
    InspectionLine,
    MediatorDesign,
    MediatorLine,
    MemoryLine,
    MessageLine,
    Order,
    PermitBid,
    PermitOffer,
    PermitOffers,
    PermitSale,
    Points,
    Ratings,
    Retrieval,
    SanctionsLine,
    ShockLine,
    Trade,
    Utterance,
    Wishes,
    read_journal,
)
from govsim.web.run_state import RunState, _as_text


def state_of(path: Path) -> RunState:
    state, follower = RunState(path), Follower(path, journal="run")
    while lines := follower.new_lines():
        state.take(lines)
    return state


def rewritten(path: Path, change: Any) -> Path:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    kept = [line for line in map(change, lines) if line is not None]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept))
    return path


def test_state_contains_all_events_of_the_journal(journal: Path) -> None:
    state, whole = state_of(journal), read_journal(journal)
    months = [state.months[number] for number in sorted(state.months)]
    assert [month.number for month in months] == [1, 2]
    assert [month.harvest for month in months] == list(whole.of(Harvest))
    assert [line for month in months for line in month.lines] == list(whole.of(Utterance))
    assert [month.agreements.get(None) for month in months] == list(whole.of(Agreement))
    assert sorted(
        (memory for month in months for memory in month.memories), key=lambda one: (one.member, one.ordinal)
    ) == sorted(whole.of(MemoryLine), key=lambda one: (one.member, one.ordinal))
    assert state.problems == []
    assert state.status == "completed"
    assert state.thinking == {}


def test_long_texts_are_read_from_the_file(journal: Path) -> None:
    state, whole = state_of(journal), read_journal(journal)
    attempts = [
        one for month in state.months.values() for question in month.questions.values() for one in question.attempts
    ]
    calls = [state.call_at(attempt) for attempt in attempts]
    assert sorted(calls, key=lambda call: call.identity) == sorted(whole.of(Call), key=lambda call: call.identity)
    assert [state.message(one.hash) for one in whole.of(MessageLine)] == list(whole.of(MessageLine))
    recalled = state.recall(state.retrievals_of("Kate"))
    assert recalled == [one for one in whole.of(Retrieval) if one.member == "Kate"]
    assert recalled


def test_spending_sums_all_calls(journal: Path) -> None:
    state, calls = state_of(journal), list(read_journal(journal).of(Call))
    assert state.spent.calls == len(calls)
    assert state.spent.tokens == sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls)
    assert state.spent.cost is None, "the fake model has no price"


def test_member_with_an_open_request_is_thinking(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    asked = next(number for number, line in enumerate(lines) if line.startswith(b'{"kind":"asked"'))
    journal.write_bytes(b"".join(lines[: asked + 1]))
    state = state_of(journal)
    assert [(one.member, one.purpose) for one in state.thinking.values()] == [
        (json.loads(lines[asked])["member"], "harvest")
    ]
    assert state.status == "running", "its process is this one"


def test_no_request_is_open_in_a_new_session_or_after_the_end(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    session = next(line for line in lines if line.startswith(b'{"kind":"session"'))
    asked = next(number for number, line in enumerate(lines) if line.startswith(b'{"kind":"asked"'))
    journal.write_bytes(b"".join([*lines[: asked + 1], session]))
    assert state_of(journal).thinking == {}
    journal.write_bytes(b"".join([*lines[: asked + 1], lines[-1]]))
    assert state_of(journal).thinking == {}


def test_resumed_run_is_running(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    session = next(line for line in lines if line.startswith(b'{"kind":"session"'))
    journal.write_bytes(b"".join([*lines, session]))
    assert state_of(journal).status == "running"


def test_run_of_a_dead_process_is_killed(journal: Path) -> None:
    def orphaned(line: dict[str, Any]) -> dict[str, Any] | None:
        return None if line["kind"] == "end" else line | ({"process": 2**22 + 1} if line["kind"] == "session" else {})

    assert state_of(rewritten(journal, orphaned)).status == "killed"


def test_invalid_line_is_reported_and_the_rest_is_read(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], b'{"kind":"harvest","month":"x"}\n', b"noise\n", *lines[3:]]))
    state = state_of(journal)
    assert len(state.problems) == 2
    assert state.problems[0].startswith("line 4: is not a valid journal line")
    assert sorted(state.months) == [1, 2]


@pytest.mark.parametrize(
    "content", [b'{"a":1}\n{"b":2}\n', b"noise\nnoise\n", b'["header"]\n', bytes(range(256)) * 9 + b"\n"]
)
def test_foreign_file_is_reported_once(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_bytes(content)
    state = state_of(path)
    assert state.header is None
    assert len(state.problems) == 1


def test_newer_schema_version_is_reported(journal: Path) -> None:
    newer = rewritten(journal, lambda line: line | ({"schema_version": 99} if line["kind"] == "header" else {}))
    assert "schema_version = 99 is newer" in state_of(newer).problems[0]


def test_a_second_header_does_not_replace_the_first(journal: Path) -> None:
    header = journal.read_bytes().splitlines(keepends=True)[0]
    with journal.open("ab") as file:
        file.write(header)
    assert "second header" in state_of(journal).problems[0]


def test_changed_position_in_the_file_raises_an_error(journal: Path) -> None:
    state = state_of(journal)
    attempt = next(iter(state.months[1].questions.values())).attempts[0]
    journal.write_bytes(b"\n" * journal.stat().st_size)
    with pytest.raises(JournalError, match="reload the page"):
        state.call_at(attempt)
    with pytest.raises(JournalError, match="is not in the journal"):
        state.message("0" * 16)


@pytest.mark.parametrize("kind", ["month", "retrieval"])
def test_month_beyond_the_end_is_reported_and_skipped(journal: Path, kind: str) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    one = next(line for line in lines if line.startswith(f'{{"kind":"{kind}"'.encode()))
    journal.write_bytes(b"".join([*lines, one.replace(b'"month":1', b'"month":9000000000000000', 1)]))
    state = state_of(journal)
    assert state.last_month == 2
    assert state.problems == [f"line {len(lines) + 1}: month = 9,000,000,000,000,000: the run has 2 at most"]


def with_lines(path: Path, *lines: dict[str, Any]) -> Path:
    """The journal with lines before its last one."""
    *before, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*before, *(json.dumps(line).encode() + b"\n" for line in lines), last]))
    return path


def test_events_of_unknown_kinds_are_listed_in_their_month_and_counted(journal: Path) -> None:
    whole = state_of(journal)
    state = state_of(
        with_lines(
            journal,
            {"kind": "vote", "month": 2, "member": "Kate", "limit": 10, "why": {"fair": True}},
            {"kind": "vote", "month": 2, "member": "John", "limit": None},
            {"kind": "audit", "costs": 3},
        )
    )
    assert state.months[2].others == [
        'vote: member = "Kate", limit = 10, why = {"fair": true}',
        'vote: member = "John", limit = null',
    ]
    assert state.months[1].others == []
    assert state.unknown == {"vote": 2, "audit": 1}
    assert (state.problems, state.status, state.spent) == ([], whole.status, whole.spent)
    assert whole.unknown == {}


def test_hostile_events_are_shortened(journal: Path) -> None:
    deep: Any = "end"
    for _ in range(150):
        deep = [deep]
    state = state_of(
        with_lines(
            journal,
            {"kind": "vote", "month": 1, "text": "x" * 1_000_000, "<b>": "<script>", "deep": deep, "n" * 500: 1},
            {"kind": "vote-" + "x" * 5_000, "month": 1, "member": ["not", "a", "name"]},
            {"kind": "vote", "month": 1, "ordinal": 1, **{f"field{number}": number for number in range(1_000)}},
            *({"kind": "fine", "month": 1, "ordinal": ordinal} for ordinal in range(500)),
        )
    )
    month = state.months[1]
    assert state.problems == []
    assert len(month.others) == 50
    assert len(month.others) + month.more_others == 503
    assert max(map(len, month.others)) < 2_000
    assert month.others[2].endswith("989 more")


def test_unknown_event_of_an_invalid_month_is_reported(journal: Path) -> None:
    state = state_of(with_lines(journal, {"kind": "vote", "month": 10**15}, {"kind": "vote", "month": "one"}))
    assert state.problems == [
        f"line {len(journal.read_bytes().splitlines()) - 2}: month = {10**15:,}: the run has 2 at most"
    ]
    assert sorted(state.months) == [1, 2]
    assert state.unknown == {"vote": 1}


@pytest.mark.parametrize(
    ("ending", "progress"),
    [("", "running"), ("failed", "stopped"), ("collapsed", "complete")],
    ids=["running", "failed", "collapsed"],
)
def test_the_last_month_is_in_progress_or_stopped_until_the_run_has_finished(
    journal: Path, ending: str, progress: str
) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    second = [number for number, line in enumerate(lines) if line.startswith(b'{"kind":"month"')][1]
    end = json.loads(lines[-1]) | {"status": ending, "reason": ""}
    journal.write_bytes(b"".join([*lines[: second + 1], *([json.dumps(end).encode() + b"\n"] if ending else [])]))
    state = state_of(journal)
    assert [state.progress_of(month) for month in (1, 2)] == ["complete", progress]


def test_members_with_memory_and_models_are_known(journal: Path) -> None:
    state = state_of(journal)
    assert state.has_models
    assert state.has_memory("Kate")


def test_an_event_that_defines_its_text_is_shown_with_it() -> None:
    found = [
        Inspected(member="John", draw=0.1, excess=4, offence=1, fine=1_200_000),
        Inspected(member="Kate", by="Luke", draw=None, excess=0, offence=0, fine=0),
    ]
    line = InspectionLine(month=1, rule="quota", ordinal=0, probability=0.25, inspected=tuple(found))
    assert _as_text(line) == (
        "quota: inspected John (4 above the quota, offence 1, fine $12,000.00), Kate by Luke (nothing found)."
    )
    assert _as_text(line.model_copy(update={"inspected": ()})) == "quota: inspected no member."


_WHERE: dict[str, Any] = {"month": 1, "phase": "p", "rule": "r"}
_ORDER = Order(member="John", buy=3, bid=200_000, sell=0, ask=0)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            SanctionsLine(**_WHERE, points=(Points(by="Kate", member="John", punish=3, reward=1),)),
            "r: Kate to John: 3 points of punishment, 1 point of reward.",
        ),
        (Ratings(**_WHERE, ratings={"Kate": {"John": 7, "Luke": 9}, "John": {}}), "r: Kate rates John 7, Luke 9."),
        (
            ContractLine(
                **_WHERE,
                designs=(ContractDesign(by="John", limit=10, transfer=100_000, bonus=0, escrow=50),),
                **{"approvals": {}, "winner": "John", "signed": ("John",), "parties": ()},
            ),
            "r: the contract of John (limit 10, transfer $1,000.00, bonus $0.00, deposit $0.50) was signed by John and "
            "is void.",
        ),
        (
            ExclusionLine(
                **_WHERE,
                **{"votes": {"Kate": "John"}, "accused": "John", "appealed": True, "acquittals": ()},
                **{"excluded": "John", "until": 3},
            ),
            "r: Kate votes to exclude John; John appeals; votes to acquit: 0; John is excluded until month 3.",
        ),
        (
            Delegation(**_WHERE, delegating=("John",), amount=10),
            "r: delegated by John; a limit of 10 units each.",
        ),
        (
            Auction(
                **_WHERE,
                **{"orders": (_ORDER,), "price": 150_000, "held": {"John": 13}},
                trades=(Trade(buyer="John", seller="Kate", units=3),),
            ),
            "r: John buys 3 from Kate; price $1,500.00 each; permits held: John 13.",
        ),
        (
            Wishes(**_WHERE, subject="quota.amount", wishes={"John": 12}),
            "r: in private, members wish (quota.amount): John 12.",
        ),
        (
            MediatorLine(
                **_WHERE,
                designs=(MediatorDesign(by="John", amounts={"1": None, "2": 10}),),
                **{"approvals": {"John": ("John",), "Kate": ()}, "winner": "John"},
            ),
            "r: the mediator of John applies (1: no limit, 2: 10); approvals: 1.",
        ),
        (
            MediatorLine(**_WHERE, **{"designs": (), "approvals": {}, "winner": None}),
            "r: no mediator was approved.",
        ),
        (
            PermitOffers(
                **_WHERE,
                **{"ordinal": 0, "held": {"John": 8, "Kate": 12}},
                offers=(
                    PermitOffer(by="John", to="Kate", side="sell", units=2, price=90_000, is_accepted=True, traded=2),
                    PermitOffer(by="Kate", to="John", side="buy", units=9, price=100, is_accepted=False, traded=0),
                ),
            ),
            "r: John would sell 2 to Kate at $900.00 each (2 traded); Kate would buy 9 from John at $1.00 each "
            "(rejected); permits held: John 8, Kate 12.",
        ),
        (
            PermitSale(
                **_WHERE,
                **{"offered": 10, "price": 150_000, "sold": {"John": 4}, "held": {"John": 4, "Kate": 0}},
                bids=(PermitBid(member="John", units=4, price=150_000),),
            ),
            "r: 4 of 10 permits were sold; price $1,500.00 each; permits held: John 4, Kate 0.",
        ),
        (
            BallotLine(
                **_WHERE,
                **{"ordinal": 1, "subject": "quota.amount", "counted_by": "median", "ballots": {"John": 10}},
                **{"abstained": ("Kate",), "outcome": "adopted", "value": 10},
            ),
            "r: vote (quota amount, by median); ballots: John 10; abstained: Kate; adopted: 10.",
        ),
        (
            Agenda(month=1, phase="p", member="John", is_candidate=True, limit=8, text="Less is more."),
            "John (candidate) announces a limit of 8: “Less is more.”",
        ),
        (
            Agenda(month=1, phase="p", member="John", is_candidate=False, limit=None, fine=3_000, text=None),
            "John (leader) announces no limit, a fine of $3,000 per unit.",
        ),
        (
            Decree(month=1, phase="p", member="John", values={"quota.amount": 8}, shares={"Kate": 4}),
            "John (leader) decides for the next month: quota amount 8; shares: Kate 4.",
        ),
        (
            GrowthLine(
                month=1,
                left=25,
                growth={"multiply": {"factor": 2.26631, "told": "realised"}},
                shocks=(
                    ShockLine(shock="loss", probability=0.1, draw=0.9, is_realised=False, lost=0),
                    ShockLine(shock="storm", probability=1, draw=None, is_realised=True, lost=1),
                ),
                stock=56,
            ),
            "Stock from 25 to 56 units by growth (multiply: factor 2.26631, told realised); loss: did not occur "
            "(probability 0.1); storm: 1 unit lost (probability 1).",
        ),
        (
            GrowthLine(month=1, left=50, growth=2.0, shocks=(), stock=100),
            "Stock from 50 to 100 units by growth (factor 2).",
        ),
    ],
)
def test_events_of_institutions_and_growth_are_shown_in_words(event: Event, text: str) -> None:
    assert _as_text(event) == text
