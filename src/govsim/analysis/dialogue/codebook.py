"""What the labels of utterances mean, as people who annotate are told."""

from __future__ import annotations

from collections.abc import Mapping

from govsim.journal import GROUPS, LabelName

MEANINGS: Mapping[LabelName, str] = {
    "information sharing": "it tells the others something they can use, such as what was taken, what is left or how "
    "things stand, without asking for anything.",
    "problem identification": "it points to a difficulty or a danger, such as a stock that shrinks or somebody who "
    "takes too much.",
    "solution proposing": "it brings up what could be done, such as a limit, a plan or a rule.",
    "persuasion": "it tries to move others to do or accept something, with reasons, promises or appeals.",
    "consensus seeking": "it looks for what all can live with: it agrees, asks for agreement, or sums up what everyone "
    "wants.",
    "expressing disagreement": "it rejects or doubts what somebody else said or proposed.",
    "excusing behaviour": "it defends or explains away what the speaker did.",
    "punishment": "it blames, threatens or demands consequences for somebody.",
}
"""Each label, in the words in which judges are told too."""


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
