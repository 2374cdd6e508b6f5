"""Yardsticks of an experiment: what any society, selfish members or sustainable harvests can catch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isnan

from govsim.commons import group_threshold, growth_law, state_at_start
from govsim.config import Continuation, Experiment
from govsim.errors import AnalysisError
from govsim.game.balances import best_reply_within_balance
from govsim.game.best_replies import best_reply
from govsim.game.construction import game_of_experiment, games_of_runs, is_law_of_run
from govsim.game.equilibria import CriticalContinuation, Equilibrium, critical_continuation, equilibrium
from govsim.game.incentives import UNCHANGED, Incentives
from govsim.game.learned_optimum import DrawnGames, learned_optimum
from govsim.game.model import Game, Method
from govsim.game.optimum import Optimum, maximum_catch, solve
from govsim.game.strategies import StockStrategy, fair_share

_JOINING = "members join in later months"
MAX_CAPACITY_OF_REPLIES = 250
"""Maximum capacity for which the best reply is a yardstick, as it takes time in proportion to the squared capacity."""

_SHARES = "members have different shares"
_LIMITED = "limits of members are not taken into account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """One amount with which a total catch is compared.

    Attributes:
        value: units; None if it is unavailable.
        method: how it was obtained.
        reason: the argument, or why it is unavailable.
    """

    value: float | None = None
    method: Method
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Yardsticks:
    """All yardsticks of an experiment, in units of the total catch of the group.

    Attributes:
        optimum: the maximum expected total catch.
        optimum_surviving: the same if the stock must stay above the collapse level, also after the last harvest.
        optimum_informed: the maximum expected total catch of a society that knows before each harvest how the stock
            will grow.
        sustainable_total: the threshold of month 1 in every month, as in the efficiency of the paper.
        depletion: the catch if everything is taken in month 1.
        equilibrium: what members catch if each maximizes its own catch and knows the number of months.
        critical_continuation: the probability of another month from which on fair shares can be sustained.
        best_reply: the maximum expected catch of one member, minus its charges, if all others demand fair shares, as
            limited by the institutions.
        optimum_path: the optimal harvests; None if the tables would be too large, or there are several sites.
    """

    optimum: Yardstick
    optimum_surviving: Yardstick
    optimum_informed: Yardstick
    sustainable_total: Yardstick
    depletion: Yardstick
    equilibrium: Equilibrium
    critical_continuation: CriticalContinuation
    best_reply: Yardstick
    optimum_path: Optimum | None

    @property
    def price_of_anarchy(self) -> Yardstick:
        """The optimum divided by the total catch of the worst equilibrium (Koutsoupias and Papadimitriou 1999)."""
        optimum, lowest = self.optimum, self.equilibrium.lowest
        if optimum.value is None:
            return optimum
        if not lowest:
            reason = self.equilibrium.reason if lowest is None else "nothing is caught in the worst equilibrium"
            return Yardstick(method="unavailable", reason=reason)
        return Yardstick(value=optimum.value / lowest, method=optimum.method, reason="optimum / worst equilibrium")

    def __repr__(self) -> str:
        amounts = {
            "optimum": self.optimum,
            "sustainable total": self.sustainable_total,
            "depletion": self.depletion,
            "best reply": self.best_reply,
        }
        shown = [f"{name} {'unavailable' if one.value is None else f'{one.value:g}'}" for name, one in amounts.items()]
        return f"<Yardsticks in units: {', '.join(shown)}>"


def yardsticks(experiment: Experiment, incentives: Incentives | None = UNCHANGED) -> Yardsticks:
    """Return all yardsticks of an experiment. Institutions are taken into account only in the best reply.

    With several sites, amounts are sums over the sites, which are upper bounds, as members may be absent from a site.

    Args:
        experiment: the experiment; members who join later do not matter for the optimum.
        incentives: what its institutions change for a member; None if that is not known.

    Raises:
        ConfigError: there is no such growth law, or it is random and does not state its distribution.
    """
    if experiment.sites and experiment.site is None:
        return _of_sites(experiment)
    if is_law_of_run(experiment.world):
        return _of_drawn_law(experiment)
    try:
        game = game_of_experiment(experiment)
    except AnalysisError as error:
        return _without_game(experiment, str(error))
    return Yardsticks(
        optimum=_bounded(_solved(lambda: _maximum(game), "dynamic programming over month and stock"), experiment),
        optimum_surviving=_bounded(
            _solved(
                lambda: maximum_catch(game, is_sustained=True),
                "the same, with at least the collapse level left after every harvest",
            ),
            experiment,
        ),
        optimum_informed=_bounded(_informed(game), experiment),
        sustainable_total=_sustainable_total(experiment),
        depletion=_depletion(experiment),
        equilibrium=equilibrium_of(experiment, game),
        critical_continuation=_critical(experiment, game),
        best_reply=_best_reply(experiment, game, incentives),
        optimum_path=_path(game),
    )


def _sustainable_total(experiment: Experiment) -> Yardstick:
    horizon, months = experiment.world.horizon, experiment.world.months
    threshold = float(group_threshold(state_at_start(experiment.world, site=experiment.site)))
    if not isinstance(horizon, Continuation):
        return Yardstick(value=months * threshold, method="exact", reason="number of months × threshold of month 1")
    expected = sum(horizon.continuation**month for month in range(months))
    return Yardstick(
        value=expected * threshold, method="exact", reason="expected number of months × threshold of month 1"
    )


def _depletion(experiment: Experiment) -> Yardstick:
    stock = float(experiment.world.stock_at_start)
    return Yardstick(value=stock, method="exact", reason="the whole stock in month 1")


def _without_game(experiment: Experiment, reason: str) -> Yardsticks:
    """The yardsticks that need no dynamic programming."""
    unknown = Yardstick(method="unavailable", reason=reason)
    return Yardsticks(
        optimum=unknown,
        optimum_surviving=unknown,
        optimum_informed=unknown,
        sustainable_total=_sustainable_total(experiment),
        depletion=_depletion(experiment),
        equilibrium=Equilibrium(method="unavailable", reason=reason),
        critical_continuation=CriticalContinuation(method="unavailable", reason=reason),
        best_reply=unknown,
        optimum_path=None,
    )


_LAW_OF_RUN = "the growth law is drawn once per run, and members learn from growth which one was drawn"


def _of_drawn_law(experiment: Experiment) -> Yardsticks:
    """The yardsticks if the growth law is drawn once per run."""
    unknown = _without_game(experiment, _LAW_OF_RUN)
    try:
        games = games_of_runs(experiment)
    except AnalysisError as error:
        return _without_game(experiment, str(error))
    optimum = _solved(
        lambda: learned_optimum(games), "dynamic programming over month, stock and the growth laws that are possible"
    )
    known = "the growth law of the run is known from the beginning"
    if optimum.value is None:
        obstacle = optimum.reason
        optimum = _mean_of(games, lambda game: _solved(lambda: _maximum(game), ""), f"{known}; {obstacle}", bound=True)
    surviving = _mean_of(
        games,
        lambda game: _solved(lambda: maximum_catch(game, is_sustained=True), ""),
        f"the same, with at least the collapse level left after every harvest; {known}",
        bound=True,
    )
    return replace(
        unknown,
        optimum=_bounded(optimum, experiment),
        optimum_surviving=surviving,
        optimum_informed=_bounded(_mean_of(games, _informed, known), experiment),
    )


def _mean_of(games: DrawnGames, solving: Callable[[Game], Yardstick], reason: str, *, bound: bool = False) -> Yardstick:
    """The mean of a yardstick over the growth laws that can be drawn; unavailable if one of them is."""
    found = [(weight, solving(game)) for weight, game in games]
    values = [(weight, one.value) for weight, one in found if one.value is not None]
    if len(values) < len(found):
        return next(one for _, one in found if one.value is None)
    is_bound = bound or any(one.method == "bound" for _, one in found)
    return Yardstick(
        value=sum(weight * value for weight, value in values),
        method="bound" if is_bound else "exact",
        reason=f"upper bound: {reason}" if is_bound else reason,
    )


def _of_sites(experiment: Experiment) -> Yardsticks:
    parts = [yardsticks(experiment.at(name)) for name in experiment.sites]

    def total(name: str) -> Yardstick:
        found: list[Yardstick] = [getattr(part, name) for part in parts]
        values = [one.value for one in found if one.value is not None]
        if len(values) < len(found):
            missing = next(one for one in found if one.value is None)
            return Yardstick(method="unavailable", reason=missing.reason)
        return Yardstick(
            value=sum(values), method="bound", reason=f"upper bound, sum over the sites: {found[0].reason}"
        )

    reason = "several sites: members can be at different ones"
    return Yardsticks(
        optimum=total("optimum"),
        optimum_surviving=total("optimum_surviving"),
        optimum_informed=total("optimum_informed"),
        sustainable_total=total("sustainable_total"),
        depletion=total("depletion"),
        equilibrium=Equilibrium(method="unavailable", reason=reason),
        critical_continuation=CriticalContinuation(method="unavailable", reason=reason),
        best_reply=Yardstick(method="unavailable", reason=reason),
        optimum_path=None,
    )


def equilibrium_of(experiment: Experiment, game: Game) -> Equilibrium:
    """Return the equilibrium of an experiment.

    Members who join make a unit left worth less to each member, so that a proof of depletion still holds.

    Args:
        experiment: the experiment.
        game: its game without members who join later.

    Returns:
        The equilibrium; unavailable if members leave or have limits, or if no proof is known.
    """
    if (reason := _differences(experiment)) is not None:
        return Equilibrium(method="unavailable", reason=reason)
    found = equilibrium(game)
    if _has_joining(experiment) and not (found.is_unique and game.members > 1):
        return Equilibrium(method="unavailable", reason=_JOINING)
    return found


def _critical(experiment: Experiment, game: Game) -> CriticalContinuation:
    reason = _differences(experiment) or (_JOINING if _has_joining(experiment) else None)
    reason = reason or _obstacle_to_shares(experiment) or _obstacle_to_threats(experiment)
    return CriticalContinuation(method="unavailable", reason=reason) if reason else critical_continuation(game)


def _best_reply(experiment: Experiment, game: Game, incentives: Incentives | None) -> Yardstick:
    if incentives is None:
        reason = "the expected charges of an institution are not known before the simulation"
    elif game.capacity > MAX_CAPACITY_OF_REPLIES:
        reason = f"best replies are computed up to a capacity of {MAX_CAPACITY_OF_REPLIES} units"
    else:
        reason = _differences(experiment) or (_JOINING if _has_joining(experiment) else _obstacle_to_shares(experiment))
    if reason or incentives is None:
        return Yardstick(method="unavailable", reason=reason)
    others = (StockStrategy(fair_share),) * (game.members - 1)
    argument = "dynamic programming against fair shares of the others"
    if incentives is not UNCHANGED and _is_limited_by_balance(experiment):
        reason = f"{argument}; charges are limited by the member's balance"
        found = _solved(lambda: best_reply_within_balance(game, others, incentives), reason)
        if found.value is not None:
            return found
    found = _solved(lambda: best_reply(game, others, incentives), argument)
    has_charges = incentives is not UNCHANGED and found.value is not None
    return replace(found, reason=f"{found.reason}; charges are paid in full") if has_charges else found


def _obstacle_to_shares(experiment: Experiment) -> str:
    """Why fair shares are not equal shares of the threshold in every month; empty if they are."""
    if _has_weights(experiment):
        return _SHARES
    if experiment.observation.stock != "exact":
        return "members do not know the stock exactly"
    if growth_law(experiment.world).is_told:
        return "fair shares depend on the growth of each month, which members know"
    return ""


def _obstacle_to_threats(experiment: Experiment) -> str:
    """Why members cannot know what fair shares and a punishment are worth; empty if they can."""
    law, capacity = growth_law(experiment.world), experiment.world.capacity
    known = law.known_to_members
    if all(known.grown(left, capacity) == law.grown(left, capacity) for left in range(capacity + 1)):
        return ""
    return "members do not know how the stock grows"


def _has_weights(experiment: Experiment) -> bool:
    return any(one.weight != 1 for one in experiment.members.values())


def _is_limited_by_balance(experiment: Experiment) -> bool:
    """Whether members can pay no more than what they earned."""
    has_endowments = any(one.endowment for one in experiment.members.values())
    return not experiment.society.may_go_negative and not has_endowments


def _has_joining(experiment: Experiment) -> bool:
    return any(experiment.member(name).joins != 1 for name in experiment.society.members)


def _differences(experiment: Experiment) -> str | None:
    """Return why equilibria of an experiment are not computed; None if all members are alike and stay."""
    members = experiment.members.values()
    if any(one.leaves is not None for one in members):
        return "members leave"
    return _LIMITED if _has_limits(experiment) else None


def _has_limits(experiment: Experiment) -> bool:
    return any(one.limit is not None for one in experiment.members.values())


def _bounded(found: Yardstick, experiment: Experiment) -> Yardstick:
    """Return a maximum as an upper bound if limits of members may make it unreachable."""
    if found.method != "exact" or not _has_limits(experiment):
        return found
    return replace(found, method="bound", reason=f"upper bound: {_LIMITED}")


def _solved(solving: Callable[[], float], reason: str) -> Yardstick:
    """A yardstick that is computed exactly, or the reason why it cannot be."""
    try:
        value = solving()
    except AnalysisError as error:
        return Yardstick(method="unavailable", reason=str(error))
    if isnan(value):
        reason = "no harvests are certain to keep the stock above the collapse level"
        return Yardstick(method="unavailable", reason=reason)
    return Yardstick(value=value, method="exact", reason=reason)


def _informed(game: Game) -> Yardstick:
    if game.has_certain_growth:
        return _solved(lambda: _maximum(game), "equal to the optimum, as growth is certain")
    found = _solved(
        lambda: maximum_catch(game, knowledge="informed"), "growth and shocks of a month are known before its harvest"
    )
    if found.method != "exact" or not game.has_upper_signals:
        return found
    return replace(found, method="bound", reason=f"upper bound, as growth factors are rounded up: {found.reason}")


def _maximum(game: Game) -> float:
    """The maximum expected catch, from the optimal harvests unless their tables would be too large."""
    found = _path(game)
    return maximum_catch(game) if found is None else found.total


def _path(game: Game) -> Optimum | None:
    try:
        return solve(game)
    except AnalysisError:  # the tables would be too large; the optimum itself needs none
        return None
