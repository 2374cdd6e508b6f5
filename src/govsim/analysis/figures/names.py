"""Names as figures show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from govsim.characters import shortened, visible

_HEAD = 6
"""Characters of the common beginning that stay when names differ only at their ends."""


def one_line(text: object, longest: int) -> str:
    """A text from a journal as a label: on one line, without control characters, and not longer than fits.

    Args:
        text: the text.
        longest: the most characters.
    """
    return shortened(_whole(text), longest)


def labels_of(names: Iterable[str], longest: int) -> dict[str, str]:
    """Names as labels of at most so many characters, no two of which are alike.

    Names that would be shortened to the same label keep the part in which they differ; those that differ in more than
    fits are numbered.

    Args:
        names: the names.
        longest: the most characters.
    """
    labels = {name: one_line(name, longest) for name in dict.fromkeys(names)}
    for group in _alike(labels):
        characters = zip(*map(_whole, group), strict=False)
        start = next((place for place, some in enumerate(characters) if len(set(some)) > 1), longest)
        labels |= {name: _from(name, start, longest) for name in group}
    for group in _alike(labels):
        for number, name in enumerate(group, start=1):
            mark = f" ({number})"
            labels[name] = f"{one_line(name, longest - len(mark))}{mark}"
    return labels


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
