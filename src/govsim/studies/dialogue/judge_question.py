"""Questions to judges about a run, and their registry.

A question is asked about each utterance, each speaker in a discussion, or each decision. It consists of its templates,
the fields of the reply, and a function that returns the event recording a reply; the package that defines the question
registers that event. A plug-in declares its questions in the entry-point group `govsim.judge_questions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args

from govsim.agents import make_question
from govsim.agents.sentences import on_one_line, quoted
from govsim.characters import shortened
from govsim.journal import Event, Journal
from govsim.models.fields import Field
from govsim.models.question import Occasion, Reply
from govsim.plugins import Registry
from govsim.scenarios import Prompts
from govsim.studies.dialogue.discussions import DiscussionExcerpt, DiscussionLine, decisions_of, discussions_of
from govsim.studies.study import Item

LONGEST_REASONING = 8000
"""Maximum number of characters of a member's reasoning shown to a judge; the middle of a longer text is omitted."""

QuestionSubject = Literal["utterance", "speaker", "decision"]
"""The subject of a question: each utterance, each member that spoke in a discussion, or each harvest decision."""

_PREFIX, _SUFFIX = "judge-", ".jinja"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An utterance, speaker or decision that a judge is asked about.

    Attributes:
        month: the month; 0 if it belongs to none.
        phase: the phase.
        member: the member that spoke or decided.
        ordinal: position of the utterance in the discussion; 0 if the question is not about a single utterance.
        discussion: the discussion as shown: up to the utterance, or complete with numbered lines; None for a decision.
        lines: the member's utterances by their number in the discussion; for an utterance, only itself.
        reasoning: the member's reasoning before its decision, as shown; empty for other subjects.
        capacity: capacity of the commons, in units.
        expected: the known answer; None if there is none.
    """

    month: int
    phase: str
    member: str
    ordinal: int = 0
    discussion: DiscussionExcerpt | None = None
    lines: Mapping[str, DiscussionLine] = field(default_factory=dict)
    reasoning: str = ""
    capacity: int
    expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeQuestion:
    """A question to judges.

    Attributes:
        name: its name in commands, and in the file names and headers of journals.
        title: a short description.
        purpose: the purpose of its calls in the journal.
        about: the subject of the question.
        instruction: template file with the instructions that precede every question of this type.
        template: template file of the question. Both file names begin with `judge-` and end with `.jinja`; both
            templates can use the variables of a scenario, this one also `name` and, for a decision, `reasoning`.
        fields: returns the fields of the reply.
        line: returns the event that records a reply.
    """

    name: str
    title: str
    purpose: str
    about: QuestionSubject
    instruction: Traversable
    template: Traversable
    fields: Callable[[Judged, Prompts], tuple[Field, ...]]
    line: Callable[[Judged, Reply], Event]

    @property
    def templates(self) -> dict[str, str]:
        """Its templates by name."""
        return {template_name_of(file): file.read_text(encoding="utf-8") for file in (self.instruction, self.template)}


def template_name_of(file: Traversable) -> str:
    """Return the name of a template in a study's journal."""
    return file.name.removesuffix(_SUFFIX)


def _flaw(value: Any) -> str | None:
    """Return why an object is not a valid question to judges; None if it is."""
    if not isinstance(value, JudgeQuestion):
        return f"must be a govsim.studies.dialogue.JudgeQuestion, not {type(value).__name__}"
    if value.about not in get_args(QuestionSubject):
        return f"about = {value.about}: must be one of {', '.join(get_args(QuestionSubject))}"
    for part in ("instruction", "template"):
        file = getattr(value, part)
        name = getattr(file, "name", "")
        if not (name.startswith(_PREFIX) and name.endswith(_SUFFIX) and file.is_file()):
            return f"{part} = {name or file}: must be a file whose name is {_PREFIX}NAME{_SUFFIX}"
    return None if callable(value.fields) and callable(value.line) else "fields, line: must be functions"


