"""What commands over a folder do about journals that cannot be read, or not to their end."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from govsim.cli.words import SaidOnce, say
from govsim.errors import JournalError, TornJournal
from govsim.journal import note_on_unknown
from govsim.redaction import redacted


class BrokenJournals:
    """Names each on stderr; the command goes on without it, and ends with 1 unless it is a torn last line."""

    def __init__(self, what: str = "journal") -> None:
        """Begin without any.

        Args:
            what: one of those that are left out is called.
        """
        self.count = 0
        self._what = what
        self._lines = SaidOnce()

    def __call__(self, error: JournalError) -> None:
        """Take note of one; a journal that is read for two things is told of once."""
        if self._lines.say(redacted(f"govsim: {error}")):
            self.count += not isinstance(error, TornJournal)

    def note_unchecked(self, unknown: Mapping[str, int]) -> None:
        """Name the kinds of event that were read as data, and not checked.

        Args:
            unknown: how many events there are of each kind that no installed package defines.
        """
        if note := note_on_unknown([unknown]):
            say(f"govsim: {note}", err=True)

    def leave(self) -> None:
        """End the command where one was left out."""
        if self.count:
            were = f"1 {self._what} was" if self.count == 1 else f"{self.count} {self._what}s were"
            say(f"govsim: {were} left out", err=True)
            sys.exit(1)
