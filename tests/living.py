"""Looking into the journals of societies that tests let live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
