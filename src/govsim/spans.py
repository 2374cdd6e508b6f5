"""Spans: the parts of a run that a trace of its model calls is divided into."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Literal

SpanKind = Literal["month", "phase", "memory", "question"]
"""Kinds of spans: phases are parts of months, and questions of phases; `memory` groups questions about memories."""

Span = Callable[[SpanKind, str], AbstractAsyncContextManager[None]]
"""Returns the context of a span, given its kind and name; it is open while that part of the run is executed."""


def untraced(kind: SpanKind, name: str) -> AbstractAsyncContextManager[None]:
    """Return a context that records nothing.

    Args:
        kind: the kind of span.
        name: its name.
    """
    return nullcontext()
