"""Checks of arguments of the Python API, with one-line error messages."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from govsim.errors import AnalysisError


def names_in(argument: str, given: str | Collection[str] | None) -> list[str] | None:
    """Return the names in an argument: one as text, or several; None if it was not given.

    Args:
        argument: the name of the argument.
        given: its value.

    Raises:
        AnalysisError: the value is something else.
    """
    if given is None:
        return None
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise AnalysisError(f"{argument} = {given!r}: must be a name as text, or a list of names")
    return list(names)


def check_seed(seed: object) -> None:
    """Reject an invalid seed of a generator for resampling.

    Raises:
        AnalysisError: it is not a whole number from 0.
    """
    if not isinstance(seed, int) or seed < 0:
        raise AnalysisError(f"seed = {seed!r}: must be a whole number, 0 or more")


def path_of_runs(source: object) -> Path:
    """Return a path that was given as text or as a path.

    Raises:
        AnalysisError: it is something else, or empty.
    """
    if not isinstance(source, str | Path) or not str(source):
        raise AnalysisError(
            f"{source!r}: must be the path of a journal or of a folder of journals, as in 'runs', or where runs are "
            "analysed, the result of govsim.run or govsim.load"
        )
    return Path(source)


def path_in(argument: str, given: object) -> Path:
    """Return the path in an argument, given as text or as a path.

    Args:
        argument: the name of the argument.
        given: its value.

    Raises:
        AnalysisError: it is something else, or empty.
    """
    if not isinstance(given, str | Path) or not str(given):
        raise AnalysisError(f"{argument} = {given!r}: must be a path, as text or as a pathlib.Path")
    return Path(given)
