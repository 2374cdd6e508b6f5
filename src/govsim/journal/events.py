"""The built-in events of runs, and those common to runs and studies."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from math import fsum
from typing import Any, ClassVar, Literal, TypeVar, cast

from pydantic import Field, JsonValue, field_validator

from govsim.config import DeclaredAnalysis, Experiment, Extent
from govsim.config.section import Frozen
from govsim.journal.kinds import EVENTS
from govsim.journal.line import FIRST_READING_RULE, RUNS_AND_STUDIES, SCHEMA_VERSION, Event, Expense, Whole
from govsim.scenarios import Scenario

TOO_LONG = "prompt_too_long"
"""Stop reason of a call that the provider rejected because the prompt exceeded the model's context window."""

Status = Literal["completed", "collapsed", "failed", "cancelled", "over-budget"]

FINISHED: frozenset[Status] = frozenset({"completed", "collapsed"})
"""Statuses of finished runs, which are never resumed."""

Cause = Literal["unreadable", "provider", "error"]
"""Why a run or study failed: too many unparsable answers, a model provider, or another error."""

FRAMEWORK = "framework"
"""The framework model, in place of a member's name."""

MODERATOR = "moderator"
"""The moderator, in place of a member's name."""


class Imported(Frozen):
    """Origin of a journal that was not written by a run of govsim."""

    format: Literal["govsim-original"] = "govsim-original"
    """Format of the source: a log of the paper's original program."""
    source: str
    """Folder of the log: its name, and that of its parent folder."""
    sha256: str
    """SHA-256 hash of the log."""
    assumed: tuple[str, ...] = ()
    """Assumptions about what is neither in the log nor in the configuration, one sentence each."""
    missing: tuple[str, ...] = ()
    """What could not be imported, one sentence each."""


AmountType = TypeVar("AmountType", int, float)


def known_sum(amounts: Iterable[AmountType | None]) -> AmountType | None:
    """Return the sum of amounts such as tokens or dollars; None if one of them is unknown, 0 if there are none.

    Dollars are summed without intermediate rounding.
    """
    given = list(amounts)
    known = [amount for amount in given if amount is not None]
    if len(known) < len(given):
        return None
    total = fsum(known) if any(isinstance(amount, float) for amount in known) else sum(known)
    return cast(AmountType, total)


@EVENTS.register
class Header(Event):
    """The first line: everything that determines the run, so that the journal is self-contained."""

    # Not compared: the file format, and what follows from the experiment but is not recorded by older versions.
    clock_fields: ClassVar = frozenset(
        {
            *("schema_version", "changes", "models", "versions", "plugins"),
            *("prompts_version", "git_revision", "wording", "analysis", "informed"),
        }
    )

    kind: Literal["header"] = "header"
    schema_version: int = SCHEMA_VERSION
    """Version of this schema."""
    reading_rule: int = Field(FIRST_READING_RULE, ge=1)
    """Version of the parsing rule for replies; 1 if missing. From version 2 on, each call records its values."""
    experiment: Experiment
    """The resolved experiment, including all defaults."""
    scenario: Scenario
    """The scenario with the texts of all prompt templates."""
    society: str
    """Label of the society, as in the name of the journal's folder."""
    changes: dict[str, JsonValue] | None = None
    """Settings that differ from the defaults of the scenario and the condition, by dotted key; null in journals of
    older versions."""
    models: dict[str, str] | None = None
    """Language models by member, for members that have one; null in journals of older versions."""
    informed: dict[str, tuple[str, ...]] = {}
    """Facts about the world that members are given besides what they observe, by agent, as in `policy:optimal`; empty
    if there are no such agents."""
    versions: dict[str, str]
    """Versions of govsim, Python and the packages that can affect results."""
    plugins: dict[str, str] = {}
    """Versions of the plug-ins used by the run, by package; empty if none."""
    prompts_version: int = Field(1, ge=1)
    """Version of govsim's own prompts, which changes with their texts; 1 if missing."""
    git_revision: str | None = None
    """Git revision of govsim's source, if run from a checkout; ends in `-dirty` if there were uncommitted changes."""
    wording: str | None = None
    """Name of the user's folder with the scenario or its prompts; null if they are built in, and in journals of older
    versions."""
    analysis: DeclaredAnalysis | None = None
    """How results will be compared, as declared before the run; null if it was not declared."""
    imported: Imported | None = None
    """Origin of a journal imported from the log of another program: it contains no questions and answers, and can be
    neither resumed nor replayed. Null for a run of govsim."""

    def model_of(self, member: str) -> str | None:
        """Return the language model of a member; None if it has none."""
        if self.models is not None:
            return self.models.get(member)
        if self.experiment.agent_of(member).startswith("policy:"):  # the only agents without a model in older versions
            return None
        return self.experiment.member(member).model or self.experiment.models.default


