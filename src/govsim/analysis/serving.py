"""The models that answered the calls of a requested model, as named by providers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from govsim.characters import counted, enumerated
from govsim.journal import Call, RequestLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The calls of one requested model that were answered in the same way.

    Attributes:
        model: the requested model.
        by: the model that answered, as named by the provider; None if it names none.
        fallback: the model that the provider used in place of the requested one; None unless it reports a fallback.
        calls: the number of calls, at least 1.
    """

    model: str
    by: str | None
    fallback: str | None
    calls: int


def served_in(calls: Iterable[Call], requests: Iterable[RequestLine]) -> tuple[Served, ...]:
    """Return how the calls of a journal were answered, in the order of their first calls.

    Args:
        calls: the calls.
        requests: the requests that they refer to.
    """
    by_hash = {request.hash: request.served for request in requests}
    found = Counter((call.model, by_hash.get(call.request or ""), call.fallback) for call in calls)
    return tuple(
        Served(model=model, by=by, fallback=fallback, calls=calls) for (model, by, fallback), calls in found.items()
    )


def served_notes(served: Iterable[Served]) -> Iterator[str]:
    """Return a note for each requested model that several models answered, and for each fallback, one sentence each.

    Args:
        served: how calls were answered, of any number of runs.
    """
    answers: dict[str, Counter[str]] = {}
    fallbacks: dict[str, Counter[str]] = {}
    for one in served:
        if one.by is not None:
            answers.setdefault(one.model, Counter())[one.by] += one.calls
        if one.fallback is not None:
            fallbacks.setdefault(one.model, Counter())[one.fallback] += one.calls
    for model, by in sorted(answers.items()):
        if len(by) > 1:
            yield f"{model} was served by {_listed(by)}."
    for model, used in sorted(fallbacks.items()):
        yield f"The provider of {model} used a fallback: {_listed(used)}."


def _listed(calls: Counter[str]) -> str:
    """Models with their numbers of calls, the most frequent first."""
    texts = [
        f"{name} ({counted(many, 'call')})" for name, many in sorted(calls.items(), key=lambda it: (-it[1], it[0]))
    ]
    return enumerated(texts)
