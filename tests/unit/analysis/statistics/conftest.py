"""Frames of runs, made from a few words on each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from govsim.analysis.columns import typed_frame
from govsim.analysis.frames import runs_layout


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240101)


@pytest.fixture
def make_runs() -> Callable[..., pd.DataFrame]:
    """Makes runs of a condition: a gain for each, the month of a collapse (0: survived), seeds from 0 on."""

    def make(condition: str, gains: Sequence[float | None], **changes: Any) -> pd.DataFrame:
        collapses = changes.pop("collapses", [0] * len(gains))
        seeds = changes.pop("seeds", range(len(gains)))
        rows = [
            _row(condition, gain, collapse, seed, changes)
            for gain, collapse, seed in zip(gains, collapses, seeds, strict=True)
        ]
        return typed_frame(runs_layout(), rows)

    return make


def _row(condition: str, gain: float | None, collapse: int, seed: int, changes: dict[str, Any]) -> tuple[object, ...]:
    planned = changes.get("months_planned", 12)
    status = changes.get("status", "collapsed" if collapse else "completed")
    is_counted = status in ("completed", "collapsed")
    months = changes.get("months", collapse or planned)
    run: dict[str, Any] = dict.fromkeys(runs_layout().names)
    run |= {"scenario": "fishery", "condition": condition, "society": "one", "seed": seed, "status": status}
    run |= {"path": f"{condition}/seed-{seed}.jsonl", "is_counted": is_counted, "model": "mock/one", "cell": "c"}
    run |= {"is_censored": not is_counted}
    run |= {"months_planned": planned, "months": months, "observed_months": months, "from_month": 1}
    run |= {"has_collapsed": is_counted and collapse > 0, "invalid": 0, "forfeited": 0, **changes}
    if is_counted:
        run |= {"is_survivor": collapse == 0, "survival_time": months, "gain": gain}
    return tuple(run[name] for name in runs_layout().names)
