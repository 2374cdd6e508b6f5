"""Results of a tournament of policies: payoffs, invasions, dynamics of shares, and their table and figure."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.tournament.dynamics import (
        Dynamics,
        Invasion,
        invasions,
        long_run_shares,
        pair_dynamics,
        payoffs,
        policies_of,
        replicator,
        societies,
    )
    from govsim.analysis.tournament.heat_maps import draw_tournament
    from govsim.analysis.tournament.standings import Standings, standings_of, standings_table
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "Dynamics",
    "Invasion",
    "Standings",
    "draw_tournament",
    "invasions",
    "long_run_shares",
    "pair_dynamics",
    "payoffs",
    "policies_of",
    "replicator",
    "societies",
    "standings_of",
    "standings_table",
]
