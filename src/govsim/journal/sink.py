"""Where the lines of a journal go: a file, or another process that writes the file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Protocol

from govsim.errors import ConfigError, JournalError, out_of_files
from govsim.journal.reader import JournalContent


class Sink(Protocol):
    """Receives the lines of one journal in order. After an error it must not be given more lines."""

    def append(self, lines: bytes) -> None:
        """Append complete lines; they can be lost only with the machine, until `sync` returns.

        Raises:
            JournalError: they cannot be written; an incomplete line may have been.
        """

    async def sync(self) -> None:
        """Wait until all lines so far are on disk, without blocking other runs.

        Raises:
            JournalError: writing them failed.
        """

    def flush(self) -> None:
        """Write all lines so far to disk before the journal is closed; block, or leave it to the other process.

        Raises:
            JournalError: writing them failed.
        """

    def close(self) -> None:
        """Release the file."""


class FileSink:
    """The file of a journal, which this process writes."""

    def __init__(self, path: Path, recorded: JournalContent | None = None) -> None:
        """Open the file for appending; a truncated last line is removed.

        Args:
            path: the file, which is created if it does not exist.
            recorded: its content; None if it is empty or to be emptied.

        Raises:
            ConfigError: the file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if recorded is None or recorded.partial_line:
                os.ftruncate(self._file, 0 if recorded is None else recorded.complete_bytes)
        except OSError as error:
            if (limit := out_of_files(error)) is not None:
                raise limit from error
            raise ConfigError(
                f"{path}: cannot be written ({error.strerror}); choose another folder with --out"
            ) from error

    def append(self, lines: bytes) -> None:
        """See `Sink`."""
        try:
            while lines:
                lines = lines[os.write(self._file, lines) :]
        except OSError as error:
            raise _unwritable(error) from error

    async def sync(self) -> None:
        """See `Sink`."""
        await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """See `Sink`."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise _unwritable(error) from error

    def cut(self, size: int) -> None:
        """Remove everything after the first bytes.

        Args:
            size: number of bytes that remain.

        Raises:
            JournalError: the file cannot be written.
        """
        try:
            os.ftruncate(self._file, size)
        except OSError as error:
            raise _unwritable(error) from error

    def close(self) -> None:
        """See `Sink`."""
        os.close(self._file)


def _unwritable(error: OSError) -> JournalError:
    return JournalError(f"the journal cannot be written ({error.strerror}); free space and run again")
