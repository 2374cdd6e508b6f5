"""Reputation: a public standing of each member, by its own catches or by ratings of the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.agents import Request, View
from govsim.agents.policies import last_reported
from govsim.calendar import discussion_day
from govsim.commons import ALLOCATIONS, Charge, Outcome, allocate, member_threshold
from govsim.config import Experiment, Section, in_per_cent
from govsim.errors import ConfigError
from govsim.journal import Ratings
from govsim.models.fields import NumberField, Value, numbered, words_in_tags
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms

if TYPE_CHECKING:
    from govsim.society.society import Society

RATE = "rate"
BEST = 10
"""The best rating."""


@RULES.register
class Reputation(Rule):
    """Publishes a standing of each member, which can determine who is excluded, and who is served first.

    A standing is a number from 0 to 1, initially 1. With `deeds`, it rises if a member takes no more than its share of
    the sustainable harvest; with `ratings`, if the others rate it well. A `record` covers only the last months.
    """

    name = "reputation"
    templates = {
        "reputation": {
            "of": "deeds",
            "kept": "80 %",
            "added": "20 %",
            "months": 3,
            "standings": ["Kate 0.84"],
            "minimum": "0.2",
            "excluded": [],
            "has_priority": False,
        },
        "rate": {"date": "2024-01-30", "best": 10, "catches": ["Kate 12"], "others": []},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: with `hard`, members whose standing is below `minimum` receive nothing, and `allocation`
        applies; with `announced`, this is only stated; with `none`, standings are not public, and members do not rate
        each other."""
        of: Literal["deeds", "record", "ratings"] = "deeds"
        """Source of the standing: `deeds`, whether a member took no more than its share of the sustainable harvest;
        their `record`, the share of such months among the last ones; or monthly `ratings` by the other members."""
        memory: float = Field(0.8, ge=0, lt=1)
        """Share of the standing that is kept each month; the rest comes from the month: 1 or 0 with
        `deeds`, or the mean rating."""
        months: int = Field(3, ge=1)
        """Number of last months in the `record`."""
        minimum: float = Field(0, ge=0, le=1)
        """Standing below which a member may take nothing; 0 if the standing is only information."""
        allocation: Literal["world", "by-standing"] = Field("world", exclude_if=lambda rule: rule == "world")
        """Allocation of a stock that does not suffice for all demands, as limited by previous institutions: that of the
        `world`, or `by-standing`: members are served in the order of their standing, the highest first, and the
        world's rule applies among members of the same standing."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)
        self._standings: dict[str, Fraction] = {}
        self._records: dict[str, deque[Fraction]] = {}

    def check(self, experiment: Experiment) -> None:
        """Reject standings that reveal an unknown stock, and an order of service in worlds that can grant nothing."""
        rule = experiment.world.allocation
        if self.settings.allocation == "by-standing" and ALLOCATIONS.get(rule, key="world.allocation").may_withhold:
            raise ConfigError(
                f"institutions.{self.name}.allocation = by-standing: world.allocation = {rule} grants nothing if "
                "demand exceeds the stock; choose another allocation"
            )
        is_stated = self.settings.enforcement != "none" and self.settings.of != "ratings"
        if is_stated and not experiment.observation.is_exact:
            raise ConfigError(
                f"institutions.{self.name}.of = {self.settings.of}: would reveal the stock, which members do not "
                "observe exactly (observation.stock); choose of = ratings"
            )

    def standing(self, member: str) -> Fraction:
        """Return the standing of a member, from 0 to 1."""
        if self.settings.of == "record":
            record = self._records.get(member, ())
            return sum(record, Fraction()) / len(record) if record else Fraction(1)
        return self._standings.get(member, Fraction(1))

    def terms(self, society: Society) -> Terms | None:
        """Return how standings arise, and those of the members present; and who may take nothing."""
        settings = self.settings
        if settings.enforcement == "none":
            return None
        standings = {name: float(round(self.standing(name), 2)) for name in society.state.members}
        excluded = self._excluded(society.state.members)
        text = society.prompts.render(
            "reputation",
            of=settings.of,
            kept=in_per_cent(settings.memory),
            added=in_per_cent(float(1 - Fraction(str(settings.memory)))),
            months=settings.months,
            standings=[f"{name} {standing:g}" for name, standing in standings.items()],
            minimum=f"{settings.minimum:g}" if settings.minimum else None,
            excluded=excluded,
            has_priority=settings.allocation == "by-standing",
        )
        values = {**settings.model_dump(mode="json"), "standings": standings, "excluded": excluded}
        return Terms(text=text, values=values, quotas=dict.fromkeys(excluded, 0) if settings.minimum else None)

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return 0 for members of low standing, and what is left for others if the highest are served first."""
        if self.settings.enforcement != "hard":
            return {}
        limits = dict.fromkeys(self._excluded(demands), 0)
        if self.settings.allocation == "world":
            return limits
        return {**limits, **self._served(society, {name: limits.get(name, units) for name, units in demands.items()})}

    def _served(self, society: Society, demands: Mapping[str, int]) -> dict[str, int]:
        """Return the units that each member receives if those of higher standing are served first."""
        share = ALLOCATIONS.get(society.experiment.world.allocation, key="world.allocation")
        left, rng, served = society.state.stock, self.draws(society), dict[str, int]()
        for standing in sorted({self.standing(name) for name in demands}, reverse=True):
            equal = {name: units for name, units in demands.items() if self.standing(name) == standing}
            served |= allocate(share, equal, left, rng)
            left = society.state.stock - sum(served.values())
        return served

    def settle(self, society: Society, outcome: Outcome) -> Iterable[Charge]:
        """Score the month's catches; no member is charged."""
        if self.settings.of != "ratings":
            known = society.known
            for name, units in outcome.granted.items():
                self.score(name, Fraction(units <= member_threshold(known, name)))
        return ()

    def score(self, member: str, score: Fraction) -> None:
        """Add the month's score or mean rating of a member, from 0 to 1."""
        kept = Fraction(str(self.settings.memory))
        self._standings[member] = round(kept * self._standings.get(member, Fraction(1)) + (1 - kept) * score, 6)
        self._records.setdefault(member, deque(maxlen=self.settings.months)).append(score)

    def phases(self) -> Iterable[AddedPhase]:
        """Return the ratings, after the report of catches."""
        if self.settings.of == "ratings" and self.settings.enforcement != "none":
            yield AddedPhase(phase=RatingPhase(name=f"{self.name}-ratings", rule=self))

    def _excluded(self, members: Iterable[str]) -> list[str]:
        return [name for name in members if self.standing(name) < Fraction(str(self.settings.minimum))]


