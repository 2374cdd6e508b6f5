"""From the options of a command line to layers of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govsim.config import Execution, Layer, assignment, load_experiment_file, merge, nested, validate
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command line asks for: the experiment's keys, and how it is carried out."""

    experiment: Layer
    execution: Execution


def settings_of(
    what: str,
    *,
    options: Mapping[str, Any],
    execution: Mapping[str, Any],
    sets: Sequence[str],
    members: Sequence[str],
    model_args: Sequence[str],
) -> Settings:
    """The settings that a command line describes; later options win over earlier ones, all over the file.

    Args:
        what: a scenario, its folder, or an experiment file ending in .yaml.
        options: values by dotted key of the experiment; None where the option was not given.
        execution: values by dotted key of the execution; None where the option was not given.
        sets: `key=value`, for any key of the experiment.
        members: `NAME.key=value`, for a key of one member.
        model_args: `name=value`, for arguments of the default model.

    Raises:
        ConfigError: a file cannot be read, or an option has not the form it should have.
    """
    file: dict[str, Any] = {"scenario": what}
    if what.endswith((".yaml", ".yml")):
        file = load_experiment_file(Path(what))
    in_file = file.pop("execution", {})
    if not isinstance(in_file, Mapping):
        raise ConfigError(f"{what}: execution = {in_file!r}: must hold keys and values")
    given = [nested(key, value) for key, value in options.items() if value is not None]
    of_members = [_member_layer(text) for text in members]
    layers = [file, *given, *set_layers(sets), *of_members, args_layer(model_args)]
    chosen = [nested(key, value) for key, value in execution.items() if value is not None]
    return Settings(experiment=merge(*layers), execution=validate(Execution, [in_file, *chosen]))


def set_layers(sets: Sequence[str], allowed: Sequence[str] | None = None) -> list[Layer]:
    """The settings that `--set` gives, in their order.

    Args:
        sets: `key=value`.
        allowed: keys and sections that the command uses; all of an experiment when None.

    Raises:
        ConfigError: one has not the form key=value, or the command does not use it.
    """
    layers: list[Layer] = []
    for text in sets:
        key, value = assignment(text, option="--set")
        if allowed is not None and not any(key == one or key.startswith(f"{one}.") for one in allowed):
            raise ConfigError(f"--set {key}: this command does not use it; it takes keys of {', '.join(allowed)}")
        layers.append(nested(key, value))
    return layers


def args_layer(model_args: Sequence[str]) -> Layer:
    """The arguments that `-M` gives to the default model.

    Raises:
        ConfigError: one has not the form name=value.
    """
    args = dict(assignment(text, option="-M") for text in model_args)
    return {"models": {"args": args}} if args else {}


MODEL_KEYS = ("models.sampling", "models.extra_body", "models.args", "models.system_role", "models.context")
"""Settings of how one model is asked, which every command takes that asks some."""


def prices_of(texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Prices by model, from `MODEL=INPUT/OUTPUT` or `MODEL=INPUT/OUTPUT/CACHED`.

    Raises:
        ConfigError: one has not that form.
    """
    prices = {}
    for text in texts:
        model, _, amounts = text.rpartition("=")
        try:
            numbers = [float(amount) for amount in amounts.split("/")]
        except ValueError:
            numbers = []
        if not model or len(numbers) not in (2, 3):
            raise ConfigError(
                f"--price {text}: must have the form MODEL=INPUT/OUTPUT or MODEL=INPUT/OUTPUT/CACHED, in dollars for a "
                "million tokens, as in openai/gpt-4o-mini=0.15/0.60"
            )
        prices[model] = dict(zip(("input", "output", "cached"), numbers, strict=False))
    return prices


def _member_layer(text: str) -> Layer:
    key, value = assignment(text, option="--member")
    # A member's name may hold spaces but no dot; an argument of its model may: Luke.model_args.catch.Luke
    name, dot, rest = key.partition(".")
    if not dot or not rest:
        raise ConfigError(f"--member {text}: must have the form NAME.key=value, as in Luke.agent=policy:greedy")
    if rest.startswith("model_args."):
        return {"members": {name: {"model_args": {rest.removeprefix("model_args."): value}}}}
    return {"members": {name: nested(rest, value)}}
