"""Statistics over runs: intervals, survival analysis, comparisons. Every result says on what it rests."""

SEED = 0
"""Of the generator that figures and reports draw resamples from when they are given none."""
