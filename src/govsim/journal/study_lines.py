"""The events of a study: questions to models outside a society, and their results.

A study's questions and answers are events of the kinds `message`, `asked` and `call`, as in a run's journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from govsim.config import MAX_SEED, Models, WorkedExample, World
from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import FIRST_READING_RULE, SCHEMA_VERSION, Event, JournalKind, Whole
from govsim.scenarios import Scenario

LabelName = Literal[
    "information sharing",
    "problem identification",
    "solution proposing",
    "persuasion",
    "consensus seeking",
    "expressing disagreement",
    "excusing behaviour",
    "punishment",
]
"""Function of an utterance in a discussion."""

LABELS: tuple[LabelName, ...] = get_args(LabelName)
"""All labels, in the order of the paper."""

GROUPS: Mapping[str, tuple[LabelName, ...]] = {
    "information": LABELS[:3],
    "negotiation": LABELS[3:6],
    "relational": LABELS[6:],
}
"""Labels by group, as in the paper."""


class Skills(Frozen):
    """The sub-skill tests in one world. Every problem is determined by the seed and its number."""

    study: Literal["skills"] = "skills"
    world: World
    """Settings of the commons."""
    members: tuple[str, ...]
    """Members that share the commons; the first of them is asked."""
    rules: str = "rules"
    """Name of the template that states the rules of the commons."""
    example: WorkedExample = "safe"
    """Kind of the worked example in the rules."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    """Random seed of the problems."""


class Probing(Frozen):
    """Questions on whether a model recognizes the experiment of the paper."""

    study: Literal["probe"] = "probe"


class Judging(Frozen):
    """Annotations by a judge of the journal of a run in the same folder."""

    study: str
    """Question to the judge: `labels` (function of each utterance), `promises` (promises of each member), `knowledge`
    (what each decision was based on), or that of a plug-in, which need not be installed to read the journal."""
    journal: str
    """File name of the run's journal."""
    rater: str
    """Name of the judge with its settings, and the number of the sample if there are several."""
    sample: Annotated[int, Field(ge=1)] = 1
    """Number of the sample, from 1, if the same judge answers the same questions repeatedly."""


class JudgeCheck(Frozen):
    """Labels by a judge for utterances whose labels are known."""

    study: Literal["judge-check"] = "judge-check"


def _kind_of_subject(value: Any) -> str:
    """Return the tag of a subject; questions to judges can have any name."""
    study = value.get("study") if isinstance(value, dict) else getattr(value, "study", None)
    return study if study in ("skills", "probe", "judge-check") else "judging"


Subject = Annotated[
    Annotated[Skills, Tag("skills")]
    | Annotated[Probing, Tag("probe")]
    | Annotated[Judging, Tag("judging")]
    | Annotated[JudgeCheck, Tag("judge-check")],
    Discriminator(_kind_of_subject),
]
"""The subject of a study."""


@EVENTS.register
class Study(Event):
    """The first line of a study's journal: everything that determines its questions."""

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"study"})
    clock_fields: ClassVar = frozenset({"versions", "prompts_version", "git_revision"})

    kind: Literal["study"] = "study"
    schema_version: int = SCHEMA_VERSION
    """Version of this schema."""
    reading_rule: int = Field(FIRST_READING_RULE, ge=1)
    """Version of the parsing rule for replies; 1 if missing. From version 2 on, each call records its values."""
    subject: Subject
    """The subject of the study."""
    models: Models
    """The model asked (the default model), and its settings."""
    scenario: Scenario
    """The scenario of the questions, with the texts of all prompt templates."""
    versions: dict[str, str]
    """Versions of govsim, Python and the packages that can affect results."""
    prompts_version: int = Field(1, ge=1)
    """Version of govsim's own prompts, which changes with their texts; 1 if missing."""
    git_revision: str | None = None
    """Git revision of govsim's source, if run from a checkout; ends in `-dirty` if there were uncommitted changes."""

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.models.default is None:
            raise ValueError("models.default is missing; a study requires a model")
        return self

    @property
    def model(self) -> str:
        """The model asked."""
        return str(self.models.default)


class StudyAnswer(Event):
    """Result of one question of a study; base class of such events."""

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"study"})

    @property
    def is_read(self) -> bool:
        """Whether the reply could be parsed; if not, the field `invalid` has the reason."""
        return getattr(self, "invalid", None) is None


