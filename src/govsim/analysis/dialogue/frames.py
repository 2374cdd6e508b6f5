"""The frames about what was said, what was promised and what came of it: their rows, and what their columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from govsim.analysis.columns import Column, Layout
from govsim.analysis.dialogue.compliance import AgreedLimit, Deed
from govsim.analysis.frames import KEYS
from govsim.analysis.runs import RunMeasures
from govsim.journal import GROUPS, Harvest, Knowledge, Label, LabelName, Promise, Utterance

GROUP_OF: dict[LabelName, str] = {label: group for group, labels in GROUPS.items() for label in labels}
"""The group of each label."""


class RaterKey(NamedTuple):
    """Who judged: the model, its label, and the number of the sample."""

    judge: str
    setup: str
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What a rater said of something that a member of a run did."""

    run: RunMeasures
    rater: RaterKey

    def model_of(self, member: str) -> str | None:
        """The member's language model; None for a policy."""
        return self.run.models.get(member)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine(_Judged):
    """A row of the frame of utterances; the label is None where the rater was not asked about the line."""

    said: Utterance
    label: Label | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPromise(_Judged):
    """A row of the frame of promises, with what the member did in the next harvest."""

    promise: Promise
    deed: Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDecision(_Judged):
    """A row of the frame of knowledge, with the harvest that was decided on."""

    knowledge: Knowledge
    harvest: Harvest

    @property
    def asked(self) -> int | None:
        """What the member asked for; None where that was forfeited."""
        return self.harvest.asked.get(self.knowledge.member)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOfRun:
    """A row of the frame of agreements."""

    run: RunMeasures
    agreed: AgreedLimit


_RATER: tuple[Column[Any], ...] = (
    Column("judge", "string", "The model that judged.", "rater.judge"),
    Column(
        "setup",
        "string",
        "The judge's label: its name, and a short hash of how it was asked where that is not the usual way.",
        "rater.setup",
    ),
    Column("sample", "int64", "Counts the replies of one judge, from 1; setup and sample are a rater.", "rater.sample"),
)
_INVALID = "Why the judge's reply could not be read. Missing where it could."
_MEMBER = "The member's name."
_MODEL = "The member's language model. Missing for a policy."
_TALK = "The month of the talk, 1 for the first."

UTTERANCES: Layout[JudgedLine] = Layout(
    name="utterances",
    row="one line of a member in a talk and one rater of its run, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", _TALK, "said.month"),
        Column("member", "string", _MEMBER, "said.member"),
        Column("model", "string", _MODEL, lambda row: row.model_of(row.said.member)),
        Column("ordinal", "int64", "The line's place in the talk; the moderator's can be 0.", "said.ordinal"),
        Column("text", "string", "What was said.", "said.text"),
        *_RATER,
        Column(
            "label",
            "string",
            "What the line does. Missing where there is no readable answer.",
            lambda row: row.label and row.label.label,
        ),
        Column(
            "group",
            "string",
            "The label's group: `information`, `negotiation` or `relational`. Missing without a label.",
            lambda row: GROUP_OF[row.label.label] if row.label and row.label.label else None,
        ),
        Column(
            "is_asked",
            "bool",
            "Whether the rater has answered for this line; false where its study stopped before, or the run "
            "went on after it.",
            lambda row: row.label is not None,
        ),
        Column("invalid", "string", _INVALID, lambda row: row.label and row.label.invalid),
    ),
)
"""The frame of labelled utterances."""

