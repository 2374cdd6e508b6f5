"""The events of a run that govsim itself records, and those that runs and studies have in common."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field, JsonValue, field_validator

from govsim.config import Experiment
from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import FIRST_READING_RULE, RUNS_AND_STUDIES, SCHEMA_VERSION, Event, Expense, Whole
from govsim.scenarios import Scenario

TOO_LONG = "prompt_too_long"
"""Stop reason of a call that the provider refused, as the prompt did not fit into the model's context."""

Status = Literal["completed", "collapsed", "failed", "cancelled", "over-budget"]

FINISHED: frozenset[Status] = frozenset({"completed", "collapsed"})
"""How a run ends that is never continued."""

Cause = Literal["unreadable", "provider", "error"]
"""Why a run or study failed: too many answers that could not be read, a provider of models, or anything else."""

FRAMEWORK = "framework"
"""Stands for the framework model where a member's name would stand."""

MODERATOR = "moderator"
"""Stands for the moderator where a member's name would stand."""


class Imported(Frozen):
    """Where a journal comes from that no run of govsim wrote."""

    format: Literal["govsim-original"] = "govsim-original"
    """Whose log it was made from: the paper's own program."""
    source: str
    """The folder of that log: its name, and that of the folder it lies in."""
    sha256: str
    """SHA-256 of the log."""
    assumed: tuple[str, ...] = ()
    """What neither log nor configuration tells, and what it was taken to be, a sentence each."""
    missing: tuple[str, ...] = ()
    """What could not be carried over, a sentence each."""


Amount = TypeVar("Amount", int, float)