@EVENTS.register
class Solution(StudyAnswer):
    """A model's answer to one problem of the sub-skill tests. All amounts are whole units."""

    kind: Literal["solution"] = "solution"
    purpose: str
    """Name of the test; its plug-in need not be installed to read the journal."""
    ordinal: Whole
    """Number of the problem, from 0."""
    stock: Whole
    """Stock before the harvest."""
    taken: Whole | None = None
    """Units that every member takes, if the problem states it."""
    least: Whole
    """Lowest correct answer."""
    most: Whole
    """Highest correct answer."""
    answer: Whole | None
    """Answer of the model; null if it could not be parsed."""
    is_right: bool | None
    """Whether the answer is correct; null if there is none."""
    invalid: str | None = None
    """Why the answer could not be parsed; null if it could."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.answer is None) != (self.invalid is not None):
            raise ValueError("answer and invalid: exactly one of them must be null")
        is_right = None if self.answer is None else self.least <= self.answer <= self.most
        if self.is_right != is_right:
            raise ValueError(f"is_right = {self.is_right}: is not consistent with answer, least and most")
        return self


def recognizes(answer: str, expected: Sequence[str]) -> bool:
    """Return whether an answer contains one of several names, or equals one of several numbers.

    Only letters and digits count, in lower or upper case.
    """
    given = _plain(answer)
    return any(_plain(one) == given if one.isdecimal() else _plain(one) in given for one in expected)


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@EVENTS.register
class Recognition(StudyAnswer):
    """A model's answer to a question about the experiment of the paper."""

    kind: Literal["recognition"] = "recognition"
    purpose: str
    """Name of the question."""
    ordinal: Whole
    """Number of the sample, from 0."""
    expected: tuple[str, ...]
    """Answers that show recognition: names that the answer contains, or numbers that it equals."""
    answer: str | None
    """Answer of the model, `none` if it does not know; null if it could not be parsed."""
    is_recognized: bool | None
    """Whether the answer is an expected one; null if there is none."""
    invalid: str | None = None
    """Why the answer could not be parsed; null if it could."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.answer is None) != (self.invalid is not None):
            raise ValueError("answer and invalid: exactly one of them must be null")
        is_recognized = None if self.answer is None else recognizes(self.answer, self.expected)
        if self.is_recognized != is_recognized:
            raise ValueError(f"is_recognized = {self.is_recognized}: is not consistent with answer and expected")
        return self


@EVENTS.register
class Label(StudyAnswer):
    """Label of an utterance by a judge."""

    kind: Literal["label"] = "label"
    month: Whole
    """Month of the discussion; 0 if the utterance belongs to none."""
    member: str
    """Speaker."""
    ordinal: Whole
    """Index of the utterance, as in the run's journal."""
    text: str
    """Text of the utterance."""
    label: LabelName | None
    """Label; null if the judge's reply could not be parsed."""
    expected: LabelName | None = None
    """Known label; null if unknown."""
    invalid: str | None = None
    """Why the judge's reply could not be parsed; null if it could."""


@EVENTS.register
class Promise(StudyAnswer):
    """Promise of a member in a discussion, as annotated by a judge."""

    kind: Literal["promise"] = "promise"
    month: Whole
    """Month of the discussion; the promise refers to the next harvest."""
    member: str
    """Member that made the promise."""
    units: Whole | None
    """Maximum units the member promised or agreed to take; null if it made no promise."""
    line: Whole | None = None
    """Index of the utterance with the promise, as in the run's journal; null without a promise."""
    quote: str | None = None
    """Text of that utterance; null without a promise."""
    invalid: str | None = None
    """Why the judge's reply could not be parsed; null if it could."""


@EVENTS.register
class Knowledge(StudyAnswer):
    """What the reasoning before a harvest decision considers, as annotated by a judge."""

    kind: Literal["knowledge"] = "knowledge"
    month: Whole
    """Month of the harvest."""
    member: str
    """Member that decided."""
    threshold: bool | None
    """Whether the reasoning states how much can be taken without the stock shrinking."""
    others: bool | None
    """Whether the reasoning considers the actions of others."""
    future: bool | None
    """Whether the reasoning considers later months."""
    invalid: str | None = None
    """Why the judge's reply could not be parsed, in which case the other three are null; null if it could."""
