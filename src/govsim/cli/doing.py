"""How far runs have come, as their events tell it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from govsim.cli.words import duration
from govsim.journal import FINISHED, Asked, Call, End, Event, Harvest, Month, Utterance


@dataclass(slots=True)
class Doing:
    """How far one run has come.

    Attributes:
        month: the month it is in; 0 before the first.
        months: the most it can have.
        stock: units there are.
        capacity: units there can be.
        asked: questions that are in flight, by member and purpose, with their attempt.
        tokens: tokens used in this command.
        cost: dollars, likewise; None where a price is unknown.
        calls: answers received.
        refused: answers that could not be read.
        news: what happened last.
        status: how it ended; empty while it has not.
        lived: months that it has begun in this command, and not only lived through again.
    """

    months: int
    capacity: int
    month: int = 0
    stock: int = 0
    asked: dict[tuple[str, str], int] = field(default_factory=dict)
    tokens: int = 0
    cost: float | None = 0.0
    calls: int = 0
    refused: int = 0
    news: str = ""
    status: str = ""
    lived: int = 0
    _asks: bool = False

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Month():
                self.month, self.stock, self.news = event.month, event.stock, "the month begins"
                self.lived += self._asks
            case Asked():
                self.asked[event.member, event.purpose] = event.attempt
                self.lived += not self._asks
                self._asks = True
            case Call():
                self._answered(event)
            case Harvest():
                self.stock = event.stock_after_harvest
                taken = sum(event.granted.values())
                self.news = f"{taken} taken, {event.stock_after_harvest} left"
                if event.is_collapsed:
                    self.news += ": the commons has collapsed"
            case Utterance(text=str(text)):
                self.news = f"{event.member}: {text}"
            case End():
                self.status, self.month = event.status, max(self.month, event.months)
                self.asked.clear()
            case _:
                pass

    def _answered(self, call: Call) -> None:
        if self.asked.pop((call.member, call.purpose), None) is None:
            return  # answered in an earlier command
        self.calls += 1
        self.tokens += (call.input_tokens or 0) + (call.output_tokens or 0)
        self.cost = None if self.cost is None or call.cost is None else self.cost + call.cost
        self.refused += call.refused is not None

    @property
    def asking(self) -> str:
        """What is being asked, and of whom."""
        purposes: dict[str, list[str]] = {}
        for member, purpose in self.asked:
            purposes.setdefault(purpose, []).append(member)
        return "; ".join(f"{purpose}: {', '.join(members)}" for purpose, members in purposes.items())

    @property
    def left(self) -> int:
        """Months that it still can have."""
        return 0 if self.status else self.months - max(self.month - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Several runs in one line.

    Attributes:
        runs: how many there are.
        done: those that have ended as they should.
        stopped: those that have ended otherwise: failed, over budget, cancelled.
        going: those that have begun and not ended.
        tokens: of all.
        cost: dollars of all; None where a price is unknown.
        left: the most seconds they still need, as months have taken so far; None before a month has been lived.
    """

    runs: int
    done: int
    stopped: int
    going: int
    tokens: int
    cost: float | None
    left: float | None

    @classmethod
    def of(cls, runs: Collection[Doing], pace: float | None) -> Together:
        """Put runs together.

        Args:
            runs: what each is doing.
            pace: months that all runs of the command together live in a second; None before the first.
        """
        costs = [run.cost for run in runs]
        return cls(
            runs=len(runs),
            done=sum(run.status in FINISHED for run in runs),
            stopped=sum(bool(run.status) and run.status not in FINISHED for run in runs),
            going=sum(bool(run.month) and not run.status for run in runs),
            tokens=sum(run.tokens for run in runs),
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
            left=sum(run.left for run in runs) / pace if pace else None,
        )

    @property
    def spent(self) -> str:
        """Tokens, and dollars where they are known and not nothing."""
        return f"{self.tokens:,} tokens" + (f", ${self.cost:,.2f}" if self.cost else "")

    @property
    def remaining(self) -> str:
        """The time left, in words; empty when nothing can be said."""
        return "" if self.left is None or self.done + self.stopped == self.runs else f"≤ {duration(self.left)}"
