"""A search for replies to policies of unknown memory: sequences of demands, simulated month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from govsim.agents import ObservedMonth, Policy
from govsim.commons import State, initial_state
from govsim.config import Experiment
from govsim.errors import AnalysisError
from govsim.game import Game, expected_catch
from govsim.society.harvest_run import extent_of
from govsim.society.observation import known_to_members
from govsim.tournament.requests import demand_of, harvest_request, observed_month
from govsim.tournament.strategies import informed_policy

_UNUSED = np.random.default_rng(0)
"""The generator given to policies that draw nothing."""

PASTS_KEPT = 3
"""Maximum number of pasts that are kept of those that lead to the same stock."""

DemandSequence = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReply:
    """A sequence of demands that was simulated.

    Attributes:
        plan: units demanded in each month.
        catch: expected total catch in units.
    """

    plan: DemandSequence
    catch: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """The start of a month.

    Attributes:
        state: the commons as members know it.
        seen: the earlier months as each member observed them, in roster order.
        reply: the demands of the searching member, and what they caught.
    """

    state: State
    seen: tuple[tuple[ObservedMonth, ...], ...]
    reply: FoundReply


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A harvest after which the simulation continues.

    Attributes:
        before: the start of the month.
        demands: the demand of each member, in roster order; all are met.
        stock: the next stock.
        catch: what the searching member has caught by then.
    """

    before: _Point
    demands: DemandSequence
    stock: int
    catch: float


class ReplySearch:
    """A search for a sequence of demands of the first member with a large catch.

    It proceeds month by month with the policies of the others, which must draw nothing, in a world without randomness
    except for the allocation rule and the end. Of all harvests that lead to the same stock, it keeps those with the
    largest catch so far. This is optimal if month and stock are all that the others' demands depend on.
    """

    def __init__(self, experiment: Experiment, game: Game, others: Sequence[str]) -> None:
        """Prepare the search.

        Args:
            experiment: the world and the members.
            game: its game.
            others: the policy of each other member.

        Raises:
            ConfigError: see `strategy_of`.
            AnalysisError: the number of policies differs from that of other members, the world is random, members
                differ, or a policy draws its demands.
        """
        if len(others) != game.members - 1:
            raise AnalysisError(f"policies = {len(others)}: must be {game.members - 1}, one for each other member")
        if not game.has_certain_growth:
            raise AnalysisError("replies are searched for only if growth is certain and there are no random shocks")
        if game.level is None or game.level < 1:
            raise AnalysisError("world.collapse: replies are searched for only if it is fixed and at least 1")
        self._experiment, self._game, self._level = experiment, game, game.level
        self._policies = tuple(informed_policy(agent, experiment) for agent in others)
        self._names = tuple(experiment.society.members)
        self._public = extent_of(experiment)

    def best(self) -> FoundReply:
        """Return the best sequence of demands that was found."""
        points = [self._start()]
        best = FoundReply(plan=(), catch=0.0)
        while points:
            steps: dict[int, dict[int, _Step]] = defaultdict(dict)
            for point in points:
                others = self._others(point)
                best = max(best, *self._endings(point, others), key=lambda reply: reply.catch)
                for step in self._steps(point, others):
                    known = steps[step.stock].get(sum(step.demands))
                    if known is None or step.catch > known.catch:
                        steps[step.stock][sum(step.demands)] = step
            points = [self._after(step) for found in steps.values() for step in _largest(found.values())]
        return best

    def own(self, agent: str) -> FoundReply:
        """Return the demands of the searching member, and its catch, if it follows a policy too.

        Args:
            agent: the policy.
        """
        policy, point = informed_policy(agent, self._experiment), self._start()
        while True:
            others = self._others(point)
            units = self._demand(policy, point.state, self._names[0], point.seen[0])
            step = next((one for one in self._steps(point, others) if one.demands[0] == units), None)
            if step is None:
                return self._extended(point, units, others)
            point = self._after(step)

    def _start(self) -> _Point:
        state = known_to_members(initial_state(self._experiment).with_members(self._names))
        return _Point(state=state, seen=((),) * len(self._names), reply=FoundReply(plan=(), catch=0.0))

    def _others(self, point: _Point) -> DemandSequence:
        deciding = zip(self._policies, self._names[1:], point.seen[1:], strict=True)
        return tuple(self._demand(policy, point.state, name, seen) for policy, name, seen in deciding)

    def _demand(self, policy: Policy, state: State, member: str, seen: tuple[ObservedMonth, ...]) -> int:
        return demand_of(policy, harvest_request(self._experiment, self._public, state, member, seen), _UNUSED)

    def _endings(self, point: _Point, others: DemandSequence) -> Iterator[FoundReply]:
        """The replies that take all that the others leave in a month, or that demand the whole stock."""
        stock = point.state.stock
        for units in {stock, max(0, stock - sum(others))}:
            yield self._extended(point, units, others)

    def _extended(self, point: _Point, units: int, others: DemandSequence) -> FoundReply:
        catch = expected_catch(self._game.allocation, units, others, point.state.stock)
        chance = self._game.continuation ** (point.state.month - 1)
        return FoundReply(plan=(*point.reply.plan, units), catch=point.reply.catch + chance * catch)

    def _steps(self, point: _Point, others: DemandSequence) -> Iterator[_Step]:
        """The harvests after which the simulation continues."""
        month = point.state.month
        if month == self._game.months:
            return
        chance = self._game.continuation ** (month - 1)
        stocks = self._game.cases[month - 1][0].transition.stocks[:, 0]
        free = point.state.stock - sum(others)
        for units in range(free - self._level + 1):
            yield _Step(
                before=point,
                demands=(units, *others),
                stock=int(stocks[free - units]),
                catch=point.reply.catch + chance * units,
            )

    def _after(self, step: _Step) -> _Point:
        point, state = step.before, step.before.state
        granted = dict(zip(self._names, step.demands, strict=True))
        seen = tuple(
            (*months, observed_month(state, name, granted[name], granted, self._public))
            for name, months in zip(self._names, point.seen, strict=True)
        )
        following = replace(state, month=state.month + 1, stock=step.stock)
        reply = FoundReply(plan=(*point.reply.plan, step.demands[0]), catch=step.catch)
        return _Point(state=following, seen=seen, reply=reply)


def _largest(steps: Iterable[_Step]) -> list[_Step]:
    return sorted(steps, key=lambda step: -step.catch)[:PASTS_KEPT]
