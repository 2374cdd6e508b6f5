"""What a command is waiting for, in words: requests that failed and will be sent again."""

from __future__ import annotations

import time

from govsim.characters import visible
from govsim.models.retrying import Wait

SHORTEST_SHOWN = 1.0
"""Seconds; a shorter wait is over before anybody has read of it."""

SECONDS_BETWEEN_LINES = 5.0


class Waits:
    """The waits that are not over yet."""

    def __init__(self) -> None:
        self._waits: list[Wait] = []
        self._last_line: dict[str, float] = {}

    def heard(self, wait: Wait) -> str | None:
        """Take note of a wait: a line for whoever writes lines, not more than one in a while for each reason."""
        if wait.seconds < SHORTEST_SHOWN:
            return None
        now = time.monotonic()
        self._waits = [*(one for one in self._waits if one.until > now), wait]
        reason = f"{wait.reason} from {wait.model}"
        if now - self._last_line.get(reason, -SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES:
            return None
        self._last_line[reason] = now
        return visible(wait.told(now))

    def told(self) -> str | None:
        """The wait that is over last, and how many requests wait; None where nothing does."""
        now = time.monotonic()
        self._waits = [wait for wait in self._waits if wait.until > now]
        if not self._waits:
            return None
        longest = max(self._waits, key=lambda wait: wait.until)
        more = f" ({len(self._waits)} requests)" if len(self._waits) > 1 else ""
        return visible(longest.told(now)) + more
