"""The interface between a society and its agents: requests, answers and notices; identical for models and policies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from govsim.agents.sentences import quoted
from govsim.agents.view import View
from govsim.characters import shortened
from govsim.config import Experiment, Section, is_subclass_of, validate
from govsim.models.fields import Field, Value, flaw_of_values
from govsim.models.question import Refusal
from govsim.plugins import Registry

if TYPE_CHECKING:
    from govsim.agents.member_model import MemberModel
    from govsim.journal import Recorder
    from govsim.models.embedding import EmbedderSettings, RecordedEmbedder
    from govsim.scenarios import Prompts

MemoryType = Literal["event", "thought", "chat", "action"]
"""Something observed, a thought, the summary of a discussion, or an action of the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An utterance. `text` contains no line breaks; prompts show it in quotation marks."""

    speaker: str
    text: str

    def __str__(self) -> str:
        return f"{self.speaker}: {quoted(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A discussion so far.

    Attributes:
        view: the date, and the members present.
        speakers: participants, in roster order.
        lines: utterances, starting with the moderator's opening.
    """

    view: View
    speakers: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def date(self) -> str:
        """ISO date of the discussion."""
        return self.view.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of the society to a member.

    Attributes:
        purpose: what is asked for, as in `harvest` or `line`; selects a policy's method, and is recorded with calls.
        template: prompt template of the question.
        fields: what the answer contains; used by a model's prompt and parser, and by policies.
        view: what the member may know.
        variables: values for the template; agents with a memory add memories.
        queries: queries for the retrieval of memories; in a discussion, the last utterances are used instead.
        discussion: the discussion in progress, if any.
        otherwise: fallback values if no answer can be parsed, by field tag; missing fields have none.
        keeps_parts: whether the parsed fields of a partly unparsable answer count.
        stream: random stream of policies, if it is not named by the phase.
        about: members that fields are about, by field tag.
        sincere: the answer of policies without a method for the purpose; None if they do not answer it.
    """

    purpose: str
    template: str
    fields: tuple[Field, ...]
    view: View
    variables: Mapping[str, object] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    discussion: Conversation | None = None
    otherwise: Mapping[str, Value] = field(default_factory=dict)
    keeps_parts: bool = False
    stream: int | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    sincere: Callable[[Request], Mapping[str, Value]] | None = None

    def answer(
        self, values: Mapping[str, Value], invalid: str | None = None, refusals: tuple[Refusal, ...] = ()
    ) -> Answer:
        """Build the answer from the values that could be parsed.

        Args:
            values: the values that could be parsed, by field tag.
            invalid: why the reply could not be parsed completely; None if it could.
            refusals: the unparsable replies, if no reply could be parsed.
        """
        if invalid is not None:
            values = {**self.otherwise, **(values if self.keeps_parts else {})}
        return Answer(values=dict(values), invalid=invalid, refusals=refusals)

    def flaw_of(self, answer: object) -> str | None:
        """Return why a value is not a valid answer to this request; None if it is.

        Fallback values are not checked: they need not be among the allowed ones.
        """
        if not isinstance(answer, Answer) or not isinstance(answer.values, Mapping):
            return f"returned {shortened(repr(answer), 120)}; must be a govsim.agents.Answer with values by field tag"
        is_read, fallback = answer.invalid is None, self.otherwise.items()
        given = {tag: value for tag, value in answer.values.items() if is_read or (tag, value) not in fallback}
        return flaw_of_values(given, self.fields, is_whole=is_read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a member, or its fallback.

    Attributes:
        values: by field tag: a whole number, a choice, a text, or None for "none"; missing if there is no value.
        invalid: why the answer could not be parsed; None if it could.
        refusals: the unparsable replies, if no reply could be parsed.
    """

    values: Mapping[str, Value]
    invalid: str | None = None
    refusals: tuple[Refusal, ...] = ()

    def number(self, tag: str) -> int | None:
        """Return the number for a tag; None if there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, int) else None

    def text(self, tag: str) -> str | None:
        """Return the text or choice for a tag; None if there is none."""
        value = self.values.get(tag)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An observation of a member.

    Attributes:
        template: prompt template of its text.
        variables: values for the template.
        type: type of the memory it becomes.
        importance: 1 to 10.
        lasts: whether it is remembered as long as a thought, instead of only until the end of the month.
        is_always_retrieved: whether it is part of every prompt while it is remembered.
        supersedes: whether it replaces earlier notices of the same template.
    """

    template: str
    variables: Mapping[str, object] = field(default_factory=dict)
    type: MemoryType = "event"
    importance: int = 10
    lasts: bool = False
    is_always_retrieved: bool = True
    supersedes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionOutcome:
    """Outcome of a discussion: its summary, a rating of 1 to 10 if one was given, and the agreed limit, if any."""

    summary: str | None
    importance: int | None
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentContext:
    """What an agent needs to act for one member.

    Attributes:
        member: the member's name.
        agent: name of the agent in the experiment, as in `generative` or `policy:fixed:10`.
        experiment: the experiment.
        settings: the settings of this kind of agent.
        prompts: the prompts of the simulation.
        recorder: the run's journal.
        model: the member's language model; None for kinds of agent without one.
        embedder: measures relevance; None if the kind of agent uses no embedding model.
    """

    member: str
    agent: str
    experiment: Experiment
    settings: Any
    prompts: Prompts
    recorder: Recorder
    model: MemberModel | None = None
    embedder: RecordedEmbedder | None = None


