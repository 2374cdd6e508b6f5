"""What models were sent, where it differs from what was set; and where the prices of their calls come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govsim.analysis.runs import RunMeasures
from govsim.analysis.settings import all_settings, asked_hash, differing
from govsim.journal import PLAIN_PRICES, RequestLine, note_on_unknown

UNRECORDED = "The journals of some of these runs do not record what was sent to their models."


def request_notes(requests: Iterable[RequestLine]) -> Iterator[str]:
    """What a reader of figures has to know of the requests behind them, a sentence each.

    Args:
        requests: of all calls that the figures come from.
    """
    found = list(requests)
    if notes := sorted({note for request in found if (note := request.note)}):
        yield f"Not every setting was sent as it is set. {'; '.join(notes)}."
    yield from price_notes((request.price, request.model) for request in found)


def price_notes(prices: Iterable[tuple[object, str]]) -> Iterator[str]:
    """Which price lists dollars come from, a sentence each.

    Args:
        prices: where the cost of calls comes from, with the model; what is missing counts for nothing.
    """
    by_source: dict[str, set[str]] = {}
    for source, model in prices:
        if isinstance(source, str) and source not in PLAIN_PRICES:
            by_source.setdefault(source, set()).add(model)
    for source, models in sorted(by_source.items()):
        yield f"Prices of {', '.join(sorted(models))}: {source}."


def notes_on_runs(runs: Iterable[RunMeasures]) -> list[str]:
    """The same of runs, which settings do not tell any of them apart, and which events were not checked."""
    measured = list(runs)
    notes = list(request_notes(request for run in measured for request in run.requests))
    groups: dict[str, list[RunMeasures]] = {}
    for run in measured:
        groups.setdefault(asked_hash(run.experiment, run.prompts, run.unsent), []).append(run)
    if empty := sorted({key for group in groups.values() for key in _idle(group)}):
        notes.append(
            f"Rows that differ in {', '.join(empty)} alone are one condition, as it was sent to none of their models."
        )
    return notes + unknown_notes(measured)


def unknown_notes(runs: Iterable[RunMeasures]) -> list[str]:
    """Which events were read without their definition, in a sentence; none where all were checked."""
    note = note_on_unknown(run.unknown for run in runs)
    return [] if note is None else [note]


def _idle(runs: Iterable[RunMeasures]) -> set[str]:
    """Settings in which runs that were asked alike differ."""
    asked_alike = list(runs)
    unsent = {key for run in asked_alike for key in run.unsent}
    return unsent & differing(all_settings(run.experiment) for run in asked_alike)
