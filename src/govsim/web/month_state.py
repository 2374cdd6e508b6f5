"""The state of a month of a run: its events so far, at each site."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from govsim.journal import (
    Account,
    Admission,
    Agreement,
    BallotLine,
    ByteRange,
    Charges,
    Harvest,
    MemoryLine,
    Month,
    Move,
    Report,
    TermsLine,
    Utterance,
    in_total,
)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Identifies a question within its month, also in addresses."""

    phase: str
    purpose: str
    ordinal: int
    member: str

    @property
    def call(self) -> str:
        """All but the member, such as `harvest.harvest.0`."""
        return f"{self.phase}.{self.purpose}.{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One reply to a question, as listed; the full reply is at `location` in the journal."""

    location: ByteRange
    beginning: str
    is_unreadable: bool
    tokens: int | None
    cost: float | None
    seconds: float


@dataclass(slots=True, kw_only=True)
class QuestionState:
    """A question to a member in a month, and its replies, the last of which counts."""

    key: Key
    month: int
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class MonthState:
    """One month of a society.

    Attributes:
        number: counted from 1.
        starts: the start of the month at each site; None in place of the site's name in a run without sites.
        harvests: the harvest at each site.
        agreements: the outcome of the discussion at each site, and of all sites under None.
        retrievals: the positions of the retrievals of each member.
        others: the first events of kinds that have no section on the page, as text.
        more_others: the number of further ones.
    """

    number: int
    starts: dict[str | None, Month] = field(default_factory=dict)
    harvests: dict[str | None, Harvest] = field(default_factory=dict)
    report: Report | None = None
    lines: list[Utterance] = field(default_factory=list)
    agreements: dict[str | None, Agreement] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    memories: list[MemoryLine] = field(default_factory=list)
    terms: list[TermsLine] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    charges: list[Charges] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    ballots: list[BallotLine] = field(default_factory=list)
    questions: dict[Key, QuestionState] = field(default_factory=dict)
    retrievals: defaultdict[str, list[ByteRange]] = field(default_factory=lambda: defaultdict(list))
    others: list[str] = field(default_factory=list)
    more_others: int = 0

    @property
    def institution_events(self) -> int:
        """The number of events about rules and money so far."""
        return len(self.terms) + len(self.admissions) + len(self.charges) + len(self.accounts)

    @property
    def harvest(self) -> Harvest | None:
        """The harvest, in total over all sites; None if not recorded yet."""
        return next(in_total(self.harvests.values()), None)

    @property
    def stock(self) -> int | None:
        """The stock at the start of the month in units, in total over all sites; None if not recorded yet."""
        found = [self.stock_at(site) for site in self.starts or self.harvests]
        return sum(stock or 0 for stock in found) if found else None

    def stock_at(self, site: str | None) -> int | None:
        """The stock of a site at the start of the month, in units; None if not recorded."""
        if site in self.starts:
            return self.starts[site].stock
        return self.harvests[site].stock_before if site in self.harvests else None

    @property
    def events(self) -> int:
        """The number of events that are drawn or listed as decisions so far."""
        return len(self.starts) + len(self.harvests) + len(self.moves) + len(self.accounts) + len(self.ballots)
