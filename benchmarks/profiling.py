"""Where the processor time of a run goes: the stack is looked at every millisecond of it, and counted by part.

A sampling profiler of a few lines: unlike one that hooks into every call it hardly slows down what it measures, and so
does not make parts that consist of many small calls look larger than they are.
"""

from __future__ import annotations

import gc
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EVERY = 0.001

COLLECTING = "collecting garbage"
ASKING = "sending and receiving (Inspect, provider's client, HTTP)"
LOOP = "event loop and threads"

PARTS = {
    "agents/generative/relevance.py": "relevance of memories (BM25)",
    "agents/generative/retrieval.py": "scoring memories",
    "scenarios/prompts.py": "rendering prompts",
    "models/answers.py": "reading replies",
    "models/reply_format.py": "reading replies",
    "journal/recorder.py": "writing the journal",
    "journal/events.py": "writing the journal",
}
"""Parts of the engine by the file that the time is spent in or below."""

OTHER = "everything else in the engine"


class Profile:
    """Seconds of processor time by part."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._last = time.process_time()
        self._collecting = 0.0

    def look(self, _: int, frame: FrameType | None) -> None:
        """Count the time since the last look for the part that is running now."""
        now = time.process_time()
        self.seconds[_part(frame)] += now - self._last
        self._last = now

    def watch_collector(self, phase: str, _: dict[str, int]) -> None:
        """Count the garbage collector apart: no other part can be blamed for when it runs."""
        now = time.process_time()
        if phase == "start":
            self._collecting = now
        else:
            self.seconds[COLLECTING] += now - self._collecting
            self._last += now - self._collecting


@contextmanager
def profiled() -> Iterator[Profile]:
    """Watch what this process does."""
    profile = Profile()
    before = signal.signal(signal.SIGPROF, profile.look)
    gc.callbacks.append(profile.watch_collector)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield profile
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.callbacks.remove(profile.watch_collector)
        signal.signal(signal.SIGPROF, before)


def _part(frame: FrameType | None) -> str:
    """The part that a stack belongs to: the innermost file of the engine that is one, unless Inspect was called."""
    part = LOOP
    while frame is not None:
        file = frame.f_code.co_filename
        if "/inspect_ai/" in file or "/openai/" in file or "/httpx" in file:
            return ASKING
        _, _, own = file.rpartition("/govsim/")
        if own != file and own:
            if own in PARTS:
                return PARTS[own]
            part = OTHER
        frame = frame.f_back
    return part
