"""Reporting of journals that are unreadable or truncated."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from govsim import library
from govsim.characters import counted
from govsim.cli.console import PrintedOnce, say
from govsim.errors import AnalysisError, JournalError, TruncatedJournal
from govsim.journal import note_on_unknown
from govsim.redaction import redacted


class BrokenJournals:
    """Reports unreadable journals on stderr; the command skips them, and exits with 1.

    A truncated last line is reported without an effect on the exit code.
    """

    def __init__(self, what: str = "journal") -> None:
        """Start without any.

        Args:
            what: the noun for a skipped file.
        """
        self.count = 0
        self._what = what
        self._lines = PrintedOnce()

    def __call__(self, error: JournalError) -> None:
        """Report one; a journal that is read twice is reported once."""
        if self._lines.say(redacted(f"govsim: {error}")):
            self.count += not isinstance(error, TruncatedJournal)

    def note_unchecked(self, unknown: Mapping[str, int]) -> None:
        """Report the types of events that were read without validation.

        Args:
            unknown: number of events of each type that no installed package defines.
        """
        if note := note_on_unknown([unknown]):
            say(f"govsim: {note}", err=True)

    def leave(self) -> None:
        """Exit with 1 if one was skipped."""
        if self.count:
            say(f"govsim: {counted(self.count, self._what)} {'was' if self.count == 1 else 'were'} skipped", err=True)
            sys.exit(1)


@contextmanager
def suggesting_baseline(*command: str) -> Iterator[None]:
    """Show a command with a baseline if one must be given.

    Args:
        *command: the command without it and the compared column.
    """
    try:
        yield
    except library.NoBaseline as error:
        words = (*command, "--by", error.by, "--baseline", error.values[0])
        raise AnalysisError(f"--{error}, as in: {shlex.join(words)}") from error


@contextmanager
def naming(*folders: Path) -> Iterator[None]:
    """Begin the message of an analysis that is not possible with the folders of its journals, if there are any."""
    try:
        yield
    except AnalysisError as error:
        if not folders:
            raise
        raise AnalysisError(f"{', '.join(dict.fromkeys(map(str, folders)))}: {error}") from error
