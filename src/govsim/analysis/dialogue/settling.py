"""Names that others still take from here."""

from govsim.analysis.dialogue.majority import majority_labels, self_consistency, settled_knowledge, settled_promises

__all__ = ["majority_labels", "self_consistency", "settled_knowledge", "settled_promises"]
