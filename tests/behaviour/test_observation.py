"""What members observe: views that are equal give equal prompts, for any hidden stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from govsim.agents import POLICIES, Policy, Request
from govsim.analysis.measures import CountedRun
from govsim.analysis.measures.reporting import underreporting
from govsim.errors import ConfigError
from govsim.journal import GrowthLine, Report
from govsim.society.rule import RULES as BUILT_IN
from tests.living import Live, Lived

FAKE = {"models.default": "fake/society", "world.months": 2}
CATCH_FIVE = {"models.args": {"catch": 5}}


@contextmanager
def watching() -> Iterator[list[Request]]:
    """Register a policy `watching` that takes five units and keeps every request."""
    seen: list[Request] = []

    class Watching(Policy):
        """Takes five units."""

        name = "watching"

        def harvest(self, request: Request, rng: np.random.Generator) -> int:
            seen.append(request)
            return 5

    with POLICIES.temporary(Watching):
        yield seen


def sent(run: Lived) -> list[tuple[str, str, int, str]]:
    """Everything sent to models: who was asked for what, and in which words."""
    return [(call.member, call.purpose, call.attempt, run.prompt(call)) for call in run.calls()]


HIDING: dict[str, tuple[Mapping[str, Any], tuple[int, int]]] = {
    "hidden": ({"observation.stock": "hidden"}, (80, 100)),
    "interval": ({"observation.stock": {"interval": 25}}, (76, 99)),
    "noisy": ({"observation.stock": {"noise": 0.5, "draw": "common"}, "seed": 7}, (90, 100)),
}
"""Settings, and two initial stocks that members cannot tell apart: noise of the seed takes both readings to 100."""


@pytest.mark.parametrize("mode", HIDING)
@pytest.mark.parametrize("report", ["full", "total", "own", "neighbours", "self-reported"])
def test_worlds_that_differ_in_what_is_hidden_yield_the_same_prompts(live: Live, mode: str, report: str) -> None:
    hiding, stocks = HIDING[mode]
    settings = {**FAKE, **CATCH_FIVE, **hiding, "world.months": 1, "society.transparency": report}
    [one], [other] = (live("fishery", {**settings, "world.initial": stock}) for stock in stocks)
    assert [harvest.stock_before for harvest in (*one.harvests, *other.harvests)] == [*stocks]
    assert sent(one) == sent(other)
    assert len(sent(one)) >= 15


SITES = {"sites.north.members": ["John", "Kate", "Jack"], "sites.south.members": ["Emma", "Luke"]}
LEADER = {
    "mode": "fixed",
    "powers": dict.fromkeys(("sets_quota", "allocates", "moderates", "writes_report"), True),
}
RULES: dict[str, list[Any]] = {
    "quota": [{"quota": {"amount": 14, "enforcement": "probabilistic", "inspection": {"probability": 0.5}}}],
    "peers": [{"quota": {"amount": 12, "enforcement": "probabilistic", "inspection": {"by": "peers"}}}],
    "tax": [{"tax": {"allowance": 2, "use": "restock", "rate": 0.1}}],
    "vote": [{"quota": {"amount": "decided", "enforcement": "announced"}}, "vote"],
    "leader": [{"quota": {"amount": "decided", "enforcement": "announced"}}, {"leader": LEADER}],
    "elected": [{"leader": {"mode": "elected", "recall": True, "powers": {"writes_report": True}}}],
    "sanctions": [{"sanctions": {"counter": True, "reveal": "who"}}],
    "exclusion": [{"exclusion": {"enforcement": "announced"}}],
    "exit": [{"exit": {"enforcement": "announced"}}],
    "contract": ["contract"],
    "mediator": [{"mediator": {"amount": 14}}],
    "permits": [{"permits": {"allotment": 14, "enforcement": "announced"}}],
    "historic": [{"permits": {"allotment": 14, "shares": "historic", "baseline": 1, "enforcement": "announced"}}],
    "reputation": [{"reputation": {"of": "ratings"}}],
    "choice": [{"quota": {"amount": 14}}, "sanctions", {"choice": {"sets": {"a": ["quota"], "b": ["sanctions"]}}}],
    "migration": [{"migration": {}}],
}
"""Institutions under which members demand 13 units each, which exceeds the threshold of one of two hidden stocks."""


def test_every_institution_is_among_those_that_must_not_reveal_the_stock() -> None:
    entries = (entry for entries in RULES.values() for entry in entries)
    assert {name for entry in entries for name in ([entry] if isinstance(entry, str) else entry)} == set(BUILT_IN.names)


@pytest.mark.parametrize("rule", RULES)
def test_no_institution_reveals_a_hidden_stock_in_several_months(live: Live, rule: str) -> None:
    world = {"world.growth": 4.0, "world.months": 3, "models.args": {"catch": 13}, "observation.stock": "hidden"}
    settings = {**FAKE, **world, "institutions": RULES[rule], **(SITES if rule == "migration" else {})}
    if rule == "migration":
        settings |= {"models.args": {"catch": 22}, "world.months": 2}
    [one], [other] = (live("fishery", {**settings, "world.initial": stock}) for stock in (100, 86))
    exceeded = [[max(one.granted.values()) > one.member_threshold for one in run.harvests] for run in (one, other)]
    assert exceeded[0] != exceeded[1]
    assert sent(one) == sent(other)
    assert {call.month for call in one.calls()} >= {1, 2}


@pytest.mark.parametrize("when", ["before-growth", "after-growth"])
def test_a_realised_shock_does_not_reveal_a_hidden_stock(live: Live, when: str) -> None:
    shocks = [{"loss": {"months": [1], "told": "realised", "when": when}}]
    settings = {**FAKE, **CATCH_FIVE, "world.shocks": shocks, "observation.stock": "hidden"}
    [one], [other] = (live("fishery", {**settings, "world.initial": stock}) for stock in (100, 60))
    lost = [next(iter(run.journal.of(GrowthLine))).shocks[0].lost for run in (one, other)]
    assert lost[0] != lost[1]
    assert sent(one) == sent(other)
    [prompt] = one.prompts(purpose="harvest", month=2, member="John")
    assert "- 2024-02-01: Last month, there was a sudden loss of tons of fish besides the harvest." in prompt


@pytest.mark.parametrize("hints", [[], ["universalization"]])
@pytest.mark.parametrize(
    "institutions",
    [
        [],
        ["quota"],
        [{"tax": {"allowance": "threshold"}}],
        ["mediator"],
        [{"permits": {"enforcement": "announced"}}],
        ["reputation"],
    ],
    ids=str,
)
def test_a_regime_shift_that_is_not_stated_is_not_revealed(
    live: Live, institutions: list[Any], hints: list[str]
) -> None:
    settings = {**FAKE, "models.args": {"catch": 8}, "institutions": institutions, "society.hints": hints}
    growths = ({"threshold": {"factor": 2, "below": below, "told": "nothing"}} for below in (20, 61))
    [one], [other] = (live("fishery", {**settings, "world.months": 1, "world.growth": growth}) for growth in growths)
    assert [run.harvests[0].threshold for run in (one, other)] == [50, 39]
    assert sent(one) == sent(other)
    assert "all of you together catch 30 tons. 60 tons are left, and the next month starts" in one.prompts()[0]


@pytest.mark.parametrize("mode", HIDING)
def test_worlds_that_differ_in_what_is_hidden_yield_the_same_inputs_of_policies(live: Live, mode: str) -> None:
    hiding, stocks = HIDING[mode]
    seen = []
    for stock in stocks:
        with watching() as requests:
            live("fishery", {"agents.default": "policy:watching", "world.months": 1, "world.initial": stock, **hiding})
        seen.append(requests)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 5


@pytest.mark.parametrize(
    ("law", "settings"),
    [
        ("multiply", [{"factor": {"choice": [1.5, 2, 3]}}, {"factor": {"choice": [2, 2, 2.5]}}]),
        ("threshold", [{"below": 20}, {"below": 70, "factor_below": 1.1}]),
    ],
)
def test_a_policy_cannot_read_what_is_not_stated_about_growth(
    live: Live, law: str, settings: list[dict[str, Any]]
) -> None:
    """Both factors have the mean 13 / 6, which is not a decimal number, and both thresholds the usual factor 2."""
    seen = []
    for one in settings:
        with watching() as requests:
            growth = {law: {**one, "told": "nothing"}}
            live("fishery", {"agents.default": "policy:watching", "world.months": 1, "world.growth": growth})
        seen.append(requests)
    assert seen[0] == seen[1]
    threshold = {"multiply": 53, "threshold": 50}[law]
    assert {request.view.group_threshold for request in seen[0]} == {threshold}


def test_a_member_who_joins_observes_only_the_months_since_and_hears_late_reports(live: Live) -> None:
    joining = {"world.months": 5, "members.Luke.joins": 3, "observation.lag": 1, "society.communication": False}
    with watching() as requests:
        live("fishery", {**joining, "agents.default": "policy:watching"})
    months = {(view.member, view.month): [one.month for one in view.history] for view in (one.view for one in requests)}
    assert [months["Luke", month] for month in (3, 4, 5)] == [[], [3], [3, 4]]
    assert months["John", 5] == [1, 2, 3, 4]
    [run] = live("fishery", {**joining, **FAKE, **CATCH_FIVE, "world.months": 3})
    [prompt] = run.prompts(month=3, purpose="insights", member="Luke")
    assert "Kate caught 5 tons of fish in 2024-02." in prompt


def test_the_exact_stock_is_stated_and_bounds_the_answer(live: Live) -> None:
    with watching() as requests:
        live("fishery", {"agents.default": "policy:watching", "world.months": 2, "world.initial": 60})
    views = [request.view for request in requests]
    assert [(view.stock, view.most, view.is_exact) for view in views[::5]] == [(60, 60, True), (70, 70, True)]
    assert [field.high for field in requests[0].fields] == [60]  # type: ignore[union-attr]


@pytest.mark.parametrize(("stock", "low", "high"), [(100, 75, 100), (76, 75, 100), (74, 50, 75), (3, 0, 25)])
def test_an_interval_contains_the_stock_and_does_not_reveal_it(live: Live, stock: int, low: int, high: int) -> None:
    hiding = {"observation.stock": {"interval": 25}, "world.initial": stock, "world.collapse": 0}
    with watching() as requests:
        live("fishery", {"agents.default": "policy:watching", "world.months": 1, **hiding})
    view = requests[0].view
    assert (view.low, view.high, view.stock, view.most) == (low, high, (low + high) // 2, 100)


def test_own_readings_differ_between_members_and_common_ones_do_not(live: Live) -> None:
    readings = {}
    for draw in ("own", "common"):
        with watching() as requests:
            noisy = {"observation.stock": {"noise": 0.2, "draw": draw}, "world.initial": 50}
            live("fishery", {"agents.default": "policy:watching", "world.months": 1, **noisy})
        readings[draw] = [request.view.reading for request in requests]
    assert len(set(readings["common"])) == 1
    assert len(set(readings["own"])) > 2
    errors = np.array(readings["own"], dtype=float) / 50 - 1
    assert 0.02 < np.abs(errors).mean() < 0.6


def test_a_noisy_reading_shifts_no_other_draw(live: Live) -> None:
    settings = {"agents.default": "policy:random", "world.months": 3}
    [exact] = live("fishery", settings)
    [hidden] = live("fishery", {**settings, "observation.stock": "hidden"})
    [noisy] = live("fishery", {**settings, "observation.stock": {"noise": 0.0001, "draw": "common"}})
    assert [one.granted for one in exact.harvests] == [one.granted for one in noisy.harvests]
    assert hidden.harvests[0].asked != exact.harvests[0].asked  # it draws from 0 to its estimate


REPORTED = {
    "full": ({"John": 5, "Kate": 5, "Jack": 5, "Emma": 5, "Luke": 5}, 25),
    "total": ({"John": 5}, 25),
    "own": ({"John": 5}, None),
    "neighbours": ({"John": 5, "Kate": 5, "Luke": 5}, None),
    "self-reported": ({"John": 5, "Kate": 5, "Jack": 5, "Emma": 5, "Luke": 5}, None),
}


@pytest.mark.parametrize("report", REPORTED)
def test_a_member_knows_the_catches_that_are_reported_to_it(live: Live, report: str) -> None:
    settings = {"agents.default": "policy:watching", "world.months": 2, "society.transparency": report}
    with watching() as requests:
        live("fishery", settings)
    first, second = (request.view for request in (requests[0], requests[5]))
    assert first.history == ()
    [month] = second.history
    assert (dict(month.catches), month.total) == REPORTED[report]
    assert (second.member, month.asked, month.received, month.state.stock) == ("John", 5, 5, 100)


def test_neighbours_can_be_given_as_a_network(live: Live) -> None:
    network = {"observation.network": {"John": ["Emma"], "Kate": []}}
    settings = {"agents.default": "policy:watching", "world.months": 2, "society.transparency": "neighbours", **network}
    with watching() as requests:
        live("fishery", settings)
    known = {request.view.member: sorted(request.view.history[0].catches) for request in requests[5:]}
    assert known["John"] == ["Emma", "John"]
    assert known["Kate"] == ["Kate"]
    assert known["Jack"] == ["Emma", "Jack", "Kate"]


def test_catches_are_known_after_the_lag(live: Live) -> None:
    settings = {"agents.default": "policy:watching", "world.months": 4, "observation.lag": 2}
    with watching() as requests:
        [run] = live("fishery", settings)
    known = [[len(month.catches) for month in request.view.history] for request in requests[::5]]
    assert known == [[], [1], [1, 1], [5, 1, 1]]
    reports = [(report.by, report.of_month, len(report.catches)) for report in run.journal.of(Report)]
    assert reports == [("nobody", None, 0), ("nobody", None, 0), ("memory", 1, 5), ("memory", 2, 5)]


def test_a_late_report_names_its_month(live: Live) -> None:
    settings = {**FAKE, **CATCH_FIVE, "world.months": 3, "observation.lag": 1, "society.communication": False}
    [run] = live("fishery", settings)
    [prompt] = run.prompts(month=3, purpose="insights", member="John")
    assert "Kate caught 5 tons of fish in 2024-02." in prompt
    assert "tons of fish this month" not in prompt
    assert "made known to all, 1 month later." in run.prompts(month=1, purpose="harvest")[0]


@pytest.mark.parametrize(
    ("report", "announced", "told"),
    [
        (
            "total",
            "what all of you together caught is made known, but not",
            "together caught 25 tons of fish this",
        ),
        ("self-reported", "tells all others a number as its own amount", "each of you says to have caught this month:"),
        ("neighbours", "each of you learns what its neighbours caught", "This month's harvest is over."),
    ],
)
def test_prompts_state_what_will_be_reported_and_then_it_is(live: Live, report: str, announced: str, told: str) -> None:
    [run] = live("fishery", {**FAKE, **CATCH_FIVE, "world.months": 1, "society.transparency": report})
    assert announced in run.prompts(purpose="harvest")[0]
    assert told in str(run.utterances[0].text)
    if report == "neighbours":
        [prompt] = run.prompts(purpose="insights", member="John")
        assert "Kate caught 5 tons of fish this month." in prompt
        assert "Jack caught" not in prompt


class Liar(Policy):
    """Takes ten units and says that it took two."""

    name = "liar"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        return 10

    def report(self, request: Request, rng: np.random.Generator) -> int:
        return 2


def test_members_report_numbers_of_their_own(live: Live) -> None:
    settings = {
        "agents.default": "policy:fixed:5",
        "members.John.agent": "policy:liar",
        "world.months": 2,
        "society.transparency": "self-reported",
    }
    with POLICIES.temporary(Liar):
        [run] = live("fishery", settings)
    reports = list(run.journal.of(Report))
    assert [report.catches for report in reports] == 2 * [{"John": 2, "Kate": 5, "Jack": 5, "Emma": 5, "Luke": 5}]
    assert [report.extent for report in reports] == 2 * ["self-reported"]
    assert run.harvests[0].granted["John"] == 10
    counted = CountedRun(
        experiment=run.journal.header.experiment,
        harvests=None,  # type: ignore[arg-type]
        events=tuple(run.journal.events),
        kinds=("harvest", "report"),
    )
    assert underreporting(counted) == 8 / 5


def test_models_are_asked_to_report_their_catch(live: Live) -> None:
    settings = {**FAKE, **CATCH_FIVE, "world.months": 1, "society.transparency": "self-reported"}
    [run] = live("fishery", settings)
    prompts = run.prompts(purpose="report")
    assert len(prompts) == 5
    assert all("how many tons of fish have you caught this month?" in prompt for prompt in prompts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"observation.stock": "roughly"}, "observation.stock"),
        ({"observation.stock": {"interval": 1}}, "observation.stock"),
        ({"observation.stock": {"noise": 2}}, "observation.stock"),
        ({"observation.lag": -1}, "observation.lag"),
        ({"observation.network": {"Zoe": []}}, "observation.network.Zoe: there is no member Zoe; choose from John"),
        ({"society.transparency": "partly"}, "society.transparency"),
        (
            {"society.transparency": "self-reported", "observation.lag": 1},
            "observation.lag = 1: must be 0 with society.transparency = self-reported",
        ),
        (
            {"society.hints": ["universalization"], "observation.stock": "hidden"},
            "society.hints = universalization: states a threshold",
        ),
    ],
)
def test_settings_that_cannot_be_observed_are_refused(live: Live, settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        live("fishery", {"agents.default": "policy:greedy", **settings})
