"""The answered questions of runs with exact credit, as data for training."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.trajectories.formats import FORMATS
    from govsim.analysis.trajectories.rows import Credit, ExcludedAnswers, Trajectory, TrajectorySource
    from govsim.analysis.trajectories.writing import WrittenTrajectories, write_trajectories
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "FORMATS",
    "Credit",
    "ExcludedAnswers",
    "Trajectory",
    "TrajectorySource",
    "WrittenTrajectories",
    "write_trajectories",
]
