"""What a society asks of a member, and what a member notices. A society cannot tell a model from a policy."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from govsim.agents.sentences import quoted
from govsim.characters import shortened
from govsim.commons import State
from govsim.config import Experiment, Section, is_subclass_of, validate
from govsim.models.fields import Field, Value, flaw_of_values
from govsim.models.question import Refusal
from govsim.plugins import Registry

if TYPE_CHECKING:
    from govsim.agents.mind import Mind
    from govsim.journal import Recorder
    from govsim.models.embedding import EmbedderSettings, RecordedEmbedder
    from govsim.scenarios import Prompts

MemoryType = Literal["event", "thought", "chat", "action"]
"""Something witnessed, something thought, the summary of a talk, or something done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a member may know at some point of a month. Today it shows the whole commons.

    Attributes:
        state: the commons at the start of the month, with the members present.
        date: today, as an ISO date.
        phase: the phase of the month, by its name in the experiment.
        announced: what members are told of the months to come, as in `communication` and `transparency`.
        terms: the rules in force this month besides those of the commons, in words.
    """

    state: State
    date: str
    phase: str
    announced: frozenset[str] = frozenset()
    terms: tuple[str, ...] = ()

    @property
    def month(self) -> int:
        """1 for the first month."""
        return self.state.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that has been said. `text` holds no line breaks; prompts show it in quotation marks."""

    speaker: str
    text: str

    def __str__(self) -> str:
        return f"{self.speaker}: {quoted(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A talk so far.

    Attributes:
        view: when, and who is present.
        speakers: who takes part, in roster order.
        lines: what was said, the moderator's opening first.
    """

    view: View
    speakers: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def date(self) -> str:
        """The day of the talk, as an ISO date."""
        return self.view.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing that a society asks of a member.

    Attributes:
        purpose: what is asked for, as in `harvest` or `line`; policies answer by it, and calls are recorded under it.
        template: the prompt template with the words of the question.
        fields: what the answer contains. They serve whoever answers: a model's prompt and parser, a policy, a form.
        view: what the member may know.
        variables: values for the template; memories are added by those who have them.
        queries: what a member with a memory recalls before it answers; in a talk, the last lines instead.
        talk: the talk in progress, if any.
        otherwise: values that count when no readable answer comes, by field tag; fields that are missing have none.
        keeps_parts: whether what could be read of an otherwise unreadable answer counts.
        stream: the stream that policies draw from, where it is not named by the phase.
    """

    purpose: str
    template: str
    fields: tuple[Field, ...]
    view: View
    variables: Mapping[str, object] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    talk: Conversation | None = None
    otherwise: Mapping[str, Value] = field(default_factory=dict)
    keeps_parts: bool = False
    stream: int | None = None

    def answer(
        self, values: Mapping[str, Value], invalid: str | None = None, refusals: tuple[Refusal, ...] = ()
    ) -> Answer:
        """The answer that counts, from what could be read.

        Args:
            values: what could be read, by field tag.
            invalid: why not all of it could be read; None where it could.
            refusals: the replies that could not be read, where none could.
        """
        if invalid is not None:
            values = {**self.otherwise, **(values if self.keeps_parts else {})}
        return Answer(values=dict(values), invalid=invalid, refusals=refusals)

    def flaw_of(self, answer: object) -> str | None:
        """Why what a member gave is no answer to this request; None where it is one.

        Values that count where no readable answer comes are not checked: they need not be among those asked for.
        """
        if not isinstance(answer, Answer) or not isinstance(answer.values, Mapping):
            return f"gave {shortened(repr(answer), 120)}; must be a govsim.agents.Answer with values by field tag"
        is_read, fallback = answer.invalid is None, self.otherwise.items()
        given = {tag: value for tag, value in answer.values.items() if is_read or (tag, value) not in fallback}
        return flaw_of_values(given, self.fields, is_whole=is_read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a member answered, or what counts in its place.

    Attributes:
        values: by field tag: a whole number, a choice, a text, or None for "none"; missing where nothing counts.
        invalid: why the answer could not be read; None where it could.
        refusals: the replies that could not be read, where none could.
    """

    values: Mapping[str, Value]
    invalid: str | None = None
    refusals: tuple[Refusal, ...] = ()

    def number(self, tag: str) -> int | None:
        """The number for a tag; None where there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, int) else None

    def text(self, tag: str) -> str | None:
        """The text or choice for a tag; None where there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a member notices.

    Attributes:
        template: the prompt template that says it.
        variables: values for the template.
        type: what kind of memory it becomes.
        importance: 1 to 10.
        lasts: whether it is remembered as long as a thought, and not only until the month has been reflected on.
        is_always_retrieved: whether it is part of every prompt while it lasts.
        supersedes: whether it takes the place of an earlier notice of the same template.
    """

    template: str
    variables: Mapping[str, object] = field(default_factory=dict)
    type: MemoryType = "event"
    importance: int = 10
    lasts: bool = False
    is_always_retrieved: bool = True
    supersedes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOutcome:
    """What came of a talk: its summary, with a rating of 1 to 10 where one was given, and the agreed limit if any."""

    summary: str | None
    importance: int | None
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What an agent is given to act for one member.

    Attributes:
        member: the member's name.
        agent: how it decides, as the experiment names it, as in `generative` or `policy:fixed:10`.
        experiment: what is run.
        settings: the settings of this kind of agent.
        prompts: the words of the society's world.
        recorder: the run's journal.
        mind: its language model; None for kinds of agent that ask none.
        embedder: what measures relevance; None where the kind of agent names no embedding model.
    """

    member: str
    agent: str
    experiment: Experiment
    settings: Any
    prompts: Prompts
    recorder: Recorder
    mind: Mind | None = None
    embedder: RecordedEmbedder | None = None


class Agent:
    """A kind of agent. Subclasses are registered under their `name`, and answer requests for one member.

    A subclass has to define `answer`; the others do nothing unless they are defined.

    Attributes:
        name: of the class, the kind's name; of an instance, the member's.
        Settings: the settings of the kind, the same for all members; in the experiment under ``agents.<name>``.
        asks_model: whether it needs a language model.
        takes_argument: whether its name in the experiment continues with a colon, as in `policy:greedy`.
    """

    name: str
    Settings: ClassVar[type[Section]] = Section
    asks_model: ClassVar[bool] = False
    takes_argument: ClassVar[bool] = False

    def __init__(self, post: Post) -> None:
        """Act for a member."""
        self.name = post.member

    @classmethod
    def check(cls, agent: str) -> None:
        """Refuse an agent of this kind that cannot be, by its name in the experiment.

        Raises:
            ConfigError: there is no such agent.
        """

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether an agent of this kind answers requests of a purpose.

        Args:
            agent: its name in the experiment.
            purpose: as in `harvest` or `line`.
        """
        return True

    @classmethod
    def embedder_of(cls, settings: Any) -> EmbedderSettings | None:
        """The embedding model that it needs; None where it needs none."""
        return None

    async def answer(self, request: Request) -> Answer:
        """Answer a request.

        Args:
            request: of a purpose that it answers.
        """
        raise NotImplementedError

    def observe(self, notice: Notice, view: View) -> None:
        """Take note of something that happened."""

    async def after_talk(self, conversation: Conversation, outcome: Awaitable[TalkOutcome]) -> None:
        """Think about a talk that it took part in, while its outcome is still being written up."""

    async def reflect(self, view: View) -> None:
        """Think about the month, at its end."""


AGENTS: Registry[type[Agent]] = Registry(
    "kind of agent", group="agents", home="govsim.agents", flaw=is_subclass_of(Agent)
)


def kind_of(agent: str, *, key: str = "agent") -> type[Agent]:
    """The kind of an agent, by its name in an experiment.

    Args:
        agent: as in `generative` or `policy:greedy`.
        key: the setting that names it, for error messages.

    Raises:
        ConfigError: there is no such kind of agent.
    """
    name, colon, _ = agent.partition(":")
    kind = AGENTS.get(name, key=key)
    if colon and not kind.takes_argument:
        AGENTS.get(agent, key=key)
    return kind


def settings_of(kind: type[Agent], experiment: Experiment) -> Section:
    """The settings of a kind of agent in an experiment.

    Raises:
        ConfigError: one of them cannot be used.
    """
    return validate(kind.Settings, [experiment.agents.settings_of(kind.name)], under=f"agents.{kind.name}")
