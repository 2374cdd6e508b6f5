"""Provenance of journals: versions, settings and prompts, and checks that they have not changed."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from govsim.characters import shortened
from govsim.config import flattened
from govsim.errors import JournalMismatch
from govsim.journal import READING_RULE, Header, Study

VERSIONED = ("govsim", "inspect-ai", "numpy", "bm25s", "jinja2", "pydantic")
"""Packages whose version can change a result."""


def check_reading(path: Path, rule: int, hint: str) -> None:
    """Reject a journal whose replies were parsed with another version of the parsing rule.

    Args:
        path: path of the journal.
        rule: the reading rule in its header.
        hint: what the user can do.

    Raises:
        JournalMismatch: the rule differs from the current one.
    """
    if rule != READING_RULE:
        which = "an earlier" if rule < READING_RULE else "a later"
        raise JournalMismatch(
            f"{path}: its replies were parsed with {which} rule (reading_rule = {rule}, the current one is "
            f"{READING_RULE}); {hint}"
        )


def check_versions(path: Path, recorded: Header | Study, current: Header | Study, hint: str) -> None:
    """Reject a journal started by another version of govsim or of a plug-in in use.

    Args:
        path: path of the journal.
        recorded: its header.
        current: the header that it would have now.
        hint: what the user can do.

    Raises:
        JournalMismatch: names the package and both versions.
    """
    before, today = (
        {**(header.plugins if isinstance(header, Header) else {}), "govsim": header.versions.get("govsim")}
        for header in (recorded, current)
    )
    for package, now in today.items():
        if (earlier := before.get(package, now)) != now:
            raise JournalMismatch(f"{path}: was started with {package} {earlier}, but {now} is installed; {hint}")


def differences(recorded: BaseModel, current: BaseModel) -> dict[str, tuple[Any, Any]]:
    """Return the settings that differ, each as a pair of the recorded and the current value.

    Args:
        recorded: settings in a journal.
        current: settings of the same kind now.

    Returns:
        Pairs of JSON values by dotted key, such as ``world.growth``; None for a setting that one of them lacks.
    """
    before, now = (dict(flattened(settings.model_dump(mode="json"))) for settings in (recorded, current))
    pairs = {key: (before.get(key), now.get(key)) for key in [*before, *now]}
    return {key: (old, new) for key, (old, new) in pairs.items() if old != new}


def difference_of_settings(recorded: BaseModel, current: BaseModel) -> str | None:
    """Describe the first setting that differs, with both values; None if there is none."""
    for key, (before, now) in differences(recorded, current).items():
        return f"{key} was {shortened(repr(before), 200)} and is now {shortened(repr(now), 200)}"
    return None


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result, by name.

    The version of a package that is absent is `not installed`.
    """
    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@cache
def git_revision() -> str | None:
    """Return the git revision of the checkout that govsim runs from; None for an installed package.

    It is the hash of the commit, with the suffix `-dirty` if tracked files were changed.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    revision = git("rev-parse", "HEAD")
    return f"{revision}-dirty" if revision and git("status", "--porcelain", "--untracked-files=no") else revision
