"""Votes: how proposals and ballots become the quota of the next month."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from govsim.agents import AGENTS, POLICIES, Agent, Answer, Policy, Request
from govsim.analysis import read_run
from govsim.analysis.measures import CountedRun
from govsim.analysis.measures.decisions import decision_error, promise_gap, turnout
from govsim.config import Section
from govsim.errors import ConfigError
from govsim.jobs.replay import replay
from govsim.journal import BallotLine, Charges, Harvest, MemoryLine, TermsLine, Wishes
from govsim.models.fields import Value
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
PROPOSALS = (4, 7, 9, 12, 12)


class Fixed(Section):
    """Settings of the voters."""

    number: int = 10
    accepts: str = "yes"


class Voter(Policy):
    """Takes nothing, proposes a number and accepts nothing or everything."""

    name = "voter"
    is_random = False
    Settings = Fixed
    settings: Fixed

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        return 0

    def vote(self, request: Request, rng: np.random.Generator) -> int | None:
        return self.settings.number if self.settings.number >= 0 else None

    def accept(self, request: Request, rng: np.random.Generator) -> Value:
        return self.settings.accepts


class Opponent(Policy):
    """Takes nothing, and wishes a limit that hardly limits anybody."""

    name = "opponent"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        return 0

    def vote(self, request: Request, rng: np.random.Generator) -> int:
        return 95


@pytest.fixture(autouse=True)
def _voters() -> Iterator[None]:
    with POLICIES.temporary(Voter), POLICIES.temporary(Opponent):
        yield


def institutions(quota: dict[str, Any] | None = None, **vote: Any) -> dict[str, Any]:
    return {"institutions": [{"quota": {"amount": "decided", **(quota or {})}}, {"vote": vote}]}


def voters(*numbers: int, refusing: str = "") -> dict[str, Any]:
    return {
        f"members.{name}.agent": f"policy:voter:number={number}:accepts={'no' if name == refusing else 'yes'}"
        for name, number in zip(FIVE, numbers, strict=True)
    }


def ballots(run: Lived) -> list[BallotLine]:
    return list(run.journal.of(BallotLine))


def lived(live: Live, settings: dict[str, Any], **execution: Any) -> Lived:
    [run] = live("fishery", settings, **execution)
    return run


class TestBindingVote:
    def test_fair_voters_decide_the_threshold_and_live(self, live: Live) -> None:
        run = lived(live, {"agents.default": "policy:fair-share", **institutions()})
        assert (run.journal.status, len(run.harvests)) == ("completed", 12)
        assert [line.value for line in ballots(run)] == [10] * 12
        assert {sum(one.granted[name] for one in run.harvests) for name in FIVE} == {120}
        assert [terms.quotas for terms in run.journal.of(TermsLine) if terms.rule == "quota"] == [
            dict.fromkeys(FIVE, 10)
        ] * 11, "there is no quota before the first vote"

    def test_an_announced_quota_does_not_save_greedy_voters_and_a_hard_one_binds_a_minority(self, live: Live) -> None:
        greedy = {"agents.default": "policy:greedy"}
        run = lived(live, {**greedy, **institutions({"enforcement": "announced"})})
        assert (run.journal.status, len(run.harvests)) == ("collapsed", 1)
        minority = {"agents.default": "policy:fair-share", "members.Luke.agent": "policy:fixed:20"}
        caught = lived(live, {**minority, **institutions()}).harvests
        assert [one.granted["Luke"] for one in caught[:4]] == [20, 8, 8, 8]
        assert [line.value for line in ballots(lived(live, {**minority, **institutions(rule="mean")}))][:1] == [10]


@pytest.mark.parametrize(
    ("rule", "value", "tally"),
    [
        ("median", 9, {}),
        ("mean", 8, {}),
        ("plurality", 12, {"4": 1, "7": 1, "9": 1, "12": 2}),
        ("majority", 9, {"yes": 5}),
        ("unanimity", 4, {"yes": 5}),
        ("approval", 9, {"4": 1, "7": 3, "9": 4, "12": 2}),
        ("borda", 9, {"4": 4, "7": 9, "9": 10, "12": 7}),
    ],
)
def test_each_rule_counts_the_same_proposals_in_its_way(
    live: Live, rule: str, value: int, tally: dict[str, int]
) -> None:
    [line] = ballots(lived(live, {**voters(*PROPOSALS), **institutions(rule=rule), "world.months": 1}))
    assert line.outcome == "adopted"
    assert (line.value, line.tally) == (value, tally)


def test_a_run_off_eliminates_the_lowest_proposal_in_favour_of_the_next(live: Live) -> None:
    [line] = ballots(lived(live, {**voters(4, 9, 9, 12, 12), **institutions(rule="irv"), "world.months": 1}))
    assert (line.value, line.eliminated, line.tally) == (9, (4,), {"9": 3, "12": 2})
    assert line.ballots["John"] == (4, 9, 12)
    assert line.ties == ()


class TestStatusQuo:
    @pytest.mark.parametrize(("status_quo", "values"), [("last", [9, 9, 9]), ("none", [9, None, None])])
    def test_without_a_quorum_the_status_quo_applies(
        self, live: Live, status_quo: str, values: list[int | None]
    ) -> None:
        """From month 2 on, only John and Kate are there to vote, and Kate abstains."""
        settings = {
            **voters(9, 9, 9, 9, 9),
            **institutions(status_quo=status_quo, quorum=0.6),
            "members.Kate.agent": "policy:voter:number=-1",
            **{f"members.{name}.leaves": 2 for name in FIVE[2:]},
            "world.months": 3,
        }
        run = lived(live, settings)
        assert [line.value for line in ballots(run)] == values
        assert [line.outcome for line in ballots(run)] == ["adopted", "no-quorum", "no-quorum"]
        assert ballots(run)[1].abstained == ("Kate",)

    def test_one_refusal_defeats_unanimity_but_not_a_majority(self, live: Live) -> None:
        refusing = voters(9, 9, 9, 9, 9, refusing="Emma")
        found = {
            rule: ballots(lived(live, {**refusing, **institutions(rule=rule), "world.months": 1}))[0]
            for rule in ("unanimity", "majority")
        }
        assert {rule: (line.outcome, line.value) for rule, line in found.items()} == {
            "unanimity": ("rejected", None),
            "majority": ("adopted", 9),
        }
        assert found["majority"].tally == {"yes": 4, "no": 1}

    def test_members_who_want_no_limit_reject_a_low_one(self, live: Live) -> None:
        settings = {"members.John.agent": "policy:fair-share", "agents.default": "policy:opponent", "world.months": 1}
        [line] = ballots(lived(live, {**settings, **institutions(rule="unanimity")}))
        assert (line.proposal, line.outcome) == (10, "rejected")
        assert line.ballots == {"John": "yes", **dict.fromkeys(FIVE[1:], "no")}


class TestProposals:
    def test_a_random_proposer_is_drawn_from_the_rules_own_stream(self, live: Live) -> None:
        run = lived(live, {**voters(*PROPOSALS), **institutions(rule="majority", proposer="random"), "world.months": 6})
        for line in ballots(run):
            assert line.proposer_draw is not None
            assert line.proposer == FIVE[int(line.proposer_draw * 5)]
            assert line.proposals == {line.proposer: line.proposal}
        assert len({line.proposer for line in ballots(run)}) > 1

    def test_the_agreed_limit_is_put_to_the_vote(self, live: Live) -> None:
        settings = {"models.default": "fake/society", "world.months": 1}
        run = lived(live, {**settings, **institutions(rule="majority", from_agreement=True)})
        [line] = ballots(run)
        assert (line.proposal, line.proposals) == (10, {})

    def test_a_proposer_needs_a_vote_on_one_proposal(self, live: Live) -> None:
        with pytest.raises(ConfigError, match=r"institutions\.vote\.proposer: needs a vote on one proposal; set rule"):
            live("fishery", institutions(proposer="random"))


def test_two_institutions_decide_amount_and_fine_without_disturbing_each_other(live: Live) -> None:
    """The fine is proposed in dollars; the policies' own votes concern catches, and do not apply to it."""
    quota = {"amount": "decided", "fine": {"per_unit": "decided"}, "enforcement": "probabilistic"}
    settings = {
        "agents.default": "policy:fair-share",
        "members.John.agent": "policy:fixed:14",
        "world.months": 2,
        "institutions": [
            {"quota": {**quota, "inspection": {"probability": 1}, "confiscation": "none"}},
            "vote",
            {"vote": {"as": "fine-vote", "on": "quota.fine", "rule": "mean"}},
        ],
    }
    run = lived(live, settings)
    assert {line.subject: line.value for line in ballots(run)} == {"quota.amount": 8, "quota.fine": 3000}
    fines = [one for line in run.journal.of(Charges) if line.month == 2 for one in line.charges]
    assert [(one.member, one.paid) for one in fines] == [("John", 5 * 3000 * 100)]


