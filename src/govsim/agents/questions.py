"""Putting questions together: who is asked, what is shown, and how to reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from govsim.agents.sentences import one_line
from govsim.models.fields import Field
from govsim.models.question import Message, Passage, Prompt, Question
from govsim.models.reply_format import format_lines
from govsim.models.structured import format_object
from govsim.scenarios import FORMATS, Prompts, enumeration


class Talk(Protocol):
    """What a question shows of a talk."""

    @property
    def date(self) -> str:
        """The day of the talk, as an ISO date."""

    @property
    def speakers(self) -> Sequence[str]:
        """Who takes part, in roster order."""

    @property
    def lines(self) -> Sequence[object]:
        """What was said; each line as it is to be shown."""


def make_question(
    prompts: Prompts,
    *,
    purpose: str,
    standing: tuple[str, ...],
    template: str,
    fields: tuple[Field, ...],
    variables: Mapping[str, object],
    passages: Sequence[Passage] = (),
    identity: str | None = None,
    talk: Talk | None = None,
) -> Question:
    """A question in the words of a template. What all members share comes first, so that a provider reads it once.

    Args:
        prompts: the words of the world.
        purpose: what it is for.
        standing: what is said before everything else, to all members the same: a system message for each text.
        template: the words of the question.
        fields: what the reply is to contain.
        variables: what the template needs beside memories.
        passages: past months, and memories, which the template shows as `memories`.
        identity: who is asked.
        talk: what has been said in the talk that the question is about.
    """
    has_history = any(passage.kind == "month" for passage in passages)

    def compose(shown: Sequence[Passage]) -> tuple[Message, ...]:
        months = [passage.text for passage in shown if passage.kind == "month"]
        memories = [passage.text for passage in shown if passage.kind == "memory"]
        lines = [passage.text for passage in shown if passage.kind == "line"]
        said = [] if talk is None else [_said(prompts, talk, lines)]
        own = [*([] if identity is None else [identity]), *months]
        # A history is longer than a talk, and of no use to a cache behind one.
        told = [*own, *said] if has_history else [*said, *own]
        asked = _with_format(prompts, prompts.render(template, memories=memories, **variables), fields)
        user = (Message(role="user", content=content) for content in (*told, asked))
        return (*(Message(role="system", content=text) for text in standing), *user)

    return Question(
        purpose=purpose,
        prompt=Prompt(compose=compose, passages=(*passages, *([] if talk is None else _lines(talk)))),
        fields=fields,
        again=partial(_again, prompts, fields),
        replies=prompts.replies,
    )


def _said(prompts: Prompts, talk: Talk, lines: Sequence[str]) -> str:
    """What has been said in a talk, in the same words for everyone who is asked about it."""
    names = enumeration(talk.speakers)
    return prompts.render("conversation", date=talk.date, names=names, lines=lines)


def _lines(talk: Talk) -> list[Passage]:
    """The lines of a talk; its opening and the last one are never left out."""
    last = len(talk.lines) - 1
    return [
        Passage(kind="line", text=str(line), is_essential=place in (0, last)) for place, line in enumerate(talk.lines)
    ]


def _again(prompts: Prompts, fields: tuple[Field, ...], reason: str) -> str:
    """What is said to a model whose reply could not be read."""
    return _with_format(prompts, prompts.render("reask", reason=one_line(reason)), fields)


def _with_format(prompts: Prompts, text: str, fields: tuple[Field, ...]) -> str:
    """A text, then how to reply."""
    blanks = format_object(fields) if prompts.replies == "structured" else format_lines(fields)
    how = prompts.standing(FORMATS[prompts.replies], format=blanks)
    return f"{text}\n\n{how}"
