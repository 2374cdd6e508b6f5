"""Evaluating tasks with Inspect, in this process."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from inspect_ai.model import _model_info

import govsim.models.fake.provider  # noqa: F401 - registers its models with Inspect


@contextmanager
def evaluating() -> Iterator[None]:
    """Allow Inspect to leave streams open, which are collected without a warning, and keep what it changes from others.

    The prices that it was given are removed. It may not replace `asyncio.run` of this process, as that would leave the
    event loops of all later tests open.
    """
    custom, found = dict(_model_info._custom_models), dict(_model_info._result_cache)
    with (
        warnings.catch_warnings(),
        patch.object(_model_info, "_custom_models", custom),
        patch.object(_model_info, "_result_cache", found),
        patch("nest_asyncio2.apply"),
    ):
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
