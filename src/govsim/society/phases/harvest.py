"""Everyone decides at once and in private; the world allocates, and everyone sees what it received."""

from __future__ import annotations

from govsim.agents import Catch, Decision
from govsim.calendar import first_day
from govsim.commons import ALLOCATIONS, Demand, Outcome, Stream, generator, group_threshold, member_threshold, step
from govsim.concurrency import together
from govsim.journal import Harvest
from govsim.society.society import Society


class HarvestPhase:
    """The harvest, on the month's first day."""

    name = "harvest"

    async def run(self, society: Society) -> None:
        """Ask everyone for a decision, allocate, and let everyone know its own catch.

        Raises:
            TooManyForfeits: a decision could not be read, and the experiment fails for that.
        """
        state = society.state
        observation = society.observe(self.name, first_day(state.month).isoformat(), society.hints())
        answers = await together(agent.harvest(observation) for agent in society.present)
        decisions = dict(zip(state.members, answers, strict=True))
        society.forfeits.count(state.month, decisions)
        demands = [
            Demand(member=name, units=decision.units)
            for name, decision in decisions.items()
            if decision.units is not None
        ]
        experiment = society.experiment
        rng = generator(experiment.seed, Stream.ALLOCATION, state.month)
        outcome = step(state, demands, rng, ALLOCATIONS[experiment.world.allocation])
        for agent in society.present:
            asked, received = outcome.asked.get(agent.name), outcome.granted[agent.name]
            agent.learn(Catch(asked=asked, received=received), observation)
        society.outcome = outcome
        society.recorder.note(_line(outcome, decisions))


def _line(outcome: Outcome, decisions: dict[str, Decision]) -> Harvest:
    return Harvest(
        month=outcome.before.month,
        stock_before=outcome.before.stock,
        threshold=group_threshold(outcome.before),
        member_threshold=member_threshold(outcome.before),
        asked=dict(outcome.asked),
        granted=dict(outcome.granted),
        invalid={name: decision.invalid or "" for name, decision in decisions.items() if decision.units is None},
        stock_after_harvest=outcome.stock_after_harvest,
        stock_after_growth=outcome.stock_after_growth,
        is_collapsed=outcome.is_collapsed,
    )
