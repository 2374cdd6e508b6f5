"""Sanctions: members punish and reward each other at their own cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from govsim.agents import Answer, Notice, Request, View
from govsim.agents.policies import PUNISH, REWARD, known_excess, points_for
from govsim.calendar import discussion_day
from govsim.commons import CENTS, Charge, written_dollars
from govsim.config import Experiment, Section, in_per_cent
from govsim.errors import ConfigError
from govsim.journal import Points, SanctionsLine
from govsim.models.fields import NumberField, Value, numbered, words_in_tags
from govsim.society.phase import Phase
from govsim.society.rule import RULES, AddedPhase, Rule, Terms
from govsim.society.rules.inspection import in_cents

if TYPE_CHECKING:
    from govsim.society.society import Society

SANCTION, COUNTER = "sanction", "counter-sanction"
CONVEX = (0, 1, 2, 4, 6, 9, 12, 16, 20, 25, 30)
"""Prices of 0 to 10 points for the same member (Fehr and Gächter 2000)."""

_VIEW = {"points": 10, "most": 10, "punish": True, "reward": True, "catches": ["Kate 12"], "others": []}


@RULES.register
class Sanctions(Rule):
    """Lets members assign points of punishment and reward to each other after the report of catches.

    Points cost the giver money. Punishment takes money from its target, which leaves the society; reward gives money to
    its target, which enters the society. All sanctions of a month apply at the same time.
    """

    name = "sanctions"
    templates = {
        "sanctions": {
            "points": 10,
            "most": 10,
            "costs": ["1,000"],
            "is_free": False,
            "punishment": "3,000",
            "reward": "1,000",
            "punish_share": None,
            "stipend": None,
            "floor": "balance",
            "network": "complete",
            "reveal": "totals",
            "counter": False,
        },
        "sanction": {"date": "2024-01-30", "is_counter": False, **_VIEW},
        "sanctioned": {"received": [{"member": "Kate", "punish": 5, "reward": 0, "by": ["John"]}]},
    }

    class Settings(Section):
        """Settings of the rule."""

        enforcement: Literal["none", "announced", "hard"] = "hard"
        """Enforcement: `hard` moves money; with `announced`, members are asked and informed in the same words, but no
        money moves; with `none`, there are no sanctions."""
        points: int = Field(10, ge=1)
        """Maximum number of points that a member may assign in a month."""
        max_per_target: int = Field(10, ge=1)
        """Maximum number of points of punishment, and of reward, that a member may assign to the same member."""
        currency: Literal["income", "endowment"] = "income"
        """Payment for points: the giver's money (`income`), or a monthly endowment of points, which has no other use
        and does not last."""
        price: Literal["linear", "convex"] = "linear"
        """Price of points in prices of one unit: 1 for each point (`linear`), or 1, 2, 4, 6, 9, 12, 16, 20, 25 and 30
        for 1 to 10 points for the same member (`convex`)."""
        punish_ratio: float = Field(3, ge=0)
        """Loss of the target for each point of punishment, in prices of one unit; 0 for no punishment."""
        punish_share: float = Field(0, ge=0, le=1)
        """Loss of the target for each point of punishment as a share of what it earned in the month, instead of
        `punish_ratio`: 0.1 in Fehr and Gächter (2000). All points together take at most all of it. 0 if the loss does
        not depend on what the target earned."""
        reward_ratio: float = Field(1, ge=0)
        """Gain of the target for each point of reward, in prices of one unit; 0 for no reward."""
        stipend: float = Field(0, ge=0)
        """Money that every member receives before the first points of a month, in prices of one unit; it keeps what it
        does not use (20 in Gürerk et al. 2006). It enters the society."""
        floor: Literal["balance", "income"] = "balance"
        """Maximum loss by punishment: the target's `balance`, as for all charges, or its `income` of the month."""
        network: Literal["complete", "circle", "group"] = "complete"
        """Members that a member can sanction: all others (`complete`), its neighbours in the roster (`circle`), or the
        others in its `group`, as in `members.NAME.group`; members without one form a group too."""
        reveal: Literal["totals", "who", "nothing"] = "totals"
        """What members learn: the points that each member received (`totals`), also by whom (`who`), or `nothing`."""
        counter: bool = False
        """Whether members may assign their remaining points after they have learned of the sanctions."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings if settings is not None else self.Settings(), name=name)

    def check(self, experiment: Experiment) -> None:
        """Reject sanctions without punishment and reward, groups without members, and points without a convex price."""
        settings, key = self.settings, f"institutions.{self.name}"
        if not any((settings.punish_ratio, settings.punish_share, settings.reward_ratio)):
            raise ConfigError(f"{key}.punish_ratio = 0: must be more than 0 if reward_ratio is 0")
        if settings.network == "group" and not any(one.group for one in experiment.members.values()):
            raise ConfigError(f"{key}.network = group: no member has a group; set members.NAME.group")
        if settings.price == "convex" and settings.max_per_target >= len(CONVEX):
            raise ConfigError(
                f"{key}.max_per_target = {settings.max_per_target}: must be at most {len(CONVEX) - 1} if price = convex"
            )

    @property
    def costs(self) -> Sequence[int]:
        """Prices of 0, 1, 2 … points for the same member, in prices of one unit."""
        if self.settings.currency == "endowment":
            return (0,) * (self.settings.max_per_target + 1)
        if self.settings.price == "convex":
            return CONVEX[: self.settings.max_per_target + 1]
        return range(self.settings.max_per_target + 1)

    def terms(self, society: Society) -> Terms | None:
        """Return the prices and effects of points; the same text if they are only announced."""
        if self.settings.enforcement == "none":
            return None
        settings, price = self.settings, society.institutions.price_of("")
        costs = self.costs[1:2] if settings.price == "linear" else self.costs[1:]

        def dollars(amount: float) -> str | None:
            return written_dollars(in_cents(amount, price)) if amount else None

        text = society.prompts.render(
            "sanctions",
            points=settings.points,
            most=min(settings.points, settings.max_per_target),
            costs=[dollars(cost) for cost in costs],
            is_free=settings.currency == "endowment",
            punishment=None if settings.punish_share else dollars(settings.punish_ratio),
            reward=dollars(settings.reward_ratio),
            punish_share=in_per_cent(settings.punish_share) if settings.punish_share else None,
            stipend=dollars(settings.stipend),
            floor=None
            if settings.floor == "balance" and society.institutions.ledger.may_go_negative
            else settings.floor,
            network=settings.network,
            reveal=settings.reveal,
            counter=settings.counter,
        )
        return Terms(text=text, values=settings.model_dump(mode="json"))

    def phases(self) -> Iterable[AddedPhase]:
        """Return the phase of sanctions, after the report of catches."""
        if self.settings.enforcement != "none":
            yield AddedPhase(phase=SanctionPhase(name=f"{self.name}-stage", rule=self))


def _proportional(request: Request) -> Mapping[str, Value]:
    """Impose one point for each unit above the target's threshold, unless the own catch exceeds the own one."""
    month = request.view.history[-1] if request.view.history else None
    has_exceeded = month is not None and (month.received or 0) > month.member_threshold
    return points_for(request, {} if has_exceeded else known_excess(request.view))


