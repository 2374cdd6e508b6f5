"""Names as figures show them."""

from __future__ import annotations

from govsim.characters import shortened, visible


def one_line(text: object, longest: int) -> str:
    """A text from a journal as a label: on one line, without control characters, and not longer than fits.

    Args:
        text: the text.
        longest: the most characters.
    """
    return shortened(visible(" ".join(str(text).split())), longest)
