"""What holds for every institution: numbers in its terms, the same words in all arms, replay and resume."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govsim.jobs.replay import replay
from govsim.journal import MessageLine, TermsLine, first_difference
from govsim.society import RULES
from tests.living import Live, Lived

PEERS = {"enforcement": "probabilistic", "inspection": {"by": "peers"}}
GUARD = {"enforcement": "probabilistic", "inspection": {"by": "guard", "paid_by": "pool"}}
GRADUATED = {"enforcement": "probabilistic", "amount": 5, "fine": {"scale": [0, 1], "suspension": 1}}
DECIDED = {"quota": {"amount": "decided"}}
FINED = {"quota": {"enforcement": "probabilistic", "fine": {"per_unit": "decided"}}}
TWO_SITES = {"north": {"members": 3}, "south": {"members": 2}}
ALL_POWERS = {"sets_quota": True, "allocates": True, "moderates": True, "writes_report": True}

INSTITUTIONS: dict[str, list[Any]] = {
    "quota": ["quota"],
    "quota, inspected": [{"quota": {"amount": 5, "enforcement": "probabilistic"}}],
    "quota, inspected by peers": [{"quota": PEERS}],
    "quota, with a guard paid by the fund": [{"tax": {"base": "landed", "use": "fund"}}, {"quota": GUARD}],
    "quota, with graduated fines": [{"quota": GRADUATED}],
    "vote": [DECIDED, {"vote": {"wishes": True, "cost": 1}}],
    "vote on a fine": [FINED, {"vote": {"on": "quota.fine", "rule": "borda"}}],
    "vote on a proposal": [DECIDED, {"vote": {"rule": "majority", "from_agreement": True, "ballots": "public"}}],
    "leader": [DECIDED, {"leader": {"recall": True, "candidates": "volunteers", "powers": ALL_POWERS, "salary": 1}}],
    "leader that announces a fine": [
        FINED,
        {"leader": {"agenda_fine": True, "insincere": True, "mode": "rotating", "powers": {"sets_fine": True}}},
    ],
    "sanctions": [{"sanctions": {"counter": True, "reveal": "who"}}],
    "sanctions, with a share and a stipend": [{"sanctions": {"punish_share": 0.1, "price": "convex", "stipend": 2}}],
    "tax": [{"tax": {"base": "landed", "use": "restock"}}],
    "permits": ["permits"],
    "permits, sold for good": [{"permits": {"shares": "auction", "permanent_from": 2, "reserve": 0.5, "rounds": 2}}],
    "permits, by offers": [{"permits": {"market": "offers", "shares": "historic", "baseline": 1}}],
    "mediator": ["mediator"],
    "mediator, designed": [{"mediator": {"amount": "designed", "months": 1}}],
    "reputation": [{"reputation": {"allocation": "by-standing", "minimum": 0.9}}],
    "reputation, by ratings": [{"reputation": {"of": "ratings"}}],
    "contract": [{"contract": {"months": 1, "unsigned": "signers"}}],
    "exclusion": [{"exclusion": {"appeal": True, "after_appeal": 2}}],
    "exit": [{"exit": {"months": 1, "income": 20}}],
    "choice": ["quota", {"choice": {"sets": {"limited": ["quota"], "open": []}, "every": 1}}],
    "migration": [{"migration": {"cost": 1}}],
}
"""Every institution, with settings that add requests or a state."""


def sites_of(rules: Sequence[Any]) -> dict[str, Any]:
    """The settings of sites, if an institution needs them."""
    return {"sites": TWO_SITES} if any("migration" in one for one in rules) else {}


def lived(live: Live, rules: Sequence[Any], **how: Any) -> Lived:
    catches = {"catch": 12, "catch.Luke": 30}
    base = {"models.default": "fake/society", "models.args": catches, "world.months": 3, "world.growth": 5}
    [run] = live("fishery", {**base, **sites_of(rules), "institutions": list(rules)}, **how)
    return run


def test_every_built_in_institution_is_tested() -> None:
    built_in = {name for name in RULES.names if RULES.get(name, key="institutions").__module__.startswith("govsim.")}
    names = {one if isinstance(one, str) else next(iter(one)) for rules in INSTITUTIONS.values() for one in rules}
    assert names == built_in


@pytest.mark.parametrize("name", INSTITUTIONS)
def test_every_institution_is_replayed_and_resumed_after_a_kill(live: Live, name: str, tmp_path: Path) -> None:
    whole = lived(live, INSTITUTIONS[name]).journal
    assert whole.status in ("completed", "collapsed")
    assert asyncio.run(replay(whole.path)).difference is None
    content = whole.path.read_bytes()
    for number, part in enumerate((0.4, 0.7, 0.95)):
        path = tmp_path / str(number) / whole.path.relative_to(tmp_path / "runs")
        path.parent.mkdir(parents=True)
        path.write_bytes(content[: int(len(content) * part)])
        again = lived(live, INSTITUTIONS[name], folder=tmp_path / str(number)).journal
        assert again.path == path
        assert first_difference(whole, again) is None


def arms_of(rules: Sequence[Any]) -> list[list[Any]]:
    """The institutions under each kind of enforcement that is stated."""
    arms: list[list[Any]] = []
    named = [(one, {}) if isinstance(one, str) else next(iter(one.items())) for one in rules]
    for index, (name, how) in enumerate(named):
        enforcement = RULES.get(name, key="institutions").Settings.model_fields.get("enforcement")
        for arm in get_args(enforcement.annotation) if enforcement is not None else ():
            if arm != "none":
                changed = {name: {**how, "enforcement": arm}}
                arms.append([*rules[:index], changed, *rules[index + 1 :]])
    return arms


@pytest.mark.parametrize("name", INSTITUTIONS)
def test_all_stated_arms_have_the_same_terms_and_ask_for_demands_in_the_same_words(live: Live, name: str) -> None:
    sent: set[tuple[str, ...]] = set()
    for rules in arms_of(INSTITUTIONS[name]):
        run = lived(live, rules)
        messages = {one.hash: one.content for one in run.journal.of(MessageLine)}
        asked = [messages[one] for call in run.calls(month=1, purpose="harvest") for one in call.messages]
        sent.add((*asked, *(one.text for one in run.journal.of(TermsLine) if one.month == 1)))
    assert len(sent) == 1


@pytest.mark.parametrize("name", ["vote", "leader"])
def test_what_is_decided_is_stated_in_the_same_words_in_all_arms(live: Live, name: str) -> None:
    sent: set[tuple[str, ...]] = set()
    for rules in arms_of(INSTITUTIONS[name]):
        [run] = live("fishery", {"agents.default": "policy:fair-share", "world.months": 2, "institutions": rules})
        texts = [(one.month, one.text) for one in run.journal.of(TermsLine) if one.month <= 2]
        assert any("A quota applies" in text for month, text in texts if month == 2)
        sent.add(tuple(text for _, text in texts))
    assert len(sent) == 1


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
FACTOR = st.sampled_from((0, 1, 2.5))
MONTHS = st.integers(1, 4)

Numbers = Callable[[dict[str, Any]], list[float]]


def if_several(months: int) -> list[float]:
    return [months] if months > 1 else []


def if_any(factor: float) -> list[float]:
    return [1000 * factor] if factor else []


def plain(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def after_the_first(how: dict[str, Any], key: str) -> list[float]:
    """The numbers of "at the end of month 1, and then every … months"."""
    return [1, how[key]] if how[key] > 1 else []


def in_exclusion(how: dict[str, Any]) -> list[float]:
    longer = [how["after_appeal"]] if how["after_appeal"] else []
    return if_several(how["months"]) + (if_any(how["fee"]) + longer if how["appeal"] else [])


def in_leader(how: dict[str, Any]) -> list[float]:
    every = {"elected": after_the_first(how, "term"), "rotating": if_several(how["term"]), "fixed": []}
    return every[how["mode"]] + if_any(how["salary"])


def in_mediator(how: dict[str, Any]) -> list[float]:
    otherwise = [] if how["otherwise"] is None else [how["otherwise"]]
    return [ceil(how["share"] * 5), how["amount"], *otherwise]


def in_reputation(how: dict[str, Any]) -> list[float]:
    is_record = how["of"] == "record"
    kept = [how["months"]] if is_record else [100 * how["memory"]]
    added = [] if is_record else [100 - 100 * how["memory"]]
    return kept + added + ([how["minimum"]] if how["minimum"] else []) + [0, 1, 1, 1, 1, 1, 1]


def in_guard(how: dict[str, Any]) -> list[float]:
    inspection = how["inspection"]
    return [how["amount"], 100 * inspection["probability"], 1000 * inspection["cost"], 3000]


PARITY: dict[str, tuple[st.SearchStrategy[dict[str, Any]], Numbers, list[Any]]] = {
    "quota": (
        plain(
            amount=st.integers(0, 99),
            enforcement=st.just("probabilistic"),
            wording=st.just("enforcement"),
            inspection=plain(
                by=st.just("guard"),
                paid_by=st.sampled_from(("members", "pool")),
                probability=st.sampled_from((0.1, 0.25, 0.5)),
                cost=st.sampled_from((1, 2.5)),
            ),
        ),
        in_guard,
        [],
    ),
    "vote": (
        plain(
            every=MONTHS,
            cost=FACTOR,
            quorum=st.sampled_from((0, 0.25, 0.5, 1)),
            rule=st.sampled_from(("median", "mean", "plurality", "majority", "unanimity", "approval", "borda", "irv")),
            wishes=st.booleans(),
        ),
        lambda how: (
            after_the_first(how, "every") + if_any(how["cost"]) + ([100 * how["quorum"]] if how["quorum"] else [])
        ),
        [DECIDED],
    ),
    "leader": (
        plain(
            mode=st.sampled_from(("elected", "fixed", "rotating")),
            term=MONTHS,
            salary=FACTOR,
            recall=st.booleans(),
            agenda_fine=st.booleans(),
            powers=st.just({"sets_fine": True}),
        ),
        in_leader,
        [FINED],
    ),
    "choice": (
        plain(
            sets=st.just({"limited": ["quota"], "open": []}),
            mode=st.sampled_from(("chosen", "imposed", "forbidden")),
            every=MONTHS,
        ),
        lambda how: after_the_first(how, "every") if how["mode"] == "chosen" else [],
        ["quota"],
    ),
    "exclusion": (
        plain(months=MONTHS, appeal=st.booleans(), fee=FACTOR, after_appeal=st.none() | MONTHS),
        in_exclusion,
        [],
    ),
    "exit": (
        plain(months=st.none() | MONTHS, income=FACTOR),
        lambda how: [*([] if how["months"] is None else [how["months"]]), 1000 * how["income"]],
        [],
    ),
    "migration": (
        plain(every=MONTHS, notice=st.integers(0, 3), cost=FACTOR),
        lambda how: if_several(how["every"]) + ([how["notice"]] if how["notice"] else []) + if_any(how["cost"]),
        [],
    ),
    "mediator": (
        plain(
            amount=st.integers(0, 99),
            share=st.sampled_from((0.2, 0.5, 0.8, 1)),
            otherwise=st.none() | st.integers(0, 99),
        ),
        in_mediator,
        [],
    ),
    "reputation": (
        plain(
            of=st.sampled_from(("deeds", "record", "ratings")),
            memory=st.sampled_from((0, 0.5, 0.75)),
            months=MONTHS,
            minimum=st.sampled_from((0, 0.25)),
            allocation=st.sampled_from(("world", "by-standing")),
        ),
        in_reputation,
        [],
    ),
    "contract": (plain(months=MONTHS), lambda how: [how["months"]] * 2, []),
}
"""By institution: settings, the numbers of them that its terms state in month 1, and what it needs beside it."""


@pytest.mark.parametrize("rule", PARITY)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_number_in_the_terms_is_one_that_is_applied_and_the_reverse(
    live: Live, data: st.DataObject, rule: str
) -> None:
    how_given, numbers, beside = PARITY[rule]
    how = data.draw(how_given)
    rules = [*beside, {rule: how}]
    base = {"agents.default": "policy:fair-share", "world.months": 1, **sites_of(rules)}
    [run] = live("fishery", {**base, "institutions": rules})
    text = next(one.text for one in run.journal.of(TermsLine) if one.rule == rule)
    written = text.replace("one month", "1 month").replace("one more month", "1 month")
    stated = sorted(float(one.replace(",", "")) for one in NUMBER.findall(written))
    assert stated == pytest.approx(sorted(numbers(how))), text


@pytest.mark.parametrize("months", [1, 3])
def test_the_amounts_of_a_designed_mediator_are_those_in_the_terms(live: Live, months: int) -> None:
    rules = [{"mediator": {"amount": "designed", "months": months}}]
    base = {"agents.default": "policy:fair-share", "world.months": 2}
    [run] = live("fishery", {**base, "institutions": rules})
    first, second = run.journal.of(TermsLine)
    assert [int(one) for one in NUMBER.findall(first.text)] == [months, months]
    amounts = second.values["amounts"]
    assert isinstance(amounts, dict)
    applied = [int(str(one)) for pair in amounts.items() for one in pair if one is not None]
    assert [int(one) for one in NUMBER.findall(second.text)] == [months, months, *applied]
