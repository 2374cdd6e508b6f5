"""From what a form says to the words of `govsim run`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govsim.characters import visible
from govsim.config import condition_names
from govsim.errors import ConfigError
from govsim.plugins import GOVSIM, installed
from govsim.scenarios import scenario_names

_AGENTS = ("generative", "direct", "policy:fair-share", "policy:greedy", "policy:random", "policy:fixed:10")


def agents_offered() -> tuple[str, ...]:
    """Agents that are offered, those of plug-ins by the names that they are installed under; others can be typed."""
    kinds = (point.name for point in installed(f"{GOVSIM}.agents"))
    policies = (f"policy:{point.name}" for point in installed(f"{GOVSIM}.policies"))
    return tuple(dict.fromkeys((*_AGENTS, *kinds, *policies)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is to be run. Nothing, or None, leaves a setting as it is.

    Attributes:
        scenario: a scenario's name.
        condition: a condition's name.
        model: the language model, as provider/name.
        agent: how members decide.
        members: how many there are.
        months: the most months.
        runs: how many runs.
        seed: of the first.
        max_cost: the most dollars that the command may cost.
        max_tokens: the most tokens that it may use.
        price: dollars for a million tokens, as `INPUT/OUTPUT`.
        settings: any keys of the experiment, a line `KEY=VALUE` each.
        model_args: arguments of the model, a line `NAME=VALUE` each.
    """

    scenario: str = "fishery"
    condition: str = "default"
    model: str = ""
    agent: str = "generative"
    members: int | None = None
    months: int | None = None
    runs: int | None = None
    seed: int | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    price: str = ""
    settings: str = ""
    model_args: str = ""


def words_of(form: Form, out: Path) -> tuple[str, ...]:
    """The words that follow `govsim run`. Each option and its value are one word, so that no value is an option.

    Args:
        form: what is to be run.
        out: the folder of its journals.

    Raises:
        ConfigError: the scenario or condition is none of those that are offered, a price is given without a model, or
            a text holds a character that no command can hold.
    """
    for what, value, offered in (
        ("scenario", form.scenario, scenario_names()),
        ("condition", form.condition, condition_names()),
    ):
        if value not in offered:
            raise ConfigError(f"{what} = {value}: choose from {', '.join(offered)}")
    if form.price and not form.model:
        raise ConfigError("price: wants a model; name it as PROVIDER/NAME")
    words = (form.scenario, *_options(form), f"--out={out}")
    if unfit := next(
        (word for word in words if any(unicodedata.category(char) in ("Cc", "Cs") for char in word)), None
    ):
        raise ConfigError(f"{visible(unfit)}: holds a control character; type it anew")
    return words


def _options(form: Form) -> Iterator[str]:
    if form.condition != "default":
        yield f"--condition={form.condition}"
    given = {
        "model": form.model.strip(),
        "agent": form.agent.strip(),
        "months": form.months,
        "runs": form.runs,
        "seed": form.seed,
        "max-cost": form.max_cost,
        "max-tokens": form.max_tokens,
        "price": f"{form.model.strip()}={form.price.strip()}" if form.price else "",
    }
    yield from (f"--{name}={value}" for name, value in given.items() if value not in (None, ""))
    if form.members is not None:
        yield f"--set=society.members={form.members}"
    yield from (f"--set={line}" for line in _lines(form.settings))
    yield from (f"-M{line}" for line in _lines(form.model_args))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
