"""The definitions of the labels of utterances, as given to annotators."""

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
"""The definition of each label, in the same words as for judges."""


def instructions() -> str:
    """Return the instructions for annotators: how to fill in a sheet, and the definition of each label."""
    lines = [
        "Label utterances",
        "",
        "Each row of the sheet is one utterance. Read the preceding utterances of the discussion (context), then the",
        "utterance, and enter in the column label the one label that best describes its function. If several labels",
        "apply, choose the main one. Leave label empty if you cannot decide. Do not change other columns; rows may be",
        "sorted or omitted. Each annotator fills in a separate copy and names the file after",
        "themselves.",
        "",
        "A quotation mark (') before a text keeps spreadsheets from reading it as a formula; it is not part of it.",
        "",
    ]
    for group, labels in GROUPS.items():
        lines += [f"{group}:", *(f"  {label}: {MEANINGS[label]}" for label in labels), ""]
    return "\n".join(lines)