PROMISES: Layout[JudgedPromise] = Layout(
    name="promises",
    row="one member in one talk and one rater of its run, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", _TALK, "promise.month"),
        Column("member", "string", _MEMBER, "promise.member"),
        Column("model", "string", _MODEL, lambda row: row.model_of(row.promise.member)),
        *_RATER,
        Column(
            "promised",
            "Int64",
            "The most it bound itself to take in the next harvest. Missing where it bound itself to nothing.",
            "promise.units",
            "units",
        ),
        Column("line", "Int64", "The place of the line it did so with. Missing without a promise.", "promise.line"),
        Column("quote", "string", "That line. Missing without a promise.", "promise.quote"),
        Column(
            "asked",
            "Int64",
            "What it asked for in the next harvest. Missing where there was none, it was absent or forfeited.",
            "deed.asked",
            "units",
        ),
        Column(
            "granted",
            "Int64",
            "What it was granted then. Missing where there was no harvest, or it was absent.",
            "deed.granted",
            "units",
        ),
        Column(
            "outcome",
            "string",
            "`kept` where it asked for no more than it promised, `broken` where for more, `unknown` where it "
            "was absent or forfeited, `no harvest` where none followed. Missing without a promise.",
            "deed.outcome",
        ),
        Column(
            "excess",
            "Int64",
            "By how much it asked for more than it promised. Missing unless the promise is broken.",
            "deed.excess",
            "units",
        ),
        Column("invalid", "string", _INVALID, "promise.invalid"),
    ),
)
"""The frame of promises and deeds."""

AGREEMENTS: Layout[LimitOfRun] = Layout(
    name="agreements",
    row="one talk that agreed on a limit, as the framework's model reads it, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", _TALK, "agreed.month"),
        Column("model", "string", "The members' language model; `none` or `mixed` as in `runs`.", "run.model"),
        Column("limit", "int64", "What each member may take in a month.", "agreed.limit", "units"),
        Column(
            "is_renewal",
            "bool",
            "Whether the same limit was agreed on before and still held: everyone had kept it until then.",
            "agreed.is_renewal",
        ),
        Column(
            "deciding",
            "Int64",
            "Members with a readable decision in the next harvest. Missing where none followed.",
            "agreed.deciding",
            "members",
        ),
        Column(
            "above",
            "Int64",
            "Of these, members that asked for more than the limit. Missing where no harvest followed.",
            "agreed.above",
            "members",
        ),
        Column(
            "is_kept",
            "boolean",
            "Whether nobody asked for more in the next harvest. Missing where none followed, or nobody's "
            "decision could be read.",
            "agreed.is_kept",
        ),
        Column(
            "excess",
            "Int64",
            "What was asked for above the limit in it, in all. Missing where no harvest followed.",
            "agreed.excess",
            "units",
        ),
        Column(
            "months_held",
            "int64",
            "Harvests in a row, from the next one on, in which nobody asked for more than the limit.",
            "agreed.months_held",
            "months",
        ),
        Column(
            "ending",
            "string",
            "What ended that: `broken`, `superseded` by another limit, or `run ended`; the last two say no "
            "more than that it held for at least so long.",
            "agreed.ending",
        ),
    ),
)
"""The frame of agreed limits."""

KNOWLEDGE: Layout[JudgedDecision] = Layout(
    name="knowledge",
    row="one harvest decision and one rater of its run, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", "The month of the harvest, 1 for the first.", "harvest.month"),
        Column("member", "string", _MEMBER, "knowledge.member"),
        Column("model", "string", _MODEL, lambda row: row.model_of(row.knowledge.member)),
        *_RATER,
        Column(
            "names_threshold",
            "boolean",
            "Whether the reasoning names how much can be taken without the stock falling. Missing where the "
            "judge's reply could not be read.",
            "knowledge.threshold",
        ),
        Column("names_others", "boolean", "Whether it takes into account what others do.", "knowledge.others"),
        Column("names_future", "boolean", "Whether it takes later months into account.", "knowledge.future"),
        Column("asked", "Int64", "What it asked for. Missing where that was forfeited.", unit="units"),
        Column(
            "member_threshold",
            "int64",
            "The most each member could take sustainably that month.",
            "harvest.member_threshold",
            "units",
        ),
        Column(
            "is_over_usage",
            "boolean",
            "Whether it asked for more than that. Missing where forfeited.",
            lambda row: None if row.asked is None else row.asked > row.harvest.member_threshold,
        ),
        Column("invalid", "string", _INVALID, "knowledge.invalid"),
    ),
)
"""The frame of what decisions were based on."""

DIALOGUE_LAYOUTS: tuple[Layout[Any], ...] = (UTTERANCES, PROMISES, AGREEMENTS, KNOWLEDGE)
"""All frames about dialogue."""