def test_a_vote_costs_those_who_cast_a_ballot(live: Live) -> None:
    run = lived(
        live, {**voters(9, 9, 9, 9, -1), **institutions(cost=0.5), "world.months": 1, "members.John.endowment": 900}
    )
    charged = [one for line in run.journal.of(Charges) for one in line.charges]
    assert [(one.member, one.amount, one.paid) for one in charged] == [
        (name, 50_000, 50_000 if name == "John" else 0) for name in FIVE[:4]
    ]


@pytest.mark.parametrize(
    ("ballots_are", "rule"),
    [("public", "irv"), ("secret", "approval"), ("secret", "unanimity"), ("public", "plurality")],
)
def test_models_vote_remember_the_result_and_are_replayed(live: Live, ballots_are: str, rule: str) -> None:
    settings = {"models.default": "fake/society", "world.months": 2, **institutions(ballots=ballots_are, rule=rule)}
    run = lived(live, settings)
    memories = [one.description for one in run.journal.of(MemoryLine) if one.description.startswith("You voted on")]
    assert len(memories) == 10
    assert ("The ballots: " in " ".join(memories)) == (ballots_are == "public")
    assert asyncio.run(replay(run.journal.path)).difference is None


def test_a_decided_fine_cannot_have_a_scale(live: Live) -> None:
    fine = {"per_unit": "decided", "scale": [0, 1]}
    settings = {"institutions": [{"quota": {"amount": 9, "fine": fine}}, {"vote": {"on": "quota.fine"}}]}
    with pytest.raises(ConfigError, match=r"institutions\.quota\.fine\.per_unit = decided: cannot be combined with"):
        live("fishery", settings)


