"""Sub-skill tests, their registry, and the generation of problems from a seed.

A problem is determined by the seed and its number, and is the same for every model. Problem i has the same stock in all
tests, so that tests can be compared problem by problem. Plug-ins register tests in the entry-point group
`govsim.skill_tests`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from govsim.commons import State, Stream, generator, member_threshold, state_at_start
from govsim.config import ExtensionEntry, World
from govsim.errors import ConfigError, PluginError
from govsim.plugins import GOVSIM, Registry

TEMPLATE = ".jinja"
"""Suffix of template files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The values a problem is generated from, drawn identically for every test.

    Attributes:
        state: the commons before the harvest.
        threshold: units that each member can take without the stock shrinking, at least 1.
        taken: units that each member takes, from 0 to an equal share of the stock.
        rng: generator for further draws of a test; the same for the same seed and problem number.
    """

    state: State
    threshold: int
    taken: int
    rng: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAnswer:
    """The correct answers to a problem, and further values it states.

    Attributes:
        least: the lowest correct answer, in units.
        most: the highest correct answer.
        taken: units that each member takes, if the problem states it.
        variables: variables of the test's template besides those that all templates of tests have.
    """

    least: int
    most: int
    taken: int | None = None
    variables: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillTest:
    """A sub-skill test: questions whose answer is a number of units.

    Attributes:
        name: name in commands and journals.
        title: title in tables.
        template: file of the prompt template, named `skill-NAME.jinja`. Its variables are those of a scenario's
            templates, `n`, `stock`, `taken`, `situation`, `question`, `hint`, and those of the answer.
        answer: returns the correct answers for a situation.
        is_decision: whether the answer is a harvest decision, from 0 to the stock; otherwise it is not limited, as
            limits would reveal the answer.
        has_hint: whether the prompt includes the universalization hint.
    """

    name: str
    title: str
    template: Traversable
    answer: Callable[[Situation], CorrectAnswer]
    is_decision: bool = False
    has_hint: bool = False

    @property
    def template_name(self) -> str:
        """Name of the template in a study's journal."""
        return self.template.name.removesuffix(TEMPLATE)


def _flaw(value: Any) -> str | None:
    """Return why a value is not a valid sub-skill test; None if it is."""
    if not isinstance(value, SkillTest):
        return f"must be a govsim.skills.SkillTest, not {type(value).__name__}"
    if not isinstance(value.title, str) or not value.title.strip():
        return "title: must be text that is not empty"
    name = getattr(value.template, "name", "")
    if not (name.startswith("skill-") and name.endswith(TEMPLATE) and value.template.is_file()):
        return f"template = {name or value.template}: must be a file named skill-NAME{TEMPLATE}"
    return None if callable(value.answer) else "answer: must be callable"


SKILL_TESTS: Registry[SkillTest] = Registry("sub-skill test", group="skill_tests", home="govsim.skills", flaw=_flaw)
"""All sub-skill tests, those of the paper first."""


def title_of(name: str) -> str:
    """Return the title of a test in tables; for an unknown test, as of a missing plug-in, its name with spaces."""
    try:
        found = SKILL_TESTS.find(name)
    except PluginError:
        found = None
    return name.replace("_", " ") if found is None else found.value.title


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Return names of tests in the order of the registry; unknown ones come last."""
    known = [name for name in SKILL_TESTS.names if name in names]
    return (*known, *sorted(set(names) - set(known)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem with its correct answers. Amounts are whole units.

    Attributes:
        test: name of the test.
        number: index of the problem within the test, from 0.
        stock: units before the harvest.
        threshold: units that each member can take without the stock shrinking.
        taken: units that each member takes, if the test states it.
        least: the lowest correct answer.
        most: the highest correct answer.
        variables: further variables of the test's template.
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
    """Generate the first problems of one test.

    The stock is drawn from the stocks with a per-member threshold of at least 1 (10 to 100 in the paper's setting), and
    the harvest of each member from 0 to an equal share of the stock.

    Args:
        world: settings of the commons.
        members: names of the members that share it.
        seed: random seed.
        test: the test.
        count: number of problems.

    Raises:
        ConfigError: no stock has a per-member threshold of at least 1, or a problem has no correct answer.
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
                f"test = {test.name}: problem {number} has correct answers from {found.least} to {found.most}; least "
                "must be 0 or more, and not greater than most"
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


def _answer(test: SkillTest, number: int, situation: Situation) -> CorrectAnswer:
    found = SKILL_TESTS.find(test.name)
    if found is None or found.origin == GOVSIM:
        return test.answer(situation)
    try:
        answer = test.answer(situation)
    except Exception as error:
        raise PluginError(
            f"test = {test.name} of {found.origin}: problem {number} failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(answer, CorrectAnswer):
        raise PluginError(f"test = {test.name} of {found.origin}: must return a govsim.skills.Answer")
    return answer


def _solvable(world: World, members: tuple[str, ...]) -> list[State]:
    """Return every state of the commons with a per-member threshold of at least 1."""
    start = state_at_start(world, members)
    states = [replace(start, stock=stock) for stock in range(1, world.capacity + 1)]
    found = [state for state in states if member_threshold(state) >= 1]
    if not found:
        shown = world.growth.written if isinstance(world.growth, ExtensionEntry) else f"{world.growth:g}"
        raise ConfigError(
            f"members = {len(members)}, growth = {shown}, capacity = {world.capacity}: no member can take a single "
            "unit without the stock shrinking; use fewer members, more growth or more capacity"
        )
    return found
