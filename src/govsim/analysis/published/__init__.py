"""The figures that Piatti et al. 2024 printed, with notes on which of them are doubtful and why."""

from govsim.analysis.published.figures import (
    DIALOGUE,
    NOTES,
    PAPERS_WORLD,
    RESULTS,
    SUBSKILLS,
    published_dialogue,
    published_notes,
    published_results,
    published_subskills,
)

__all__ = [
    "DIALOGUE",
    "NOTES",
    "PAPERS_WORLD",
    "RESULTS",
    "SUBSKILLS",
    "published_dialogue",
    "published_notes",
    "published_results",
    "published_subskills",
]
