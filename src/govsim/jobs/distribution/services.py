"""Services of the driver, which its workers call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from govsim.config import known_files
from govsim.errors import ConfigError

FILES = "files"
"""Name of the service that sends files."""

_PART = 48 * 1024
"""Number of bytes of a file in one answer."""


class Service(Protocol):
    """Answers messages of workers, one task for each message; all in the event loop of the driver."""

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> Any:
        """Answer a message.

        Args:
            worker: number of the worker; numbers are not used again.
            payload: the message.

        Raises:
            GovSimError: passed on to the worker.
        """

    def lost(self, worker: int) -> None:
        """Release everything that a worker holds, after it has ended in any way."""


class FileService:
    """Sends files that settings name to workers on machines which do not have them: `sha256` and `offset` in bytes."""

    async def serve(self, worker: int, payload: Mapping[str, Any]) -> bytes:
        """Return some bytes of a file; none at its end."""
        sha256, offset = payload["sha256"], payload["offset"]
        path = next(file.path for file in known_files() if file.sha256 == sha256)
        try:
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(_PART)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}), but workers need it") from error

    def lost(self, worker: int) -> None:
        """A worker holds nothing."""
