"""The harvest: all members decide concurrently and in private, units are allocated, and each learns its own catch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import ClassVar, Literal

from govsim.agents import Answer, Notice, Request, View, kind_of
from govsim.calendar import first_day
from govsim.commons import (
    ALLOCATIONS,
    Demand,
    Outcome,
    State,
    Stream,
    generator,
    group_threshold,
    member_threshold,
    take,
)
from govsim.config import Experiment, NoisyStock, Observation, Section
from govsim.errors import ConfigError
from govsim.journal import Harvest
from govsim.models.fields import NumberField
from govsim.society.phase import PHASES, Phase
from govsim.society.society import Society
from govsim.society.world_events import hint

HARVEST = "harvest"
ANSWER = "Answer"


@PHASES.register
class HarvestPhase(Phase):
    """The harvest, on the month's first day."""

    name = "harvest"
    harvests = True
    streams: ClassVar = {"policy": Stream.POLICY}

    class Settings(Section):
        """Settings of the harvest."""

        reasoning: Literal["brief", "step-by-step"] = "brief"
        """Reasoning that members are asked for before they decide: a few sentences, or step by step."""

        query: Literal["decision", "place"] = "decision"
        """Query for memories before a decision: `decision` lists words that concern decisions (the template `query`),
        and `place` is the scenario's word for the place, as in the paper."""

    settings: Settings

    def check(self, experiment: Experiment, earlier: Sequence[Phase]) -> None:
        """Reject agents that do not make harvest decisions."""
        for agent in dict.fromkeys(map(experiment.agent_of, experiment.society.members)):
            if not kind_of(agent).answers(agent, HARVEST):
                raise ConfigError(f"agent = {agent}: does not make harvest decisions; choose another agent")

    async def run(self, society: Society) -> None:
        """Request all decisions, allocate units, and report to each member its own catch.

        Raises:
            TooManyForfeits: a decision could not be parsed, and `society.on_invalid` is `fail`.
        """
        view = society.view(self, first_day(society.state.month).isoformat())
        society.notify_each(view, lambda own: _found(own, society))
        answers = await society.ask_each(HARVEST, view, lambda own: self._request(society, own))
        society.forfeits.count(society.state.month, answers)
        outcome = self._take(society, answers)
        society.outputs.put(outcome)
        society.institutions.settle(society, self, outcome)
        society.observations.harvested(outcome)
        society.notify_each(view, lambda own: (*_outcome(own), *society.institutions.notices(own)))
        society.recorder.note(self._line(society, outcome, answers))

    def _request(self, society: Society, view: View) -> Request:
        """Build the harvest request, for an amount from 0 to what members know to be the largest possible.

        An unparsable answer forfeits the harvest.
        """
        most, prompts = view.most, society.prompts
        return Request(
            purpose=HARVEST,
            template="harvest",
            fields=_fields(most, prompts.units),
            view=view,
            variables={
                "date": view.date,
                "question": prompts.render_cached("question", stock=most),
                "step_by_step": self.settings.reasoning == "step-by-step",
            },
            queries=(prompts.word("place") if self.settings.query == "place" else prompts.render_cached("query"),),
            stream=self.numbered_stream("policy"),
        )

    def _take(self, society: Society, answers: Mapping[str, Answer]) -> Outcome:
        """Allocate the demands, as limited by the rules and the stock."""
        experiment, month = society.experiment, society.state.month
        decided = {name: answer.number(ANSWER) for name, answer in answers.items()}
        asked = {name: units for name, units in decided.items() if units is not None}
        return take(
            society.state,
            [Demand(member=name, units=units) for name, units in asked.items()],
            partial(generator, experiment.seed, Stream.ALLOCATION, month, site=society.site),
            ALLOCATIONS.get(experiment.world.allocation, key="world.allocation"),
            society.institutions.admit(society, self, asked),
        )

    def _line(self, society: Society, outcome: Outcome, answers: Mapping[str, Answer]) -> Harvest:
        return Harvest(
            month=outcome.before.month,
            phase=self.name,
            stock_before=outcome.before.stock,
            threshold=group_threshold(society.informed),
            member_threshold=member_threshold(society.informed),
            asked=dict(outcome.asked),
            granted=dict(outcome.granted),
            invalid={name: answers[name].invalid or "" for name in answers if name not in outcome.asked},
            stock_after_harvest=outcome.stock_after_harvest,
            stock_after_growth=society.grown(outcome).stock,
            is_collapsed=outcome.is_collapsed,
            member_thresholds=_shares(society.informed),
        )


@lru_cache(maxsize=1024)
def _fields(most: int, units: tuple[str, str]) -> tuple[NumberField]:
    """Return the only field of a decision, the same for all members that can ask for as much."""
    return (NumberField(tag=ANSWER, low=0, high=most, units=units, is_demand=True),)


def _shares(state: State) -> dict[str, int] | None:
    """Return each member's share of the group threshold; None if all weights are equal."""
    return {name: member_threshold(state, name) for name in state.members} if state.weights else None


def _found(view: View, society: Society) -> Iterator[Notice]:
    """Yield the notices to a member before its decision: what it observes of the stock, and the hints."""
    experiment = society.experiment
    if view.is_exact:
        yield Notice(template="stock", variables={"stock": view.stock})
    else:
        yield Notice(template="observed_stock", variables=_observed(view, experiment.observation))
    for name in experiment.society.hints:
        yield hint(name, view, society.law, society.prompts)


def _observed(view: View, observation: Observation) -> dict[str, object]:
    """Return what a member observes of a stock that is not known exactly, as variables of the template."""
    stock = observation.stock
    found = {"low": view.low, "high": view.high, "reading": view.reading, "is_hidden": stock == "hidden"}
    if isinstance(stock, NoisyStock):
        return {**found, "error": round(100 * stock.noise), "is_own": stock.draw == "own"}
    return {**found, "error": 0, "is_own": False}


def _outcome(view: View) -> Iterator[Notice]:
    """Yield the notices to a member after the harvest: its action and its catch."""
    month = view.history[-1]
    if month.asked is None:
        yield Notice(template="forfeit")
        return
    yield Notice(template="action", variables={"asked": month.asked}, type="action", is_always_retrieved=False)
    yield Notice(template="catch", variables={"asked": month.asked, "received": month.received})
