"""What tables and figures of dialogue say about themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govsim.analysis.costs import request_notes
from govsim.analysis.dialogue.annotations import Annotations
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.runs import toys_among

KNOWN: Mapping[str, str] = {
    "names_threshold": "names the threshold",
    "names_others": "takes the others into account",
    "names_future": "takes the future into account",
    "over_usage": "above the threshold",
    "over_usage_named": "above it, where it is named",
    "over_usage_not_named": "above it, where it is not",
}
"""What each share of decisions is called."""

INTERVALS = (
    "Below each value: its 95 % bootstrap interval (bias-corrected and accelerated), from runs drawn with replacement: "
    "as what is said in one run is not independent. Fewer than two runs have none. – stands for what does not exist."
)
MAJORITY = (
    "A rater is a judge's model and one sample of its replies. With several raters the answer with the most votes "
    "counts; where two have as many there is none."
)
_SHARES = (
    "Shares of the members' utterances that have a label, in runs that ended on their own. The paper's are of its "
    "default condition, labelled by another judge with a prompt of its own."
)
_AGREEMENT = (
    "Kappa and alpha are 1 where raters agree throughout and 0 where they agree as often as by chance. Where "
    "utterances were drawn evenly from all labels, as samples for annotation are, agreement is that on such "
    "utterances, not on all. Those who labelled nothing in common, or one label throughout, have neither."
)
_PROMISES = (
    "A promise is the most a member said in a talk that it would take next month, or agreed to; it is kept where the "
    "member then asked for no more. What was granted does not matter: it can be less because others wanted too much. "
    "Excess: units asked for above a broken promise, on average. In no share: promises with no harvest after them, and "
    "those of members that were absent or whose decision could not be read (unknown)."
)
LIMITS = (
    "A limit is what a talk agreed on for each member, as the framework's model reads it; it is kept where nobody asks "
    "for more. Months held: harvests in a row that kept it, until somebody broke it; or until another limit was agreed "
    "on or the run ended, so that it would have held for at least so long. A limit that is agreed on again while it "
    "holds counts once there."
)
_KNOWLEDGE = (
    "What the reasoning before a harvest decision names, as judges read it, and the share of valid decisions that ask "
    "for more than the member's sustainable share. Runs that ended on their own; unsettled: no answer, or no decision."
)

_JUDGED = {
    "labels": ("utterances", _SHARES),
    "promises": ("promises", _PROMISES),
    "knowledge": ("knowledge", _KNOWLEDGE),
}
"""The frame that holds what judges said in each study, and what holds for shares of it."""


def on_judged(dialogue: Dialogue, study: str) -> Iterator[str]:
    """What holds for shares of what judges said, which runs no judge has read, and which judgements are stale.

    Args:
        dialogue: what was read.
        study: `labels`, `promises` or `knowledge`.
    """
    frame, method = _JUDGED[study]
    yield from (method, MAJORITY, INTERVALS)
    runs = dialogue.runs if study == "knowledge" else dialogue.runs[dialogue.runs["talks"] > 0]
    if toys := toys_among(getattr(dialogue, frame)["judge"]):
        yield f"{', '.join(toys)} is a toy that proves the pipeline; what it judges says nothing about the runs."
    yield from request_notes(dialogue.requests)
    if unjudged := int((runs[study] == 0).sum()):
        yield f"{unjudged} of {len(runs)} runs {'has' if unjudged == 1 else 'have'} not been judged for this."
    yield from _on_stale(dialogue)


def on_agreement(dialogue: Dialogue, people: Annotations | None) -> Iterator[str]:
    """What holds for the agreement of raters.

    Args:
        dialogue: what was read.
        people: what people said; None without any.
    """
    yield from (_AGREEMENT, INTERVALS)
    for name, missing in (people.missing if people else {}).items():
        yield f"{name} left {missing} {'utterance' if missing == 1 else 'utterances'} without a label."
    yield from _on_stale(dialogue)


def _on_stale(dialogue: Dialogue) -> Iterator[str]:
    """Journals of judges that do not fit their run any more."""
    if stale := dialogue.stale:
        were = "1 journal of a judge is" if len(stale) == 1 else f"{len(stale)} journals of judges are"
        yield f"{were} left out: {'; '.join(stale)}."
