"""Statistics over runs: intervals, survival analysis, comparisons. Every result states the data it is based on."""

SEED = 0
"""The seed of the default generator of resamples in figures and reports."""
