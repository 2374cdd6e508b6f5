"""The transcript and the messages of a sample, from the events of its journal."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import inspect_ai.util
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser

from govsim.characters import listed
from govsim.journal import MODERATOR, Agreement, Event, Harvest, Month, TermsLine, Utterance
from govsim.spans import SpanKind

_OMITTED = frozenset(
    {
        *("header", "session", "end"),
        *("message", "asked", "call", "request", "embedding"),
        *("memory", "retrieval"),
    }
)
"""Kinds of events of the execution, of memories, and of model calls, which Inspect records itself."""


def span(kind: SpanKind, name: str) -> AbstractAsyncContextManager[None]:
    """Open a span of the transcript, which Inspect's viewer shows as a section.

    Args:
        kind: what it groups: a month, a phase, memories or a question.
        name: its title.
    """
    return inspect_ai.util.span(name, type=kind)


class Record:
    """The record of a society in its sample: an entry of the transcript for each event, and messages.

    Attributes:
        messages: what happened and what was said so far.
    """

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []

    def follow(self, event: Event) -> None:
        """Add an event; those of single calls and of memories are omitted."""
        if isinstance(event, Utterance):
            if event.text is not None:
                kind = ChatMessageUser if event.member == MODERATOR else ChatMessageAssistant
                self.messages.append(kind(content=f"**{event.member}**: {event.text}"))
        elif event.kind not in _OMITTED:
            text = _text(event)
            fields = event.model_dump(mode="json", exclude={"kind", "month", "phase"}, exclude_none=True)
            transcript().info(text or fields, source=f"govsim {event.kind}")
            if text is not None:  # not as a system message: the viewer shows all of those before the others
                self.messages.append(ChatMessageUser(content=text))


def _text(event: Event) -> str | None:
    """The text of an event of a society in Markdown; None if it has none."""
    if isinstance(event, Month):
        return f"**Month {event.month}**: {listed(event.members)} share a stock of {event.stock}."
    if isinstance(event, TermsLine):
        return event.text or None
    if isinstance(event, Harvest):
        return _harvest(event)
    if isinstance(event, Agreement):
        limit = "No limit was agreed on." if event.limit is None else f"Agreed limit for each member: {event.limit}."
        return " ".join(part for part in (event.summary, limit) if part)
    return event.in_words


def _harvest(event: Harvest) -> str:
    rows = (f"| {name} | {event.asked.get(name, '–')} | {units} |" for name, units in event.granted.items())
    end = "The commons has collapsed." if event.is_collapsed else f"Then it grows to {event.stock_after_growth}."
    total = f"The harvest leaves {event.stock_after_harvest} of {event.stock_before}. {end}"
    return "\n".join(["| member | asked | received |", "|:--|--:|--:|", *rows, "", total])
