"""The journals of societies that tests simulate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govsim.journal import Call, Harvest, Journal, MessageLine, Utterance


@dataclass(frozen=True)
class Lived:
    """A run that was carried out, as its journal tells it."""

    journal: Journal

    @property
    def harvests(self) -> list[Harvest]:
        return list(self.journal.of(Harvest))

    @property
    def utterances(self) -> list[Utterance]:
        return list(self.journal.of(Utterance))

    def calls(self, **where: Any) -> list[Call]:
        """Calls whose fields have these values."""
        return [
            call
            for call in self.journal.of(Call)
            if all(getattr(call, field) == value for field, value in where.items())
        ]

    def prompt(self, call: Call) -> str:
        """All messages of a call, one after the other."""
        contents = {message.hash: message.content for message in self.journal.of(MessageLine)}
        return "\n\n".join(contents[hash_] for hash_ in call.messages)

    def prompts(self, **where: Any) -> list[str]:
        return [self.prompt(call) for call in self.calls(**where)]


Live = Callable[..., list[Lived]]


def answer(*, ordinal: int = 0, **fields: Any) -> Call:
    """The call of a question, with these fields; without token counts and cost otherwise."""
    place = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "attempt": 0, "messages": ()}
    return Call.model_validate(
        {"model": "some/model", "reply": "", "stop_reason": "stop", "seconds": 0.0, "ordinal": ordinal} | place | fields
    )


def make_older(path: Path) -> None:
    """Turn a journal into one of reading rule 1, which recorded no values."""

    def older(line: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in line.items() if key not in ("reading_rule", "values")}

    rewrite(path, older)


def rewrite(path: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Change the lines of a journal; a line for which None comes back is dropped."""
    lines = (change(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
    path.write_text("".join(json.dumps(line) + "\n" for line in lines if line is not None), encoding="utf-8")