class Mumbler(Agent):
    """Harvests nothing, and gives no readable answer to anything else."""

    name = "mumbler"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return request.answer({"Answer": 0})
        return request.answer({}, "Proposal = a lot is not a number")


def test_an_unreadable_ballot_is_an_abstention_and_a_forged_one_of_a_policy_stops_the_run(live: Live) -> None:
    with AGENTS.temporary(Mumbler):
        settings = {**voters(9, 9, 9, 9, 9), "members.Kate.agent": "mumbler", "world.months": 1}
        for rule in ("median", "irv", "majority"):
            [line] = ballots(lived(live, {**settings, **institutions(rule=rule)}))
            assert (line.value, line.abstained) == (9, ("Kate",))
            assert line.invalid == {"Kate": "Proposal = a lot is not a number"}
    forged = {**voters(9, 9, 9, 9, 101), **institutions(), "world.months": 1}
    [result] = live("fishery", forged)
    assert result.journal.status == "failed"


def test_measures_of_votes_are_turnout_error_and_promise_gap(live: Live) -> None:
    """Four of five vote for 12, 9, 9 and 9, and take nothing; the threshold stays 10."""
    run = lived(live, {**voters(12, 9, 9, 9, -1), **institutions(), "world.months": 2})
    counted = CountedRun(
        experiment=run.journal.header.experiment,
        harvests=None,  # type: ignore[arg-type]
        events=tuple(run.journal.events),
        kinds=("harvest", "ballot", "agenda", "decree"),
    )
    assert (turnout(counted), decision_error(counted), promise_gap(counted)) == (0.8, -1, -9.75)


def test_wishes_are_asked_in_private_and_show_who_proposes_something_else(live: Live) -> None:
    strategic = {"members.Luke.agent": "policy:voter:number=0", **institutions(wishes=True)}
    run = lived(live, {**voters(*PROPOSALS), **strategic, "world.months": 2})
    asked = list(run.journal.of(Wishes))
    assert [line.month for line in asked] == [1, 2]
    assert set(asked[0].wishes.values()) == {10}, "their voters have no wish of their own but the sustainable share"
    assert read_run(run.journal.path).values["manipulation"] == (6 + 3 + 1 + 2 + 10) / 5
    steady = {"agents.default": "policy:fixed:7", "world.months": 3}
    asked_or_not = [lived(live, {**steady, **institutions(wishes=how)}) for how in (True, False)]
    assert read_run(asked_or_not[0].journal.path).values["manipulation"] == 0
    assert ballots(asked_or_not[0]) == ballots(asked_or_not[1])


def test_a_vote_shifts_no_draw_of_others(live: Live) -> None:
    """Where the quota binds nobody, harvests are the same with and without the vote."""
    settings = {"agents.default": "policy:noisy:p=.5:base=fixed:9", "world.months": 6}
    high = {f"members.{name}.agent": "policy:voter:number=100" for name in FIVE[:3]}
    with_vote = list(lived(live, {**settings, **high, **institutions()}).journal.of(Harvest))
    without = list(lived(live, {**settings, **high}).journal.of(Harvest))
    assert [one.granted for one in with_vote] == [one.granted for one in without]
