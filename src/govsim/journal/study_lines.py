"""The events of a study: what models were asked outside a society, and what came of it.

A study's questions and answers are events of the kinds `message`, `asked` and `call`, as in a run's journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from govsim.config import MOST_SEED, Models, World
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
"""What an utterance does in a talk."""

LABELS: tuple[LabelName, ...] = get_args(LabelName)
"""All labels, in the paper's order."""

GROUPS: Mapping[str, tuple[LabelName, ...]] = {
    "information": LABELS[:3],
    "negotiation": LABELS[3:6],
    "relational": LABELS[6:],
}
"""The labels of each of the paper's groups."""


class Skills(Frozen):
    """The sub-skill tests in one world: every problem follows from the seed and its number."""

    study: Literal["skills"] = "skills"
    world: World
    """The commons that the problems are about."""
    members: tuple[str, ...]
    """Who shares it; the first of them is asked."""
    rules: str = "rules"
    """The template that tells the rules of the commons."""
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 0
    """What the problems are generated from."""


class Judging(Frozen):
    """What a judge reads from the journal of a run, which lies in the same folder."""

    study: str
    """The question: `labels` (what each utterance does), `promises` (what each member promised), `knowledge` (what each
    decision was based on), or one of a plug-in, which need not be installed to read it."""
    journal: str
    """File name of the run's journal."""
    rater: str
    """Whose judgement it is: the judge's name with how it is asked, and the number of the sample where there are
    several."""
    sample: Annotated[int, Field(ge=1)] = 1
    """Counts the replies of the same judge to the same questions, from 1."""


class JudgeCheck(Frozen):
    """What a judge makes of utterances whose labels are known."""

    study: Literal["judge-check"] = "judge-check"


def _kind_of_subject(value: Any) -> str:
    """Which of the three a subject is: questions to judges have any name."""
    study = value.get("study") if isinstance(value, dict) else getattr(value, "study", None)
    return study if study in ("skills", "judge-check") else "judging"


Subject = Annotated[
    Annotated[Skills, Tag("skills")] | Annotated[Judging, Tag("judging")] | Annotated[JudgeCheck, Tag("judge-check")],
    Discriminator(_kind_of_subject),
]
"""What is studied."""


@EVENTS.register
class Study(Event):
    """The first line of a study's journal: everything that decides its questions."""

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"study"})
    clock_fields: ClassVar = frozenset({"versions", "git_revision"})

    kind: Literal["study"] = "study"
    schema_version: int = SCHEMA_VERSION
    """Version of this schema."""
    reading_rule: int = Field(FIRST_READING_RULE, ge=1)
    """Version of the rule by which replies were read; 1 where it is missing. From 2 on each call records its values."""
    subject: Subject
    """What is studied."""
    models: Models
    """Who is asked: the default model, and how."""
    scenario: Scenario
    """The words that questions are asked in, with the text of every prompt template."""
    versions: dict[str, str]
    """Versions of govsim, Python and the packages that can change a result."""
    git_revision: str | None = None
    """Revision of govsim's source, where it runs from a checkout; ends in `-dirty` when that had changes."""

    @model_validator(mode="after")
    def _asks_somebody(self) -> Self:
        if self.models.default is None:
            raise ValueError("models.default: a study names the model that it asks")
        return self

    @property
    def model(self) -> str:
        """The model asked."""
        return str(self.models.default)


class StudyAnswer(Event):
    """What came of one question of a study; the base of such events."""

    journals: ClassVar[frozenset[JournalKind]] = frozenset({"study"})

    @property
    def is_read(self) -> bool:
        """Whether the reply could be read; the field `invalid` says why it could not."""
        return getattr(self, "invalid", None) is None


@EVENTS.register
class Solution(StudyAnswer):
    """A model's answer to one problem of the sub-skill tests. All amounts are whole units."""

    kind: Literal["solution"] = "solution"
    purpose: str
    """The test; its plug-in need not be installed to read it."""
    ordinal: Whole
    """The problem's number, from 0."""
    stock: Whole
    """Units before the harvest."""
    taken: Whole | None = None
    """Units that every member takes, where the problem says so."""
    least: Whole
    """The lowest right answer."""
    most: Whole
    """The highest right answer."""
    answer: Whole | None
    """What the model answered; null when it could not be read."""
    is_right: bool | None
    """Whether the answer is right; null when there is none."""
    invalid: str | None = None
    """Why the answer could not be read; null when it could."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.answer is None) != (self.invalid is not None):
            raise ValueError("answer and invalid: one of them is null, and the other is not")
        is_right = None if self.answer is None else self.least <= self.answer <= self.most
        if self.is_right != is_right:
            raise ValueError(f"is_right = {self.is_right}: does not follow from answer, least and most")
        return self


@EVENTS.register
class Label(StudyAnswer):
    """What a judge says that an utterance does."""

    kind: Literal["label"] = "label"
    month: Whole
    """The month of the talk; 0 where the utterance belongs to none."""
    member: str
    """Who speaks."""
    ordinal: Whole
    """The utterance's place in the talk, as in the run's journal."""
    text: str
    """What is said."""
    label: LabelName | None
    """What it does; null when the judge's reply could not be read."""
    expected: LabelName | None = None
    """The label it is known to have; null where nobody knows."""
    invalid: str | None = None
    """Why the judge's reply could not be read; null when it could."""


@EVENTS.register
class Promise(StudyAnswer):
    """What a member bound itself to in a talk, as a judge reads it."""

    kind: Literal["promise"] = "promise"
    month: Whole
    """The month of the talk; the promise is about the next harvest."""
    member: str
    """Who spoke in it."""
    units: Whole | None
    """The most units it said it would take, or agreed to; null when it bound itself to nothing."""
    line: Whole | None = None
    """The utterance's place in the talk, as in the run's journal; null without a promise."""
    quote: str | None = None
    """That utterance; null without a promise."""
    invalid: str | None = None
    """Why the judge's reply could not be read; null when it could."""


@EVENTS.register
class Knowledge(StudyAnswer):
    """What the reasoning before a harvest decision takes into account, as a judge reads it."""

    kind: Literal["knowledge"] = "knowledge"
    month: Whole
    """The month of the harvest."""
    member: str
    """Who decided."""
    threshold: bool | None
    """Whether it names how much can be taken without the stock falling."""
    others: bool | None
    """Whether it takes into account what the others do."""
    future: bool | None
    """Whether it takes later months into account."""
    invalid: str | None = None
    """Why the judge's reply could not be read; null when it could. The three are null then."""
