"""Governance of the Commons Simulation.

Societies of language-model agents and scripted policies share a renewable resource, decide each month how much to
harvest, see what the others harvested, talk, and reflect; and cooperate, or collapse.

    >>> import govsim
    >>> print(govsim.run("fishery", agent="policy:fair-share", runs=5))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.results import Results
    from govsim.analysis.tables.table import Table
    from govsim.jobs.replay import Replay
    from govsim.library.analyses import compare, figure, load, report, table
    from govsim.library.campaigns import plan, register
    from govsim.library.figures import Figures
    from govsim.library.games import optimum, yardsticks
    from govsim.library.outcome import Runs
    from govsim.library.running import arun, replay, run
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "Figures",
    "Replay",
    "Results",
    "Runs",
    "Table",
    "arun",
    "compare",
    "figure",
    "load",
    "optimum",
    "plan",
    "register",
    "replay",
    "report",
    "run",
    "table",
    "yardsticks",
]
