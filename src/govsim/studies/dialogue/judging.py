"""The three things that a judge is asked about a run, and the line of the journal for each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from govsim.agents import make_question
from govsim.agents.sentences import one_line, quoted
from govsim.characters import shortened
from govsim.journal import LABELS, Call, Journal, Knowledge, Label, LabelName, Promise
from govsim.models.question import Occasion, Reply
from govsim.models.reply_format import YES_NO, ChoiceField, NumberField
from govsim.scenarios import Prompts
from govsim.studies.dialogue.talks import Said, ShownTalk, Talk, decisions_of, talks_of
from govsim.studies.plan import Item

TALK, DECISION = "discussion", "harvest"
"""The phases of a month that judges are asked about."""

LONGEST_REASONING = 8000
"""Characters of a member's reasoning that a judge is shown; of a longer one the middle is left out."""

_LABEL, _UNITS, _LINE = "Label", "Units", "Line"
_THRESHOLD, _OTHERS, _FUTURE = "Threshold", "Others", "Future"


def label_items(journal: Journal, prompts: Prompts) -> Iterator[Item]:
    """What each line that a member said does, asked with the talk up to it."""
    for talk in talks_of(journal):
        for line in talk.spoken:
            yield label_item(line, talk.until(line.ordinal), prompts, month=talk.month)


def label_item(line: Said, talk: ShownTalk, prompts: Prompts, *, month: int, expected: LabelName | None = None) -> Item:
    """What one line does.

    Args:
        line: the line.
        talk: the talk up to it.
        prompts: the words of its world.
        month: the month of the talk; 0 where it belongs to none.
        expected: the label that it is known to have.
    """

    def answered(reply: Reply) -> Label:
        said = None if reply.invalid else reply.text(_LABEL)
        return Label(
            month=month,
            member=line.by,
            ordinal=line.ordinal,
            text=line.said,
            label=next((label for label in LABELS if label == said), None),
            expected=expected,
            invalid=reply.invalid,
        )

    question = make_question(
        prompts,
        purpose="label",
        standing=(_system("judge-labels", prompts),),
        template="judge-label",
        fields=(ChoiceField(tag=_LABEL, options=LABELS),),
        variables={"name": line.by},
        talk=talk,
    )
    occasion = Occasion(month=month, phase=TALK)
    return Item(question=question, occasion=occasion, member=line.by, ordinal=line.ordinal, line=answered)


def promise_items(journal: Journal, prompts: Prompts) -> Iterator[Item]:
    """What each member that spoke in a talk bound itself to in it."""
    capacity = journal.header.experiment.world.capacity
    for talk in talks_of(journal):
        for name in talk.members:
            if own := {str(line.ordinal): line for line in talk.spoken if line.by == name}:
                yield _promise_item(talk, name, own, prompts, capacity)


def _promise_item(talk: Talk, name: str, own: Mapping[str, Said], prompts: Prompts, capacity: int) -> Item:
    def answered(reply: Reply) -> Promise:
        units = None if reply.invalid else reply.number(_UNITS)
        line = None if units is None else own.get(reply.text(_LINE) or "")
        return Promise(
            month=talk.month,
            member=name,
            units=units,
            line=None if line is None else line.ordinal,
            quote=None if line is None else line.said,
            invalid=reply.invalid,
        )

    question = make_question(
        prompts,
        purpose="promise",
        standing=(_system("judge-promises", prompts),),
        template="judge-promise",
        fields=(
            NumberField(tag=_UNITS, low=0, high=capacity, may_be_none=True, units=prompts.units),
            ChoiceField(tag=_LINE, options=tuple(own), unless=(_UNITS, None)),
        ),
        variables={"name": name},
        talk=talk.numbered(),
    )
    occasion = Occasion(month=talk.month, phase=TALK)
    return Item(question=question, occasion=occasion, member=name, ordinal=0, line=answered)


def knowledge_items(journal: Journal, prompts: Prompts) -> Iterator[Item]:
    """What each harvest decision that could be read takes into account."""
    for call in decisions_of(journal):
        yield _knowledge_item(call, prompts)


def _knowledge_item(call: Call, prompts: Prompts) -> Item:
    def answered(reply: Reply) -> Knowledge:
        def named(tag: str) -> bool | None:
            return None if reply.invalid else reply.text(tag) == "yes"

        return Knowledge(
            month=call.month,
            member=call.member,
            threshold=named(_THRESHOLD),
            others=named(_OTHERS),
            future=named(_FUTURE),
            invalid=reply.invalid,
        )

    thought = "\n".join(part for part in (call.reasoning, call.reply) if part)
    question = make_question(
        prompts,
        purpose="knowledge",
        standing=(_system("judge-decisions", prompts),),
        template="judge-knowledge",
        fields=tuple(ChoiceField(tag=tag, options=YES_NO) for tag in (_THRESHOLD, _OTHERS, _FUTURE)),
        variables={"name": call.member, "reasoning": quoted(one_line(shortened(thought, LONGEST_REASONING)))},
    )
    occasion = Occasion(month=call.month, phase=DECISION)
    return Item(question=question, occasion=occasion, member=call.member, ordinal=0, line=answered)


def _system(instruction: str, prompts: Prompts) -> str:
    """What a judge is told before everything else, so that a provider reads it once for all questions of one kind."""
    return f"{prompts.standing('judge')}\n\n{prompts.standing(instruction)}"


ASKED: Mapping[str, Callable[[Journal, Prompts], Iterator[Item]]] = {
    "labels": label_items,
    "promises": promise_items,
    "knowledge": knowledge_items,
}
"""What judges are asked, by the name of the study."""
