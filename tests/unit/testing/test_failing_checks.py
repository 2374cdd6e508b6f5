"""Checks fail for extensions that violate a requirement of their kind, and report which."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Literal

import numpy as np
import pytest

from govsim import testing
from govsim.agents import Agent, Answer, Policy, Request
from govsim.analysis.measures import CountedRun, Measure
from govsim.commons import Allocation, Charge, GrowthLaw, Ledger, Outcome, Shock
from govsim.config import Section
from govsim.jobs import JobResult, LocalExecutor
from govsim.journal import Event, Whole
from govsim.scenarios import export_scenario
from govsim.skills import SKILL_TESTS
from govsim.society import Phase, Rule, Society, Terms
from govsim.testing import ConformanceError

Broken = Callable[[], None]
CASES: dict[str, tuple[Broken, str]] = {}
NUMBERS = count()


def breaks(problem: str) -> Callable[[Broken], Broken]:
    """Register a check that must fail with a problem."""

    def register(broken: Broken) -> Broken:
        CASES[broken.__name__] = broken, problem
        return broken

    return register


def policy(decide: Callable[[Request, np.random.Generator], Any], doc: str | None = "Toy.", **members: Any) -> Any:
    def harvest(self: Policy, request: Request, rng: np.random.Generator) -> Any:
        return decide(request, rng)

    return type("Toy", (Policy,), {"name": "toy", "__doc__": doc, "harvest": harvest, **members})


@breaks("policy toy: decides on harvest with {'Answer': 101} for a stock of 100: Answer = 101 is not an allowed answer")
def a_policy_that_asks_for_more_than_there_is() -> None:
    testing.check_policy(policy(lambda request, rng: request.view.state.stock + 1))


@breaks("Answer = 50.0 is not an allowed answer; must return a value of a built-in Python type")
def a_policy_that_asks_for_half_a_unit() -> None:
    testing.check_policy(policy(lambda request, rng: request.view.state.stock / 2))


@breaks("is not an allowed answer; must return a value of a built-in Python type")
def a_policy_that_answers_with_a_number_of_numpy() -> None:
    testing.check_policy(policy(lambda request, rng: np.int64(0)))


@breaks("policy toy: decides on harvest with global random numbers; draw only from the generator that it is given")
def a_policy_that_draws_from_random() -> None:
    testing.check_policy(policy(lambda request, rng: random.randint(0, request.view.state.stock)))


@breaks("with global random numbers")
def a_policy_that_draws_from_numpys_own_generator() -> None:
    testing.check_policy(policy(lambda request, rng: int(np.random.randint(0, request.view.state.stock + 1))))


@breaks("differently for the same arguments and seed")
def a_policy_that_looks_at_the_clock() -> None:
    decided = [-1]

    def decide(request: Request, rng: np.random.Generator) -> int:
        while (units := time.monotonic_ns() % (request.view.state.stock + 1)) == decided[-1]:
            pass  # two different times can give the same answer
        decided.append(units)
        return units

    testing.check_policy(policy(decide))


@breaks("differently for the same arguments and seed")
def a_policy_that_counts_its_calls() -> None:
    testing.check_policy(policy(lambda request, rng: next(NUMBERS) % (request.view.state.stock + 1)))


@breaks("decides on harvest and modifies the request; it must not modify it")
def a_policy_that_changes_the_request() -> None:
    testing.check_policy(policy(lambda request, rng: request.variables.update(seen=True) or 0))  # type: ignore[attr-defined]


@breaks("if the members are listed in another order; the order must not matter")
def a_policy_that_depends_on_the_order_of_members() -> None:
    first = {"John": 1, "Kate": 0, "Jack": 0}
    testing.check_policy(
        policy(lambda request, rng: min(first[request.view.state.members[0]], request.view.state.stock))
    )


@breaks("policy toy: has no method for requests of purpose harvest; define one, or pass requests=")
def a_policy_that_answers_nothing() -> None:
    testing.check_policy(type("Toy", (Policy,), {"name": "toy", "__doc__": "Toy."}))


@breaks("policy toy: has no docstring")
def a_policy_without_a_docstring() -> None:
    testing.check_policy(policy(lambda request, rng: 0, doc=None))


@breaks("policy toy: the setting units has no description")
def a_policy_whose_setting_is_not_described() -> None:
    settings = type("Settings", (Section,), {"__annotations__": {"units": int}, "units": 1})
    testing.check_policy(policy(lambda request, rng: 0, Settings=settings))


@breaks("policy toy: raises ZeroDivisionError when it decides on harvest")
def a_policy_that_fails_on_an_empty_commons() -> None:
    testing.check_policy(policy(lambda request, rng: 1 // request.view.state.stock))


@breaks("policy gready: is not registered; choose from fair-share, split-all")
def a_policy_that_is_not_registered() -> None:
    testing.check_policy("gready")


class Shy(Agent):
    """Answers only the harvest, but declares more."""

    name = "shy"

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        return purpose != "line"

    async def answer(self, request: Request) -> Answer:
        return Answer(values={request.fields[0].tag: 0})


@breaks("answer on survey for John: Wish is missing")
def an_agent_that_answers_the_first_field_alone() -> None:
    testing.check_agent(Shy)


class Moody(Agent):
    """Takes a different number on each call."""

    name = "moody"

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        return purpose == "harvest"

    async def answer(self, request: Request) -> Answer:
        return Answer(values={"Answer": next(NUMBERS) % 9})


@breaks("agent moody: a society with it differs with the same seed: harvest, month 1, phase harvest: asked.John")
def an_agent_that_depends_on_more_than_its_seed() -> None:
    testing.check_agent(Moody)


def phase(run: Callable[[Phase, Society], None], **members: Any) -> type[Phase]:
    async def live(self: Phase, society: Society) -> None:
        run(self, society)

    return type("Toy", (Phase,), {"name": "toy", "__doc__": "Toy.", "run": live, "__module__": __name__, **members})


class Unregistered(Event):
    """An unregistered event."""

    kind: Literal["unregistered-toy"] = "unregistered-toy"
    month: Whole


def _write(self: Phase, society: Society) -> None:
    society.recorder.write(Unregistered(month=society.state.month))


@breaks("event unregistered-toy (Unregistered): no such kind of event is registered")
def a_phase_whose_event_is_not_registered() -> None:
    testing.check_phase(phase(_write))


def _add_fish(self: Phase, society: Society) -> None:
    society.state = replace(society.state, stock=max(0, society.state.stock - 1))


@breaks("only harvest and growth may change the stock")
def a_phase_that_takes_units_past_the_harvest() -> None:
    testing.check_phase(phase(_add_fish), month=["toy", "harvest", "report", "discussion", "reflection"])


@breaks("phase toy: in month 1 members with a random policy ask for")
def a_phase_that_changes_what_others_draw() -> None:
    def run(self: Phase, society: Society) -> None:
        for agent in society.present:
            if hasattr(agent, "_seed"):
                agent._seed += 1

    testing.check_phase(phase(run), month=["toy", "harvest", "report", "discussion", "reflection"])


@breaks("toy.jinja: cannot be read")
def a_phase_without_its_template() -> None:
    testing.check_phase(phase(lambda self, society: None, templates={"toy": {}}))


@breaks("phase toy: month= is harvest, but must include toy")
def a_phase_that_is_not_in_the_month_it_is_checked_in() -> None:
    testing.check_phase(phase(lambda self, society: None), month=["harvest"])


def rule(**hooks: Any) -> type[Rule]:
    return type("Toy", (Rule,), {"name": "toy", "__doc__": "Toy.", **hooks})


@breaks("rule toy: admits 1.5 for ")
def a_rule_that_admits_half_units() -> None:
    testing.check_rule(rule(admit=lambda self, society, demands: dict.fromkeys(demands, 1.5)))


@breaks("rule toy: admits units for Nobody")
def a_rule_that_admits_units_for_somebody_else() -> None:
    testing.check_rule(rule(admit=lambda self, society, demands: {"Nobody": 1}))


@breaks("rule toy: its terms have the values {'most': 3} but no text; add a text that informs members")
def a_rule_whose_terms_are_not_told() -> None:
    testing.check_rule(rule(terms=lambda self, society: Terms(text="", values={"most": 3})))


def _print_money(self: Rule, society: Society, outcome: Outcome) -> tuple[Charge, ...]:
    society.institutions.ledger = Ledger(balances=dict.fromkeys(society.state.members, 7))
    return ()


@breaks("only the price of received units and recorded charges may change a balance")
def a_rule_that_makes_money() -> None:
    testing.check_rule(rule(settle=_print_money))


@breaks("a charge of 0.5; must be a whole number of cents")
def a_rule_that_charges_half_a_cent() -> None:
    testing.check_rule(
        rule(settle=lambda self, society, outcome: [Charge(by="toy", member="Kate", amount=0.5, reason="")])  # type: ignore[arg-type]
    )


@breaks("a society with it differs with the same seed")
def a_rule_that_draws_past_its_own_stream() -> None:
    testing.check_rule(rule(admit=lambda self, society, demands: {name: next(NUMBERS) % 5 for name in demands}))


def law(grown: Callable[[int, int], Any], **members: Any) -> type[GrowthLaw]:
    own = {"grown": lambda self, left, capacity: grown(left, capacity), "phrase": "grows", **members}
    return type("Toy", (GrowthLaw,), {"name": "toy", "__doc__": "Toy.", **own})


@breaks("growth law toy: grown(1, 1) returns 2; must be a whole number (int) from 0 to the capacity, 1")
def a_law_that_grows_beyond_the_capacity() -> None:
    testing.check_growth_law(law(lambda left, capacity: 2 * left))


@breaks("growth law toy: grown(0, 1) returns 0.0; must be a whole number (int)")
def a_law_that_grows_by_parts_of_units() -> None:
    testing.check_growth_law(law(lambda left, capacity: min(1.5 * left, capacity)))


@breaks("growth law toy: draws a stock with global random numbers")
def a_law_that_draws_from_random() -> None:
    testing.check_growth_law(
        law(lambda left, capacity: left, drawn=lambda self, left, capacity, rng: random.randint(0, capacity))
    )


@breaks("growth law toy: least_left(1, 1) returns 0; must be 1, the minimum number of units left")
def a_law_with_a_wrong_shortcut() -> None:
    testing.check_growth_law(law(lambda left, capacity: left, least_left=lambda self, stock, capacity: 0))


@breaks("growth law toy: probabilities(0, 1) has probabilities that sum to 0.5, or negative ones; must be 0 or more")
def growth_with_incomplete_probabilities() -> None:
    testing.check_growth_law(law(lambda left, capacity: left, probabilities=lambda self, left, capacity: {left: 0.5}))


@breaks("growth law toy: of_month draws 0 from 0 units, which has no probability in probabilities(0, 1)")
def growth_that_draws_what_has_no_probability() -> None:
    testing.check_growth_law(law(lambda left, capacity: left, probabilities=lambda self, left, capacity: {1: 1.0}))


def shock(**members: Any) -> type[Shock]:
    own = {
        "probability": lambda self, month, outcome: 0.5,
        "lost": lambda self, stock: stock,
        "risk": lambda self, units: "There are shocks.",
        **members,
    }
    return type("Toy", (Shock,), {"name": "toy", "__doc__": "Toy.", **own})


@breaks("shock toy: lost(0) returns 1; must be a whole number (int) from 0 to the stock, 0")
def a_shock_that_loses_more_than_there_is() -> None:
    testing.check_shock(shock(lost=lambda self, stock: stock + 1))


@breaks("shock toy: probability of month 1 with 0 units left is 1.5; must be from 0 to 1")
def a_shock_with_an_impossible_probability() -> None:
    testing.check_shock(shock(probability=lambda self, month, outcome: 1.5))


@breaks("shock toy: loses units with global random numbers")
def a_shock_that_draws_from_a_global_generator() -> None:
    testing.check_shock(shock(lost=lambda self, stock: np.random.randint(stock + 1)))


@breaks("shock toy: its risk is ''; must be a sentence for prompts")
def a_shock_that_describes_nothing() -> None:
    testing.check_shock(shock(risk=lambda self, units: ""))


@breaks("shock toy: when is 'noon'; must be one of before-growth, after-growth")
def a_shock_at_an_unknown_time() -> None:
    testing.check_shock(shock(when="noon"))


@breaks("growth law toy: raises NotImplementedError when it describes itself")
def a_law_without_words() -> None:
    testing.check_growth_law(law(lambda left, capacity: left, phrase=GrowthLaw.phrase))


def allocation(share: Callable[[Mapping[str, int], int, np.random.Generator], Any]) -> Allocation:
    return Allocation(name="toy", summary="A toy.", share=share)


@breaks("allocation rule toy: grants {'Emma': 0, 'Jack': 0} of 1 units")
def an_allocation_that_keeps_units() -> None:
    testing.check_allocation(allocation(lambda demands, stock, rng: dict.fromkeys(demands, 0)))


@breaks("must be from 0 to the demand of each member")
def an_allocation_that_gives_more_than_is_asked_for() -> None:
    testing.check_allocation(
        allocation(lambda demands, stock, rng: {name: stock if name == "Jack" else 0 for name in demands})
    )


def _alphabetical(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    granted = {}
    for name in sorted(demands):
        granted[name] = min(demands[name], stock)
        stock -= granted[name]
    return granted


@breaks("Emma receives 30.0 on average; must be 12.5, as names must not matter")
def an_allocation_that_serves_by_the_alphabet() -> None:
    testing.check_allocation(allocation(_alphabetical))


@breaks("allocation rule toy: allocates differently for the same arguments and seed")
def an_allocation_with_a_generator_of_its_own() -> None:
    testing.check_allocation(
        allocation(lambda demands, stock, rng: {name: int(np.random.default_rng().integers(10**9)) for name in demands})
    )


class Hour(Event):
    """An event with values that JSON does not preserve."""

    kind: Literal["toy-hour"] = "toy-hour"
    month: Whole
    numbers: frozenset[int] | None = None
    at: Any = None


@breaks("event toy-hour: Hour(kind='toy-hour', month=1, numbers=None, at=(1, 2)) is read back as")
def an_event_with_a_tuple_of_no_declared_type() -> None:
    testing.check_event(Hour, Hour(month=1, at=(1, 2)))


class Untold(Event):
    kind: Literal["untold"] = "untold"


@breaks("event untold: has no docstring")
def an_event_without_a_docstring() -> None:
    testing.check_event(Untold)


def measure(function: Callable[[CountedRun], Any], **members: Any) -> Measure:
    return Measure(
        name="toy",
        title="toy",
        heading=("toy", "units"),
        kind="amount",
        unit="units",
        formula="0",
        source="nowhere",
        description="Nothing.",
        function=function,
        **members,
    )


@breaks("measure toy: must be a finite number or None, not nan")
def a_measure_that_is_nan() -> None:
    testing.check_measure(measure(lambda run: float("nan")))


@breaks("kinds: must contain harvest, which the measure reads")
def a_measure_that_reads_kinds_it_does_not_declare() -> None:
    testing.check_measure(measure(lambda run: float(len(list(run.of("harvest"))))))


@breaks("measure toy: is undefined in all sample runs; pass the settings of a run in which it is defined as settings=")
def a_measure_that_is_never_defined() -> None:
    testing.check_measure(measure(lambda run: None))


@breaks("measure toy: is None in a counted run; state in its attribute undefined when this happens")
def a_measure_that_does_not_say_when_it_is_undefined() -> None:
    testing.check_measure(measure(lambda run: 1.0 if run.harvests.received.sum() else None))


@breaks("problem 0 has correct answers from 5 to 4")
def a_skill_test_without_a_right_answer() -> None:
    known = SKILL_TESTS.get("dynamics", key="test")
    testing.check_skill_test(
        replace(known, name="toy", answer=lambda situation: replace(known.answer(situation), least=5, most=4))
    )


@breaks("govsim-no-such-thing: no such package is installed; install it first")
def a_plug_in_that_is_not_installed() -> None:
    testing.check_plugin("govsim-no-such-thing")


@breaks("numpy: has no entry points for govsim; declare one in a group such as govsim.phases")
def a_package_that_is_no_plug_in() -> None:
    testing.check_plugin("numpy")


@breaks("executor toy: a journal differs from that of executor local: ")
def an_executor_that_changes_a_run() -> None:
    class Toy(LocalExecutor):
        """Toy."""

        name = "toy"

        async def carry_out(self, job: Any, listener: Any) -> JobResult:
            changed = job.experiment.model_copy(update={"seed": 99})
            return await super().carry_out(
                replace(job, header=job.header.model_copy(update={"experiment": changed})), listener
            )

    testing.check_executor(Toy)


@breaks("not a valid executor: must be a class derived from govsim.jobs.Executor")
def an_executor_that_is_none() -> None:
    testing.check_executor(type("Toy", (), {"name": "toy", "__doc__": "Toy."}))


def test_a_measure_that_needs_an_institution_conforms_where_a_run_has_one() -> None:
    def terms(run: CountedRun) -> float | None:
        return float(len(list(run.of("terms")))) or None

    toy = measure(terms, kinds=("terms",), undefined="where no rule is in force")
    with pytest.raises(ConformanceError, match="is undefined in all sample runs"):
        testing.check_measure(toy)
    testing.check_measure(toy, {"institutions": [{"quota": {"amount": 5}}]})


@pytest.mark.parametrize("name", CASES)
def test_a_nonconforming_extension_fails_with_the_problem(name: str) -> None:
    broken, problem = CASES[name]
    with pytest.raises(ConformanceError, match=re.escape(problem)) as failed:
        broken()
    assert "\n" not in str(failed.value)


def test_a_scenario_without_a_template_fails(tmp_path: Any) -> None:
    export_scenario("fishery", tmp_path / "lake")
    (tmp_path / "lake" / "question.jinja").unlink()
    with pytest.raises(ConformanceError, match=r"question\.jinja: is missing; every scenario needs"):
        testing.check_scenario(tmp_path / "lake")


def test_a_condition_with_a_key_that_does_not_exist_fails(tmp_path: Any) -> None:
    (tmp_path / "dry.yaml").write_text("world: {rain: 3}\n")
    with pytest.raises(ConformanceError, match=r"world\.rain: there is no such key"):
        testing.check_condition(tmp_path / "dry.yaml")
