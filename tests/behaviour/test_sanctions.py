"""Sanctions: what points cost, what they do, and who may assign how many to whom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.analysis import read_run
from govsim.errors import ConfigError
from govsim.jobs.replay import replay
from govsim.journal import Accounts, Charges, MessageLine, SanctionsLine, TermsLine
from govsim.models.fake import member, provider
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
GRABBER: dict[str, Any] = {
    "agents.default": "policy:punisher",
    "members.John.agent": "policy:fixed:60",
    "world.months": 1,
}


def lived(live: Live, base: dict[str, Any], **how: Any) -> Lived:
    [run] = live("fishery", {**base, "institutions": [{"sanctions": how}]})
    return run


def balances(run: Lived) -> dict[str, int]:
    """Balances at the end, in prices of one unit."""
    return {name: one.balance // 100_000 for name, one in list(run.journal.of(Accounts))[-1].members.items()}


class TestMoney:
    def test_four_punishers_wipe_out_the_gain_of_a_grabber(self, live: Live) -> None:
        run = lived(live, GRABBER, max_per_target=5)
        assert balances(run) == {"John": 0, **dict.fromkeys(FIVE[1:], 5)}, "John loses 4 × 5 × 3 of 60"
        assert balances(lived(live, GRABBER, max_per_target=4))["John"] == 12

    def test_announced_sanctions_move_no_money_and_none_do_not_exist(self, live: Live) -> None:
        announced, none = (lived(live, GRABBER, enforcement=how) for how in ("announced", "none"))
        assert len(next(announced.journal.of(SanctionsLine)).points) == 4
        assert not list(announced.journal.of(Charges))
        assert not list(none.journal.of(SanctionsLine))
        assert balances(announced) == balances(none) == {"John": 60, **dict.fromkeys(FIVE[1:], 10)}

    def test_convex_points_cost_more_and_never_more_than_a_member_has(self, live: Live) -> None:
        run = lived(live, GRABBER, price="convex", floor="income")
        points = next(run.journal.of(SanctionsLine)).points
        assert {one.punish for one in points} == {5}, "6 points would cost 12 of 9"
        assert balances(run) == {"John": 0, **dict.fromkeys(FIVE[1:], 1)}

    def test_points_of_an_endowment_cost_no_money(self, live: Live) -> None:
        run = lived(live, GRABBER, currency="endowment", points=3)
        assert balances(run) == {"John": 24, **dict.fromkeys(FIVE[1:], 10)}

    def test_the_income_of_the_month_bounds_the_loss(self, live: Live) -> None:
        base = {**GRABBER, "members.John.endowment": 5_000, "society.may_go_negative": True}
        assert balances(lived(live, base, floor="income"))["John"] == 5
        assert balances(lived(live, base, floor="balance"))["John"] == 65 - 120

    @pytest.mark.parametrize(("most", "left"), [(2, 60 - 48), (5, 0)])
    def test_points_can_take_a_share_of_the_income_of_the_month(self, live: Live, most: int, left: int) -> None:
        how = {"price": "convex", "punish_share": 0.1, "reward_ratio": 0, "max_per_target": most}
        run = lived(live, {**GRABBER, "members.John.endowment": 7_000}, **how)
        assert {one.punish for one in next(run.journal.of(SanctionsLine)).points} == {most}
        assert balances(run) == {"John": 7 + left, **dict.fromkeys(FIVE[1:], 10 - [0, 1, 2, 4, 6, 9][most])}

    def test_a_stipend_pays_for_points_and_the_rest_is_kept(self, live: Live) -> None:
        run = lived(live, GRABBER, stipend=20, points=30, max_per_target=25)
        assert {one.punish for one in next(run.journal.of(SanctionsLine)).points} == {25}
        assert balances(run) == {"John": 0, **dict.fromkeys(FIVE[1:], 10 + 20 - 25)}
        told = {
            how: lived(live, GRABBER, stipend=20, points=30, max_per_target=25, enforcement=how).journal
            for how in ("announced", "hard")
        }
        assert len({next(one.of(TermsLine)).text for one in told.values()}) == 1
        assert len({next(one.of(SanctionsLine)).points for one in told.values()}) == 1
        assert not list(told["announced"].of(Charges))

    def test_members_sanction_the_others_in_their_group(self, live: Live) -> None:
        groups = {"members.John.group": "boats", "members.Kate.group": "boats", "members.Luke.group": "nets"}
        run = lived(live, {**GRABBER, **groups}, network="group")
        assert {(one.by, one.member) for one in next(run.journal.of(SanctionsLine)).points} == {("Kate", "John")}
        assert "to the others in its group, at most" in next(run.journal.of(TermsLine)).text
        with pytest.raises(ConfigError, match=r"sanctions.network = group: no member has a group; set members.NAME"):
            lived(live, GRABBER, network="group")

    def test_neighbours_sanction_each_other_in_a_circle(self, live: Live) -> None:
        run = lived(live, GRABBER, network="circle")
        assert [one.by for one in next(run.journal.of(SanctionsLine)).points] == ["Kate", "Luke"]


def answering(values: Callable[[Request], dict[str, int]]) -> type[Agent]:
    class Scripted(Agent):
        """An agent that answers requests for sanctions as a test says."""

        name = "scripted"

        async def answer(self, request: Request) -> Answer:
            if request.purpose == "harvest":
                return Answer(values={"Answer": 10})
            none = {field.tag: 0 for field in request.fields}
            return Answer(values={**none, **values(request)})

    return Scripted


SILENT: dict[str, Any] = {"agents.default": "scripted", "world.months": 1, "society.communication": False}


class TestStages:
    def test_only_the_remaining_points_can_be_assigned_in_return(self, live: Live) -> None:
        seen: dict[str, int | None] = {}

        def give(request: Request) -> dict[str, int]:
            me = request.view.member
            if request.purpose == "counter-sanction":
                seen[str(me)] = next(field.total for field in request.fields if hasattr(field, "total"))
                return {"Punish Kate": 2} if me == "John" else {}
            return {"Punish John": 7, "Reward Emma": 1} if me == "Kate" else {}

        with AGENTS.temporary(answering(give)):
            run = lived(live, SILENT, counter=True, max_per_target=7, reward_ratio=2)
        assert seen == {"Kate": 2, "Jack": 10, "Emma": 10, "Luke": 10}, "John has lost all money, Kate all but 2"
        stages = [(line.ordinal, [one.model_dump() for one in line.points]) for line in run.journal.of(SanctionsLine)]
        assert [one["by"] for _, points in stages for one in points] == ["Kate", "Kate"]
        assert balances(run) == {"John": 0, "Kate": 2, "Jack": 10, "Emma": 12, "Luke": 10}

    @pytest.mark.parametrize(
        ("answer", "flaw"),
        [
            ({"Punish John": 1}, "Punish John is not a field"),
            ({"Punish Zoe": 1}, "Punish Zoe is not a field"),
            ({"Punish Kate": -1}, "Punish Kate = -1 is not an allowed answer"),
            ({"Punish Kate": 11}, "Punish Kate = 11 is not an allowed answer"),
            ({"Punish Kate": 6, "Reward Emma": 5}, "add up to 11, but at most 10 in all are allowed"),
        ],
    )
    def test_answers_beyond_the_rules_are_refused(self, live: Live, answer: dict[str, int], flaw: str) -> None:
        with AGENTS.temporary(answering(lambda request: answer if request.view.member == "John" else {})):
            run = lived(live, SILENT)
        assert run.journal.end is not None
        assert flaw in (run.journal.end.reason or "")

    def test_unparsable_answers_assign_no_points_and_are_counted(self, live: Live) -> None:
        with AGENTS.temporary(_Mute):
            run = lived(live, {**SILENT, "agents.default": "mute"})
        line = next(run.journal.of(SanctionsLine))
        assert (line.points, line.invalid) == ((), FIVE)

    def test_members_whose_names_cannot_be_tags_have_numbers(self, live: Live) -> None:
        base = {"models.default": "fake/society", "world.months": 1, "society.members": ["Ann", "Zoë", "李"]}
        run = lived(live, base)
        prompt = run.prompts(purpose="sanction")[0]
        assert "The others have these numbers: 1 Zoë, 2 李." in prompt
        assert {one.member for one in next(run.journal.of(SanctionsLine)).points} <= {"Ann", "Zoë", "李"}
        assert asyncio.run(replay(run.journal.path)).difference is None


class _Mute(Agent):
    """An agent whose answers cannot be parsed."""

    name = "mute"

    async def answer(self, request: Request) -> Answer:
        is_harvest = request.purpose == "harvest"
        return Answer(values={"Answer": 10}) if is_harvest else request.answer({"Punish Kate": 1}, invalid="it mumbles")


@pytest.mark.parametrize(
    ("tag", "points", "reason"),
    [
        ("Punish Kate", 3, "more than one number"),  # herself
        ("Punish Zoe", 3, "more than one number"),  # not a member
        ("Punish John", 11, "must be a whole number from 0 to 10"),
        ("Punish John", -2, "must be a whole number from 0 to 10"),
        ("Punish John", 8, "The numbers add up to 15, but at most 10 in all are allowed."),
    ],
)
def test_hostile_replies_are_requested_again_and_counted(
    live: Live, monkeypatch: pytest.MonkeyPatch, tag: str, points: int, reason: str
) -> None:
    usual = member.reply

    def reply(messages: list[tuple[str, str]], settings: Any, schema: object) -> str:
        text = "\n".join(content for _, content in messages)
        if "You are Kate" not in text or "Punish John: <" not in text:
            return usual(messages, settings)
        tags = [f"{kind} {name}" for name in FIVE if name != "Kate" for kind in ("Punish", "Reward")]
        given = {**dict.fromkeys(tags, 0), "Reward Luke": 7, tag: points}
        return "\n".join(f"{each}: {number}" for each, number in given.items())

    monkeypatch.setattr(provider, "reply", reply)
    run = lived(live, {"models.default": "fake/society", "world.months": 1})
    calls = run.calls(purpose="sanction", member="Kate")
    assert [call.attempt for call in calls] == [0, 1, 2]
    assert all(reason in (call.refused or "") for call in calls), calls[0].refused
    found = next(run.journal.of(SanctionsLine))
    assert found.invalid == ("Kate",)
    assert not [one for one in found.points if one.by == "Kate"]


def test_all_stated_arms_send_the_same_prompts(live: Live) -> None:
    sent = set()
    for how in ("announced", "hard"):
        base = {"models.default": "fake/society", "world.months": 1}
        run = lived(live, base, enforcement=how)
        messages = {one.hash: one.content for one in run.journal.of(MessageLine)}
        sent.add(tuple(messages[hash_] for call in run.calls() for hash_ in call.messages))
    assert len(sent) == 1


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=st.integers(1, 30),
    most=st.integers(1, 10),
    price=st.sampled_from(("linear", "convex")),
    currency=st.sampled_from(("income", "endowment")),
    punish=st.sampled_from((0, 2.5, 3)),
    reward=st.sampled_from((1, 1.5)),
    share=st.sampled_from((0, 0.1, 0.075)),
    stipend=st.sampled_from((0, 20)),
)
def test_every_number_in_the_terms_is_one_that_is_applied_and_the_reverse(
    live: Live,
    points: int,
    most: int,
    price: str,
    currency: str,
    punish: float,
    reward: float,
    share: float,
    stipend: float,
) -> None:
    how = {"points": points, "max_per_target": most, "price": price, "currency": currency}
    ratios = {"punish_ratio": punish, "punish_share": share, "reward_ratio": reward}
    run = lived(live, GRABBER, **how, **ratios, stipend=stipend)
    text = next(run.journal.of(TermsLine)).text
    convex = [1, 2, 4, 6, 9, 12, 16, 20, 25, 30][:most]
    costs = [] if currency == "endowment" else convex if price == "convex" else [1]
    amounts = [*costs, *([] if share else [punish]), reward, stipend]
    applied = [points, min(points, most), *(1000 * one for one in amounts if one), *([100 * share] if share else [])]
    assert sorted(float(one.replace(",", "")) for one in NUMBER.findall(text)) == sorted(applied), text


def test_measures_of_money_and_sanctions(live: Live) -> None:
    run = lived(live, {**GRABBER, "members.Kate.agent": "policy:fixed:0"}, max_per_target=5)
    found = read_run(run.journal.path).values
    expected = {
        "sanction_points": 15 / 5,
        "antisocial_share": 0.0,
        "punishment_slope": 15 * 42 / (42**2 + 18**2 + 3 * 8**2),
        "second_order_free_riding": 1 / 4,
        "net_income": 6_000.0,
        "income_equality": 1 - 120 / 300,
        "enforcement_cost": 12_000.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_measures_of_rewards_and_of_what_follows_punishment(live: Live) -> None:
    def give(request: Request) -> dict[str, int]:
        return {"Punish John": 2, "Reward Emma": 1} if request.view.member == "Kate" else {}

    class Reformed(answering(give)):  # type: ignore[misc]
        """John takes less every month."""

        async def answer(self, request: Request) -> Answer:
            if request.purpose == "harvest" and request.view.member == "John":
                return Answer(values={"Answer": 20 - request.view.month**2})
            answer: Answer = await super().answer(request)
            return answer

    with AGENTS.temporary(Reformed):
        run = lived(live, {**SILENT, "world.months": 3})
    found = read_run(run.journal.path).values
    assert found["reward_share"] == 1 / 3
    assert found["response_to_punishment"] == (-3 + -5) / 2
