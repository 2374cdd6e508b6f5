"""Names that others still take from here."""

from govsim.analysis.runs import REASONS, Counting, in_order, left_out, observed

__all__ = ["REASONS", "Counting", "in_order", "left_out", "observed"]
