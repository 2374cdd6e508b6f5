"""Where every draw comes from: one independent stream for each use, month and member, all made from the run's seed.

No generator state is ever saved, and no draw shifts another: a stream is named by what it is for, never by how much was
drawn before. Two conditions with the same seed therefore see the same world.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

import numpy as np

from govsim.errors import ConfigError


class Stream(IntEnum):
    """Streams with a number of their own. The numbers are part of every journal's meaning: never reuse one."""

    ALLOCATION = 1
    OPENER = 2
    NEXT_SPEAKER = 3
    POLICY = 4
    PROBLEM = 5


def stream_of(kind: str, name: str) -> int:
    """The stream of an extension, by a stable hash of its kind and of what it is called in the experiment.

    Args:
        kind: the kind of extension, as in `rule`, or what an extension with several streams draws.
        name: the name of the entry.
    """
    return _stable_hash(f"{kind}\n{name}")


def check_streams(used: Iterable[tuple[str, str]]) -> None:
    """Refuse names whose streams would be the same.

    Args:
        used: kind and name of everything that can draw.

    Raises:
        ConfigError: names two of them.
    """
    taken: dict[int, tuple[str, str]] = {int(stream): (stream.name.lower(), "govsim") for stream in Stream}
    for kind, name in used:
        other = taken.setdefault(stream_of(kind, name), (kind, name))
        if other != (kind, name):
            raise ConfigError(
                f"{kind} {name}: would draw the same random numbers as {' '.join(other)}; give it another name with as"
            )


def generator(seed: int, stream: int, month: int, *, member: str | None = None) -> np.random.Generator:
    """The generator of one stream in one month, for one member where the draw is a member's own.

    Args:
        seed: the run's seed, not negative.
        stream: what the draws are for: a `Stream`, or what `stream_of` gives.
        month: 1 for the first month.
        member: a member's name; its stable hash names the stream, so that the roster's order does not matter.
    """
    key = (int(stream), month) if member is None else (int(stream), month, _stable_hash(member))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


@lru_cache(maxsize=4096)
def _stable_hash(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:4], "big")
