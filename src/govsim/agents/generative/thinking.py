"""Generation of thoughts and their ratings: together in one reply (`merged`), or in one call each (`separate`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from govsim.agents.generative.memory import MAX_IMPORTANCE, MIN_IMPORTANCE
from govsim.agents.member_model import MemberModel
from govsim.agents.protocol import Conversation
from govsim.agents.sentences import on_one_line, quoted
from govsim.agents.view import View
from govsim.concurrency import together
from govsim.models.fields import Field, NumberField, TextField
from govsim.models.question import Passage, Reply

REMEMBER, INTERESTING, INSIGHT, RATING = "Remember", "Interesting", "Insight", "Rating"

_SENTENCE = "one sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A thought and its importance rating, 1 to 10; None if the rating could not be parsed."""

    text: str
    importance: int | None


class Thinking(Protocol):
    """Generates the thoughts of a member."""

    async def about_discussion(self, conversation: Conversation) -> list[Thought]:
        """Return what to remember of a discussion for planning, and what was interesting about it."""

    async def insights(self, memories: Sequence[Passage], count: int, view: View) -> list[Thought]:
        """Return up to `count` insights from memories."""

    async def rated(self, text: str, importance: int | None, view: View) -> Thought:
        """Return a sentence with its rating; `importance` is the rating it came with, if any."""


class MergedThinking:
    """Requests thoughts together with their ratings: one call after a discussion, one for insights."""

    def __init__(self, model: MemberModel) -> None:
        self._model = model

    async def about_discussion(self, conversation: Conversation) -> list[Thought]:
        """See `Thinking`."""
        fields = (
            TextField(tag=REMEMBER, what=_SENTENCE),
            _rating(f"{REMEMBER} rating"),
            TextField(tag=INTERESTING, what=_SENTENCE),
            _rating(f"{INTERESTING} rating"),
        )
        reply = await _ask_about_discussion(
            self._model, "thoughts", fields, conversation, remember=True, interesting=True
        )
        return _thoughts(reply, [(REMEMBER, f"{REMEMBER} rating"), (INTERESTING, f"{INTERESTING} rating")])

    async def insights(self, memories: Sequence[Passage], count: int, view: View) -> list[Thought]:
        """See `Thinking`."""
        tags = [(f"{INSIGHT} {number}", f"{RATING} {number}") for number in range(1, count + 1)]
        fields: list[Field] = []
        for number, (insight, rating) in enumerate(tags):
            fields.append(TextField(tag=insight, what=_SENTENCE, is_optional=number > 0))
            fields.append(_rating(rating, is_optional=number > 0))
        reply = await _ask_for_insights(self._model, tuple(fields), memories, count, view, rates=True)
        return _thoughts(reply, tags)

    async def rated(self, text: str, importance: int | None, view: View) -> Thought:
        """See `Thinking`: no model is called; a text without a rating stays unrated."""
        return Thought(text=text, importance=importance)


class SeparateThinking:
    """Requests every thought and every rating in a separate call, as in the paper."""

    def __init__(self, model: MemberModel) -> None:
        self._model = model

    async def about_discussion(self, conversation: Conversation) -> list[Thought]:
        """See `Thinking`."""
        async with self._span():
            thoughts = await together(self._about_discussion(conversation, tag) for tag in (REMEMBER, INTERESTING))
        return [thought for thought in thoughts if thought is not None]

    async def _about_discussion(self, conversation: Conversation, tag: str) -> Thought | None:
        purpose, fields = tag.lower(), (TextField(tag=tag, what=_SENTENCE),)
        shown = {"remember": tag == REMEMBER, "interesting": tag == INTERESTING}
        said = (await _ask_about_discussion(self._model, purpose, fields, conversation, **shown)).text(tag)
        return await self._rated(on_one_line(said), f"{purpose}-rating", conversation.view) if said else None

    async def insights(self, memories: Sequence[Passage], count: int, view: View) -> list[Thought]:
        """See `Thinking`."""
        tags = [f"{INSIGHT} {number}" for number in range(1, count + 1)]
        fields = tuple(TextField(tag=tag, what=_SENTENCE, is_optional=number > 0) for number, tag in enumerate(tags))
        async with self._span():
            reply = await _ask_for_insights(self._model, fields, memories, count, view, rates=False)
            texts = [on_one_line(text) for tag in tags if (text := reply.text(tag))]
            return await together(self._rated(text, "insight-rating", view) for text in texts)

    async def rated(self, text: str, importance: int | None, view: View) -> Thought:
        """See `Thinking`: the model rates the importance to this member."""
        return await self._rated(text, "talk-rating", view)

    def _span(self) -> AbstractAsyncContextManager[None]:
        return self._model.asker.span("memory", f"{self._model.name}: memory")

    async def _rated(self, text: str, purpose: str, view: View) -> Thought:
        reply = await self._model.ask(purpose, "rating", (_rating(RATING),), view, memory=quoted(text))
        return Thought(text=text, importance=reply.number(RATING))


def _rating(tag: str, *, is_optional: bool = False) -> NumberField:
    return NumberField(tag=tag, low=MIN_IMPORTANCE, high=MAX_IMPORTANCE, is_optional=is_optional)


async def _ask_about_discussion(
    model: MemberModel,
    purpose: str,
    fields: tuple[Field, ...],
    conversation: Conversation,
    *,
    remember: bool,
    interesting: bool,
) -> Reply:
    return await model.ask(
        purpose,
        "thoughts",
        fields,
        conversation.view,
        discussion=conversation,
        remember=remember,
        interesting=interesting,
    )


async def _ask_for_insights(
    model: MemberModel,
    fields: tuple[Field, ...],
    memories: Sequence[Passage],
    count: int,
    view: View,
    *,
    rates: bool,
) -> Reply:
    return await model.ask(
        "insights", "insights", fields, view, passages=memories, date=view.date, count=count, rates=rates
    )


def _thoughts(reply: Reply, tags: Sequence[tuple[str, str]]) -> list[Thought]:
    return [
        Thought(text=on_one_line(text), importance=reply.number(rating))
        for tag, rating in tags
        if (text := reply.text(tag))
    ]
