"""The seeds of random generators: what numpy's `SeedSequence` computes from the same words, in half the time.

A society of policies that draw needs a generator for each member and month, and numpy takes longer to derive their
seeds than the policies to decide. Only the last words of these seeds differ, so that the mixture of the first ones is
kept here. The algorithm is `seed_seq_fe` (M. E. O'Neill, 2015, "Developing a seed_seq alternative"), whose results
numpy guarantees not to change.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise, repeat
from struct import Struct
from typing import Any

import numpy as np

_MASK = 2**32 - 1
_POOL = 4
"""Number of words that entropy is mixed into."""


def _constants(first: int, factor: int, count: int) -> list[int]:
    return list(accumulate(repeat(factor, count), lambda value, by: value * by & _MASK, initial=first))


_MIXING = _constants(0x43B0D7E5, 0x931E8875, 48)
_LEFT, _RIGHT = 0xCA01F9DD, 0x4973F715
_OUTPUT = _constants(0x8B51F9DD, 0x58F38DED, 2 * _POOL)
_STEPS = tuple(pairwise(_OUTPUT))
_WORDS = Struct(f"<{2 * _POOL}I")

MOST_WORDS = _POOL + (len(_MIXING) - 1 - _POOL**2) // _POOL
"""Number of words of the longest key."""


def pcg64(words: tuple[int, ...]) -> np.random.PCG64:
    """Return ``numpy.random.PCG64(SeedSequence(words))``. It is the fastest if only the last word is a new one.

    Args:
        words: 4 to `MOST_WORDS` words, each in ``0..2**32 - 1``.
    """
    return np.random.PCG64(_Seed(words))  # type: ignore[arg-type]  # numpy accepts what its stub omits


class _Seed(np.random.bit_generator.ISeedSequence):
    """The seed of a generator of numbers, computed from some words."""

    def __init__(self, words: tuple[int, ...]) -> None:
        self._pool = _mixed(_pool(words[:-1]), words[-1], len(words) - 1) if len(words) > _POOL else _pool(words)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """Return the words that `PCG64` asks for: four of 64 bits.

        Raises:
            NotImplementedError: other words are asked for.
        """
        if n_words != _POOL or dtype is not np.uint64:
            raise NotImplementedError(f"{n_words} words of {dtype}: only {_POOL} words of 64 bits are available")
        words = []
        for value, (before, after) in zip(self._pool * 2, _STEPS, strict=True):
            mixed = (value ^ before) * after & _MASK
            words.append(mixed ^ mixed >> 16)
        return np.frombuffer(_WORDS.pack(*words), "<u8")


@lru_cache(maxsize=4096)
def _pool(words: tuple[int, ...]) -> tuple[int, ...]:
    """Return the pool after mixing the words."""
    if len(words) > _POOL:
        return _mixed(_pool(words[:-1]), words[-1], len(words) - 1)
    pool = [_hashed(word, step) for step, word in enumerate(words)]
    step = _POOL
    for source in range(_POOL):
        for index in range(_POOL):
            if index != source:
                pool[index] = _joined(pool[index], _hashed(pool[source], step))
                step += 1
    return tuple(pool)


def _mixed(pool: tuple[int, ...], word: int, place: int) -> tuple[int, ...]:
    """Return the pool after mixing one more word, at a place of 4 or more."""
    step, mixed = _POOL * place, []
    for value in pool:
        mixed.append(_joined(value, _hashed(word, step)))
        step += 1
    return tuple(mixed)


def _hashed(word: int, step: int) -> int:
    value = (word ^ _MIXING[step]) * _MIXING[step + 1] & _MASK
    return value ^ value >> 16


def _joined(value: int, other: int) -> int:
    mixed = (value * _LEFT - other * _RIGHT) & _MASK
    return mixed ^ mixed >> 16
