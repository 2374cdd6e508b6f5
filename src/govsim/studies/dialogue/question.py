"""What a judge can be asked about a run, and the registry of all such questions.

A question is asked about each utterance, each member after a talk, or each decision. It brings its templates, the
fields of the reply, and the line of the study's journal that a reply becomes; that line is an event, registered by
whoever writes it. A plug-in names its question in the entry-point group `govsim.judge_questions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args

from govsim.agents import make_question
from govsim.agents.sentences import one_line, quoted
from govsim.characters import shortened
from govsim.journal import Event, Journal
from govsim.models.fields import Field
from govsim.models.question import Occasion, Reply
from govsim.plugins import Registry
from govsim.scenarios import Prompts
from govsim.studies.dialogue.talks import Said, ShownTalk, decisions_of, talks_of
from govsim.studies.study import Item

LONGEST_REASONING = 8000
"""Characters of a member's reasoning that a judge is shown; of a longer one the middle is left out."""

About = Literal["utterance", "speaker", "decision"]
"""What a question is asked about: each line of a talk, each member that spoke in a talk, or each harvest decision."""

_PREFIX, _SUFFIX = "judge-", ".jinja"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One thing that a judge is asked about.

    Attributes:
        month: the month; 0 where it belongs to none.
        phase: its phase.
        member: who spoke or decided.
        ordinal: the utterance's place in the talk; 0 where it is about no single one.
        talk: the talk as it is shown: up to the utterance, or the whole of it with numbered lines; None for a decision.
        lines: the member's own lines by their number in the talk; of an utterance, itself alone.
        reasoning: how the member reasoned before its decision, as it is shown; empty elsewhere.
        capacity: the most units that there can be.
        expected: the answer that it is known to have; None where nobody knows.
    """

    month: int
    phase: str
    member: str
    ordinal: int = 0
    talk: ShownTalk | None = None
    lines: Mapping[str, Said] = field(default_factory=dict)
    reasoning: str = ""
    capacity: int
    expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeQuestion:
    """A question to judges.

    Attributes:
        name: its name in commands, in the names of journals, and in their first lines.
        title: what is asked, in a few words.
        purpose: what its calls are for, in the journal.
        about: what it is asked about.
        instruction: the file of the template that a judge is given before all questions of this kind.
        template: the file of the question's template. Both begin with `judge-` and end with `.jinja`, and have the
            variables of a scenario's templates; this one also `name`, and of a decision `reasoning`.
        fields: the fields of the reply.
        line: from what was asked about and the reply to the line of the study's journal.
    """

    name: str
    title: str
    purpose: str
    about: About
    instruction: Traversable
    template: Traversable
    fields: Callable[[Judged, Prompts], tuple[Field, ...]]
    line: Callable[[Judged, Reply], Event]

    @property
    def templates(self) -> dict[str, str]:
        """Its own templates by name."""
        return {name_of(file): file.read_text(encoding="utf-8") for file in (self.instruction, self.template)}


def name_of(file: Traversable) -> str:
    """The name of a template in a study's journal."""
    return file.name.removesuffix(_SUFFIX)


def _flaw(value: Any) -> str | None:
    """What keeps an object from being a question to judges; None where nothing does."""
    if not isinstance(value, JudgeQuestion):
        return f"must be a govsim.studies.dialogue.JudgeQuestion, not {type(value).__name__}"
    if value.about not in get_args(About):
        return f"about = {value.about}: must be one of {', '.join(get_args(About))}"
    for part in ("instruction", "template"):
        file = getattr(value, part)
        name = getattr(file, "name", "")
        if not (name.startswith(_PREFIX) and name.endswith(_SUFFIX) and file.is_file()):
            return f"{part} = {name or file}: must be a file whose name is {_PREFIX}NAME{_SUFFIX}"
    return None if callable(value.fields) and callable(value.line) else "fields, line: must be functions"


QUESTIONS: Registry[JudgeQuestion] = Registry(
    "question to judges", group="judge_questions", home="govsim.studies.dialogue.judging", flaw=_flaw
)
"""Everything that judges can be asked."""


def items_of(question: JudgeQuestion, journal: Journal, prompts: Prompts) -> Iterator[Item]:
    """All that is asked about a run.

    Args:
        question: what is asked.
        journal: the run's.
        prompts: the words of its world, with the question's templates.
    """
    about = {"utterance": _utterances, "speaker": _speakers, "decision": _decisions}[question.about]
    for judged in about(journal):
        yield item_of(question, judged, prompts)


def item_of(question: JudgeQuestion, judged: Judged, prompts: Prompts) -> Item:
    """One question.

    Args:
        question: what is asked.
        judged: what it is about.
        prompts: the words of its world, with the question's templates.
    """
    asked = make_question(
        prompts,
        purpose=question.purpose,
        standing=(f"{prompts.standing('judge')}\n\n{prompts.standing(name_of(question.instruction))}",),
        template=name_of(question.template),
        fields=question.fields(judged, prompts),
        variables={"name": judged.member, **({"reasoning": judged.reasoning} if judged.reasoning else {})},
        talk=judged.talk,
    )
    occasion = Occasion(month=judged.month, phase=judged.phase)
    return Item(
        question=asked,
        occasion=occasion,
        member=judged.member,
        ordinal=judged.ordinal,
        line=lambda reply: question.line(judged, reply),
    )


def _utterances(journal: Journal) -> Iterator[Judged]:
    """Each line that a member said, with the talk up to it."""
    capacity = journal.header.experiment.world.capacity
    for talk in talks_of(journal):
        for line in talk.spoken:
            shown = talk.until(line.ordinal)
            yield judged_line(line, shown, month=talk.month, phase=talk.phase, capacity=capacity)


def judged_line(
    line: Said, talk: ShownTalk, *, month: int, phase: str, capacity: int, expected: str | None = None
) -> Judged:
    """One utterance.

    Args:
        line: the utterance.
        talk: the talk up to it.
        month: the month of the talk; 0 where it belongs to none.
        phase: the phase of the talk.
        capacity: the most units that there can be.
        expected: the answer that it is known to have.
    """
    return Judged(
        month=month,
        phase=phase,
        member=line.by,
        ordinal=line.ordinal,
        talk=talk,
        lines={str(line.ordinal): line},
        capacity=capacity,
        expected=expected,
    )


def _speakers(journal: Journal) -> Iterator[Judged]:
    """Each member that spoke in a talk, with the whole of it."""
    capacity = journal.header.experiment.world.capacity
    for talk in talks_of(journal):
        for name in talk.members:
            if own := {str(line.ordinal): line for line in talk.spoken if line.by == name}:
                yield Judged(
                    month=talk.month, phase=talk.phase, member=name, talk=talk.numbered(), lines=own, capacity=capacity
                )


def _decisions(journal: Journal) -> Iterator[Judged]:
    """Each harvest decision that could be read, with the reasoning before it."""
    capacity = journal.header.experiment.world.capacity
    for call in decisions_of(journal):
        thought = "\n".join(part for part in (call.reasoning, call.reply) if part)
        yield Judged(
            month=call.month,
            phase=call.phase,
            member=call.member,
            reasoning=quoted(one_line(shortened(thought, LONGEST_REASONING))),
            capacity=capacity,
        )
