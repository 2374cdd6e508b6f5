"""What a sub-skill test is, the registry of all, and the problems that follow from a seed.

A problem follows from the seed and its number alone, and is the same for every model. Problem i has the same stock in
all tests, so that tests can be compared problem by problem. A plug-in names its test in the entry-point group
`govsim.skill_tests`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from govsim.commons import State, Stream, generator, member_threshold, state_at_start
from govsim.config import Entry, World
from govsim.errors import ConfigError, PluginError
from govsim.plugins import GOVSIM, Registry

TEMPLATE = ".jinja"
"""How the file of a template ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a problem is made from, drawn alike for every test.

    Attributes:
        state: the commons before the harvest.
        threshold: units that each member can take without the stock falling, at least 1.
        taken: units that each member could take, from nothing to an equal share of all.
        rng: for what a test draws beside these; the same for the same seed and number of the problem.
    """

    state: State
    threshold: int
    taken: int
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is right, and what the problem says beside the stock.

    Attributes:
        least: the lowest right answer, in units.
        most: the highest right answer.
        taken: units that each member takes, where the problem says so.
        variables: what the test's template needs beside the variables that every template of a test has.
    """

    least: int
    most: int
    taken: int | None = None
    variables: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillTest:
    """A sub-skill test: questions with one number of units as an answer.

    Attributes:
        name: its name in commands and journals.
        title: what tables call it.
        template: the file of the prompt, whose name begins with `skill-` and ends with `.jinja`. It has the variables
            of a scenario's templates, `n`, `stock`, `taken`, `situation`, `question`, `hint`, and those of the answer.
        answer: from a situation to what is right in it.
        is_decision: whether the answer is a harvest decision, from 0 to the stock; otherwise nothing limits it, as
            limits would give away what is asked for.
        has_hint: whether the universalization hint is given.
    """

    name: str
    title: str
    template: Traversable
    answer: Callable[[Situation], Answer]
    is_decision: bool = False
    has_hint: bool = False

    @property
    def template_name(self) -> str:
        """The name of its template in a study's journal."""
        return self.template.name.removesuffix(TEMPLATE)


def _flaw(value: Any) -> str | None:
    """What keeps an object from being a sub-skill test; None where nothing does."""
    if not isinstance(value, SkillTest):
        return f"must be a govsim.skills.SkillTest, not {type(value).__name__}"
    if not isinstance(value.title, str) or not value.title.strip():
        return "title: must be a text, and not empty"
    name = getattr(value.template, "name", "")
    if not (name.startswith("skill-") and name.endswith(TEMPLATE) and value.template.is_file()):
        return f"template = {name or value.template}: must be a file whose name is skill-NAME{TEMPLATE}"
    return None if callable(value.answer) else "answer: cannot be called"


SKILL_TESTS: Registry[SkillTest] = Registry("sub-skill test", group="skill_tests", home="govsim.skills", flaw=_flaw)
"""All sub-skill tests, those of the paper first."""


def title_of(name: str) -> str:
    """What tables call a test; its name in words where it is unknown, as in journals of a plug-in that is missing."""
    try:
        found = SKILL_TESTS.find(name)
    except PluginError:
        found = None
    return name.replace("_", " ") if found is None else found.value.title


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Names of tests in the order of the registry; those that it does not know come last."""
    known = [name for name in SKILL_TESTS.names if name in names]
    return (*known, *sorted(set(names) - set(known)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem with its right answers. Amounts are whole units.

    Attributes:
        test: what it asks for.
        number: counts the problems of the test, from 0.
        stock: units before the harvest.
        threshold: what each member can take without the stock falling.
        taken: what each member takes, where the test says so.
        least: the lowest right answer.
        most: the highest right answer.
        variables: what the test's template needs beside these.
    """

    test: str
    number: int
    stock: int
    threshold: int
    taken: int | None = None
    least: int
    most: int
    variables: Mapping[str, int | str] = field(default_factory=dict)


def problems(world: World, members: tuple[str, ...], seed: int, test: SkillTest, count: int) -> Iterator[Problem]:
    """The first problems of one test.

    The stock is drawn from those of which everyone can take something without the stock falling (10 to 100 in the
    paper's world), what each takes from nothing to an equal share of all of it.

    Args:
        world: the commons.
        members: who shares it.
        seed: what the problems are generated from.
        test: what they ask for.
        count: how many.

    Raises:
        ConfigError: there is no stock of which everyone can take something without it falling, or a problem has no
            right answer.
        PluginError: the test of a plug-in fails.
    """
    states = _solvable(world, members)
    for number in range(count):
        draw = generator(seed, Stream.PROBLEM, number)
        state = states[int(draw.integers(len(states)))]
        taken = int(draw.integers(state.stock // len(state.members) + 1))
        threshold = member_threshold(state)
        found = _answer(test, number, Situation(state=state, threshold=threshold, taken=taken, rng=draw))
        if not 0 <= found.least <= found.most:
            raise ConfigError(
                f"test = {test.name}: problem {number} has right answers from {found.least} to {found.most}; the least "
                "must be 0 or more, and no more than the most"
            )
        yield Problem(
            test=test.name,
            number=number,
            stock=state.stock,
            threshold=threshold,
            taken=found.taken,
            least=found.least,
            most=found.most,
            variables=found.variables,
        )


def _answer(test: SkillTest, number: int, situation: Situation) -> Answer:
    found = SKILL_TESTS.find(test.name)
    if found is None or found.origin == GOVSIM:
        return test.answer(situation)
    try:
        answer = test.answer(situation)
    except Exception as error:
        raise PluginError(
            f"test = {test.name} of {found.origin}: problem {number} cannot be made: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(answer, Answer):
        raise PluginError(f"test = {test.name} of {found.origin}: must give a govsim.skills.Answer")
    return answer


def _solvable(world: World, members: tuple[str, ...]) -> list[State]:
    """The commons in every state in which each member can take something without the stock falling."""
    start = state_at_start(world, members)
    states = [replace(start, stock=stock) for stock in range(1, world.capacity + 1)]
    found = [state for state in states if member_threshold(state) >= 1]
    if not found:
        shown = world.growth.written if isinstance(world.growth, Entry) else f"{world.growth:g}"
        raise ConfigError(
            f"members = {len(members)}, growth = {shown}, capacity = {world.capacity}: nobody can take a "
            "single unit without the stock falling; take fewer members, more growth or more capacity"
        )
    return found
