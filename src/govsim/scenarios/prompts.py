"""Rendering prompts: every number comes from the world that the prompt is about."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from govsim.config import Experiment, World
from govsim.errors import ScenarioError
from govsim.scenarios.schema import Scenario

_MULTIPLES = {2: "doubles", 3: "triples", 4: "quadruples"}


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Where templates are compiled: sandboxed, and strict about unknown variables."""
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


class Prompts:
    """The sentences of one scenario in one world."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self.scenario = scenario
        self._compiled: dict[str, Template] = {}
        self._always: dict[str, Any] = {
            **scenario.words,
            "capacity": world.capacity,
            "growth": f"{world.growth:g}",
            "growth_phrase": growth_phrase(world.growth),
            "price": f"{scenario.price:,}",
        }
        self._example = worked_example(world)

    def word(self, name: str) -> str:
        """One of the scenario's words."""
        return self.scenario.words[name]

    def rules(self) -> str:
        """The rules of the commons with their worked example."""
        return self.render("rules", **self._example)

    def render(self, template: str, **variables: Any) -> str:
        """Render one template.

        Raises:
            ScenarioError: there is no such template, or it uses something that is not there; names the line.
        """
        if template not in self.scenario.templates:
            raise ScenarioError(f"scenario {self.scenario.name} has no template {template}.jinja")
        try:
            if template not in self._compiled:
                self._compiled[template] = environment().from_string(self.scenario.templates[template])
            return self._compiled[template].render(self._always | variables).strip()
        except (TemplateError, SecurityError, TypeError, ArithmeticError) as error:
            raise ScenarioError(f"line {_line_of(error)}: {error}") from error


def growth_phrase(growth: float) -> str:
    """What the stock does in a growth, as a verb phrase: "doubles", "is multiplied by 1.5"."""
    return _MULTIPLES.get(int(growth) if growth == int(growth) else 0, f"is multiplied by {growth:g}")


def worked_example(world: World) -> dict[str, int]:
    """One month without rationing, computed from the world: nine tenths of the capacity, of which a third is taken."""
    before = max(1, world.capacity * 9 // 10)
    taken = before // 3
    left = before - taken
    growth = world.exact_growth
    after = min(world.capacity, left * growth.numerator // growth.denominator)
    return {"example_before": before, "example_taken": taken, "example_left": left, "example_after": after}


def sample_variables(experiment: Experiment | None = None) -> dict[str, Any]:
    """Values for every variable of every template, as in the first month of an experiment (the default one)."""
    experiment = experiment or Experiment()
    world, (name, *others) = experiment.world, experiment.society.members
    persona = dict.fromkeys(("background", "traits", "goals", "behaviour", "customs"), "(from the persona)")
    share = world.stock_at_start // (2 * len(experiment.society.members))
    return {
        **worked_example(world),
        **persona,
        **{"age": 40, "persona": "(the persona)", "rules": "(the rules)", "name": name},
        **{"n": len(others) + 1, "others": ", ".join(others), "communication": True, "transparency": True},
        **{"stock": world.stock_at_start, "threshold": share, "asked": share, "received": share, "limit": share},
        **{"other": others[0] if others else name, "summary": "(the summary)", "memory": "(a memory)", "count": 3},
        **{"date": "2024-01-30", "memories": ["2024-01-01: (a memory)"], "happened": ["(what happened)"]},
        **{"lines": ["Moderator: (the opening line)", f"{name}: (what {name} says)"]},
        **{"names": ", ".join([name, *others]), "catches": [f"{member} {share}" for member in (name, *others)]},
        **{"question": "(the question)", "remember": True, "interesting": True, "rates": True},
        **{"format": "Answer: <a whole number>", "reason": "(the reason)"},
    }


def _line_of(error: BaseException) -> int:
    """The template line that an error was raised at; 1 where it cannot be known."""
    line, trace = getattr(error, "lineno", None) or 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)
