"""The replies of the fake judge: like those of the fake model, a pure function of the prompt, based on cue words.

It has no knowledge of studies. Like any judge, it reads the last utterance of the discussion in the prompt, or the text
in quotation marks, and fills in the fields at the end of the prompt. Unknown questions are answered by the fake model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from govsim.models.fake.member import FakeSettings, reply
from govsim.models.fields import ChoiceField, Field, NumberField
from govsim.models.structured import ReplyForm, Schema, form_of

_SPOKEN = re.compile(r"^- (?:(?P<number>\d+)\. )?(?P<name>[^:\n]+): \"(?P<text>.*)\"$", re.MULTILINE)
_THOUGHT = re.compile(r'^"(.*)"$', re.MULTILINE)
_ABOUT = re.compile(r"did (?P<name>[^?\n]+?) bind itself\?")
_AMOUNT = re.compile(r"\b\d+\b")

_CUES: Mapping[str, str] = {
    "punishment": r"fault|penalty|fine of|cheated|consequences|excluded|shut out|report you|must pay|selfish|warn you",
    "excusing behaviour": r"because my|mistake|no choice|sorry about|on purpose|did not know|blame|misunderstanding",
    "expressing disagreement": r"^no\b|against|doubt|don't think|not settled|reject|differently|do not like|wrong",
    "consensus seeking": r"\bagree|fine with me|shall we call|content with|works for me|acceptable|to sum up",
    "persuasion": r"please|think of|trust me|surely|urge|do the same|join us|every reason|hold back",
    "solution proposing": r"\blet us\b|let's|propos|suggest|how about|what about|we could|we should|a rule|one way",
    "problem identification": r"problem|worried|danger|trouble|difficult|if this goes on|at this rate|weak point",
    "information sharing": r"",
}
_BINDING = re.compile(r"\b(?:i will|i'll|take and keep|i agree|agreed|i promise)\b", re.IGNORECASE)
_KNOWN: Mapping[str, str] = {
    "Threshold": r"threshold|sustain|without .* falling|at most",
    "Others": r"others|everyone|each of us|all of us",
    "Future": r"next month|future|later|long run",
}


def judge(messages: Sequence[tuple[str, str]], schema: Schema | None = None) -> str:
    """Return the fake judge's reply to a prompt.

    Args:
        messages: role and content of each message.
        schema: the JSON schema that the reply must match; None for the form that the prompt asks for.
    """
    prompt = "\n\n".join(content for role, content in messages if role == "user")
    form = form_of(messages[-1][1], schema)
    by_tag = {field.tag: field for field in form.fields}
    if "Label" in by_tag:
        return form.filled_in({"Label": _label(prompt)}, "This is what it mainly does.")
    if "Units" in by_tag:
        return _promise(prompt, by_tag, form)
    if by_tag.keys() != _KNOWN.keys():
        return reply(messages, FakeSettings(), schema)
    thought = " ".join(_THOUGHT.findall(prompt))
    return form.filled_in({tag: _yes(re.search(cue, thought, re.IGNORECASE)) for tag, cue in _KNOWN.items()})


def _label(prompt: str) -> str:
    said = _SPOKEN.findall(prompt)[-1][2]
    return next(label for label, cues in _CUES.items() if re.search(cues, said, re.IGNORECASE))


def _promise(prompt: str, fields: Mapping[str, Field], form: ReplyForm) -> str:
    about = _ABOUT.search(prompt)
    name = about["name"] if about else ""
    found = [
        (number, amounts[-1])
        for number, speaker, text in _SPOKEN.findall(prompt)
        if speaker == name and _BINDING.search(text) and (amounts := _AMOUNT.findall(text))
    ]
    units, line = fields["Units"], fields["Line"]
    assert isinstance(units, NumberField)
    assert isinstance(line, ChoiceField)
    if not found or not units.low <= int(found[-1][1]) <= units.high or found[-1][0] not in line.options:
        return form.filled_in({"Units": None, "Line": None}, "Nothing binding was said.")
    return form.filled_in({"Units": int(found[-1][1]), "Line": found[-1][0]}, "It said so.")


def _yes(found: object) -> str:
    return "yes" if found else "no"
