"""What members say, promise and know: judges' and people's labels, joined with the runs they are about."""

from govsim.analysis.dialogue.agreement import Rater, RaterAgreement, agreement, agreements
from govsim.analysis.dialogue.annotations import Annotations, read_annotations, write_annotation_sheet
from govsim.analysis.dialogue.checking import check_table, read_check
from govsim.analysis.dialogue.deeds import OUTCOMES, AgreedLimit, Deed, agreed_limits, deed_of
from govsim.analysis.dialogue.layouts import AGREEMENTS, DIALOGUE_LAYOUTS, KNOWLEDGE, PROMISES, UTTERANCES
from govsim.analysis.dialogue.meanings import MEANINGS, instructions
from govsim.analysis.dialogue.raters import judges_of, people_of
from govsim.analysis.dialogue.reading import DIALOGUE_KINDS, Dialogue, DialogueBuilder, dialogue_frames, read_dialogue
from govsim.analysis.dialogue.sampling import annotation_sample, utterance_id, utterance_ids
from govsim.analysis.dialogue.settling import majority_labels, self_consistency, settled_knowledge, settled_promises
from govsim.analysis.dialogue.shares import knowledge_shares, label_shares, limit_rates, promise_rates
from govsim.analysis.dialogue.tables import DIALOGUE_TABLES, dialogue_tables, tables_of

__all__ = [
    "AGREEMENTS",
    "DIALOGUE_KINDS",
    "DIALOGUE_LAYOUTS",
    "DIALOGUE_TABLES",
    "KNOWLEDGE",
    "MEANINGS",
    "OUTCOMES",
    "PROMISES",
    "UTTERANCES",
    "AgreedLimit",
    "Annotations",
    "Deed",
    "Dialogue",
    "DialogueBuilder",
    "Rater",
    "RaterAgreement",
    "agreed_limits",
    "agreement",
    "agreements",
    "annotation_sample",
    "check_table",
    "deed_of",
    "dialogue_frames",
    "dialogue_tables",
    "instructions",
    "judges_of",
    "knowledge_shares",
    "label_shares",
    "limit_rates",
    "majority_labels",
    "people_of",
    "promise_rates",
    "read_annotations",
    "read_check",
    "read_dialogue",
    "self_consistency",
    "settled_knowledge",
    "settled_promises",
    "tables_of",
    "utterance_id",
    "utterance_ids",
    "write_annotation_sheet",
]
