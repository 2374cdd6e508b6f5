"""Evaluating tasks with Inspect, in this process."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def evaluating() -> Iterator[None]:
    """Allow Inspect to leave streams open, which are collected without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
