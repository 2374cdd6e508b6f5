"""What a study is: questions to one model, and a line of the journal for each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from govsim.journal import Event, Identity, Study
from govsim.models.question import Occasion, Question, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to ask, and what becomes of the answer.

    Attributes:
        question: what is asked.
        occasion: when in a society it is about; month 0 where it is about none.
        member: whom it is about; empty where it is about nobody.
        ordinal: its number among the questions of this purpose about the member on the occasion.
        line: from the reply to the line of the journal that says what came of it.
    """

    question: Question
    occasion: Occasion
    member: str
    ordinal: int
    line: Callable[[Reply], Event]

    @property
    def identity(self) -> Identity:
        """What names the line that its answer becomes: the same for every answer."""
        return self.line(Reply(values={}, invalid="not asked")).identity


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """One study that is to be carried out: everything that one model is asked about one thing.

    Attributes:
        path: where its journal lies.
        header: the first line of it.
        items: all that is asked, in a fixed order.
    """

    path: Path
    header: Study
    items: tuple[Item, ...]
