"""Characters with a special meaning to a terminal, a spreadsheet or a model's chat template."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_TEMPLATE_MARK = re.compile(r"<(?=[|｜/!]?[^\W\d])|\[(?=/?(?:[A-Z_]{3,}|gMASK)\])")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_HEAD = 6  # characters of the common beginning that are kept when names differ only at their ends
_KEPT = "\n\u200c\u200d"  # line breaks, and joiners, which are part of words in some scripts


def visible(text: str) -> str:
    """Escape control characters, so that a text is safe to print to a terminal. Line breaks are kept.

    They are escaped as in JSON, so that JSON stays equivalent.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped(char) if _is_invisible(char) else char for char in text)


def escaped(text: str) -> str:
    """Escape a text to ASCII, as in JSON."""
    return json.dumps(text)[1:-1]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Format a count with its noun, as in "1 month" or "1,200 months"; the default plural adds -s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Iterable[str]) -> str:
    """Join names by commas, or by semicolons if a name contains a comma."""
    found = list(names)
    return ("; " if any("," in name for name in found) else ", ").join(found)


def enumerated(names: Iterable[str], conjunction: str = "and") -> str:
    """Join names as in a sentence: "the gain, the fines and the turnout"."""
    found = list(names)
    return f" {conjunction} ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def status_text(status: str) -> str:
    """Format a status or a reason in words, as in "over budget"."""
    return status.replace("_", " ").replace("-", " ")


def name_text(name: str) -> str:
    """Format the name of a phase, an institution or a purpose in words, as in "leader election".

    The stage of the month in which an institution acts, such as `sanctions-stage`, has the name of the institution. The
    purpose `line` is an utterance.
    """
    return "utterance" if name == "line" else name.removesuffix("-stage").replace("_", " ").replace("-", " ")


def without_template_marks(text: str) -> str:
    """Replace anything that a chat template could interpret as a special token, such as <|im_end|>, </s> or [INST].

    Many servers treat such a token as the end of a message wherever it occurs, so that its author could continue in
    another speaker's name.
    """
    return _TEMPLATE_MARK.sub(lambda mark: "‹" if mark[0] == "<" else "(", text)


def without_formula(text: str) -> str:
    """Prefix a text with an apostrophe if a spreadsheet would evaluate it as a formula.

    Names in a journal are untrusted, and a formula in an opened file can fetch and send data. Signed numbers are not
    formulas and are kept.
    """
    if not text.startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def shortened(text: str, longest: int) -> str:
    """Shorten a text to at most `longest` characters, with an ellipsis in place of its middle."""
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[: longest - end - 1]}…{text[len(text) - end :]}"


def label_text(text: object, longest: int) -> str:
    """A text from a journal as a label: on one line, without control characters, and not longer than fits.

    Args:
        text: the text.
        longest: maximum number of characters.
    """
    return shortened(_whole(text), longest)


def labels_of(names: Iterable[str], longest: int) -> dict[str, str]:
    """Names as distinct labels of a maximum length.

    Names that would be shortened to the same label keep the part in which they differ; if that does not fit, they are
    numbered.

    Args:
        names: the names.
        longest: maximum number of characters.
    """
    labels = {name: label_text(name, longest) for name in dict.fromkeys(names)}
    for group in _alike(labels):
        characters = zip(*map(_whole, group), strict=False)
        start = next((index for index, some in enumerate(characters) if len(set(some)) > 1), longest)
        labels |= {name: _from(name, start, longest) for name in group}
    for group in _alike(labels):
        for number, name in enumerate(group, start=1):
            mark = f" ({number})"
            labels[name] = f"{label_text(name, longest - len(mark))}{mark}"
    return labels


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE and char not in _KEPT


def _whole(text: object) -> str:
    return visible(" ".join(str(text).split()))


def _alike(labels: dict[str, str]) -> list[list[str]]:
    """Names of the same label, where there are several."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, label in labels.items():
        groups[label].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _from(name: str, start: int, longest: int) -> str:
    """A name from where it differs from others on, with a little of its beginning."""
    whole = _whole(name)
    if len(whole) <= longest:
        return whole
    head = f"{whole[:_HEAD]}…" if start > _HEAD else ""
    # Some characters before the difference show what it belongs to.
    kept = max(len(head), min(start - 4, len(whole) - (longest - len(head))))
    return f"{head}{shortened(whole[kept:], longest - len(head))}"
