"""Composition of questions: the member's identity, the context shown, and the reply format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from govsim.agents.sentences import on_one_line
from govsim.characters import enumerated
from govsim.models.fields import Field
from govsim.models.question import Message, Passage, Prompt, Question
from govsim.models.reply_format import format_lines
from govsim.models.structured import format_object
from govsim.scenarios import FORMAT_TEMPLATES, Prompts


class ShownDiscussion(Protocol):
    """The parts of a discussion that a question shows."""

    @property
    def date(self) -> str:
        """ISO date of the discussion."""

    @property
    def speakers(self) -> Sequence[str]:
        """Participants, in roster order."""

    @property
    def lines(self) -> Sequence[object]:
        """Utterances, each as it is to be shown."""


def make_question(
    prompts: Prompts,
    *,
    purpose: str,
    system: tuple[str, ...],
    template: str,
    fields: tuple[Field, ...],
    variables: Mapping[str, object],
    passages: Sequence[Passage] = (),
    identity: str | None = None,
    discussion: ShownDiscussion | None = None,
) -> Question:
    """Build a question from a template. What all members share comes first, so that providers can cache it.

    Args:
        prompts: the prompts of the simulation.
        purpose: purpose of the question.
        system: texts that come first and are identical for all members: one system message each, except empty ones.
        template: prompt template of the question.
        fields: what the reply must contain.
        variables: variables of the template besides memories.
        passages: past months, and memories, which the template shows as `memories`.
        identity: the text that describes the member asked.
        discussion: the discussion that the question is about.
    """
    has_history = any(passage.kind == "month" for passage in passages)

    def compose(shown: Sequence[Passage]) -> tuple[Message, ...]:
        months = [passage.text for passage in shown if passage.kind == "month"]
        memories = [passage.text for passage in shown if passage.kind == "memory"]
        lines = [passage.text for passage in shown if passage.kind == "line"]
        said = [] if discussion is None else [_said(prompts, discussion, lines)]
        own = [*([] if identity is None else [identity]), *months]
        # A history is longer than a discussion, and cannot be cached if it comes after one.
        context = [*own, *said] if has_history else [*said, *own]
        asked = _with_format(prompts, prompts.render(template, memories=memories, **variables), fields)
        user = (Message(role="user", content=content) for content in (*context, asked))
        return (*(Message(role="system", content=text) for text in system if text), *user)

    return Question(
        purpose=purpose,
        prompt=Prompt(compose=compose, passages=(*passages, *([] if discussion is None else _lines(discussion)))),
        fields=fields,
        again=partial(_again, prompts, fields),
        replies=prompts.replies,
    )


def _said(prompts: Prompts, discussion: ShownDiscussion, lines: Sequence[str]) -> str:
    """Render a discussion, identically for all members asked about it."""
    names = enumerated(discussion.speakers)
    return prompts.render("conversation", date=discussion.date, names=names, lines=lines)


def _lines(discussion: ShownDiscussion) -> list[Passage]:
    """Return the utterances of a discussion as passages; the first and the last are never omitted."""
    last = len(discussion.lines) - 1
    return [
        Passage(kind="line", text=str(line), is_essential=index in (0, last))
        for index, line in enumerate(discussion.lines)
    ]


def _again(prompts: Prompts, fields: tuple[Field, ...], reason: str) -> str:
    """Render the message for a model whose reply could not be parsed."""
    return _with_format(prompts, prompts.render("reask", reason=on_one_line(reason)), fields)


def _with_format(prompts: Prompts, text: str, fields: tuple[Field, ...]) -> str:
    """Append the reply format to a text."""
    blanks = format_object(fields) if prompts.replies == "structured" else format_lines(fields)
    how = prompts.render_cached(FORMAT_TEMPLATES[prompts.replies], format=blanks)
    return f"{text}\n\n{how}"
