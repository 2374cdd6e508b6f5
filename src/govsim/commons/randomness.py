"""Random generators: an independent stream for each use, month and member, derived from the run's seed.

No generator state is ever saved, and no draw affects another one: a stream is identified by its use, not by the number
of previous draws. Two conditions with the same seed therefore share the same random environment.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

import numpy as np

from govsim.commons.seeding import pcg64
from govsim.errors import ConfigError


class Stream(IntEnum):
    """Streams with fixed numbers. Existing journals depend on the numbers: never reuse one."""

    ALLOCATION = 1
    OPENER = 2
    NEXT_SPEAKER = 3
    POLICY = 4
    PROBLEM = 5


_WORD = 2**32

_NUMBERED = {int(stream): (stream.name.lower(), "govsim") for stream in Stream}


def stream_of(kind: str, name: str) -> int:
    """Return the stream of an extension: a stable hash of its kind and its name in the experiment.

    Args:
        kind: the kind of extension, as in `rule`, or the use, for an extension with several streams.
        name: the name of the entry.
    """
    return _stable_hash(f"{kind}\n{name}")


def check_streams(used: Iterable[tuple[str, str]]) -> None:
    """Reject names whose streams collide.

    Args:
        used: kind and name of everything that has a stream.

    Raises:
        ConfigError: two streams collide; names both.
    """
    taken = dict(_NUMBERED)
    for kind, name in used:
        other = taken.setdefault(stream_of(kind, name), (kind, name))
        if other != (kind, name):
            raise ConfigError(
                f"{kind} {name}: has the same random stream as {' '.join(other)}; give it another name with as"
            )


def generator(
    seed: int, stream: int, month: int, *, member: str | None = None, site: str | None = None
) -> np.random.Generator:
    """Return the random generator of one stream in one month, and optionally of one member or at one site.

    Args:
        seed: the run's seed, ``0..2**64 - 1``.
        stream: a `Stream`, or a value of `stream_of`.
        month: 1 for the first month.
        member: a member's name; its stable hash identifies the stream, so that roster order does not matter.
        site: name of a site, if there are several; its stable hash identifies the stream.
    """
    key: tuple[int, ...] = (int(stream), month) if member is None else (int(stream), month, _stable_hash(member))
    if site is not None:  # four numbers, so that the stream differs from those of runs without sites
        key = (*key, *([0] if member is None else []), stream_of(*of_site(site)))
    # The same as default_rng(SeedSequence(seed, spawn_key=key)), which joins these words slowly.
    return np.random.Generator(pcg64((seed % _WORD, seed // _WORD, 0, 0, *key)))


def of_site(site: str) -> tuple[str, str]:
    """Return kind and name of the random streams of a site, from which `generator` derives their key."""
    return "site", site


@lru_cache(maxsize=4096)
def _stable_hash(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:4], "big")
