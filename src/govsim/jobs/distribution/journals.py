"""Journals that the driver writes on behalf of workers which have no access to its disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from govsim.errors import JournalError
from govsim.jobs.distribution.messages import CHUNK
from govsim.journal import FileSink
from govsim.journal.reader import JournalContent


class DriverJournal:
    """The journal of one run. Workers send its new bytes with their offset, so that nothing is written twice.

    Attributes:
        size: number of bytes written so far.
        sink: the file.
    """

    def __init__(self, path: Path, recorded: JournalContent | None) -> None:
        """Open the file for appending; a truncated last line is removed.

        Args:
            path: the file, which this process has locked.
            recorded: its content; None if it is empty.

        Raises:
            ConfigError: the file cannot be written.
        """
        self._path = path
        self.sink = FileSink(path, recorded)
        self.size = recorded.complete_bytes if recorded else 0

    def append(self, offset: int, data: bytes) -> None:
        """Append bytes; those that are in the file already are skipped.

        Args:
            offset: size of the journal before the bytes.
            data: the bytes.

        Raises:
            JournalError: bytes before them are missing, or they cannot be written.
        """
        if offset > self.size:
            raise JournalError(f"{offset - self.size:,} bytes of the journal are missing; run again")
        new = data[self.size - offset :]
        self.sink.append(new)
        self.size += len(new)

    def rewind(self) -> None:
        """Remove an incomplete last line, which the next worker writes again.

        Raises:
            JournalError: the file cannot be written.
        """
        complete = 0
        for start, part in enumerate(self.parts()):
            if (end := part.rfind(b"\n")) >= 0:
                complete = start * CHUNK + end + 1
        if complete != self.size:
            self.sink.cut(complete)
            self.size = complete

    def parts(self) -> Iterator[bytes]:
        """Yield the journal so far in parts of at most `CHUNK` bytes."""
        with self._path.open("rb") as file:
            for start in range(0, self.size, CHUNK):
                yield file.read(min(CHUNK, self.size - start))

    def close(self) -> None:
        """Write everything to disk, and close the file.

        Raises:
            JournalError: writing failed.
        """
        try:
            self.sink.flush()
        finally:
            self.sink.close()
