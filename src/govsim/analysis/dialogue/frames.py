"""The frames of utterances, promises, agreements and decisions, with documented columns."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from govsim.analysis.columns import Layout, Months, Units
from govsim.analysis.frames import RunKeys
from govsim.journal import GROUPS, LabelName

GROUP_OF: dict[LabelName, str] = {label: group for group, labels in GROUPS.items() for label in labels}
"""The group of each label."""

_Members = Annotated[int, "members"]


class UtteranceRow(NamedTuple):
    """One utterance of a member and one rater of its run, including runs that are not counted."""

    month: int
    """The month of the discussion, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    ordinal: int
    """The utterance's position in the discussion; position 0 can be the moderator's."""
    text: str
    """The text of the utterance."""
    judge: str
    """The judge: a model."""
    judge_setup: str
    """The judge's name, with a short hash of its settings if these are not the defaults."""
    sample: int
    """Counts the replies of one judge, from 1; `judge_setup` and `sample` identify a rater."""
    label: str | None
    """The function of the utterance. Missing without a readable answer."""
    group: str | None
    """The label's group: `information`, `negotiation` or `relational`. Missing without a label."""
    is_asked: bool
    """Whether the rater was asked about this utterance; false if its study stopped before, or if the run continued
    after it."""
    invalid: str | None
    """Why the judge's reply was unreadable. Missing if it was readable."""


class PromiseRow(NamedTuple):
    """One member in one discussion and one rater of its run, including runs that are not counted."""

    month: int
    """The month of the discussion, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    judge: str
    """The judge: a model."""
    judge_setup: str
    """The judge's name, with a short hash of its settings if these are not the defaults."""
    sample: int
    """Counts the replies of one judge, from 1; `judge_setup` and `sample` identify a rater."""
    promised: Units | None
    """The maximum that it promised to take in the next harvest. Missing without a promise."""
    line: int | None
    """The position of the utterance with the promise. Missing without a promise."""
    quote: str | None
    """The text of that utterance. Missing without a promise."""
    asked: Units | None
    """What it asked for in the next harvest. Missing if there was none, or if it was absent or forfeited."""
    granted: Units | None
    """What it was granted in that harvest. Missing if there was none, or if it was absent."""
    outcome: str | None
    """`kept` if it asked for no more than it promised, `broken` if it asked for more, `unknown` if it was absent or
    forfeited, `no harvest` if none followed. Missing without a promise."""
    excess: Units | None
    """The units it asked for above its promise. Missing unless the promise was broken."""
    invalid: str | None
    """Why the judge's reply was unreadable. Missing if it was readable."""


class AgreementRow(NamedTuple):
    """One discussion that agreed on a limit according to the framework model, including runs that are not counted."""

    month: int
    """The month of the discussion, 1 for the first."""
    model: str
    """The members' language model; `none` or `mixed` as in `runs`."""
    limit: Units
    """The maximum that each member may take in a month."""
    is_renewal: bool
    """Whether the same limit was already in force: agreed on before, and kept by all members since."""
    deciding: _Members | None
    """Members with a readable decision in the next harvest. Missing if none followed."""
    above: _Members | None
    """Of these, members that asked for more than the limit. Missing if no harvest followed."""
    is_kept: bool | None
    """Whether no member asked for more in the next harvest. Missing if none followed, or if no decision was
    readable."""
    excess: Units | None
    """The total of units asked for above the limit in the next harvest. Missing if none followed."""
    months_held: Months
    """Consecutive harvests, from the next one on, in which no member asked for more than the limit."""
    ending: str
    """What ended these months: `broken`, `superseded` by another limit, or `run ended`. In the last two cases
    `months_held` is a lower bound."""


class KnowledgeRow(NamedTuple):
    """One harvest decision and one rater of its run, including runs that are not counted."""

    month: int
    """The month of the harvest, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    judge: str
    """The judge: a model."""
    judge_setup: str
    """The judge's name, with a short hash of its settings if these are not the defaults."""
    sample: int
    """Counts the replies of one judge, from 1; `judge_setup` and `sample` identify a rater."""
    names_threshold: bool | None
    """Whether the reasoning names the maximum that can be taken without reducing the stock. Missing if the judge's
    reply was unreadable."""
    names_others: bool | None
    """Whether the reasoning takes other members into account. Missing in the same case."""
    names_future: bool | None
    """Whether the reasoning takes later months into account. Missing in the same case."""
    asked: Units | None
    """The units it asked for. Missing if the decision was forfeited."""
    member_threshold: Units
    """The maximum sustainable harvest of each member in that month."""
    is_over_usage: bool | None
    """Whether it asked for more than the threshold. Missing if forfeited."""
    invalid: str | None
    """Why the judge's reply was unreadable. Missing if it was readable."""


UTTERANCES = Layout("utterances", (RunKeys, UtteranceRow))
"""The frame of labelled utterances."""

PROMISES = Layout("promises", (RunKeys, PromiseRow))
"""The frame of promises and compliance."""

AGREEMENTS = Layout("agreements", (RunKeys, AgreementRow))
"""The frame of agreed limits."""

KNOWLEDGE = Layout("knowledge", (RunKeys, KnowledgeRow))
"""The frame of the grounds of decisions."""

DIALOGUE_LAYOUTS = (UTTERANCES, PROMISES, AGREEMENTS, KNOWLEDGE)
"""All frames of dialogue."""
