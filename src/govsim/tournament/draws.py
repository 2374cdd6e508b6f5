"""The draws of many runs, repeated for many societies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from govsim.commons import generator


class Draws:
    """The random generators of runs. The initial state of each is kept, as it is slow to derive from the seed."""

    def __init__(self) -> None:
        self._states: dict[tuple[int, int, int, str | None], Mapping[str, Any]] = {}
        self._generator = np.random.default_rng(0)

    def of(self, seed: int, stream: int, month: int, member: str | None = None) -> np.random.Generator:
        """Return the generator of one stream, in its initial state. It is valid until the next call.

        Args:
            seed: the run's seed.
            stream: as for `govsim.commons.generator`.
            month: 1 for the first month.
            member: name of the member whose generator it is.
        """
        key = (seed, int(stream), month, member)
        if (state := self._states.get(key)) is None:
            state = self._states[key] = generator(seed, stream, month, member=member).bit_generator.state
        self._generator.bit_generator.state = state
        return self._generator