def _by_catch(request: Request) -> Mapping[str, Value]:
    """Rate members best if they are known to have kept to their shares, and worse the more they exceeded them."""
    month = last_reported(request.view)
    ratings: dict[str, Value] = {}
    for tag, member in request.about.items():
        units = None if month is None else month.catches.get(member)
        excess = None if units is None or month is None else max(0, units - month.threshold_of(member))
        ratings[tag] = None if excess is None else max(0, BEST - excess)
    return ratings


class RatingPhase(Phase):
    """Every member rates the others; the mean of the ratings changes a member's standing."""

    sincere = {RATE: _by_catch}

    def __init__(self, *, name: str, rule: Reputation) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask every member for ratings."""
        if len(society.state.members) < 2:
            return
        view = society.view(self, discussion_day(society.state.month).isoformat())
        answers = await society.ask_each(RATE, view, lambda own: self._request(society, own))
        ratings = {name: dict(_given(self._about(society, name), answer.values)) for name, answer in answers.items()}
        for member in society.state.members:
            given = [own[member] for own in ratings.values() if member in own]
            if given:
                self._rule.score(member, Fraction(sum(given), len(given) * BEST))
        society.recorder.note(
            Ratings(month=society.state.month, phase=self.name, rule=self._rule.name, ratings=ratings)
        )

    def _about(self, society: Society, member: str) -> dict[str, str]:
        others = [name for name in society.state.members if name != member]
        return {f"Rate {label}": name for name, label in words_in_tags(others).items()}

    def _request(self, society: Society, view: View) -> Request:
        about = self._about(society, view.member or "")
        known = view.history[-1].catches if view.history else {}
        return Request(
            purpose=RATE,
            template="rate",
            fields=tuple(NumberField(tag=tag, low=0, high=BEST, may_be_none=True) for tag in about),
            view=view,
            variables={
                "date": view.date,
                "best": BEST,
                "catches": [f"{name} {units}" for name, units in known.items() if name != view.member],
                "others": numbered(words_in_tags(list(about.values()))),
            },
            queries=(society.prompts.render_cached("query"),),
            about=about,
        )


def _given(about: Mapping[str, str], values: Mapping[str, Value]) -> Iterator[tuple[str, int]]:
    for tag, member in about.items():
        if isinstance(rating := values.get(tag), int):
            yield member, rating
