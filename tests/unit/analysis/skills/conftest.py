"""Small journals of sub-skill tests, written as a study writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from govsim.journal import Call, End, MessageLine, Recorder, Session, Status
from govsim.journal.line import message_hash
from govsim.models.question import Reply
from govsim.studies import SkillSettings, plan_skills

Claims = Sequence[bool | None]
"""For each problem whether it is solved; None for a reply that could not be read."""

WriteStudy = Callable[..., Path]


@pytest.fixture
def write_study(tmp_path: Path) -> WriteStudy:
    """Writes the journal of a model's tests: `write_study("a/one", {"dynamics": [True, None]})`."""

    def write(
        model: str,
        claims: Mapping[str, Claims],
        *,
        scenario: str = "fishery",
        status: Status | None = "completed",
        settings: Mapping[str, Any] | None = None,
        folder: Path = tmp_path,
    ) -> Path:
        longest = max(map(len, claims.values()))
        wanted = SkillSettings(
            models=[model], scenarios=[scenario], problems=longest, out=folder, settings=settings or {}
        )
        [plan] = plan_skills(wanted)
        with Recorder(plan.path) as recorder:
            recorder.write(plan.header)
            recorder.write(Session(at="2024-01-01T00:00:00Z", execution={}))
            for item in plan.items:
                purpose, number = item.question.purpose, item.ordinal
                if number >= len(claims.get(purpose, ())):
                    continue
                claim = claims[purpose][number]
                most: int = item.line(Reply(values={"Answer": 0})).most  # type: ignore[attr-defined]
                values: dict[str, str | int | None] = {"Answer": most if claim else most + 1}
                reply = Reply(values={}, invalid="no number") if claim is None else Reply(values=values)
                _ask(recorder, purpose, number, "nothing" if claim is None else f"Answer: {values['Answer']}", model)
                recorder.write(item.line(reply))
            if status is not None:
                recorder.write(End(status=status, months=0, at="2024-01-01T00:01:00Z"))
        return plan.path

    return write


def _ask(recorder: Recorder, purpose: str, number: int, reply: str, model: str) -> None:
    text = f"Problem {number} of {purpose}?"
    hash_ = message_hash("user", text)
    recorder.write(MessageLine(hash=hash_, role="user", content=text))
    recorder.write(
        Call(
            **{"month": 0, "phase": "test", "member": "", "purpose": purpose, "ordinal": number, "attempt": 0},
            **{"model": model, "messages": (hash_,), "reply": reply, "stop_reason": "stop", "seconds": 0.5},
            **{"input_tokens": 10, "output_tokens": 5, "cost": 0.01},
        )
    )
