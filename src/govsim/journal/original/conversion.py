"""Conversion of a log of the original and its setup to the events of a journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from govsim.calendar import first_day
from govsim.characters import counted
from govsim.commons import State, collapse_level, group_threshold, growth_law, member_threshold
from govsim.config import SocietySettings, experiment_from
from govsim.errors import JournalError
from govsim.journal.events import MODERATOR, Agreement, End, Harvest, Imported, Month, Report, Utterance
from govsim.journal.line import Event
from govsim.journal.original.log import FRAMEWORK, Log, LoggedUtterance, Round
from govsim.journal.original.setup import ORIGINAL_MONTHS, ORIGINAL_MONTHS_WITH_NEWCOMER, Setup, is_member_name
from govsim.scenarios import Scenario, load_scenario, scenario_names

AGENT = "original"
"""Agent of imported members: that of the original, with its own prompts."""

PAPERS_NAMES = {f"persona_{index}": name for index, name in enumerate(SocietySettings().members)}
"""Names of the paper's members by their ids in its logs; they are the same as our default names."""

GROWTH, COLLAPSE = 2.0, 5
"""Values from the original's code."""

MISSING = (
    "Prompts and replies, and the members' thoughts, insights and memories: the run can be neither replayed nor "
    "resumed, and its scenario has no prompts.",
    "Tokens, cost and times.",
    "Which replies were unreadable: the original logged them, and failures of the provider, as a demand of 0. They are "
    "counted as such here and lower over-usage.",
)
"""What logs of the original do not contain."""

_NO_SEED = (
    "The random seed, as the original had none: the recorded one is derived from the log, and the run is not paired "
    "with others."
)
_SEED = (
    "The random seed, as the original did not use it for the commons: the recorded one is that of the configuration, "
    "and the run is not paired with others."
)
_DISCUSSION = (
    "Whether a next speaker was named or drawn, and whether the last utterance of a discussion of maximum length was "
    "meant to end it: next speakers are those who spoke."
)
_MIXED = (
    "Which model generated the utterances: in a mixed society, the original generated all of them with the model of "
    "the opener."
)
_NEWCOMER = (
    "The number in the hint after a newcomer joined: the original continued to calculate it without the newcomer. "
    "Thresholds here count all members present."
)