class Agent:
    """A kind of agent. Subclasses are registered under their `name`, and answer requests for one member.

    A subclass must define `answer`; the other methods do nothing unless they are overridden.

    Attributes:
        name: of the class, the kind's name; of an instance, the member's.
        Settings: the settings of the kind, the same for all members; in the experiment at ``agents.<name>``.
        asks_model: whether it needs a language model.
        is_immediate: whether it answers without waiting for anything, so that members of this kind are asked in turn.
        takes_argument: whether its name in the experiment continues with a colon, as in `policy:greedy`.
        is_scripted: whether it answers a request of any other purpose with the value of the request's `sincere`.
    """

    name: str
    Settings: ClassVar[type[Section]] = Section
    asks_model: ClassVar[bool] = False
    is_immediate: ClassVar[bool] = False
    takes_argument: ClassVar[bool] = False
    is_scripted: ClassVar[bool] = False

    def __init__(self, context: AgentContext) -> None:
        """Act for a member."""
        self.name = context.member

    @classmethod
    def check(cls, agent: str) -> None:
        """Reject an agent of this kind that does not exist, by its name in the experiment.

        Raises:
            ConfigError: there is no such agent.
        """

    @classmethod
    def identify(cls, agent: str, settings: Any) -> tuple[str, Section]:
        """Return the name and the settings with which an agent is recorded; called when runs are planned.

        A kind of agent that reads files replaces their paths, which differ between machines, with names and hashes.

        Args:
            agent: its name in the experiment.
            settings: the settings of the kind.

        Raises:
            ConfigError: a file cannot be used.
        """
        return agent, settings

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether an agent of this kind answers requests of a purpose.

        Args:
            agent: its name in the experiment.
            purpose: as in `harvest` or `line`.
        """
        return True

    @classmethod
    def facts(cls, agent: str) -> tuple[str, ...]:
        """Return the facts about the world that such a member is given besides what it observes; empty if none.

        Args:
            agent: its name in the experiment.
        """
        return ()

    @classmethod
    def embedder_of(cls, settings: Any) -> EmbedderSettings | None:
        """Return the settings of the embedding model that this kind of agent needs; None if it needs none."""
        return None

    async def answer(self, request: Request) -> Answer:
        """Answer a request.

        Args:
            request: a request with a purpose that it answers.
        """
        raise NotImplementedError

    def observe(self, notice: Notice, view: View) -> None:
        """Observe an event."""

    async def after_discussion(self, conversation: Conversation, outcome: Awaitable[DiscussionOutcome]) -> None:
        """Process a discussion that the member took part in, while its outcome is still being determined."""

    async def reflect(self, view: View) -> None:
        """Reflect on the month, at its end."""


AGENTS: Registry[type[Agent]] = Registry(
    "kind of agent", group="agents", home="govsim.agents", flaw=is_subclass_of(Agent)
)


def kind_of(agent: str, *, key: str = "agent") -> type[Agent]:
    """Return the kind of an agent, by its name in an experiment.

    Args:
        agent: name of the agent, as in `generative` or `policy:greedy`.
        key: the setting that contains the name, for error messages.

    Raises:
        ConfigError: there is no such kind of agent.
    """
    name, colon, _ = agent.partition(":")
    kind = AGENTS.get(name, key=key)
    if colon and not kind.takes_argument:
        AGENTS.get(agent, key=key)
    return kind


def settings_of(kind: type[Agent], experiment: Experiment) -> Section:
    """Return the settings of a kind of agent in an experiment.

    Raises:
        ConfigError: a setting is invalid.
    """
    return validate(kind.Settings, [experiment.agents.settings_of(kind.name)], under=f"agents.{kind.name}")


def with_identified_agents(experiment: Experiment) -> Experiment:
    """Return an experiment in which agents and their settings are as recorded; see `Agent.identify`.

    Raises:
        ConfigError: there is no such agent, or a file that it needs cannot be used.
    """
    agents = experiment.agents
    names: dict[str, str] = {}
    for agent in dict.fromkeys([agents.default, *(one.agent or agents.default for one in experiment.members.values())]):
        kind = kind_of(agent)
        before = settings_of(kind, experiment)
        names[agent], settings = kind.identify(agent, before)
        if settings != before:
            own = {kind.name: settings.model_dump(mode="json")}
            kept = {name: agents.settings_of(name) for name in agents.kinds_set}
            agents = agents.with_settings_of({**kept, **own})
            experiment = experiment.model_copy(update={"agents": agents})
    members = {
        name: one.model_copy(update={"agent": names[one.agent]}) if one.agent else one
        for name, one in experiment.members.items()
    }
    agents = agents.model_copy(update={"default": names[agents.default]})
    return experiment.model_copy(update={"agents": agents, "members": members})