@EVENTS.register
class Session(Event):
    """A process starts or resumes the run."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["session"] = "session"
    at: str
    """Time in UTC."""
    process: int = 0
    """ID of the process."""
    host: str = ""
    """Name of the machine."""
    worker: str | None = Field(None, exclude_if=lambda worker: worker is None)
    """The worker process that executes the run, as `process 12 on node-3`; missing if it is the same process."""
    execution: dict[str, Any]
    """Execution settings."""


@EVENTS.register
class Month(Event):
    """Start of a month."""

    kind: Literal["month"] = "month"
    month: Whole
    """1 for the first month."""
    date: str
    """First day of the month."""
    stock: Whole
    """Stock at the start of the month, in units."""
    members: tuple[str, ...]
    """Members present, in roster order."""
    joined: tuple[str, ...] = ()
    """Members that join in this month, or return, if it is not the first."""
    left: tuple[str, ...] = ()
    """Members of the previous month that have left."""


@EVENTS.register
class MessageLine(Event):
    """A message sent to a model, stored once under the hash of its role and content."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_stored_once: ClassVar = True

    kind: Literal["message"] = "message"
    hash: str
    """16 hexadecimal digits that identify the message."""
    role: Literal["system", "user", "assistant"]
    """Role of the message in the chat with the model."""
    content: str
    """Text of the message."""


class Shortened(Frozen):
    """What was omitted from a prompt, oldest first within each kind, to fit into the model's context window."""

    limit: int
    """Maximum number of tokens of the prompt, as counted before sending."""
    tokens: int
    """Number of tokens after shortening, by the same count."""
    months: int = 0
    """Number of past months omitted."""
    memories: int = 0
    """Number of memories omitted."""
    lines: int = 0
    """Number of utterances omitted."""


class _Asking(Event):
    month: Whole
    phase: str
    """Phase of the month."""
    member: str
    """Member asked; `framework` for the framework model."""
    purpose: str
    """Purpose of the question, as in `harvest` or `line`."""
    ordinal: Whole
    """Index of the question among those of this member and purpose in this phase, from 0."""
    attempt: Whole
    """Index of the attempt, from 0; a question is retried if its reply cannot be parsed."""
    model: str
    """The model."""
    messages: tuple[str, ...]
    """Hashes of the messages sent, in order."""
    shortened: Shortened | None = None
    """What was omitted from the prompt; null if nothing was."""


@EVENTS.register
class Asked(_Asking):
    """A question was sent to a model."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_costly: ClassVar = True
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["asked"] = "asked"
    at: str
    """Time in UTC."""


@EVENTS.register
class Call(_Asking):
    """A model replied to a question."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_costly: ClassVar = True
    clock_fields: ClassVar = frozenset(
        {"seconds", "retries", "cached_tokens", "cost", "response_id", "fallback", "request"}
    )

    kind: Literal["call"] = "call"
    reply: str
    """Text of the reply."""
    reasoning: str | None = None
    """Text of the model's reasoning, if the provider returns it."""
    stop_reason: str
    """Why generation stopped."""
    refused: str | None = None
    """Why the reply could not be parsed; null if it could."""
    values: dict[str, int | str | None] | None = None
    """Values parsed from the reply, by field tag: a number, a choice, a text, or null for "none". For an unparsable
    reply, the values that could be parsed. Null as a whole in journals with reading rule 1."""
    input_tokens: Whole | None = None
    """Tokens of the prompt, including cached ones; null if the provider does not report them."""
    output_tokens: Whole | None = None
    """Tokens of the reply, including reasoning."""
    cached_tokens: Whole | None = None
    """Tokens of the prompt read from the provider's cache."""
    cost: Expense | None = None
    """Cost in dollars; null if the price is unknown."""
    seconds: Expense
    """Seconds between request and reply, including retries."""
    retries: Whole = 0
    """Number of retries after provider failures."""
    response_id: str | None = None
    """Identifier of the reply at the provider; null if it reports none."""
    fallback: str | None = None
    """Model that the provider used in place of the requested one, if it reports a fallback; null otherwise."""
    request: str | None = None
    """Hash of the `request` event with the parameters sent; null in journals that do not record it."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompt and reply; None if the provider does not report both."""
        return known_sum((self.input_tokens, self.output_tokens))


