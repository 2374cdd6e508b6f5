"""An allocation rule: small demands are served first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from govsim.commons import Allocation


def serve_smallest_first(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Grant demands in full, smallest first, until the stock is exhausted; ties are broken at random."""
    tie_break = dict(zip(demands, rng.random(len(demands)).tolist(), strict=True))
    granted = dict.fromkeys(demands, 0)
    for name in sorted(demands, key=lambda name: (demands[name], tie_break[name])):
        granted[name] = min(demands[name], stock)
        stock -= granted[name]
    return granted


SMALLEST_FIRST = Allocation(
    name="smallest-first",
    summary="Small demands are served first, in full; ties are broken at random.",
    share=serve_smallest_first,
)
