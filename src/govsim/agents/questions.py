"""Putting questions together: who is asked, what is shown, and how to reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from govsim.agents.protocol import Conversation
from govsim.agents.sentences import one_line
from govsim.models.question import Message, Passage, Prompt, Question
from govsim.models.reply_format import Field, format_lines
from govsim.scenarios import Prompts, enumeration


def make_question(
    prompts: Prompts,
    *,
    purpose: str,
    system: str,
    template: str,
    fields: tuple[Field, ...],
    passages: Sequence[Passage],
    variables: Mapping[str, object],
) -> Question:
    """A question in the words of a template.

    Args:
        prompts: the words of the world.
        purpose: what it is for.
        system: what is said before everything else: the rules, and who is asked.
        template: the words of the question.
        fields: what the reply is to contain.
        passages: past months, which come between the rules and the question; memories and lines, which the template
            shows as `memories` and `lines`.
        variables: what else the template needs.
    """

    def compose(shown: Sequence[Passage]) -> tuple[Message, ...]:
        months = (Message(role="user", content=passage.text) for passage in shown if passage.kind == "month")
        memories = [passage.text for passage in shown if passage.kind == "memory"]
        lines = [passage.text for passage in shown if passage.kind == "line"]
        text = prompts.render(template, memories=memories, lines=lines, **variables)
        rules = Message(role="system", content=system)
        return (rules, *months, Message(role="user", content=_with_format(prompts, text, fields)))

    return Question(
        purpose=purpose,
        prompt=Prompt(compose=compose, passages=tuple(passages)),
        fields=fields,
        again=partial(_again, prompts, fields),
    )


def talk_variables(conversation: Conversation) -> dict[str, object]:
    """The variables of every template that shows a talk, beside its lines."""
    return {"date": conversation.observation.date, "names": enumeration(conversation.speakers)}


def talk_passages(conversation: Conversation) -> list[Passage]:
    """The lines of a talk; its opening and the last one are never left out."""
    last = len(conversation.lines) - 1
    return [
        Passage(kind="line", text=str(line), is_essential=place in (0, last))
        for place, line in enumerate(conversation.lines)
    ]


def _again(prompts: Prompts, fields: tuple[Field, ...], reason: str) -> str:
    """What is said to a model whose reply could not be read."""
    return _with_format(prompts, prompts.render("reask", reason=one_line(reason)), fields)


def _with_format(prompts: Prompts, text: str, fields: tuple[Field, ...]) -> str:
    """A text, then how to reply."""
    how = prompts.render("format", format=format_lines(fields))
    return f"{text}\n\n{how}"