def _nothing(request: Request) -> Mapping[str, Value]:
    """Assign no points."""
    return points_for(request, {})


class SanctionPhase(Phase):
    """Every member assigns points to others; all take effect at the same time."""

    sincere = {SANCTION: _proportional, COUNTER: _nothing}

    def __init__(self, *, name: str, rule: Sanctions) -> None:
        super().__init__(name=name)
        self._rule = rule

    async def run(self, society: Society) -> None:
        """Ask for sanctions, and for counter-sanctions if there are any to answer."""
        used, lost = Counter[str](), Counter[str]()
        if (stipend := self._stipend(society)) and self._rule.settings.enforcement == "hard":
            members = society.state.members
            paid = [Charge(by=self.name, member=one, amount=-stipend, reason="stipend") for one in members]
            society.institutions.charge(society, self, paid)
        first = await self._stage(society, SANCTION, used, lost)
        if first and self._rule.settings.counter:
            await self._stage(society, COUNTER, used, lost)

    def _stipend(self, society: Society) -> int:
        """Return the stipend in cents."""
        return in_cents(self._rule.settings.stipend, society.institutions.price_of(""))

    async def _stage(
        self, society: Society, purpose: str, used: Counter[str], lost: Counter[str]
    ) -> tuple[Points, ...]:
        """Ask for points, move money and inform members.

        Args:
            society: the society.
            purpose: the purpose of the requests.
            used: points that each member has assigned this month; updated.
            lost: cents that each member has lost by punishment this month; updated.

        Returns:
            The points assigned.
        """
        view = society.view(self, discussion_day(society.state.month).isoformat())
        requests = dict(self._requests(society, view, purpose, used))
        answers = await society.ask_each(purpose, view, lambda own: _for(own, requests), members=requests)
        points = tuple(one for giver, answer in answers.items() for one in _assigned(giver, requests[giver], answer))
        for one in points:
            used[one.by] += one.punish + one.reward
        if self._rule.settings.enforcement == "hard":
            society.institutions.charge(society, self, self._charges(society, points, lost))
        society.recorder.note(
            SanctionsLine(
                month=society.state.month,
                phase=self.name,
                rule=self._rule.name,
                ordinal=int(purpose == COUNTER),
                points=points,
                invalid=tuple(name for name, answer in answers.items() if answer.invalid is not None),
            )
        )
        if points and self._rule.settings.reveal != "nothing":
            received = list(_received(society.state.members, points, names=self._rule.settings.reveal == "who"))
            society.notify_all(Notice(template="sanctioned", variables={"received": received}, lasts=True), view)
        return points

    def _requests(
        self, society: Society, view: View, purpose: str, used: Mapping[str, int]
    ) -> Iterator[tuple[str, Request]]:
        """Yield the requests to all members that have points to assign, and members to assign them to."""
        settings = self._rule.settings
        ratios = {PUNISH: settings.punish_share or settings.punish_ratio, REWARD: settings.reward_ratio}
        kinds = [kind for kind, ratio in ratios.items() if ratio]
        for name in society.state.members:
            others = _others(name, society.state.members, settings.network, society.experiment)
            points = self._affordable(society, name, settings.points - used[name])
            if not others or not points:
                continue
            labels = words_in_tags(others)
            most = min(points, settings.max_per_target)
            about = {f"{kind} {labels[other]}": other for other in others for kind in kinds}
            variables = {
                "date": view.date,
                "is_counter": purpose == COUNTER,
                "points": points,
                "most": most,
                "punish": PUNISH in kinds,
                "reward": REWARD in kinds,
                "others": numbered(labels),
            }
            yield (
                name,
                Request(
                    purpose=purpose,
                    template="sanction",
                    fields=tuple(NumberField(tag=tag, low=0, high=most, total=points) for tag in about),
                    view=view,
                    variables=variables,
                    queries=(society.prompts.render_cached("query"),),
                    about=about,
                ),
            )

    def _affordable(self, society: Society, member: str, points: int) -> int:
        """Return the largest number of points that a member can pay for, however it distributes them."""
        ledger, costs = society.institutions.ledger, self._rule.costs
        if ledger.may_go_negative or not (price := society.institutions.price_of("")):
            return points
        is_unpaid = self._rule.settings.enforcement == "announced"  # members are asked as if they had received it
        units = (ledger.balance(member) + is_unpaid * self._stipend(society)) // (price * CENTS)
        return next(number for number in range(points, -1, -1) if _highest_cost(costs, number) <= max(0, units))

    def _charges(self, society: Society, points: Iterable[Points], lost: Counter[str]) -> Iterator[Charge]:
        """Yield the costs of the givers, then the gains and the losses of the receivers."""
        settings, price = self._rule.settings, society.institutions.price_of("")
        costs, punish, reward = Counter[str](), Counter[str](), Counter[str]()
        for one in points:
            costs[one.by] += self._rule.costs[one.punish] + self._rule.costs[one.reward]
            punish[one.member] += one.punish
            reward[one.member] += one.reward
        for name in society.state.members:
            if costs[name]:
                amount = in_cents(costs[name], price)
                yield Charge(by=self.name, member=name, amount=amount, reason="cost of sanctions")
        for name in society.state.members:
            if gain := in_cents(settings.reward_ratio * reward[name], price):
                yield Charge(by=self.name, member=name, amount=-gain, reason="reward")
        for name in society.state.members:
            earned = society.institutions.earned.get(name, 0)
            if settings.punish_share:
                loss = round(Fraction(str(settings.punish_share)) * punish[name] * earned)
            else:
                loss = in_cents(settings.punish_ratio * punish[name], price)
            if settings.floor == "income" or settings.punish_share:
                loss = min(loss, earned - lost[name])
            if loss:
                lost[name] += loss
                yield Charge(by=self.name, member=name, amount=loss, reason="punishment")


