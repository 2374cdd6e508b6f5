"""Utterances, promises and grounds of decisions: labels by judges and annotators, joined with their runs."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.dialogue.annotations import annotation_sample, read_annotations, write_annotation_sheet
    from govsim.analysis.dialogue.checking import check_table, read_check
    from govsim.analysis.dialogue.majority import majority_labels, settled_knowledge, settled_promises
    from govsim.analysis.dialogue.reading import Dialogue
    from govsim.analysis.dialogue.shares import knowledge_shares, label_shares, limit_rates, promise_rates
    from govsim.analysis.dialogue.tables import DIALOGUE_TABLES, tables_of
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "DIALOGUE_TABLES",
    "Dialogue",
    "annotation_sample",
    "check_table",
    "knowledge_shares",
    "label_shares",
    "limit_rates",
    "majority_labels",
    "promise_rates",
    "read_annotations",
    "read_check",
    "settled_knowledge",
    "settled_promises",
    "tables_of",
    "write_annotation_sheet",
]
