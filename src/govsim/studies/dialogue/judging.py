"""The built-in questions to judges: labels, promises and knowledge."""

from __future__ import annotations

from importlib import resources
from typing import cast

from govsim.journal import LABELS, Knowledge, Label, LabelName, Promise
from govsim.models.fields import YES_NO, ChoiceField, Field, NumberField
from govsim.models.question import Reply
from govsim.scenarios import Prompts
from govsim.studies.dialogue.judge_question import QUESTIONS, Judged, JudgeQuestion

_LABEL, _UNITS, _LINE = "Label", "Units", "Line"
_KNOWLEDGE = ("Threshold", "Others", "Future")

_FOLDER = resources.files("govsim.studies.dialogue") / "prompts"


def _label(judged: Judged, reply: Reply) -> Label:
    (line,) = judged.lines.values()
    said = None if reply.invalid else reply.text(_LABEL)
    return Label(
        month=judged.month,
        member=judged.member,
        ordinal=judged.ordinal,
        text=line.said,
        label=next((label for label in LABELS if label == said), None),
        expected=cast("LabelName | None", judged.expected),
        invalid=reply.invalid,
    )


def _promise_fields(judged: Judged, prompts: Prompts) -> tuple[Field, ...]:
    return (
        NumberField(tag=_UNITS, low=0, high=judged.capacity, may_be_none=True, units=prompts.units),
        ChoiceField(tag=_LINE, options=tuple(judged.lines), unless=(_UNITS, None)),
    )


def _promise(judged: Judged, reply: Reply) -> Promise:
    units = None if reply.invalid else reply.number(_UNITS)
    line = None if units is None else judged.lines.get(reply.text(_LINE) or "")
    return Promise(
        month=judged.month,
        member=judged.member,
        units=units,
        line=None if line is None else line.ordinal,
        quote=None if line is None else line.said,
        invalid=reply.invalid,
    )


def _knowledge(judged: Judged, reply: Reply) -> Knowledge:
    threshold, others, future = (None if reply.invalid else reply.text(tag) == "yes" for tag in _KNOWLEDGE)
    return Knowledge(
        month=judged.month,
        member=judged.member,
        threshold=threshold,
        others=others,
        future=future,
        invalid=reply.invalid,
    )


LABELLING = QUESTIONS.register(
    JudgeQuestion(
        name="labels",
        title="function of each utterance",
        purpose="label",
        about="utterance",
        instruction=_FOLDER / "judge-labels.jinja",
        template=_FOLDER / "judge-label.jinja",
        fields=lambda judged, prompts: (ChoiceField(tag=_LABEL, options=LABELS),),
        line=_label,
    )
)
"""The question used to check judges."""

QUESTIONS.register(
    JudgeQuestion(
        name="promises",
        title="promise of each member that spoke",
        purpose="promise",
        about="speaker",
        instruction=_FOLDER / "judge-promises.jinja",
        template=_FOLDER / "judge-promise.jinja",
        fields=_promise_fields,
        line=_promise,
    )
)
QUESTIONS.register(
    JudgeQuestion(
        name="knowledge",
        title="considerations in each decision",
        purpose="knowledge",
        about="decision",
        instruction=_FOLDER / "judge-decisions.jinja",
        template=_FOLDER / "judge-knowledge.jinja",
        fields=lambda judged, prompts: tuple(ChoiceField(tag=tag, options=YES_NO) for tag in _KNOWLEDGE),
        line=_knowledge,
    )
)
