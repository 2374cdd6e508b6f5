"""What is run: every key that decides a result. It stands in the journal's header and must match on resume."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from govsim.config.entries import Entries, Entry, read_entry, with_settings
from govsim.config.section import Section
from govsim.errors import ConfigError
from govsim.redaction import has_credentials, is_secret_name

NAMES = (
    *("John", "Kate", "Jack", "Emma", "Luke", "Anna", "Paul", "Mary", "Omar", "Lena", "Igor", "Sofia", "Kofi"),
    *("Yuki", "Ravi", "Nina", "Hugo", "Ines", "Tariq", "Wei", "Elsa", "Bruno", "Amara", "Felix", "Rosa", "Samir"),
    *("Greta", "Diego", "Mei", "Otto", "Leila", "Marco", "Freya", "Jomo", "Vera", "Pablo", "Zoe", "Arun", "Clara"),
    *("Nils", "Farah", "Tomas", "Aiko", "Karim", "Dora", "Ivan", "Thandi", "Lars", "Noor", "Simon"),
)
"""Names given to members when only their number is configured; from the 51st on they are numbered."""

MOST_MEMBERS = 10_000
"""The most members that can be configured by their number."""

EMBEDDED = "embedded/smollm2"
"""The model that is asked when none is named: a toy that needs no key."""

LOCAL = "embedded/local"
"""The model that is a GGUF file of the user's."""

MOST_SEED = 2**63 - 1
"""The largest seed, which every program that reads a journal can hold."""

RESERVED_NAMES = ("moderator", "framework", "random")

Scalar = str | int | float | bool | None

Replies = Literal["text", "structured"]
"""The forms in which models are asked to reply."""

_NAME = re.compile(r"[^\W\d_][\w'\-]*(?: [\w'\-]+)*")


WrittenGrowth = float | str | dict[str, JsonValue]

_FACTOR: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(gt=0, allow_inf_nan=False)])


def _growth(value: Any) -> Any:
    """A growth factor, or a growth law from how it is written."""
    is_name = isinstance(value, str) and re.match(r"\s*[a-z]", value) is not None
    if is_name or isinstance(value, Mapping | Entry):
        return read_entry(value)
    try:
        return _FACTOR.validate_python(value)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise PydanticCustomError("growth", "{told}", {"told": detail["msg"]}) from error


Growth = Annotated[
    float | Entry,
    PlainValidator(_growth, json_schema_input_type=WrittenGrowth),
    PlainSerializer(lambda growth: growth.written if isinstance(growth, Entry) else growth, return_type=WrittenGrowth),
]
"""A factor, or a growth law with its settings."""


class World(Section):
    """The commons and how long it is watched. Amounts are whole units."""

    capacity: int = Field(100, ge=1, le=1_000_000)
    """The most units the commons holds. (Measures look at each possible stock of each month.)"""
    initial: int | None = Field(None, ge=0)
    """Units at the start; the capacity when not given."""
    growth: Growth = 2.0
    """How the stock grows at the end of each month. A number: what is left is multiplied by it and rounded down; it is
    the decimal number that is written, so that no rounding of the machine enters. Else the name of a growth law, with
    or without settings."""
    collapse: int = Field(5, ge=0)
    """The commons has collapsed when fewer units than this are left after a harvest."""
    allocation: str = "random"
    """Who receives what when more is asked than there is: units dealt one by one to a random member that still wants
    more; in proportion to demand (`proportional`); first come, first served in a random order (`sequential`); or
    another registered rule of allocation."""
    months: int = Field(12, ge=1, le=95_000)
    """The most months the society is watched. (The calendar that they are dated by ends with the year 9999.)"""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.collapse >= self.capacity:
            raise ValueError(f"world.collapse = {self.collapse}: must be below world.capacity = {self.capacity}")
        if self.initial is not None and self.initial > self.capacity:
            raise ValueError(f"world.initial = {self.initial}: must not exceed world.capacity = {self.capacity}")
        return self

    @property
    def stock_at_start(self) -> int:
        """Units at the start of month 1."""
        return self.capacity if self.initial is None else self.initial


