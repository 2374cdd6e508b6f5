"""Prompts fit into the model's context window for any number of months and members; omissions are recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from govsim.errors import ConfigError
from govsim.jobs import replay
from govsim.journal import TOO_LONG, Call, first_difference
from tests.living import Live, Lived

FAKE: dict[str, Any] = {"models.default": "fake/society"}
LONG = FAKE | {"world.months": 36}
LARGE = FAKE | {"world.months": 4, "society.members": 50, "world.capacity": 1000}


def within(tokens: int) -> dict[str, Any]:
    """A model with room for so many tokens, and a society that knows it."""
    return {
        "models.args": {"context": tokens},
        "models.context": tokens + 100,
        "models.sampling.max_tokens": 100,
    }


def unknown(tokens: int) -> dict[str, Any]:
    """A model with room for so many tokens, which the society has to find out."""
    return {"models.args": {"context": tokens}}


def longest(run: Lived, month: int) -> int:
    return max(call.input_tokens or 0 for call in run.calls(month=month))


def shortened(run: Lived) -> list[Call]:
    return [call for call in run.journal.of(Call) if call.shortened is not None]


def test_prompts_of_generative_agents_do_not_grow_with_the_months(live: Live) -> None:
    [run] = live("fishery", LONG)
    assert run.journal.status == "completed"
    assert longest(run, 36) <= longest(run, 12)
    assert shortened(run) == []


def test_the_window_of_direct_agents_bounds_their_prompts(live: Live) -> None:
    [run] = live("fishery", LONG | {"agents.default": "direct"})
    assert longest(run, 36) == longest(run, 24) > longest(run, 6)


@pytest.mark.parametrize("agent", ["generative", "direct"])
@pytest.mark.parametrize(("society", "room"), [(LONG, 680), (LARGE, 1300)], ids=["36 months", "50 members"])
def test_prompts_fit_into_a_context_that_is_known_and_none_is_rejected(
    live: Live, agent: str, society: dict[str, Any], room: int
) -> None:
    [run] = live("fishery", society | within(room) | {"agents.default": agent})
    assert run.journal.status == "completed"
    assert max(longest(run, month) for month in range(1, run.harvests[-1].month + 1)) <= room
    assert run.calls(stop_reason=TOO_LONG) == []
    assert shortened(run)
    for call in shortened(run):
        assert call.shortened is not None
        assert call.shortened.tokens <= call.shortened.limit == room
        assert call.shortened.months + call.shortened.memories + call.shortened.lines > 0


def test_fifty_members_fit_without_discussion_and_with_public_catches(live: Live) -> None:
    off = {"society.communication": False, "agents.default": "direct"}
    [run] = live("fishery", LARGE | off | within(1600) | {"world.months": 12})
    assert run.journal.status == "completed"
    assert run.calls(stop_reason=TOO_LONG) == []
    last = run.prompts(month=12, purpose="harvest")[0]
    assert "What happened in 2024-11" in last
    assert "What happened in 2024-02" not in last


def test_a_refused_prompt_is_shortened_once_and_the_refusal_recorded(live: Live) -> None:
    [run] = live("fishery", LONG | unknown(1000) | {"agents.default": "direct"})
    assert run.journal.status == "completed"
    refused = run.calls(stop_reason=TOO_LONG)
    assert refused
    for call in refused:
        assert call.refused == "The prompt is longer than the model's context."
        [after] = run.calls(
            month=call.month, member=call.member, purpose=call.purpose, ordinal=call.ordinal, attempt=call.attempt + 1
        )
        assert after.shortened is not None
        assert after.refused is None


def test_a_rejected_prompt_shortens_the_members_later_prompts(live: Live) -> None:
    [run] = live("fishery", LONG | unknown(1000) | {"agents.default": "direct"})
    refused = run.calls(stop_reason=TOO_LONG)
    assert len({call.member for call in refused}) == 5
    # A member may speak twice in the discussion in which its prompt is first rejected.
    assert len({(call.member, call.month, call.phase) for call in refused}) == 5


@pytest.mark.parametrize("cognition", ["merged", "separate"])
def test_a_society_with_rejected_prompts_is_replayed_and_resumed_identically(
    live: Live, tmp_path: Path, cognition: str
) -> None:
    settings = FAKE | unknown(540) | {"world.months": 6, "society.cognition": cognition, "members.Kate.agent": "direct"}
    [whole] = live("fishery", settings)
    assert whole.journal.status == "completed"
    assert whole.calls(stop_reason=TOO_LONG)
    again = asyncio.run(replay(whole.journal.path))
    assert (again.difference, again.is_complete) == (None, True)
    content = whole.journal.path.read_bytes()
    refusal = content.index(b'"stop_reason":"prompt_too_long"')
    for part, cut in enumerate((refusal - 400, content.index(b"\n", refusal) + 1, len(content) // 2)):
        folder = tmp_path / f"part-{part}"
        path = folder / whole.journal.path.relative_to(tmp_path / "runs")
        path.parent.mkdir(parents=True)
        path.write_bytes(content[:cut])
        [continued] = live("fishery", settings, folder=folder)
        assert first_difference(whole.journal, continued.journal) is None


def test_a_model_without_room_for_the_shortened_prompt_ends_the_run_and_nothing_is_lost(live: Live) -> None:
    settings = FAKE | {"world.months": 2}
    [failed] = live("fishery", settings | unknown(100))
    assert failed.journal.status == "failed"
    assert failed.journal.end is not None
    assert failed.journal.end.reason is not None
    assert failed.journal.end.reason.startswith("model fake/society: prompt too long")
    assert "models.context" in failed.journal.end.reason
    assert failed.harvests == []


def test_a_context_without_room_for_a_prompt_beside_the_reply_is_rejected(live: Live) -> None:
    with pytest.raises(ConfigError, match=r"models.context = 4096: must be greater than .*max_tokens = 4096"):
        live("fishery", FAKE | {"models.context": 4096})
