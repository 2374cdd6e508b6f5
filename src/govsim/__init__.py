"""Governance of the Commons Simulation.

Societies of language-model agents and scripted policies share a renewable resource, decide each month how much to
take, see what the others took, talk, and reflect; and cooperate, or collapse.

    >>> import govsim
    >>> print(govsim.run("fishery", agent="policy:fair-share", runs=5))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govsim.library import Runs, arun, run

__all__ = ["Runs", "arun", "run"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that the command line starts at once."""
    if name not in __all__:
        raise AttributeError(f"module 'govsim' has no attribute {name!r}")
    from govsim import library

    return getattr(library, name)
