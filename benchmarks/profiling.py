"""A sampling profiler of a run's processor time: the stack is sampled every millisecond and counted by part.

Unlike a profiler that hooks into every call, it hardly slows down the program, and so does not exaggerate parts that
consist of many small calls.
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

COLLECTING = "garbage collection"
ASKING = "sending and receiving (Inspect, provider's client, HTTP)"
LOOP = "event loop and threads"

PARTS = {
    "agents/generative/relevance.py": "relevance of memories (BM25)",
    "agents/generative/retrieval.py": "scoring memories",
    "scenarios/prompts.py": "rendering prompts",
    "models/answers.py": "parsing replies",
    "models/reply_format.py": "parsing replies",
    "journal/recorder.py": "writing the journal",
    "journal/events.py": "writing the journal",
}
"""Parts of the engine by the file in which, or in whose calls, the time is spent."""

OTHER = "everything else in the engine"


class Profile:
    """Seconds of processor time by part."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._last = time.process_time()
        self._collecting = 0.0

    def take_sample(self, _: int, frame: FrameType | None) -> None:
        """Assign the time since the last sample to the part that is running now."""
        now = time.process_time()
        self.seconds[_part(frame)] += now - self._last
        self._last = now

    def watch_collector(self, phase: str, _: dict[str, int]) -> None:
        """Count the garbage collector separately, as no other part is responsible for when it runs."""
        now = time.process_time()
        if phase == "start":
            self._collecting = now
        else:
            self.seconds[COLLECTING] += now - self._collecting
            self._last += now - self._collecting


@contextmanager
def profiled() -> Iterator[Profile]:
    """Profile this process."""
    profile = Profile()
    before = signal.signal(signal.SIGPROF, profile.take_sample)
    gc.callbacks.append(profile.watch_collector)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield profile
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.callbacks.remove(profile.watch_collector)
        signal.signal(signal.SIGPROF, before)


def _part(frame: FrameType | None) -> str:
    """The part that a stack belongs to: the innermost file of the engine that has one, unless Inspect was called."""
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
