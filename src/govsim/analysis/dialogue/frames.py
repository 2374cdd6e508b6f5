"""The frames about what was said, what was promised and what came of it: what their columns mean."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from govsim.analysis.columns import Layout, Months, Units
from govsim.analysis.frames import RunKeys
from govsim.journal import GROUPS, LabelName

GROUP_OF: dict[LabelName, str] = {label: group for group, labels in GROUPS.items() for label in labels}
"""The group of each label."""

_Members = Annotated[int, "members"]


class UtteranceRow(NamedTuple):
    """One line of a member in a talk and one rater of its run, runs that are not counted included."""

    month: int
    """The month of the talk, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    ordinal: int
    """The line's place in the talk; the moderator's can be 0."""
    text: str
    """What was said."""
    judge: str
    """The model that judged."""
    setup: str
    """The judge's label: its name, and a short hash of how it was asked where that is not the usual way."""
    sample: int
    """Counts the replies of one judge, from 1; setup and sample are a rater."""
    label: str | None
    """What the line does. Missing where there is no readable answer."""
    group: str | None
    """The label's group: `information`, `negotiation` or `relational`. Missing without a label."""
    is_asked: bool
    """Whether the rater has answered for this line; false where its study stopped before, or the run went on after
    it."""
    invalid: str | None
    """Why the judge's reply could not be read. Missing where it could."""


class PromiseRow(NamedTuple):
    """One member in one talk and one rater of its run, runs that are not counted included."""

    month: int
    """The month of the talk, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    judge: str
    """The model that judged."""
    setup: str
    """The judge's label: its name, and a short hash of how it was asked where that is not the usual way."""
    sample: int
    """Counts the replies of one judge, from 1; setup and sample are a rater."""
    promised: Units | None
    """The most it bound itself to take in the next harvest. Missing where it bound itself to nothing."""
    line: int | None
    """The place of the line it did so with. Missing without a promise."""
    quote: str | None
    """That line. Missing without a promise."""
    asked: Units | None
    """What it asked for in the next harvest. Missing where there was none, it was absent or forfeited."""
    granted: Units | None
    """What it was granted then. Missing where there was no harvest, or it was absent."""
    outcome: str | None
    """`kept` where it asked for no more than it promised, `broken` where for more, `unknown` where it was absent or
    forfeited, `no harvest` where none followed. Missing without a promise."""
    excess: Units | None
    """By how much it asked for more than it promised. Missing unless the promise is broken."""
    invalid: str | None
    """Why the judge's reply could not be read. Missing where it could."""


class AgreementRow(NamedTuple):
    """One talk that agreed on a limit, as the framework's model reads it, runs that are not counted included."""

    month: int
    """The month of the talk, 1 for the first."""
    model: str
    """The members' language model; `none` or `mixed` as in `runs`."""
    limit: Units
    """What each member may take in a month."""
    is_renewal: bool
    """Whether the same limit was agreed on before and still held: everyone had kept it until then."""
    deciding: _Members | None
    """Members with a readable decision in the next harvest. Missing where none followed."""
    above: _Members | None
    """Of these, members that asked for more than the limit. Missing where no harvest followed."""
    is_kept: bool | None
    """Whether no member asked for more in the next harvest. Missing if none followed, or no decision could be
    read."""
    excess: Units | None
    """What was asked for above the limit in it, in all. Missing where no harvest followed."""
    months_held: Months
    """Harvests in a row, from the next one on, in which no member asked for more than the limit."""
    ending: str
    """What ended that: `broken`, `superseded` by another limit, or `run ended`; the last two say no more than that it
    held for at least so long."""


class KnowledgeRow(NamedTuple):
    """One harvest decision and one rater of its run, runs that are not counted included."""

    month: int
    """The month of the harvest, 1 for the first."""
    member: str
    """The member's name."""
    model: str | None
    """The member's language model. Missing for a policy."""
    judge: str
    """The model that judged."""
    setup: str
    """The judge's label: its name, and a short hash of how it was asked where that is not the usual way."""
    sample: int
    """Counts the replies of one judge, from 1; setup and sample are a rater."""
    names_threshold: bool | None
    """Whether the reasoning names how much can be taken without the stock falling. Missing where the judge's reply
    could not be read."""
    names_others: bool | None
    """Whether it takes into account what others do."""
    names_future: bool | None
    """Whether it takes later months into account."""
    asked: Units | None
    """What it asked for. Missing where that was forfeited."""
    member_threshold: Units
    """The most each member could take sustainably that month."""
    is_over_usage: bool | None
    """Whether it asked for more than that. Missing where forfeited."""
    invalid: str | None
    """Why the judge's reply could not be read. Missing where it could."""


UTTERANCES = Layout("utterances", (RunKeys, UtteranceRow))
"""The frame of labelled utterances."""

PROMISES = Layout("promises", (RunKeys, PromiseRow))
"""The frame of promises and deeds."""

AGREEMENTS = Layout("agreements", (RunKeys, AgreementRow))
"""The frame of agreed limits."""

KNOWLEDGE = Layout("knowledge", (RunKeys, KnowledgeRow))
"""The frame of what decisions were based on."""

DIALOGUE_LAYOUTS = (UTTERANCES, PROMISES, AGREEMENTS, KNOWLEDGE)
"""All frames about dialogue."""
