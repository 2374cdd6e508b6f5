"""The Python interface for scripts and notebooks: run societies, load journals, and analyse them."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.statistics.baselines import NoBaseline
    from govsim.library.analyses import compare, figure, load, report, table
    from govsim.library.campaigns import plan, register
    from govsim.library.displays import display_of
    from govsim.library.figures import Figures
    from govsim.library.games import optimum, yardsticks
    from govsim.library.outcome import Runs
    from govsim.library.running import arun, replay, run
    from govsim.library.showing import place_of_progress, showing_steps
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "Figures",
    "NoBaseline",
    "Runs",
    "arun",
    "compare",
    "display_of",
    "figure",
    "load",
    "optimum",
    "place_of_progress",
    "plan",
    "register",
    "replay",
    "report",
    "run",
    "showing_steps",
    "table",
    "yardsticks",
]
