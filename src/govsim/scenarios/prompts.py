"""Rendering of prompts. All numbers are computed from the settings of the world."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from govsim.characters import enumerated
from govsim.commons import growth_law, member_threshold, state_at_start
from govsim.config import Experiment, ReplyFormat, WorkedExample, World
from govsim.errors import ScenarioError
from govsim.scenarios.schema import RULES_TEMPLATE, USUAL_WORDING, Scenario

_SHARES: Mapping[WorkedExample, tuple[tuple[int, int], ...]] = {
    "safe": ((1, 3), (1, 4), (1, 5), (1, 6), (1, 8), (1, 10), (1, 15), (1, 20), (1, 30)),
    "harmful": ((1, 3), (1, 2), (2, 3), (3, 4), (4, 5), (9, 10)),
}
"""Shares of the stock that a worked example tries, as fractions, in order."""


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Return the template environment: sandboxed, and strict about unknown variables."""
    strict = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    # A prompt must depend only on its variables.
    del strict.filters["random"], strict.globals["lipsum"]
    return strict


class Prompts:
    """The prompts of one scenario in one world.

    Attributes:
        scenario: the scenario.
        replies: the reply format.
    """

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        rules: str = RULES_TEMPLATE,
        replies: ReplyFormat = "text",
        example: WorkedExample = "safe",
        *,
        lag: int = 0,
        prices_differ: bool = False,
    ) -> None:
        """Set up the prompts.

        Args:
            scenario: the scenario.
            world: settings of the commons.
            rules: name of the template with the rules.
            replies: the reply format.
            example: the kind of worked example in the rules.
            lag: months after which catches are made public.
            prices_differ: whether members earn different prices.
        """
        law = growth_law(world)
        self._rules = rules
        self.scenario = scenario
        self.replies = replies
        self._cached: dict[tuple[Hashable, ...], str] = {}
        self._always: dict[str, Any] = {
            **scenario.words,
            **USUAL_WORDING,
            "capacity": world.capacity,
            "growth": law.factor,
            "growth_phrase": law.phrase,
            "price": f"{scenario.price:,}",
            "lag": lag,
            "prices_differ": prices_differ,
        }
        self._example = worked_example(world, example)

    def has(self, template: str) -> bool:
        """Whether there is a template; those added by later versions are missing in older journals."""
        return template in self.scenario.templates

    def word(self, name: str) -> str:
        """Return one of the scenario's words.

        Raises:
            ScenarioError: the word is missing, which is possible in a modified journal.
        """
        if name not in self.scenario.words:
            raise ScenarioError(f"scenario {self.scenario.name} has no words.{name}")
        return self.scenario.words[name]

    @property
    def units(self) -> tuple[str, str]:
        """Singular and plural of the unit."""
        return self.word("unit"), self.word("units")

    def rules(self, members: int) -> str:
        """Render the rules of the commons with their worked example, for a number of members."""
        return self.render_cached(self._rules, n=members, **self._example)

    def render_cached(self, template: str, **variables: Hashable) -> str:
        """Render a template that is used repeatedly with the same variables; the result is cached."""
        key = (template, *variables.items())
        if key not in self._cached:
            self._cached[key] = self.render(template, **variables)
        return self._cached[key]

    def render(self, template: str, **variables: Any) -> str:
        """Render one template.

        Raises:
            ScenarioError: there is no such template, or rendering fails; names the line.
        """
        if template not in self.scenario.templates:
            raise ScenarioError(f"scenario {self.scenario.name} has no template {template}.jinja")
        try:
            return _compiled(self.scenario.templates[template]).render(self._always | variables).strip()
        except Exception as error:  # a user's template can fail in any way
            raise ScenarioError(f"line {_line_of(error)}: {error}") from error


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    """Compile a template, once for all societies of this process."""
    template = environment().from_string(source)
    # Jinja copies the globals for every rendering, which is slow for a chain of mappings.
    template.globals = dict(template.globals)
    return template


def worked_example(world: World, kind: WorkedExample = "safe") -> dict[str, int]:
    """Compute a month without rationing, from nine tenths of the capacity.

    The harvest is the first of several shares of that stock after which the next month starts with more (`safe`) or
    with less (`harmful`); the same amount would reveal the threshold. If there is none, the first share is used.
    """
    before = max(1, world.capacity * 9 // 10)
    examples = [_example(world, before, before * part // parts) for part, parts in _SHARES[kind]]
    is_safe = kind == "safe"
    fitting = (
        one
        for one in examples
        if one["example_taken"] and one["example_after"] != before and (one["example_after"] > before) == is_safe
    )
    return next(fitting, examples[0])


def _example(world: World, before: int, taken: int) -> dict[str, int]:
    left = before - taken
    after = growth_law(world).known_to_members.grown(left, world.capacity)
    return {"example_before": before, "example_taken": taken, "example_left": left, "example_after": after}


def sample_variables(experiment: Experiment | None = None) -> dict[str, Any]:
    """Return sample values for all template variables, as in month 1 of an experiment (by default `Experiment()`)."""
    experiment = experiment or Experiment()
    world = experiment.world
    present = tuple(name for name in experiment.society.members if experiment.member(name).earliest == 1)
    name, *others = present
    persona = dict.fromkeys(("background", "traits", "goals", "behaviour", "customs"), "(from the persona)")
    share = member_threshold(state_at_start(world, present))
    return {
        **USUAL_WORDING,
        **worked_example(world, experiment.society.example),
        **persona,
        **{"age": 40, "persona": "(the persona)", "rules": "(the rules)", "name": name},
        **{"n": len(present), "others": enumerated(others), "communication": True, "transparency": True},
        **{"lag": 0, "prices_differ": False},
        **{"stock": world.stock_at_start, "threshold": share, "asked": share, "received": share, "limit": share},
        **{"other": others[0] if others else name, "summary": "(the summary)", "memory": "(a memory)", "count": 3},
        **{"date": "2024-01-30", "memories": ["2024-01-01: (a memory)"], "happened": ["(what happened)"]},
        **{"lines": ['Moderator: "(the opening line)"', f'{name}: "(what {name} says)"']},
        **{"names": enumerated(present), "catches": [f"{member} {share}" for member in (name, *others)]},
        **{"question": "(the question)", "remember": True, "interesting": True, "rates": True},
        **{"format": "Answer: <a whole number>", "reason": "(the reason)"},
    }


def _line_of(error: BaseException) -> int:
    """Return the template line at which an error was raised; 1 if unknown."""
    line, trace = getattr(error, "lineno", None) or 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)