PHASES: tuple[str, ...] = ("harvest", "report", "discussion", "reflection")
"""A month when an experiment names no phases."""


def _phases(value: Any) -> Any:
    """Phases from how they are written; settings alone change the usual month."""
    if not isinstance(value, Mapping):
        return value
    try:
        return with_settings(PHASES, value, under="society.phases")
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _named(members: Any) -> Any:
    if isinstance(members, bool) or not isinstance(members, int):
        return members
    if members < 1:
        raise ValueError(f"{members} members: at least 1 is needed")
    if members > MOST_MEMBERS:
        raise ValueError(f"{members} members: at most {MOST_MEMBERS:,} can be given as a number")
    return tuple(NAMES[i] if i < len(NAMES) else f"Member{i + 1}" for i in range(members))


class Society(Section):
    """Who lives on the commons and how a month goes."""

    members: Annotated[tuple[str, ...], BeforeValidator(_named)] = NAMES[:5]
    """The members' names in roster order, or just how many there are."""
    phases: Annotated[Entries, BeforeValidator(_phases)] = tuple(Entry(extension=name, name=name) for name in PHASES)
    """What a month consists of, in order: names of phases, with or without settings."""
    communication: bool = True
    """Whether the members talk."""
    transparency: bool = True
    """Whether catches are made public after the harvest."""
    rules: str = Field("rules", pattern=r"^rules(-[A-Za-z0-9_-]+)?$")
    """The template that tells the rules of the commons: the scenario's `rules`, or the same in other words."""
    hints: tuple[str, ...] = ()
    """Names of hints that every member is given before the harvest, such as `universalization`."""
    may_go_negative: bool = False
    """Whether charges of institutions can exceed what a member has earned so far; otherwise the rest is waived."""
    on_invalid: Literal["forfeit", "fail"] = "forfeit"
    """What a harvest answer that stays unreadable does: the member takes nothing this month, or the run fails."""
    max_invalid: float = Field(0.2, ge=0, le=1)
    """A run in which a larger share of the harvest decisions is forfeited fails, as soon as that is certain."""
    cognition: Literal["merged", "separate"] = "merged"
    """Whether the thoughts after a talk and the insights come with their ratings in one reply each, or every thought
    and every rating is a question of its own, as in the paper."""

    @field_validator("members")
    @classmethod
    def _are_names(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if not members:
            raise ValueError("society.members is empty: at least 1 member is needed")
        for name in members:
            if not _NAME.fullmatch(name) or len(name) > 40:
                raise ValueError(f"society.members: {name!r} is no name: letters, digits, spaces, ' and - are allowed")
            if name.lower() in RESERVED_NAMES:
                raise ValueError(f"society.members: {name!r} is reserved; choose another name")
        if len({name.lower() for name in members}) != len(members):
            raise ValueError(f"society.members = {', '.join(members)}: every name may occur once")
        return members


class Persona(Section):
    """What a member is told of itself beyond its name. Whatever is not given is not mentioned."""

    age: int | None = Field(None, ge=0)
    """Age in years."""
    background: str | None = None
    """Where the member comes from."""
    traits: str | None = None
    """Its character."""
    goals: str | None = None
    """What it wants, beside the goal that every member is given."""
    behaviour: str | None = None
    """How it acts."""
    customs: str | None = None
    """What it is used to."""


def _without_secrets(args: dict[str, Scalar]) -> dict[str, Scalar]:
    if (name := _secret_in(args)) is not None:
        raise ValueError(f"{name}: a model argument stands in the journal; set keys in the environment instead")
    for name in args:
        if str(_SET_ELSEWHERE.get(name)).startswith("models.sampling."):
            raise ValueError(f"{name}: is no model argument; use {_SET_ELSEWHERE[name]}")
    return args


_SET_ELSEWHERE = {
    **{name: f"models.sampling.{name}" for name in ("temperature", "top_p", "top_k", "seed", "max_tokens")},
    "reasoning_effort": "models.sampling.reasoning_effort",
    "model": "the name of the model",
    "stream": "the model argument stream",
}
_WRITTEN_BY_GOVSIM = (
    "messages",
    "input",
    "prompt",
    "contents",
    "system",
    "stream_options",
    "n",
    "tools",
    "tool_choice",
)


def _is_extra(body: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse fields of a request body that hold a secret, or that something else decides."""
    if (name := _secret_in(body)) is not None:
        raise ValueError(f"{name}: a field of the request stands in the journal; set keys in the environment instead")
    for name in body:
        if name in _SET_ELSEWHERE:
            raise ValueError(f"{name}: cannot be set here; use {_SET_ELSEWHERE[name]}")
        if name in _WRITTEN_BY_GOVSIM:
            raise ValueError(f"{name}: cannot be set, as it holds the question or decides how it is answered")
    return body


def _secret_in(data: Any, name: str = "") -> str | None:
    """The dotted name of a value that is or looks like a secret, at any depth; None when there is none."""
    if isinstance(data, Mapping):
        places = ((str(key), value, is_secret_name(str(key))) for key, value in data.items())
    elif isinstance(data, list | tuple):
        places = ((str(place), value, False) for place, value in enumerate(data))
    else:
        return name if isinstance(data, str) and has_credentials(data) else None
    for key, value, is_secret in places:
        path = f"{name}.{key}" if name else key
        if (found := path if is_secret else _secret_in(value, path)) is not None:
            return found
    return None


class Member(Section):
    """What sets one member apart from the others."""

    agent: str | None = None
    """How it decides: `generative`, `direct` or `policy:NAME`; `agents.default` when not given."""
    model: str | None = None
    """Its language model; `models.default` when not given."""
    model_args: dict[str, Scalar] = {}
    """Arguments of its model; on top of `models.args` where that is the default one."""
    extra_body: dict[str, JsonValue] = {}
    """Fields added to the body of requests to its model; on top of `models.extra_body` where that is the default
    one."""
    persona: Persona | None = None
    """What it is told of itself."""
    joins: int = Field(1, ge=1)
    """The month in which it arrives."""

    _args = field_validator("model_args")(_without_secrets)
    _body = field_validator("extra_body")(_is_extra)


class Sampling(Section):
    """How replies are drawn from every model.

    Not every provider takes every setting: the `request` lines of a journal hold what was sent.
    """

    temperature: float | None = Field(0.0, ge=0, le=2)
    """0 draws the likeliest reply; null leaves it to the provider."""
    top_p: float | None = Field(1.0, gt=0, le=1)
    """The share of probability drawn from; null leaves it to the provider."""
    top_k: int | None = Field(None, ge=1)
    """The number of likeliest tokens drawn from; null leaves it to the provider."""
    max_tokens: int | None = Field(4096, ge=1)
    """Maximum length of a reply in tokens, reasoning included; null leaves it to the provider."""
    seed: int | None = None
    """Seed of the provider's sampling."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    """How much a reasoning model thinks."""
    reasoning_tokens: int | None = Field(None, ge=0)
    """Maximum number of tokens that a model thinks, for models that take a number instead of an effort."""
    reasoning_summary: Literal["auto", "concise", "detailed"] | None = None
    """The summary of its reasoning that an OpenAI reasoning model is asked for; null asks for none. Only verified
    organizations get one."""


class Models(Section):
    """Which language models are asked; names are Inspect's, as in `openai/gpt-4o-mini` or `ollama/llama3.2`."""

    default: str | None = None
    """The model of every member that names none."""
    args: dict[str, Scalar] = {}
    """Arguments of the default model (`-M name=value`)."""
    extra_body: dict[str, JsonValue] = {}
    """Fields added to the body of requests to the default model, nested as its API documents them, as in
    `chat_template_kwargs: {enable_thinking: false}`."""
    framework: str | None = None
    """The model that summarises talks and reads agreements; the default model, else the first member's."""
    framework_args: dict[str, Scalar] = {}
    """Arguments of the framework's model; on top of `models.args` where that is the default one."""
    framework_extra_body: dict[str, JsonValue] = {}
    """Fields added to the body of requests to the framework's model; on top of `models.extra_body` where that is the
    default one."""
    sampling: Sampling = Sampling()
    """How replies are drawn from every model."""
    replies: Replies = "text"
    """Form of replies. `text` asks for lines at the end of a reply. `structured` asks for a JSON object, sends its
    schema to providers that can hold their models to one, and reads every value by the same rule."""
    system_role: Literal["system", "user"] = "system"
    """Role that the rules are sent in, to every model: `user` puts them at the beginning of the first user message, for
    models and servers that take no system message."""
    context: int | None = Field(None, ge=256)
    """Tokens that the smallest context of the models holds, prompt and reply together: what is longer is shortened
    before it is sent. When null, a prompt is shortened only after a provider has refused it."""

    _args = field_validator("args", "framework_args")(_without_secrets)
    _body = field_validator("extra_body", "framework_extra_body")(_is_extra)

    @property
    def longest_prompt(self) -> int | None:
        """Tokens that a prompt may have, beside the longest reply; None where that is left to the provider."""
        if self.context is None:
            return None
        return self.context - (self.sampling.max_tokens or self.context // 2)

    @model_validator(mode="after")
    def _holds_a_reply(self) -> Self:
        reply = self.sampling.max_tokens
        if self.context is not None and reply is not None and self.context <= reply:
            raise ValueError(
                f"models.context = {self.context}: must be more than models.sampling.max_tokens = {reply}, as it holds "
                "the prompt and the reply; lower models.sampling.max_tokens"
            )
        return self


class Agents(Section):
    """How members decide, and the settings of each kind of agent by its name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, JsonValue]]

    default: str = "generative"
    """How every member decides that names nothing else: a kind of agent such as `generative` or `direct`, or
    `policy:NAME`."""

    @property
    def kinds_set(self) -> tuple[str, ...]:
        """Kinds of agent for which something is set."""
        return tuple(self.__pydantic_extra__)

    def settings_of(self, kind: str) -> dict[str, JsonValue]:
        """What is set for a kind of agent; empty where nothing is."""
        return self.__pydantic_extra__.get(kind, {})

    def with_settings_of(self, kinds: Mapping[str, dict[str, JsonValue]]) -> Self:
        """The same with the settings of these kinds of agent, and of no others."""
        return type(self).model_validate({"default": self.default, **kinds})


_USUAL = Member()
"""A member for whom nothing is configured."""


class Experiment(Section):
    """Everything that decides the result of a run."""

    scenario: str = "fishery"
    """The words: a scenario's name, or a folder with one."""
    condition: str = Field("default", pattern=r"^[^\W_][\w .+-]*$")
    """The name of the settings that set this experiment apart."""
    world: World = World()
    """The commons and how long it is watched."""
    society: Society = Society()
    """Who lives on it and how a month goes."""
    institutions: Entries = ()
    """Rules that the society is given, in order: names, with or without settings."""
    agents: Agents = Agents()
    """How members decide."""
    members: dict[str, Member] = {}
    """What sets single members apart, by name."""
    models: Models = Models()
    """Which language models are asked."""
    seed: int = Field(0, ge=0, le=MOST_SEED)
    """Every draw of the run follows from it; run i of several has this plus i."""

    @model_validator(mode="after")
    def _names_members_that_exist(self) -> Self:
        roster = self.society.members
        for name, member in self.members.items():
            if name not in roster:
                raise ValueError(f"members.{name}: nobody of that name; society.members has {', '.join(roster)}")
            if member.joins > self.world.months:
                raise ValueError(f"members.{name}.joins = {member.joins}: must lie in 1..{self.world.months} (months)")
        if all(self.member(name).joins > 1 for name in roster):
            raise ValueError("members: nobody is present in month 1; let at least one member join then")
        return self

    def member(self, name: str) -> Member:
        """What is configured for one member; the defaults where nothing is."""
        return self.members.get(name, _USUAL)

    def agent_of(self, name: str) -> str:
        """How a member decides."""
        return self.member(name).agent or self.agents.default
