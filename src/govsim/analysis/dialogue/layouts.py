"""The columns of the frames about what was said, what was promised and what came of it."""

from __future__ import annotations

from govsim.analysis.frames.columns import KEYS, Column, Layout

_RATER = (
    Column(name="judge", kind="string", meaning="The model that judged."),
    Column(
        name="setup",
        kind="string",
        meaning="The judge's label: its name, and a short hash of how it was asked where that is not the usual way.",
    ),
    Column(
        name="sample", kind="int64", meaning="Counts the replies of one judge, from 1; setup and sample are a rater."
    ),
)
_INVALID = Column(
    name="invalid", kind="string", meaning="Why the judge's reply could not be read. Missing where it could."
)
_MEMBER = Column(name="member", kind="string", meaning="The member's name.")
_MODEL = Column(name="model", kind="string", meaning="The member's language model. Missing for a policy.")
_TALK = Column(name="month", kind="int64", meaning="The month of the talk, 1 for the first.")

UTTERANCES = Layout(
    name="utterances",
    row="one line of a member in a talk and one rater of its run, runs that are not counted included",
    columns=(
        *KEYS,
        _TALK,
        _MEMBER,
        _MODEL,
        Column(name="ordinal", kind="int64", meaning="The line's place in the talk; the moderator's can be 0."),
        Column(name="text", kind="string", meaning="What was said."),
        *_RATER,
        Column(name="label", kind="string", meaning="What the line does. Missing where there is no readable answer."),
        Column(
            name="group",
            kind="string",
            meaning="The label's group: `information`, `negotiation` or `relational`. Missing without a label.",
        ),
        Column(
            name="is_asked",
            kind="bool",
            meaning="Whether the rater has answered for this line; false where its study stopped before, or the run "
            "went on after it.",
        ),
        _INVALID,
    ),
)
"""The frame of labelled utterances."""

PROMISES = Layout(
    name="promises",
    row="one member in one talk and one rater of its run, runs that are not counted included",
    columns=(
        *KEYS,
        _TALK,
        _MEMBER,
        _MODEL,
        *_RATER,
        Column(
            name="promised",
            kind="Int64",
            unit="units",
            meaning="The most it bound itself to take in the next harvest. Missing where it bound itself to nothing.",
        ),
        Column(name="line", kind="Int64", meaning="The place of the line it did so with. Missing without a promise."),
        Column(name="quote", kind="string", meaning="That line. Missing without a promise."),
        Column(
            name="asked",
            kind="Int64",
            unit="units",
            meaning="What it asked for in the next harvest. Missing where there was none, it was absent or forfeited.",
        ),
        Column(
            name="granted",
            kind="Int64",
            unit="units",
            meaning="What it was granted then. Missing where there was no harvest, or it was absent.",
        ),
        Column(
            name="outcome",
            kind="string",
            meaning="`kept` where it asked for no more than it promised, `broken` where for more, `unknown` where it "
            "was absent or forfeited, `no harvest` where none followed. Missing without a promise.",
        ),
        Column(
            name="excess",
            kind="Int64",
            unit="units",
            meaning="By how much it asked for more than it promised. Missing unless the promise is broken.",
        ),
        _INVALID,
    ),
)
"""The frame of promises and deeds."""

AGREEMENTS = Layout(
    name="agreements",
    row="one talk that agreed on a limit, as the framework's model reads it, runs that are not counted included",
    columns=(
        *KEYS,
        _TALK,
        Column(name="model", kind="string", meaning="The members' language model; `none` or `mixed` as in `runs`."),
        Column(name="limit", kind="int64", unit="units", meaning="What each member may take in a month."),
        Column(
            name="is_renewal",
            kind="bool",
            meaning="Whether the same limit was agreed on before and still held: everyone had kept it until then.",
        ),
        Column(
            name="deciding",
            kind="Int64",
            unit="members",
            meaning="Members with a readable decision in the next harvest. Missing where none followed.",
        ),
        Column(
            name="above",
            kind="Int64",
            unit="members",
            meaning="Of these, members that asked for more than the limit. Missing where no harvest followed.",
        ),
        Column(
            name="is_kept",
            kind="boolean",
            meaning="Whether nobody asked for more in the next harvest. Missing where none followed, or nobody's "
            "decision could be read.",
        ),
        Column(
            name="excess",
            kind="Int64",
            unit="units",
            meaning="What was asked for above the limit in it, in all. Missing where no harvest followed.",
        ),
        Column(
            name="months_held",
            kind="int64",
            unit="months",
            meaning="Harvests in a row, from the next one on, in which nobody asked for more than the limit.",
        ),
        Column(
            name="ending",
            kind="string",
            meaning="What ended that: `broken`, `superseded` by another limit, or `run ended`; the last two say no "
            "more than that it held for at least so long.",
        ),
    ),
)
"""The frame of agreed limits."""

KNOWLEDGE = Layout(
    name="knowledge",
    row="one harvest decision and one rater of its run, runs that are not counted included",
    columns=(
        *KEYS,
        Column(name="month", kind="int64", meaning="The month of the harvest, 1 for the first."),
        _MEMBER,
        _MODEL,
        *_RATER,
        Column(
            name="names_threshold",
            kind="boolean",
            meaning="Whether the reasoning names how much can be taken without the stock falling. Missing where the "
            "judge's reply could not be read.",
        ),
        Column(name="names_others", kind="boolean", meaning="Whether it takes into account what others do."),
        Column(name="names_future", kind="boolean", meaning="Whether it takes later months into account."),
        Column(
            name="asked", kind="Int64", unit="units", meaning="What it asked for. Missing where that was forfeited."
        ),
        Column(
            name="member_threshold",
            kind="int64",
            unit="units",
            meaning="The most each member could take sustainably that month.",
        ),
        Column(
            name="is_over_usage",
            kind="boolean",
            meaning="Whether it asked for more than that. Missing where forfeited.",
        ),
        _INVALID,
    ),
)
"""The frame of what decisions were based on."""

DIALOGUE_LAYOUTS = (UTTERANCES, PROMISES, AGREEMENTS, KNOWLEDGE)
"""All frames about dialogue."""
