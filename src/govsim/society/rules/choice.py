"""A choice between sets of rules, which the members make, which is made for them, or which they may not make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.agents import View
from govsim.config import Experiment, Section
from govsim.errors import ConfigError
from govsim.society.rule import RULES, AddedPhase, Alternatives, Rule, Terms
from govsim.society.rules.vote import Election, Vote
from govsim.society.rules.vote_phase import VotePhase

if TYPE_CHECKING:
    from govsim.society.society import Society

SET = "set"


@RULES.register
class ChoiceOfRules(Rule):
    """One of several sets of rules is in force: imposed, or chosen by the members every few months; or none is.

    Rules that are in no set are always in force.
    """

    name = "choice"
    templates = {
        "choice": {
            "mode": "chosen",
            "now": "quota",
            "sets": ["quota (quota)", "open (no rules)"],
            "every": 3,
            "counted_by": "plurality",
        },
        "ballot": Vote.templates["ballot"],
        "vote_result": Vote.templates["vote_result"],
    }

    class Settings(Section):
        """Settings of the rule."""

        sets: dict[str, tuple[str, ...]] = Field(min_length=2)
        """Names of the rules in each set, by the name of the set, as in `{limited: [quota], open: []}`."""
        mode: Literal["imposed", "chosen", "forbidden"] = "chosen"
        """Whether the set `start` is `imposed` throughout; is `chosen` by the members at the end of month 1 and then
        every few months; or members are `forbidden` to have rules, so that no set is in force."""
        start: str | None = None
        """The set in force at first; the first one if null."""
        every: int = Field(3, ge=1)
        """Number of months between choices."""
        election: Election = Election()
        """How members choose."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings, name=name)
        self.vote = Vote(
            Vote.Settings(on=f"{self.name}.{SET}", every=self.settings.every, **self.settings.election.model_dump()),
            name=self.name,
        )

    def check(self, experiment: Experiment) -> None:
        """Reject rules and sets that do not exist."""
        known = [entry.name for entry in experiment.institutions if entry.name != self.name]
        for name, rules in self.settings.sets.items():
            if name == "none" or not name.replace("-", "").replace(" ", "").isalnum():
                raise ConfigError(
                    f"institutions.{self.name}.sets.{name}: must be a name of letters, digits and hyphens, except none"
                )
            for rule in rules:
                if rule not in known:
                    listed = ", ".join(known) or "none"
                    raise ConfigError(
                        f"institutions.{self.name}.sets.{name} = {rule}: no such rule in institutions; "
                        f"available: {listed}"
                    )
        if self.settings.start is not None and self.settings.start not in self.settings.sets:
            raise ConfigError(
                f"institutions.{self.name}.start = {self.settings.start}: must be one of "
                f"{', '.join(self.settings.sets)}"
            )

    def in_force(self, society: Society) -> str | None:
        """Return the set in force this month; None if members are forbidden to have any."""
        own = self.settings
        if own.mode == "forbidden":
            return None
        start = own.start or next(iter(own.sets))
        return str(society.institutions.decided.get(f"{self.name}.{SET}", start))

    def suspends(self, society: Society) -> Collection[str]:
        """Return the rules of the sets that are not in force."""
        now = self.in_force(society)
        active = self.settings.sets[now] if now is not None else ()
        return {rule for rules in self.settings.sets.values() for rule in rules if rule not in active}

    def terms(self, society: Society) -> Terms:
        """Return which set is in force, and how it is chosen."""
        own, now = self.settings, self.in_force(society)
        text = society.prompts.render(
            "choice",
            mode=own.mode,
            now=now,
            sets=[f"{name} ({_described(rules)})" for name, rules in own.sets.items()],
            every=own.every,
            counted_by=own.election.rule,
        )
        return Terms(text=text, values={**own.model_dump(mode="json"), "now": now})

    def adjustable(self, society: Society) -> Mapping[str, Alternatives]:
        """Return the sets; a member who wants the commons to last prefers the one with most rules."""
        sets = self.settings.sets

        def by_number_of_rules(view: View) -> list[str]:
            return sorted(sets, key=lambda name: -len(sets[name]))

        return {
            SET: Alternatives(
                options=tuple(sets),
                sincere=by_number_of_rules,
                what="the set of rules that applies to all of you",
                details={name: _described(rules) for name, rules in sets.items()},
            )
        }

    def phases(self) -> Iterable[AddedPhase]:
        """Return the choice, at the end of the month."""
        if self.settings.mode == "chosen":
            yield AddedPhase(phase=VotePhase(name=f"{self.name}-vote", rule=self.vote), place="month-end")


def _described(rules: Collection[str]) -> str:
    return " and ".join(rules) if rules else "no rules"
