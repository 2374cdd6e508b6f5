"""The notes of tables and figures of dialogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govsim.analysis.costs import request_notes
from govsim.analysis.dialogue.annotations import Annotations
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.runs import toys_among

KNOWN: Mapping[str, str] = {
    "names_threshold": "names the threshold",
    "names_others": "takes others into account",
    "names_future": "takes the future into account",
    "over_usage": "above the threshold",
    "over_usage_named": "above the threshold, if named",
    "over_usage_not_named": "above the threshold, if not named",
}
"""The name of each share of decisions."""

INTERVALS = (
    "With each value: its 95 % interval, from whole runs, because utterances of one run are not independent: Gaffke's "
    "(2005) for shares, a jackknife interval for kappa and alpha, and Student's for amounts, which can be too short "
    "for few runs. Fewer than two runs have no interval. – means that there is no value."
)
MAJORITY = (
    "A rater is one sample of the replies of a judge. With several raters, the answer with the most votes counts; a "
    "tie has no answer."
)
_SHARES = (
    "Shares of the members' labelled utterances, in runs that completed or collapsed. The paper's values are for its "
    "default condition and were labelled by a different judge with a different prompt."
)
_AGREEMENT = (
    "Cohen's kappa (1960) and Krippendorff's alpha (2004) are 1 for perfect agreement and 0 for agreement by chance. "
    "Annotation samples are stratified by label, so that agreement on them is not the agreement on all utterances. "
    "Kappa and alpha are undefined for raters without a common utterance, and if only one label occurs."
)
_PROMISES = (
    "A promise is the maximum that a member announced or accepted in a discussion for the next month; it is kept if "
    "the member then asked for no more. Units granted are not considered, as they can be fewer if total demand exceeds "
    "the stock. Excess: mean units asked for above a broken promise. Excluded from the shares: promises without a "
    "following harvest, and those of members that were absent or whose decision was unreadable (unknown)."
)
LIMITS = (
    "A limit is the maximum for each member agreed on in a discussion, as extracted by the framework model; it is kept "
    "if no member asks for more. Months kept: consecutive harvests that kept it, until a member exceeded it; for "
    "limits that were superseded or in force when the run ended, this is a lower bound. A limit that is renewed while "
    "in force counts once there."
)
_KNOWLEDGE = (
    "Shares of harvest decisions by what their reasoning mentions, according to judges, and shares of valid decisions "
    "that ask for more than the member's sustainable share (the threshold), in runs that completed or collapsed. "
    "Unsettled: without a majority answer or a valid decision."
)

_JUDGED = {
    "labels": ("utterances", _SHARES),
    "promises": ("promises", _PROMISES),
    "knowledge": ("knowledge", _KNOWLEDGE),
}
"""The frame of the judgements of each study, and the note on its shares."""


def on_judged(dialogue: Dialogue, study: str) -> Iterator[str]:
    """Yield notes on shares of judgements, on runs without judgements, and on stale judgements.

    Args:
        dialogue: the dialogue.
        study: `labels`, `promises` or `knowledge`.
    """
    frame, method = _JUDGED[study]
    yield from (method, MAJORITY, INTERVALS)
    runs = dialogue.runs if study == "knowledge" else dialogue.runs[dialogue.runs["lines"] > 0]
    if toys := toys_among(getattr(dialogue, frame)["judge"]):
        yield f"{', '.join(toys)} is only for demonstration; its judgements are not meaningful."
    yield from request_notes(dialogue.requests)
    if unjudged := int((runs[study] == 0).sum()):
        yield f"{unjudged} of {len(runs)} runs {'has' if unjudged == 1 else 'have'} no judgements of this kind."
    yield from _on_stale(dialogue)


def on_agreement(dialogue: Dialogue, people: Annotations | None) -> Iterator[str]:
    """Yield notes on the agreement of raters.

    Args:
        dialogue: the dialogue.
        people: the labels of annotators; None without any.
    """
    yield from (_AGREEMENT, INTERVALS)
    for name, missing in (people.missing if people else {}).items():
        yield f"{name} left {missing} {'utterance' if missing == 1 else 'utterances'} without a label."
    yield from _on_stale(dialogue)


def _on_stale(dialogue: Dialogue) -> Iterator[str]:
    """Journals of judges that no longer match their run."""
    if stale := dialogue.stale:
        were = "1 journal of a judge is" if len(stale) == 1 else f"{len(stale)} journals of judges are"
        yield f"{were} excluded: {'; '.join(stale)}."
