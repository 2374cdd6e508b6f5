"""The experiment: all settings that determine results. Stored in the journal's header; must match on resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from govsim.config.entries import Entries, ExtensionEntry, with_settings
from govsim.config.names import DEFAULT_NAMES, RESERVED_NAMES, RULE_OF_NAMES, is_valid_name, with_names
from govsim.config.observation import Extent, Observation, read_extent
from govsim.config.presence import Hazard, Replacement, check_replacements, read_joins, read_leaves
from govsim.config.section import NAME_OF_FILE, NAME_OF_RULES, Section
from govsim.config.sites import SiteSettings, members_by_site
from govsim.config.world import World
from govsim.errors import ConfigError
from govsim.redaction import has_credentials, is_secret_name

EMBEDDED = "embedded/smollm2"
"""The model used when none is named: a toy model that needs no key."""

LOCAL = "embedded/local"
"""The model that runs a GGUF file provided by the user."""

MAX_SEED = 2**63 - 1
"""The largest seed: the largest 64-bit integer, which every program that reads a journal can represent."""

Scalar = str | int | float | bool | None

ReplyFormat = Literal["text", "structured"]
"""The formats in which models are asked to reply."""

WorkedExample = Literal["safe", "harmful"]
"""The kinds of worked example in the rules."""

DEFAULT_PHASES: tuple[str, ...] = ("harvest", "report", "discussion", "reflection")
"""The default phases of a month."""


def _phases(value: Any) -> Any:
    """Parse a list of phases; a mapping of settings is applied to the default phases."""
    if not isinstance(value, Mapping):
        return value
    try:
        return with_settings(DEFAULT_PHASES, value, under="society.phases")
    except ConfigError as error:
        raise ValueError(str(error)) from error


Transparency = Annotated[bool | Extent, BeforeValidator(read_extent)]


class SocietySettings(Section):
    """The members of the society and the phases of a month."""

    members: Annotated[tuple[str, ...], BeforeValidator(with_names)] = DEFAULT_NAMES[:5]
    """Names of the members in roster order, or their number."""
    phases: Annotated[Entries, BeforeValidator(_phases)] = tuple(
        ExtensionEntry(extension=name, name=name) for name in DEFAULT_PHASES
    )
    """Phases of a month, in order: names, with or without settings."""
    communication: bool = True
    """Whether the members hold discussions."""
    transparency: Transparency = True
    """Whether each member's catch is made public after the harvest. `total` makes the total catch public, `neighbours`
    lets members learn the catches of their neighbours (`observation.neighbours`), and with `self-reported` members
    state their own catches, which are not checked. `full` and `own` are the same as true and false."""
    rules: str = Field("rules", pattern=NAME_OF_RULES)
    """Name of the template that states the rules of the commons: `rules`, or one of its paraphrases."""
    example: WorkedExample = "safe"
    """Worked example in the rules: a harvest after which the next month starts with more (`safe`) or with less
    (`harmful`). If the world allows none of this kind, the other is shown."""
    hints: tuple[str, ...] = ()
    """Names of the hints given to every member before the harvest, such as `universalization`."""
    may_go_negative: bool = False
    """Whether charges by institutions can exceed a member's balance. If false, the excess is waived."""
    on_invalid: Literal["forfeit", "fail"] = "forfeit"
    """What happens when a harvest answer cannot be parsed, even after retries: `forfeit` (the member takes nothing
    this month) or `fail` (the run fails)."""
    max_invalid: float = Field(0.2, ge=0, le=1)
    """Maximum share of forfeited harvest decisions. A run fails as soon as it is certain to exceed it."""
    cognition: Literal["merged", "separate"] = "merged"
    """How thoughts after a discussion, insights and their importance ratings are requested: `merged` in one model call
    each for thoughts and for insights, or `separate` in one call for every thought and every rating, as in the
    paper."""

    @field_validator("members")
    @classmethod
    def _are_names(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if not members:
            raise ValueError("society.members is empty: at least 1 member is required")
        for name in members:
            if not is_valid_name(name):
                raise ValueError(f"society.members: {name!r} is not a valid name; it {RULE_OF_NAMES}")
            if name.lower() in RESERVED_NAMES:
                raise ValueError(f"society.members: {name!r} is reserved; choose another name")
        if len({name.lower() for name in members}) != len(members):
            raise ValueError(f"society.members = {', '.join(members)}: names must be unique")
        return members


class Persona(Section):
    """What a member's prompts state about it besides its name. Fields that are not set are not mentioned."""

    age: int | None = Field(None, ge=0)
    """Age in years."""
    background: str | None = None
    """Where the member comes from."""
    traits: str | None = None
    """The member's character."""
    goals: str | None = None
    """The member's goals, in addition to the goal that all members are given."""
    behaviour: str | None = None
    """How the member behaves."""
    customs: str | None = None
    """The member's customs."""


def _without_secrets(args: dict[str, Scalar]) -> dict[str, Scalar]:
    if (name := _secret_in(args)) is not None:
        raise ValueError(f"{name}: model arguments are stored in the journal; set keys in the environment instead")
    for name in args:
        if str(_SET_ELSEWHERE.get(name)).startswith("models.sampling."):
            raise ValueError(f"{name}: is not a model argument; use {_SET_ELSEWHERE[name]}")
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
    """Reject fields of a request body that hold a secret or are determined by other settings."""
    if (name := _secret_in(body)) is not None:
        raise ValueError(f"{name}: request fields are stored in the journal; set keys in the environment instead")
    for name in body:
        if name in _SET_ELSEWHERE:
            raise ValueError(f"{name}: cannot be set here; use {_SET_ELSEWHERE[name]}")
        if name in _WRITTEN_BY_GOVSIM:
            raise ValueError(f"{name}: cannot be set; govsim sets it when it builds a request")
    return body


def _secret_in(data: Any, name: str = "") -> str | None:
    """Return the dotted name of a value that is or looks like a secret, at any depth; None when there is none."""
    if isinstance(data, Mapping):
        places = ((str(key), value, is_secret_name(str(key))) for key, value in data.items())
    elif isinstance(data, list | tuple):
        places = ((str(index), value, False) for index, value in enumerate(data))
    else:
        return name if isinstance(data, str) and has_credentials(data) else None
    for key, value, is_secret in places:
        path = f"{name}.{key}" if name else key
        if (found := path if is_secret else _secret_in(value, path)) is not None:
            return found
    return None


class Member(Section):
    """Settings of one member that differ from those of the others."""

    agent: str | None = None
    """Agent of the member: `generative`, `direct`, `policy:NAME` or another registered kind. Defaults to
    `agents.default`."""
    model: str | None = None
    """Language model of the member. Defaults to `models.default`."""
    model_args: dict[str, Scalar] = {}
    """Arguments of the member's model. Merged with `models.args` if it is the default model."""
    extra_body: dict[str, JsonValue] = {}
    """Extra fields in the body of requests to the member's model. Merged with `models.extra_body` if it is the default
    model."""
    persona: Persona | None = None
    """What the member's prompts state about it."""
    joins: Annotated[Annotated[int, Field(ge=1)] | Hazard | Replacement, BeforeValidator(read_joins)] = 1
    """Month in which the member joins the society; `{hazard: P}`, with which it joins in each month with probability
    P; or `{replaces: NAME}`, with which it joins when another member has left for good."""
    leaves: Annotated[Annotated[int, Field(ge=2)] | Hazard | None, BeforeValidator(read_leaves)] = None
    """First month in which the member is absent again; or `{hazard: P}`, with which it leaves before each month after
    its first with probability P. The last member present stays."""
    limit: int | None = Field(None, ge=0)
    """Maximum number of units that the member can take in a month. Null sets no limit below the stock."""
    price: int | None = Field(None, ge=0)
    """Dollars that the member earns for a unit. Defaults to the scenario's price."""
    weight: float = Field(1.0, gt=0)
    """Weight of the member in the sustainable harvest of the group: its share is its weight divided by the weights of
    all members present."""
    endowment: int = Field(0, ge=0)
    """Dollars that the member starts with."""
    group: str | None = None
    """Group of the member: a column in exports, to which sanctions can be limited. It is not stated to members."""

    _args = field_validator("model_args")(_without_secrets)
    _body = field_validator("extra_body")(_is_extra)

    @property
    def earliest(self) -> int:
        """The first month in which the member can be present."""
        if isinstance(self.joins, Replacement):
            return 2
        return self.joins if isinstance(self.joins, int) else 1


class Sampling(Section):
    """Sampling settings for all models.

    Not every provider supports every setting: the `request` events of a journal record what was sent.
    """

    temperature: float | None = Field(0.0, ge=0, le=2)
    """Sampling temperature; 0 selects the most likely tokens. Null uses the provider's default."""
    top_p: float | None = Field(1.0, gt=0, le=1)
    """Nucleus sampling: cumulative probability of the tokens sampled from. Null uses the provider's default."""
    top_k: int | None = Field(None, ge=1)
    """Number of most likely tokens sampled from. Null uses the provider's default."""
    max_tokens: int | None = Field(4096, ge=1)
    """Maximum length of a reply in tokens, including reasoning. Null uses the provider's default."""
    seed: int | None = None
    """Seed sent to the provider for its sampling."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    """Reasoning effort, for reasoning models."""
    reasoning_tokens: int | None = Field(None, ge=0)
    """Maximum number of reasoning tokens, for models that take a number instead of an effort."""
    reasoning_summary: Literal["auto", "concise", "detailed"] | None = None
    """Summary of the reasoning requested from OpenAI reasoning models. Null requests none. Only available to verified
    organizations."""


class Models(Section):
    """Language models; named as in Inspect, for example `openai/gpt-4o-mini` or `ollama/llama3.2`."""

    default: str | None = None
    """Model of every member that does not set its own."""
    args: dict[str, Scalar] = {}
    """Arguments of the default model (`-M name=value` on the command line)."""
    extra_body: dict[str, JsonValue] = {}
    """Extra fields in the body of requests to the default model, nested as documented by its API, as in
    `chat_template_kwargs: {enable_thinking: false}`."""
    framework: str | None = None
    """Model that summarizes discussions and extracts agreements. Defaults to the default model, or else to the first
    member's model."""
    framework_args: dict[str, Scalar] = {}
    """Arguments of the framework model. Merged with `models.args` if it is the default model."""
    framework_extra_body: dict[str, JsonValue] = {}
    """Extra fields in the body of requests to the framework model. Merged with `models.extra_body` if it is the default
    model."""
    sampling: Sampling = Sampling()
    """Sampling settings for all models."""
    replies: ReplyFormat = "text"
    """Format of replies. `text` asks for labelled lines at the end of a reply. `structured` asks for a JSON object and
    sends its schema to providers that support structured output. Values are parsed by the same rule in both."""
    system_role: Literal["system", "user"] = "system"
    """Role of the message that contains the rules. `user` puts them at the beginning of the first user message, for
    models and servers that do not support system messages."""
    context: int | None = Field(None, ge=256)
    """Size in tokens of the smallest context window of the models, for prompt and reply together. Longer prompts are
    shortened before they are sent. If null, a prompt is shortened only after a provider has rejected it."""

    _args = field_validator("args", "framework_args")(_without_secrets)
    _body = field_validator("extra_body", "framework_extra_body")(_is_extra)

    @property
    def longest_prompt(self) -> int | None:
        """Maximum length of a prompt in tokens, given the longest reply; None if it is not limited."""
        if self.context is None:
            return None
        return self.context - (self.sampling.max_tokens or self.context // 2)

    @model_validator(mode="after")
    def _holds_a_reply(self) -> Self:
        reply = self.sampling.max_tokens
        if self.context is not None and reply is not None and self.context <= reply:
            raise ValueError(
                f"models.context = {self.context}: must be greater than models.sampling.max_tokens = {reply}, as it "
                "includes the prompt and the reply; lower models.sampling.max_tokens"
            )
        return self


class Agents(Section):
    """The default agent, and the settings of each kind of agent by its name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, JsonValue]]

    default: str = "generative"
    """Agent of every member that does not set its own: a kind of agent such as `generative` or `direct`, or
    `policy:NAME`."""

    @property
    def kinds_set(self) -> tuple[str, ...]:
        """Kinds of agent that have settings."""
        return tuple(self.__pydantic_extra__)

    def settings_of(self, kind: str) -> dict[str, JsonValue]:
        """Return the settings of a kind of agent; empty if there are none."""
        return self.__pydantic_extra__.get(kind, {})

    def with_settings_of(self, kinds: Mapping[str, dict[str, JsonValue]]) -> Self:
        """Return a copy with the settings of these kinds of agent and of no others."""
        return type(self).model_validate({"default": self.default, **kinds})


_DEFAULT_MEMBER = Member()
"""A member for whom nothing is configured."""


class Experiment(Section):
    """All settings that determine the result of a run."""

    scenario: str = "fishery"
    """Name of a scenario, or path of a folder that contains one."""
    condition: str = Field("default", pattern=NAME_OF_FILE)
    """Name of the condition: the settings that distinguish this experiment from others."""
    protocol: str = Field("default", pattern=NAME_OF_FILE)
    """Name of the protocol: how members are asked and what they remember. `paper` is as close as possible to the
    original system."""
    world: World = World()
    """The commons and the length of the simulation."""
    society: SocietySettings = SocietySettings()
    """The members of the society and the phases of a month."""
    observation: Observation = Observation()
    """What members observe of the stock and of each other's catches."""
    institutions: Entries = ()
    """Institutions of the society, in order: names of rules, with or without settings."""
    sites: dict[str, SiteSettings] = Field({}, exclude_if=lambda sites: not sites)
    """Sites by name: stocks with members and institutions of their own. Without any, all members share one stock."""
    agents: Agents = Agents()
    """The default agent, and the settings of each kind of agent by its name."""
    members: dict[str, Member] = {}
    """Settings of individual members, by name."""
    models: Models = Models()
    """Language models."""
    seed: int = Field(0, ge=0, le=MAX_SEED)
    """Random seed. With several runs, run i (counted from 0) uses this seed plus i."""
    _site: str | None = None

    @model_validator(mode="after")
    def _names_members_that_exist(self) -> Self:
        roster = self.society.members
        for name, member in self.members.items():
            if name not in roster:
                raise ValueError(f"members.{name}: there is no such member; choose from {', '.join(roster)}")
            if isinstance(member.joins, int) and member.joins > self.world.months:
                raise ValueError(
                    f"members.{name}.joins = {member.joins}: must be from 1 to {self.world.months} (world.months)"
                )
            if isinstance(member.leaves, int) and member.leaves <= member.earliest:
                raise ValueError(
                    f"members.{name}.leaves = {member.leaves}: must be after the month in which the member joins, "
                    f"{member.earliest}"
                )
        for name, known in self.observation.network.items():
            if unknown := [each for each in (name, *known) if each not in roster]:
                raise ValueError(
                    f"observation.network.{name}: there is no member {unknown[0]}; choose from {', '.join(roster)}"
                )
        check_replacements({name: one.joins for name, one in self.members.items()}, roster)
        if all(self.member(name).joins != 1 for name in roster):
            raise ValueError("members: no member is present in month 1; at least one must join in month 1")
        return self

    @model_validator(mode="after")
    def _has_valid_sites(self) -> Self:
        for name, site in self.sites.items():
            if not is_valid_name(name):
                raise ValueError(f"sites.{name}: is not a valid name; it {RULE_OF_NAMES}")
            try:
                site.world_at(self.world)
            except ValueError as error:
                raise ValueError(f"sites.{name}.world: {error}") from error
        if len({name.lower() for name in self.sites}) != len(self.sites):
            raise ValueError(f"sites = {', '.join(self.sites)}: names must be unique")
        if self.sites:
            members_by_site(self.sites, self.society.members)
        return self

    def at(self, site: str | None) -> Self:
        """Return the experiment as it applies at a site: with its own world and institutions.

        Args:
            site: name of the site; None for an experiment without sites, which is returned unchanged.
        """
        if site is None:
            return self
        own = self.sites[site]
        institutions = self.institutions if own.institutions is None else own.institutions
        found = self.model_copy(update={"world": own.world_at(self.world), "institutions": institutions})
        found._site = site
        return found

    @property
    def site(self) -> str | None:
        """Name of the site at which the experiment applies as it is, as returned by `at`; None for the whole run."""
        return self._site

    @property
    def site_names(self) -> tuple[str | None, ...]:
        """Names of the sites; only None for an experiment without sites."""
        return tuple(self.sites) or (None,)

    @property
    def members_at_start(self) -> dict[str, tuple[str, ...]]:
        """Members at each site in month 1, by site, in roster order, including those who join later."""
        return members_by_site(self.sites, self.society.members) if self.sites else {}

    def member(self, name: str) -> Member:
        """Return the settings of one member; the defaults if none are set."""
        return self.members.get(name, _DEFAULT_MEMBER)

    def agent_of(self, name: str) -> str:
        """Return the agent of a member, as in `generative` or `policy:greedy`."""
        return self.member(name).agent or self.agents.default
