"""Statistics over runs: intervals, survival analysis, comparisons. Every result says on what it rests."""