QUESTIONS: Registry[JudgeQuestion] = Registry(
    "question to judges", group="judge_questions", home="govsim.studies.dialogue.judging", flaw=_flaw
)
"""All questions to judges."""


def items_of(question: JudgeQuestion, journal: Journal, prompts: Prompts) -> Iterator[Item]:
    """Yield all items of a question about a run.

    Args:
        question: the question.
        journal: the journal of the run.
        prompts: the prompts of the run, with the question's templates.
    """
    about = {"utterance": _utterances, "speaker": _speakers, "decision": _decisions}[question.about]
    for judged in about(journal):
        yield item_of(question, judged, prompts)


def item_of(question: JudgeQuestion, judged: Judged, prompts: Prompts) -> Item:
    """Build one item.

    Args:
        question: the question.
        judged: its subject.
        prompts: the prompts of the run, with the question's templates.
    """
    asked = make_question(
        prompts,
        purpose=question.purpose,
        system=(
            f"{prompts.render_cached('judge')}\n\n{prompts.render_cached(template_name_of(question.instruction))}",
        ),
        template=template_name_of(question.template),
        fields=question.fields(judged, prompts),
        variables={"name": judged.member, **({"reasoning": judged.reasoning} if judged.reasoning else {})},
        discussion=judged.discussion,
    )
    occasion = Occasion(month=judged.month, phase=judged.phase)
    return Item(
        question=asked,
        occasion=occasion,
        member=judged.member,
        ordinal=judged.ordinal,
        line=lambda reply: question.line(judged, reply),
    )


def _capacity(journal: Journal) -> int:
    """The capacity of the commons in units; the largest of several sites."""
    experiment = journal.header.experiment
    return max(experiment.at(site).world.capacity for site in experiment.site_names)


def _utterances(journal: Journal) -> Iterator[Judged]:
    """Yield each utterance of a member, with the discussion up to it."""
    capacity = _capacity(journal)
    for discussion in discussions_of(journal):
        for line in discussion.spoken:
            shown = discussion.until(line.ordinal)
            yield judged_line(line, shown, month=discussion.month, phase=discussion.phase, capacity=capacity)


def judged_line(
    line: DiscussionLine,
    discussion: DiscussionExcerpt,
    *,
    month: int,
    phase: str,
    capacity: int,
    expected: str | None = None,
) -> Judged:
    """Build the subject of a question about one utterance.

    Args:
        line: the utterance.
        discussion: the discussion up to it.
        month: month of the discussion; 0 if it belongs to none.
        phase: phase of the discussion.
        capacity: capacity of the commons, in units.
        expected: the known answer, if any.
    """
    return Judged(
        month=month,
        phase=phase,
        member=line.by,
        ordinal=line.ordinal,
        discussion=discussion,
        lines={str(line.ordinal): line},
        capacity=capacity,
        expected=expected,
    )


def _speakers(journal: Journal) -> Iterator[Judged]:
    """Yield each member that spoke in a discussion, with the complete discussion."""
    capacity = _capacity(journal)
    for discussion in discussions_of(journal):
        for name in discussion.members:
            if own := {str(line.ordinal): line for line in discussion.spoken if line.by == name}:
                yield Judged(
                    month=discussion.month,
                    phase=discussion.phase,
                    member=name,
                    discussion=discussion.numbered(),
                    lines=own,
                    capacity=capacity,
                )


def _decisions(journal: Journal) -> Iterator[Judged]:
    """Yield each parsed harvest decision, with the reasoning before it."""
    capacity = _capacity(journal)
    for call in decisions_of(journal):
        thought = "\n".join(part for part in (call.reasoning, call.reply) if part)
        yield Judged(
            month=call.month,
            phase=call.phase,
            member=call.member,
            reasoning=quoted(on_one_line(shortened(thought, LONGEST_REASONING))),
            capacity=capacity,
        )
