"""What models were sent, where it differs from what was set; and where the prices of their calls come from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from pydantic import JsonValue

from govsim.analysis.runs import RunMeasures
from govsim.analysis.table import flat_settings
from govsim.journal import PLAIN_PRICES, RequestLine, note_on, note_on_unknown

_NAMES_ONLY = ("condition", "scenario")
"""Keys that name an experiment and change no request."""

UNRECORDED = "The journals of some of these runs do not record what was sent to their models."


def request_notes(requests: Iterable[RequestLine]) -> Iterator[str]:
    """What a reader of figures has to know of the requests behind them, a sentence each.

    Args:
        requests: of all calls that the figures come from.
    """
    found = list(requests)
    if differing := sorted({note for request in found if (note := request.note)}):
        yield f"Not every setting was sent as it is set. {'; '.join(differing)}."
    yield from price_notes(found)


def price_notes(requests: Iterable[RequestLine]) -> Iterator[str]:
    """Which price lists dollars come from, a sentence each."""
    by_source: dict[str, set[str]] = {}
    for request in requests:
        if request.price is not None and request.price not in PLAIN_PRICES:
            by_source.setdefault(request.price, set()).add(request.model)
    for source, models in sorted(by_source.items()):
        yield f"Prices of {', '.join(sorted(models))}: {source}."


def notes_on_runs(runs: Iterable[RunMeasures]) -> list[str]:
    """The same of runs, which settings do not tell any of them apart, and which events were not checked."""
    measured = list(runs)
    notes = list(request_notes(request for run in measured for request in run.requests))
    groups: dict[str, list[RunMeasures]] = {}
    for run in measured:
        groups.setdefault(requests_hash(run), []).append(run)
    if empty := sorted({key for group in groups.values() for key in _idle(group)}):
        notes.append(
            f"Rows that differ in {', '.join(empty)} alone are one condition, as it was sent to none of their models."
        )
    return notes + unknown_notes(measured)


def unknown_notes(runs: Iterable[RunMeasures]) -> list[str]:
    """Which events were read without their definition, in a sentence; none where all were checked."""
    note = note_on_unknown(run.unknown for run in runs)
    return [] if note is None else [note]


def not_sent(run: RunMeasures) -> str | None:
    """Settings that were not sent as they are set, by model; None where all were, or where that is not recorded."""
    notes = dict.fromkeys(note for request in run.requests if (note := note_on(request.model, request.differing)))
    return "; ".join(notes) or None


def served_models(run: RunMeasures) -> str | None:
    """The models that answered, as their providers name them; None where no provider names any."""
    return ", ".join(sorted({request.served for request in run.requests if request.served is not None})) or None


def price_sources(run: RunMeasures) -> str | None:
    """Where the costs of a run come from; None where they are unknown."""
    return ", ".join(sorted({request.price for request in run.requests if request.price is not None})) or None


def requests_hash(run: RunMeasures) -> str:
    """Eight hexadecimal digits that stand for everything that models were asked, whatever else is set.

    Names of conditions, the seed, and settings that were sent to none of the run's models are left out.
    """
    settings = flat_settings(run.experiment, run.experiment.society.members)
    kept = {key: value for key, value in settings.items() if key not in (*run.unsent, *_NAMES_ONLY)}
    return sha256(json.dumps([kept, run.prompts], sort_keys=True).encode()).hexdigest()[:8]


def _idle(runs: Iterable[RunMeasures]) -> set[str]:
    """Settings in which runs that were asked alike differ."""
    settings: list[Mapping[str, JsonValue]] = []
    unsent: set[str] = set()
    for run in runs:
        settings.append(flat_settings(run.experiment, run.experiment.society.members))
        unsent.update(run.unsent)
    return {key for key in unsent if len({json.dumps(flat.get(key)) for flat in settings}) > 1}
