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
    from govsim.library.progress_output import display_kind, showing_steps
    from govsim.library.running import arun, replay, run
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "Figures",
    "NoBaseline",
    "Runs",
    "arun",
    "compare",
    "display_kind",
    "display_of",
    "figure",
    "load",
    "optimum",
    "plan",
    "register",
    "replay",
    "report",
    "run",
    "showing_steps",
    "table",
    "yardsticks",
]
