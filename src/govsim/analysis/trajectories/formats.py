"""Formats of trajectories: all columns, chats, prompts with rewards, and pairs of answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, pstdev
from typing import Any

from govsim.analysis.trajectories.rows import Chat, Credit, CreditedDecision, Trajectory

Rows = Callable[[], Iterator[Trajectory]]
"""Reads all trajectories; can be called several times."""


def _all_columns(rows: Rows, reward: Credit) -> Iterator[dict[str, Any]]:
    return (row.record for row in rows())


def _chats(rows: Rows, reward: Credit) -> Iterator[dict[str, Any]]:
    for row in rows():
        yield {"messages": [*row.messages, *_answered(row.completion)], **row.about}


def _groups(rows: Rows, reward: Credit) -> Iterator[dict[str, Any]]:
    """Prompt, completion, reward, and the advantage among the answers at the same place of a group."""
    rewards: defaultdict[tuple[object, ...], list[float]] = defaultdict(list)
    for row in rows():
        if (value := row.credit(reward)) is not None:
            rewards[row.place].append(value)
    for row in rows():
        if (value := row.credit(reward)) is not None:
            advantage = _advantage(value, rewards[row.place])
            answer = _answered(row.completion)
            yield {"prompt": row.messages, "completion": answer, "reward": value, "advantage": advantage, **row.about}


def _advantage(value: float, group: Sequence[float]) -> float | None:
    if len(group) < 2:
        return None
    spread = pstdev(group)
    return (value - fmean(group)) / spread if spread > 0 else 0.0


def _pairs(rows: Rows, reward: Credit) -> Iterator[dict[str, Any]]:
    """The answer of highest value to each question as chosen, with each other answer of a lower value as rejected."""
    decisions: defaultdict[str, list[CreditedDecision]] = defaultdict(list)
    for row in rows():
        if row.decision is not None:
            decisions[row.question].append(row.decision)
    values = {name: _values(found) for name, found in decisions.items() if len({one.own for one in found}) > 1}
    chosen: dict[str, Trajectory] = {}
    for row in rows():
        if row.decision is not None and row.question in values:
            own = values[row.question]
            if own[row.decision.own] == max(own.values()):
                chosen.setdefault(row.question, row)
    seen: set[tuple[str, int]] = set()
    for row in rows():
        if row.decision is None or (best := chosen.get(row.question)) is None or best.decision is None:
            continue
        own, units = values[row.question], row.decision.own
        if own[units] < own[best.decision.own] and (row.question, units) not in seen:
            seen.add((row.question, units))
            yield {
                "prompt": row.messages,
                "chosen": _answered(best.completion),
                "rejected": _answered(row.completion),
                "value_chosen": own[best.decision.own],
                "value_rejected": own[units],
                **{name: getattr(row, name) for name in ("question", "member", "month", "phase", "purpose")},
                "chosen_from": {"journal": best.journal, "model": best.model, **best.provenance},
                "rejected_from": {"journal": row.journal, "model": row.model, **row.provenance},
            }


def _values(decisions: Sequence[CreditedDecision]) -> dict[int, float]:
    """Return the value of each number of units granted, as the mean over what the others took in all of these runs."""
    return {own: fmean(one.value(own) for one in decisions) for own in sorted({one.own for one in decisions})}


def _answered(completion: str) -> Chat:
    return [{"role": "assistant", "content": completion}]


TrajectoryFormat = Callable[[Rows, Credit], Iterator[Mapping[str, Any]]]

FORMATS: Mapping[str, TrajectoryFormat] = {"jsonl": _all_columns, "sft": _chats, "grpo": _groups, "dpo": _pairs}
"""The formats of trajectories: each turns all of them into records, one in each line of the file."""