class Conversion:
    """One run of the original, converted to a run of govsim.

    Attributes:
        experiment: the experiment.
        scenario: the scenario, without templates.
        imported: origin, assumptions, and what is missing.
        end: the `end` event.
    """

    def __init__(self, log: Log, setup: Setup, *, source: str, sha256: str, seed: int) -> None:
        """Convert a log.

        Args:
            log: the log.
            setup: the setup of the run.
            source: folder of the log.
            sha256: SHA-256 hash of the log file.
            seed: number derived from the log, used if the setup has no seed.

        Raises:
            ConfigError: the setup is not valid in govsim.
            JournalError: the log contradicts its setup.
        """
        self._log, self._setup = log, setup
        self._names = _names(log, setup)
        self._joins = _joins(log, setup)
        self.experiment = experiment_from(self._settings(seed if setup.seed is None else setup.seed))
        self._rounds = self._rounds_to_collapse()
        self._check_growth()
        self.scenario = scenario_of(setup.scenario)
        self.end = self._end()
        self.imported = Imported(
            source=source, sha256=sha256, assumed=tuple(self._assumed()), missing=tuple(self._missing())
        )

    def events(self) -> Iterator[Event]:
        """Yield all events after the header."""
        for here in self._rounds:
            state = self._state(here)
            yield Month(
                month=state.month,
                date=first_day(state.month).isoformat(),
                stock=state.stock,
                members=state.members,
                joined=tuple(self._name(agent) for agent in here.agents if self._arrives(agent, state.month)),
            )
            yield self._harvest(here, state)
            yield from self._discussion(here)
        yield self.end

    def _name(self, agent: str) -> str:
        return self._names[agent]

    def _arrives(self, agent: str, month: int) -> bool:
        return month > 1 and self._joins[agent] == month

    def _settings(self, seed: int) -> dict[str, Any]:
        """Return the experiment as in its YAML file."""
        setup, talks = self._setup, any(here.has_discussion for here in self._log.rounds)
        names = list(self._names.values())
        return {
            "scenario": setup.scenario,
            "condition": setup.condition,
            "world": self._world(),
            "society": {
                "members": names,
                "communication": talks if setup.communication is None else setup.communication,
                "transparency": talks if setup.transparency is None else setup.transparency,
                "rules": setup.rules,
                "hints": list(setup.hints),
                "phases": {"discussion": {"opener": names[0], "max_lines": setup.max_lines}},
                "max_invalid": 1.0,
                "cognition": "separate",
            },
            "agents": {"default": AGENT},
            "members": {self._name(agent): own for agent in self._names if (own := self._own(agent))},
            "models": {
                "default": setup.model,
                "framework": setup.framework,
                "sampling": {"temperature": None, "top_p": None, **setup.sampling, "max_tokens": None},
            },
            "seed": seed,
        }

    def _world(self) -> dict[str, Any]:
        first = self._log.rounds[0].before
        capacity = first if self._setup.capacity is None else self._setup.capacity
        return {
            "capacity": capacity,
            "initial": None if first == capacity else first,
            "growth": GROWTH,
            "collapse": COLLAPSE,
            "allocation": self._setup.allocation,
            "months": self._months(),
        }

    def _months(self) -> Any:
        if self._setup.months is not None:
            return self._setup.months
        return max(self._usual_months, len(self._log.rounds))

    def _own(self, agent: str) -> dict[str, Any]:
        """Return the settings of one member."""
        model, persona = self._setup.model_of.get(agent), self._setup.personas.get(agent)
        own: dict[str, Any] = {} if model in (None, self._setup.model) else {"model": model}
        if persona:
            own["persona"] = dict(persona)
        return own | ({"joins": self._joins[agent]} if self._joins[agent] > 1 else {})

    def _rounds_to_collapse(self) -> tuple[Round, ...]:
        """Return the rounds up to the first collapse."""
        rounds, world = self._log.rounds, self.experiment.world
        collapse = collapse_level(world)
        if len(rounds) > world.months:
            raise JournalError(f"has {len(rounds)} rounds, but its configuration allows at most {world.months}")
        collapsed = next((index for index, here in enumerate(rounds) if here.after < collapse), len(rounds) - 1)
        return rounds[: collapsed + 1]

    def _check_growth(self) -> None:
        world = self.experiment.world
        rounds = self._log.rounds  # including those after a collapse, which may be the only ones to reveal another law
        for here, following in pairwise(rounds):
            grown = self._state(here).grown(here.after)
            if following.before != grown:
                raise JournalError(
                    f"round {following.number} starts with {following.before} units, but the {here.after} that were "
                    f"left grow to {grown} (growth {GROWTH:g} up to {world.capacity}); the log is from another setting"
                )

    def _state(self, here: Round) -> State:
        world = self.experiment.world
        if here.before > world.capacity:
            raise JournalError(
                f"round {here.number} starts with {here.before} units, more than the capacity {world.capacity}"
            )
        return State(
            stock=here.before,
            month=here.number + 1,
            capacity=world.capacity,
            growth=growth_law(world),
            collapse=collapse_level(world),
            members=tuple(self._name(agent) for agent in here.agents),
        )

    def _harvest(self, here: Round, state: State) -> Harvest:
        return Harvest(
            month=state.month,
            stock_before=here.before,
            threshold=group_threshold(state),
            member_threshold=member_threshold(state),
            asked={self._name(catch.agent): catch.wanted for catch in here.catches},
            granted={self._name(catch.agent): catch.collected for catch in here.catches},
            invalid={},
            stock_after_harvest=here.after,
            stock_after_growth=state.grown(here.after),
            is_collapsed=here.after < state.collapse,
        )

    def _discussion(self, here: Round) -> Iterator[Event]:
        month = here.number + 1
        if (by := self._reported(here)) is not None:
            catches = {} if by == "nobody" else {self._name(catch.agent): catch.collected for catch in here.catches}
            yield Report(month=month, by=by, catches=catches)
        speakers = [self._speaker(line) for line in here.lines]
        most = self._setup.max_lines
        for ordinal, (speaker, line) in enumerate(zip(speakers, here.lines, strict=True)):
            is_last = ordinal == len(speakers) - 1
            yield Utterance(
                month=month,
                member=speaker,
                ordinal=ordinal,
                text=line.text,
                ends=is_last and line.text is not None and len(speakers) < most,
                next_speaker=None if is_last else speakers[ordinal + 1],
                invalid=None if line.text is not None else "The log has no text.",
            )
        if here.has_discussion:
            yield Agreement(month=month, summary=here.summary, limit=here.limit)

    def _reported(self, here: Round) -> Literal["moderator", "memory", "nobody"] | None:
        """Return how catches were made public; None if unknown."""
        if any(line.agent == FRAMEWORK for line in here.lines):
            return "moderator"
        if self._setup.communication is False:
            return "memory" if self._setup.transparency else "nobody"
        return None

    def _speaker(self, line: LoggedUtterance) -> str:
        return MODERATOR if line.agent == FRAMEWORK else self._names.get(line.agent, line.name or line.agent)

    def _end(self) -> End:
        months, planned = len(self._rounds), self.experiment.world.months
        if self._rounds[-1].after < collapse_level(self.experiment.world):
            return End(status="collapsed", months=months, at="")
        if months < planned:
            return End(status="failed", months=months, reason=f"the log ends after month {months} of {planned}", at="")
        if self._setup.months is None and planned > self._usual_months:
            reason = f"the log ends after month {months}, and how long the run was to last is not known"
            return End(status="failed", months=months, reason=reason, at="")
        return End(status="completed", months=months, at="")

    @property
    def _usual_months(self) -> int:
        return ORIGINAL_MONTHS_WITH_NEWCOMER if max(self._joins.values()) > 1 else ORIGINAL_MONTHS

    def _assumed(self) -> Iterator[str]:
        setup = self._setup
        yield from setup.assumed
        if not setup.names and _are_the_papers(self._log):
            names = ", ".join(PAPERS_NAMES.values())
            yield f"The names of members are unknown: those of the paper are assumed ({names})."
        yield "The collapse level (5 units) and the opener of discussions (the first member) are the original's."
        if setup.communication is None:
            found = "it has discussions" if self.experiment.society.communication else "it has no discussions"
            yield f"Communication and transparency are inferred from the log: {found}."
        if unnamed := [agent for agent in self._names if self._names[agent] == agent]:
            yield f"Some names of members are unknown or invalid: ids are used instead ({', '.join(unnamed)})."

    def _missing(self) -> Iterator[str]:
        yield from MISSING
        yield _NO_SEED if self._setup.seed is None else _SEED
        talking = [here for here in self._rounds if here.has_discussion]
        if talking:
            yield _DISCUSSION
            if self._setup.model_of:
                yield _MIXED
        if self.experiment.society.hints and max(self._joins.values()) > 1:
            yield _NEWCOMER
        if self.experiment.society.communication:
            yield from _listed("Discussions", [h for h in self._rounds if not h.has_discussion])
        yield from _listed("Summaries of discussions", [h for h in talking if h.summary is None])
        unreported = [here for here in self._rounds if self._reported(here) is None]
        yield from _listed("How catches were made public", unreported)
        for here in talking:
            if here.odd_limit:
                yield f"The limit of month {here.number + 1}: {here.odd_limit} is not a whole number of units."
        for action, count in self._log.unknown.items():
            rows = counted(count, "row")
            yield f"{rows} with the action {action}, which the original does not have."
        if later := len(self._log.rounds) - len(self._rounds):
            yield f"{later} {'round' if later == 1 else 'rounds'} after the collapse."


