"""The pinned distributions of constraints.txt, and the supported Python versions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]

PYTHONS = ("3.11.2", "3.12.0", "3.13.0", "3.14.0")
"""The oldest release of each Python minor version listed in the README."""

UNPINNED_EXTRAS = frozenset({"embeddings"})
"""Extras without pins: sentence-transformers requires PyTorch, whose build depends on the machine."""

RELEASE_SECTION = "# Only for make check-release"


@dataclass(frozen=True, slots=True)
class Pin:
    """A line of constraints.txt.

    Attributes:
        name: the name of the distribution, as spelt in the line.
        version: its version.
        is_for_release: whether only `make check-release` installs it.
    """

    name: str
    version: str
    is_for_release: bool

    @property
    def key(self) -> str:
        """The normalized name, as used by package indexes."""
        return canonicalize_name(self.name)


def pins() -> list[Pin]:
    """All pins, in the order of the file."""
    everyday, _, release = (ROOT / "constraints.txt").read_text(encoding="utf-8").partition(RELEASE_SECTION)
    return [*_pins_of(everyday, is_for_release=False), *_pins_of(release.partition("\n")[2], is_for_release=True)]


def _pins_of(section: str, *, is_for_release: bool) -> list[Pin]:
    split = (line.split("==") for line in section.splitlines())
    return [Pin(name, version, is_for_release) for name, version in split]


def refused_pythons(requires_python: str | None) -> list[str]:
    """The listed Python versions that a distribution's `Requires-Python` excludes."""
    admitted = SpecifierSet(requires_python or "")
    return [python for python in PYTHONS if python not in admitted]


def project() -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def extras() -> list[str]:
    """The extras whose distributions are pinned."""
    return [extra for extra in project()["optional-dependencies"] if extra not in UNPINNED_EXTRAS]


def needed(*, with_extras: bool = True) -> set[str]:
    """Direct and indirect dependencies of govsim, and by default of its pinned extras, on this machine."""
    table = project()
    named = [name for name in extras() if name != "release"] if with_extras else []
    lists = [table["dependencies"], *(table["optional-dependencies"][name] for name in named)]
    waiting = [Requirement(line) for lines in lists for line in lines]
    found: dict[str, set[str]] = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        known = found.get(name)
        if known is not None and requirement.extras <= known:
            continue
        found[name] = (known or set()) | requirement.extras
        waiting += requirements_of(name, found[name])
    return set(found)


def requirements_of(name: str, with_extras: set[str]) -> list[Requirement]:
    """Dependencies of an installed distribution with some of its extras on this machine."""
    lines = [Requirement(line) for line in distribution(name).requires or ()]
    environments = [{"extra": extra} for extra in ("", *with_extras)]
    return [line for line in lines if line.marker is None or any(map(line.marker.evaluate, environments))]
