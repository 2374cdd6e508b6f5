"""Locations of the files that settings name, such as trained agents and local models.

A journal records the name and the SHA-256 of such a file. Its folder is specific to one machine and does not affect
results, so it is part of neither the journal nor the name of a society; only the process that was given the path keeps
it, and passes it to its worker processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file that settings name.

    Attributes:
        name: its name.
        sha256: the SHA-256 of its content.
        path: its location on this machine.
    """

    name: str
    sha256: str
    path: Path


_known: dict[tuple[str, str], KnownFile] = {}


def add_location(path: Path, sha256: str) -> None:
    """Keep the location of a file for the time of this process.

    Args:
        path: its location.
        sha256: the SHA-256 of its content.
    """
    _known[path.name, sha256] = KnownFile(name=path.name, sha256=sha256, path=path.resolve())


def location_of(name: str, sha256: str) -> Path | None:
    """Return the location of a file; None if this process was not given it.

    Args:
        name: its name.
        sha256: the SHA-256 of its content.
    """
    found = _known.get((name, sha256))
    return None if found is None else found.path


def known_files() -> Iterator[KnownFile]:
    """Yield all files whose location this process was given."""
    yield from _known.values()
