"""Where every draw comes from: one independent stream for each use, month and member, all made from the run's seed.

No generator state is ever saved, and no draw shifts another: a stream is named by what it is for, never by how much was
drawn before. Two conditions with the same seed therefore see the same world.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers is for. The numbers are part of every journal's meaning: never reuse one."""

    ALLOCATION = 1
    OPENER = 2
    NEXT_SPEAKER = 3
    POLICY = 4
    PROBLEM = 5


def generator(seed: int, stream: Stream, month: int, *, member: str | None = None) -> np.random.Generator:
    """The generator of one stream in one month, for one member where the draw is a member's own.

    Args:
        seed: the run's seed, not negative.
        stream: what the draws are for.
        month: 1 for the first month.
        member: a member's name; its stable hash names the stream, so that the roster's order does not matter.
    """
    key = (int(stream), month) if member is None else (int(stream), month, _stable_hash(member))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _stable_hash(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:4], "big")
