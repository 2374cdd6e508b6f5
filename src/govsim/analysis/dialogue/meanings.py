"""What the labels of utterances mean, as people who annotate are told."""

from __future__ import annotations

from collections.abc import Mapping

from govsim.journal import GROUPS, LabelName

MEANINGS: Mapping[LabelName, str] = {
    "information sharing": "tells facts: catches, stock, rules, intentions or plans of the speaker's own",
    "problem identification": "says what goes or may go wrong: too much is taken, the stock falls, someone cheats",
    "solution proposing": "puts forward what could be done: a limit, a rule, a way to watch or to share",
    "persuasion": "tries to bring others to do or believe something: argues, appeals, warns, encourages",
    "consensus seeking": "looks for or states agreement: asks who agrees, joins in, sums up what all want",
    "expressing disagreement": "objects to a proposal, a claim or another's behaviour",
    "excusing behaviour": "justifies or plays down what the speaker or another did, or asks to be forgiven",
    "punishment": "threatens, demands or announces consequences for someone who takes too much",
}
"""Each label in a sentence without its subject, the utterance."""


def instructions() -> str:
    """What a person is told who annotates: how to fill in a sheet, and what each label means."""
    lines = [
        "Label utterances",
        "",
        "Each row of the sheet is one utterance. Read what was said before it in the same talk (context), then the",
        "utterance, and write into the column label the one label that says best what the utterance does. Where",
        "several fit, take the one that is its main point. Leave label empty where you cannot tell. Change no other",
        "column; rows may be sorted or left out. Everyone fills in a copy of their own and names the file after",
        "themselves.",
        "",
        "A quotation mark (') before some texts keeps spreadsheets from reading them as formulas; it is no part of it.",
        "",
    ]
    for group, labels in GROUPS.items():
        lines += [f"{group}:", *(f"  {label}: {MEANINGS[label]}" for label in labels), ""]
    return "\n".join(lines)