def known_sum(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum of amounts such as tokens or dollars; None where one of them is unknown, 0 of none."""
    total: Amount = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


@EVENTS.register
class Header(Event):
    """The first line: everything that decides the run, so that the file stands on its own."""

    # The form of the file, and what follows from the experiment and older versions do not say, are no differences.
    clock_fields: ClassVar = frozenset(
        {"schema_version", "changes", "models", "versions", "plugins", "git_revision", "wording"}
    )

    kind: Literal["header"] = "header"
    schema_version: int = SCHEMA_VERSION
    """Version of this schema."""
    reading_rule: int = Field(FIRST_READING_RULE, ge=1)
    """Version of the rule by which replies were read; 1 where it is missing. From 2 on each call records its values."""
    experiment: Experiment
    """The resolved experiment."""
    scenario: Scenario
    """The scenario with the text of every prompt template."""
    society: str
    """The society's label, as in the journal's folder name."""
    changes: dict[str, JsonValue] | None = None
    """Settings that differ from the defaults of the scenario and the condition, by dotted key; null in journals of
    older versions."""
    models: dict[str, str] | None = None
    """The language model of each member that has one, by member; null in journals of older versions."""
    versions: dict[str, str]
    """Versions of govsim, Python and the packages that can change a result."""
    plugins: dict[str, str] = {}
    """Versions of the installed plug-ins that the run used, by package; empty where it used none."""
    git_revision: str | None = None
    """Revision of govsim's source, where it runs from a checkout; ends in `-dirty` when that had changes."""
    wording: str | None = None
    """The name of the user's folder that the scenario or its prompts came from; null where they come with govsim, and
    in journals of older versions."""
    imported: Imported | None = None
    """Where it comes from, when it was made from the log of another program: such a journal holds no questions and
    answers, and can be read but neither continued nor re-lived. Null for a run of govsim."""

    def model_of(self, member: str) -> str | None:
        """The language model of a member; None where it has none."""
        if self.models is not None:
            return self.models.get(member)
        if self.experiment.agent_of(member).startswith("policy:"):  # all that older versions had without a model
            return None
        return self.experiment.member(member).model or self.experiment.models.default


@EVENTS.register
class Session(Event):
    """A process begins to carry out the run, or continues it."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["session"] = "session"
    at: str
    """When, in UTC."""
    process: int = 0
    """The number of the process."""
    host: str = ""
    """The machine it runs on."""
    execution: dict[str, Any]
    """How it is carried out."""


@EVENTS.register
class Month(Event):
    """A month begins."""

    kind: Literal["month"] = "month"
    month: Whole
    """1 for the first."""
    date: str
    """Its first day."""
    stock: Whole
    """Units at its start."""
    members: tuple[str, ...]
    """Who is present, in roster order."""
    joined: tuple[str, ...] = ()
    """Who of them has just arrived, after the first month."""


@EVENTS.register
class MessageLine(Event):
    """A message sent to a model, stored once under the hash of its role and content."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_stored_once: ClassVar = True

    kind: Literal["message"] = "message"
    hash: str
    """16 hexadecimal digits that name the message."""
    role: Literal["system", "user", "assistant"]
    """Whose message it is in the conversation with the model."""
    content: str
    """Its text."""


class Shortened(Frozen):
    """What was left out of a prompt, the oldest of each kind, so that it fits into the model's context."""

    limit: int
    """Tokens that the prompt was to have at most, by the count that is made before sending."""
    tokens: int
    """Tokens that it had after that, by the same count."""
    months: int = 0
    """Past months left out."""
    memories: int = 0
    """Memories left out."""
    lines: int = 0
    """Lines of the talk left out."""


class _Asking(Event):
    month: Whole
    phase: str
    """The phase of the month in which it is asked."""
    member: str
    """Whose question it is; `framework` for the framework's."""
    purpose: str
    """What is asked for, as in `harvest` or `line`."""
    ordinal: Whole
    """Counts the questions of this member and purpose in this phase, from 0."""
    attempt: Whole
    """0 for the first; a reply that could not be read is asked for again."""
    model: str
    """The model asked."""
    messages: tuple[str, ...]
    """Hashes of the messages sent, in order."""
    shortened: Shortened | None = None
    """What was left out of them; null when nothing was."""


@EVENTS.register
class Asked(_Asking):
    """A question has been sent."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["asked"] = "asked"
    at: str
    """When, in UTC."""


@EVENTS.register
class Call(_Asking):
    """A question has been answered."""

    journals: ClassVar = RUNS_AND_STUDIES
    clock_fields: ClassVar = frozenset({"seconds", "retries", "cached_tokens", "cost", "request"})

    kind: Literal["call"] = "call"
    reply: str
    """What the model replied."""
    reasoning: str | None = None
    """What a reasoning model thought, where the provider tells."""
    stop_reason: str
    """Why the reply ended."""
    refused: str | None = None
    """Why the reply could not be read; null when it could."""
    values: dict[str, int | str | None] | None = None
    """What was read from the reply, by the tag of each line asked for: a number, a choice, a text, or null for "none".
    Of a reply that was refused, what could be read all the same. Null as a whole in journals of reading rule 1."""
    input_tokens: Whole | None = None
    """Tokens of the prompt, cached ones included; null where the provider does not tell."""
    output_tokens: Whole | None = None
    """Tokens of the reply, reasoning included."""
    cached_tokens: Whole | None = None
    """Tokens of the prompt that came from the provider's cache."""
    cost: Expense | None = None
    """Dollars; null where the price is unknown."""
    seconds: Expense
    """Between sending and receiving, retries included."""
    retries: Whole = 0
    """How often the request was sent again because the provider failed."""
    request: str | None = None
    """Hash of the line that says what was sent beside the messages; null in journals that do not record it."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompt and reply; None where the provider does not tell both."""
        return known_sum((self.input_tokens, self.output_tokens))


@EVENTS.register
class Embedding(Event):
    """The vector of a text, as an embedding model gave it."""

    kind: Literal["embedding"] = "embedding"
    hash: str
    """Hash of model and text."""
    model: str
    """The embedding model."""
    vector: str
    """Base64 of little-endian 32-bit floats."""

    @field_validator("vector")
    @classmethod
    def _holds_numbers(cls, vector: str) -> str:
        if len(b64decode(vector, validate=True)) % 4:
            raise ValueError("must hold 32-bit floats")
        return vector


@EVENTS.register
class Harvest(Event):
    """What everyone asked for and received, and what it did to the stock. All amounts are whole units."""

    kind: Literal["harvest"] = "harvest"
    month: Whole
    phase: str = "harvest"
    stock_before: Whole
    """Units before anyone harvested."""
    threshold: Whole
    """The most the group could take without the stock falling."""
    member_threshold: Whole
    """The same for each member present, rounded down."""
    asked: dict[str, Whole]
    """By member; who forfeited is missing."""
    granted: dict[str, Whole]
    """By member, of all present."""
    invalid: dict[str, str]
    """Why the decision of a member could not be read and was forfeited, by member."""
    stock_after_harvest: Whole
    """Units left; the collapse is judged by this."""
    stock_after_growth: Whole
    """Units that the next month starts with."""
    is_collapsed: bool
    """Whether fewer units than the collapse level were left."""


@EVENTS.register
class Report(Event):
    """How the members learn of each other's catches."""

    kind: Literal["report"] = "report"
    month: Whole
    phase: str = "report"
    by: Literal["moderator", "memory", "nobody"]
    """The moderator names them in the talk; or each becomes a memory; or they stay private."""
    catches: dict[str, Whole]
    """What is made known, by member."""


@EVENTS.register
class Utterance(Event):
    """One line of a talk."""

    kind: Literal["utterance"] = "utterance"
    month: Whole
    phase: str = "discussion"
    member: str
    """Who speaks; `moderator` for the opening line."""
    ordinal: Whole
    """Counts the lines of the talk, from 0."""
    text: str | None
    """What is said; null when the speaker's reply could not be read and the turn was skipped."""
    ends: bool = False
    """Whether the speaker ends the talk with it."""
    next_speaker: str | None = None
    """Who speaks next; null after the last line."""
    next_is_drawn: bool = False
    """Whether the next speaker was drawn from the seed, as the speaker named nobody who could speak."""
    invalid: str | None = None
    """What of the speaker's reply could not be read to the end; null when all of it was."""


@EVENTS.register
class Agreement(Event):
    """What came of a talk, as the framework's model reads it."""

    kind: Literal["agreement"] = "agreement"
    month: Whole
    phase: str = "discussion"
    summary: str | None
    """The talk in one sentence; null when the model gave none."""
    importance: Whole | None = None
    """How important the talk was, 1 to 10, where the summary came with a rating."""
    limit: Whole | None
    """Units per person and month that were agreed; null when nothing was."""


@EVENTS.register
class MemoryLine(Event):
    """A member remembers something from now on."""

    kind: Literal["memory"] = "memory"
    month: Whole
    phase: str
    member: str
    ordinal: Whole
    """Counts the member's memories, from 0."""
    type: Literal["event", "thought", "chat", "action"]
    """Something witnessed, something thought, the summary of a talk, or something done."""
    description: str
    """What is remembered, in one sentence."""
    created: str
    """The date it is about."""
    expires: str
    """The last date on which it is remembered."""
    importance: Whole | None
    """1 to 10; null when the model's rating could not be read."""
    is_always_retrieved: bool = False
    """Whether it is part of every prompt while it lasts, whatever its score."""
    is_agreement: bool = False
    """Whether it is an agreed limit, which a newer one supersedes."""


class Scored(Frozen):
    """One retrieved memory with the parts of its score, each in 0..1."""

    memory: Whole
    """The memory's ordinal."""
    recency: float
    """How new it is among those that could be retrieved."""
    importance: float
    """Its rating, scaled."""
    relevance: float
    """How close it is to the query."""
    score: float
    """The weighted sum of the three."""


@EVENTS.register
class Retrieval(Event):
    """What came to a member's mind for one query."""

    kind: Literal["retrieval"] = "retrieval"
    month: Whole
    phase: str
    member: str
    purpose: str
    """What it was for."""
    ordinal: Whole
    """Counts the member's retrievals in this phase, from 0."""
    query: str
    """What it was compared with."""
    memories: tuple[Scored, ...]
    """Best first."""


@EVENTS.register
class End(Event):
    """The run has ended, or was stopped."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["end"] = "end"
    status: Status
    """How it ended; one that neither completed nor collapsed can be continued."""
    months: Whole
    """Months that were completed."""
    reason: str | None = None
    """Why it did not finish; null when it did."""
    cause: Cause | None = None
    """The kind of failure, where the status is `failed`; null otherwise, and in journals of older versions."""
    at: str
    """When, in UTC; empty in an imported journal, as the log does not tell."""
