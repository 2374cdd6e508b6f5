"""The transcript and the messages of a sample, from the events of its journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import inspect_ai.util
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser
from pydantic import JsonValue

from govsim.characters import listed
from govsim.journal import MODERATOR, Agreement, Event, Harvest, Journal, Month, Utterance
from govsim.spans import SpanKind

_LEFT_OUT = frozenset(
    {
        *("header", "session", "end"),
        *("message", "asked", "call", "request", "embedding", "utterance"),
        *("memory", "retrieval"),
    }
)
"""Kinds of events of the execution, of model calls, which Inspect records itself, and of memories."""


def span(kind: SpanKind, name: str) -> AbstractAsyncContextManager[None]:
    """Open a span of the transcript."""
    return inspect_ai.util.span(name, type=kind)


def follow(event: Event) -> None:
    """Add an event of a society to the transcript; those of single calls and memories are left out."""
    if event.kind not in _LEFT_OUT:
        transcript().info(_content(event), source=f"govsim {event.kind}")


def messages_of(journal: Journal) -> list[ChatMessage]:
    """Return what happened in a society and what was said, as the messages of its sample."""
    return list(_messages(journal))


def _content(event: Event) -> JsonValue:
    """The content of an event in the transcript: its text, or its fields."""
    return _text(event) or event.model_dump(mode="json", exclude={"kind", "month", "phase"}, exclude_none=True)


def _messages(journal: Journal) -> Iterator[ChatMessage]:
    # Not as system messages, all of which the viewer shows before the others.
    for event in journal.events:
        if isinstance(event, Utterance) and event.text is not None:
            kind = ChatMessageUser if event.member == MODERATOR else ChatMessageAssistant
            yield kind(content=f"**{event.member}**: {event.text}")
        elif (text := _text(event)) is not None:
            yield ChatMessageUser(content=text)


def _text(event: Event) -> str | None:
    """The text of an event of a society in Markdown; None if it has none."""
    if isinstance(event, Month):
        return f"**Month {event.month}**: {listed(event.members)} share a stock of {event.stock}."
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