def _for(view: View, requests: Mapping[str, Request]) -> Request:
    """Return the request to one member, with its own view and the catches that it knows."""
    request = requests[view.member or ""]
    known = view.history[-1].catches if view.history and view.history[-1].month == view.month else {}
    catches = [f"{name} {units}" for name, units in known.items()]
    return replace(request, view=view, variables={**request.variables, "catches": catches})


def _others(member: str, present: Sequence[str], network: str, experiment: Experiment) -> tuple[str, ...]:
    """Return the members that a member can sanction, in roster order."""
    place, n = present.index(member), len(present)
    if network == "circle":
        within = {present[(place + step) % n] for step in (-1, 1)}
    elif network == "group":
        within = {name for name in present if experiment.member(name).group == experiment.member(member).group}
    else:
        within = set(present)
    return tuple(name for name in present if name in within and name != member)


def _highest_cost(costs: Sequence[int], points: int) -> int:
    """Return the cost of the most expensive distribution of points, which puts as many as possible on one member."""
    most = len(costs) - 1
    return points // most * costs[most] + costs[points % most]


def _assigned(giver: str, request: Request, answer: Answer) -> Iterator[Points]:
    """Yield the points in an answer, one for each member that receives any."""
    for member in dict.fromkeys(request.about.values()):
        own = {tag.split()[0]: answer.number(tag) or 0 for tag, about in request.about.items() if about == member}
        punish, reward = own.get(PUNISH, 0), own.get(REWARD, 0)
        if punish or reward:
            yield Points(by=giver, member=member, punish=punish, reward=reward)


def _received(members: Collection[str], points: Sequence[Points], *, names: bool) -> Iterator[dict[str, object]]:
    """Yield what each member received: points of punishment and reward, and by whom if `names`."""
    for member in members:
        own = [one for one in points if one.member == member]
        if own:
            yield {
                "member": member,
                "punish": sum(one.punish for one in own),
                "reward": sum(one.reward for one in own),
                "by": [one.by for one in own] if names else [],
            }
