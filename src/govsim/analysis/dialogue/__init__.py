"""What members say, promise and know: judges' and people's labels, joined with the runs they are about."""

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.analysis.dialogue.agreement import Rater, agreements
    from govsim.analysis.dialogue.annotations import (
        annotation_sample,
        read_annotations,
        utterance_id,
        utterance_ids,
        write_annotation_sheet,
    )
    from govsim.analysis.dialogue.checking import check_table, read_check
    from govsim.analysis.dialogue.codebook import MEANINGS, instructions
    from govsim.analysis.dialogue.compliance import agreed_limits, deed_of
    from govsim.analysis.dialogue.frames import DIALOGUE_LAYOUTS
    from govsim.analysis.dialogue.majority import majority_labels, self_consistency, settled_knowledge, settled_promises
    from govsim.analysis.dialogue.reading import Dialogue, dialogue_frames
    from govsim.analysis.dialogue.shares import knowledge_shares, label_shares, limit_rates, promise_rates
    from govsim.analysis.dialogue.tables import DIALOGUE_TABLES, tables_of
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "DIALOGUE_LAYOUTS",
    "DIALOGUE_TABLES",
    "MEANINGS",
    "Dialogue",
    "Rater",
    "agreed_limits",
    "agreements",
    "annotation_sample",
    "check_table",
    "deed_of",
    "dialogue_frames",
    "instructions",
    "knowledge_shares",
    "label_shares",
    "limit_rates",
    "majority_labels",
    "promise_rates",
    "read_annotations",
    "read_check",
    "self_consistency",
    "settled_knowledge",
    "settled_promises",
    "tables_of",
    "utterance_id",
    "utterance_ids",
    "write_annotation_sheet",
]
