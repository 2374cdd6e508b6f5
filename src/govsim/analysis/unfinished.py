"""How the studies below a folder stand: which are done, and what stopped the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govsim.journal import FINISHED, Broken, Call, Standing, read_each_study, read_study, standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStanding:
    """How one study stands.

    Attributes:
        path: its journal.
        study: what is asked, as in `skills` or `labels`.
        model: who is asked.
        standing: how it stands; a study never waits.
        calls: replies it has received, those that could not be read included.
        reason: why it stopped; None where it did not.
    """

    path: Path
    study: str
    model: str
    standing: Standing
    calls: int
    reason: str | None

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return self.standing in FINISHED


def study_standings(folder: Path, *, broken: Broken | None = None) -> list[StudyStanding]:
    """How the studies below a folder stand, in the order of their paths; there may be none.

    Args:
        folder: where the journals lie, at any depth.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Raises:
        JournalError: there is no such folder, or a journal cannot be read.
    """
    return read_each_study(folder, _standing, broken)


def _standing(path: Path) -> StudyStanding:
    journal = read_study(path, kinds=("session", "call", "end"))
    end = journal.end
    return StudyStanding(
        path=path,
        study=journal.header.subject.study,
        model=journal.header.model,
        standing=standing_of(journal),
        calls=sum(1 for _ in journal.of(Call)),
        reason=end.reason if end else None,
    )