def _names(log: Log, setup: Setup) -> dict[str, str]:
    """Return the members' names by id, in the order of the log.

    They do not depend on who spoke, as runs of the same setting would otherwise have different rosters.
    """
    given = setup.names or (PAPERS_NAMES if _are_the_papers(log) else {})
    agents = list(dict.fromkeys([*(agent for here in log.rounds for agent in here.agents), *setup.later]))
    names: dict[str, str] = {}
    for agent in agents:
        known = given.get(agent) or agent
        is_free = known.lower() not in {name.lower() for name in names.values()}
        names[agent] = known if is_member_name(known) and is_free else agent
    return names


def _are_the_papers(log: Log) -> bool:
    """Whether all speakers in the log have the names of the paper's members."""
    return all(PAPERS_NAMES.get(agent) == name for agent, name in log.names.items())


def _joins(log: Log, setup: Setup) -> dict[str, int]:
    """Return the month of each member's first harvest, by id; the configured month for those that never joined."""
    joins: dict[str, int] = {}
    for here in log.rounds:
        for agent in here.agents:
            joins.setdefault(agent, here.number + 1)
    return {**setup.later, **joins}


def _listed(what: str, rounds: Sequence[Round]) -> Iterator[str]:
    if rounds:
        months = ", ".join(str(here.number + 1) for here in rounds)
        yield f"{what}, in month{'s' if len(rounds) > 1 else ''} {months}."


@cache
def scenario_of(name: str) -> Scenario:
    """Return the scenario of an imported journal: the built-in one if there is one of that name, without prompts."""
    if name in scenario_names():
        return load_scenario(name).model_copy(update={"templates": {}, "world": {}})
    return Scenario(name=name, title="A commons of another program.", words=dict(_PLAIN_WORDS))


_PLAIN_WORDS: Mapping[str, str] = {
    "place": "the commons",
    "harvesting": "harvesting",
    "member": "member",
    "members": "members",
    "unit": "unit",
    "units": "units",
    "took": "took",
}
"""Words for a scenario that is not built in."""