@EVENTS.register
class Embedding(Event):
    """The embedding of a text."""

    is_costly: ClassVar = True

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
            raise ValueError("must contain 32-bit floats")
        return vector


@EVENTS.register
class Harvest(Event):
    """The demands and catches of all members, and their effect on the stock. All amounts are whole units."""

    kind: Literal["harvest"] = "harvest"
    month: Whole
    phase: str = "harvest"
    stock_before: Whole
    """Stock before the harvest."""
    threshold: Whole
    """Group threshold: maximum units the group could take without the stock shrinking."""
    member_threshold: Whole
    """Group threshold per member present, rounded down."""
    asked: dict[str, Whole]
    """Demand by member; members that forfeited are missing."""
    granted: dict[str, Whole]
    """Units received by member, for all members present."""
    invalid: dict[str, str]
    """Reasons why decisions could not be parsed and were forfeited, by member."""
    stock_after_harvest: Whole
    """Stock left after the harvest, which determines collapse."""
    stock_after_growth: Whole
    """Stock at the start of the next month, unless phases after the harvest return units to the stock; see `growth`."""
    is_collapsed: bool
    """Whether fewer units than the collapse level were left after the harvest."""
    member_thresholds: dict[str, Whole] | None = None
    """Share of each member present in the group threshold, rounded down, if they differ by weight."""

    def threshold_of(self, member: str) -> int:
        """Return the share of a member in the group threshold, in units."""
        shares = self.member_thresholds
        return self.member_threshold if shares is None else shares.get(member, self.member_threshold)


@EVENTS.register
class Report(Event):
    """How catches are made public."""

    kind: Literal["report"] = "report"
    month: Whole
    phase: str = "report"
    by: Literal["moderator", "memory", "nobody"]
    """`moderator`: announced in the discussion; `memory`: stored as memories of each member; `nobody`: kept private."""
    catches: dict[str, Whole]
    """Catches reported, by member: as received, or as stated by the members if `extent` is `self-reported`."""
    extent: Extent | None = None
    """Extent of the report, if it is neither all catches nor none: the `total`, the catches of a member's `neighbours`,
    or what members state (`self-reported`)."""
    of_month: Whole | None = None
    """Month of the catches, if it is an earlier one."""
    author: str | None = None
    """Member that wrote the numbers, which may differ from the true catches; null if no member did."""


@EVENTS.register
class Utterance(Event):
    """One utterance of a discussion."""

    kind: Literal["utterance"] = "utterance"
    month: Whole
    phase: str = "discussion"
    member: str
    """Speaker; `moderator` for the opening."""
    ordinal: Whole
    """Index of the utterance, from 0; continued in further discussions of the same month."""
    text: str | None
    """Text; null if the speaker's reply could not be parsed and the turn was skipped."""
    ends: bool = False
    """Whether the speaker ends the discussion."""
    next_speaker: str | None = None
    """Next speaker; null after the last utterance."""
    next_is_drawn: bool = False
    """Whether the next speaker was drawn at random because the speaker did not name a valid one."""
    invalid: str | None = None
    """Why the speaker's reply could not be parsed completely; null if it could."""


@EVENTS.register
class Agreement(Event):
    """Outcome of a discussion, as extracted by the framework model."""

    kind: Literal["agreement"] = "agreement"
    month: Whole
    phase: str = "discussion"
    summary: str | None
    """Summary of the discussion in one sentence; null if the model gave none."""
    importance: Whole | None = None
    """Importance of the discussion, 1 to 10, if the summary came with a rating."""
    limit: Whole | None
    """Agreed limit in units per member and month; null if there was no agreement."""


@EVENTS.register
class End(Event):
    """The run ended or was stopped."""

    journals: ClassVar = RUNS_AND_STUDIES
    is_compared: ClassVar = False
    clock_fields: ClassVar = frozenset({"at"})

    kind: Literal["end"] = "end"
    status: Status
    """How the run ended; unless completed or collapsed, it can be resumed."""
    months: Whole
    """Number of completed months."""
    reason: str | None = None
    """Why the run did not finish; null if it did."""
    cause: Cause | None = None
    """Cause of the failure, if the status is `failed`; null otherwise, and in journals of older versions."""
    at: str
    """Time in UTC; empty in an imported journal, as it is unknown."""
