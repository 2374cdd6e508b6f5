"""The built-in phases of a month, one file each."""

from govsim.society.phases.discussion import DiscussionPhase
from govsim.society.phases.harvest import HarvestPhase
from govsim.society.phases.move import MovePhase
from govsim.society.phases.reflection import ReflectionPhase
from govsim.society.phases.report import ReportPhase

__all__ = ["DiscussionPhase", "HarvestPhase", "MovePhase", "ReflectionPhase", "ReportPhase"]
