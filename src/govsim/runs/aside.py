"""Starting over: old journals are kept, under an ending by which nothing takes them for journals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from govsim.errors import ConfigError
from govsim.journal import sole_writer
from govsim.runs.plan import Plan


def set_aside(plans: Sequence[Plan]) -> list[Path]:
    """Rename the journals that lie in the places of runs, whatever they hold; each to `NAME.jsonl.old-N`.

    Returns:
        What they are called now, in the order of `plans`; runs without a journal have none.

    Raises:
        JournalError: somebody is writing one of them; none has been renamed.
        ConfigError: one cannot be renamed; those before it have been.
    """
    paths = [plan.path for plan in plans if plan.path.exists()]
    for path in paths:  # one after the other, as there may be more of them than files a process may have open
        with sole_writer(path):
            pass
    return [_set_aside(path) for path in paths]


def _set_aside(path: Path) -> Path:
    with sole_writer(path):
        kept = next(name for number in count(1) if not (name := Path(f"{path}.old-{number}")).exists())
        try:
            path.rename(kept)
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be renamed ({error.strerror}); choose another folder with --out"
            ) from error
        return kept
