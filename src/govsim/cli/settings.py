"""Settings from the options of a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from govsim.cli.options import ModelOptions
from govsim.config import (
    Execution,
    Experiment,
    Layer,
    assignment,
    keys_of_campaign,
    merge,
    nested,
    validate,
    without_execution,
)
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a command line: those of the experiment, and those of the execution."""

    experiment: Layer
    execution: Execution


def settings_of(
    model_options: ModelOptions,
    what: str | None = None,
    *,
    options: Mapping[str, Any] = MappingProxyType({}),
    execution: Mapping[str, Any] = MappingProxyType({}),
    members: Sequence[str] = (),
    allowed: Sequence[str] | None = None,
) -> Settings:
    """Return the settings of a command line; later options override earlier ones, and all options override the file.

    Args:
        model_options: options of model calls. `--set` takes `KEY=VALUE` for any key of the experiment, or
            `execution.KEY=VALUE`; `-M` sets arguments of the default model.
        what: a scenario, its folder, or an experiment file ending in .yaml; None if there is no experiment.
        options: values by dotted key of the experiment; None if the option was not given.
        execution: values by dotted key of the execution, in addition to those of `model_options`; None likewise.
        members: `NAME.KEY=VALUE`, for the setting of one member.
        allowed: keys and sections that `--set` accepts; by default all of an experiment.

    Raises:
        ConfigError: a file cannot be read, or an option is invalid.
    """
    file, of_file = without_execution({} if what is None else keys_of_campaign(what), str(what))
    given = [nested(key, value) for key, value in options.items() if value is not None]
    chosen = [
        nested(key, value) for key, value in {**_execution(model_options), **execution}.items() if value is not None
    ]
    split = [without_execution(layer, "--set") for layer in _set_layers(model_options.sets, allowed)]
    own, written = [layer for layer, _ in split], [layer for _, layer in split]
    under = "execution" if any((of_file, *written)) else ""
    how = validate(Execution, [of_file, *chosen, *written], under=under)
    _refuse_execution_keys(own)
    layers = [file, *given, *own, *map(_member_layer, members), _args_layer(model_options.model_arg)]
    return Settings(experiment=merge(*layers), execution=how)


def _execution(model_options: ModelOptions) -> dict[str, Any]:
    """Return the values of options by key of the execution."""
    return {
        "connections": model_options.connections,
        "budget.cost": model_options.max_cost,
        "budget.tokens": model_options.max_tokens,
        "budget.calls": model_options.max_calls,
        "budget.seconds": model_options.max_time,
        "prices": _prices_of(model_options.price) or None,
        "base_url": model_options.base_url,
        "accept_version": model_options.accept_version or None,
    }


def _refuse_execution_keys(sets: Sequence[Layer]) -> None:
    """Reject a key of the execution that lacks the prefix `execution.`."""
    for layer in sets:
        for key in layer:
            if key in Execution.model_fields and key not in Experiment.model_fields:
                raise ConfigError(f"--set {key}: is a setting of the execution; use --set execution.{key}=VALUE")


def _set_layers(sets: Sequence[str], allowed: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the settings of `--set`, in their order.

    Args:
        sets: `KEY=VALUE`.
        allowed: keys and sections that the command uses; by default all of an experiment.

    Raises:
        ConfigError: one does not have the form KEY=VALUE, or the command does not use it.
    """
    layers: list[dict[str, Any]] = []
    for text in sets:
        key, value = assignment(text, option="--set")
        if allowed is not None and not any(key == one or key.startswith(f"{one}.") for one in allowed):
            raise ConfigError(f"--set {key}: not used by this command; allowed are keys of {', '.join(allowed)}")
        layers.append(nested(key, value))
    return layers


def _args_layer(model_args: Sequence[str]) -> Layer:
    """Return the arguments of `-M` for the default model.

    Raises:
        ConfigError: one does not have the form NAME=VALUE.
    """
    args = dict(assignment(text, option="-M") for text in model_args)
    return {"models": {"args": args}} if args else {}


_OF_RUNS = ("out", "runs", "parallel", "accept_version", "executor", "workers", "address", "shared_storage")

STUDY_KEYS = (
    *("models.sampling", "models.extra_body", "models.args", "models.replies", "models.system_role", "models.context"),
    *(f"execution.{key}" for key in Execution.model_fields if key not in _OF_RUNS),
)
"""Settings of model calls that studies accept with `--set`."""


def _prices_of(texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return prices by model, from `MODEL=INPUT/OUTPUT` or `MODEL=INPUT/OUTPUT/CACHED`.

    Raises:
        ConfigError: one does not have this form.
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
                f"--price {text}: must have the form MODEL=INPUT/OUTPUT or MODEL=INPUT/OUTPUT/CACHED, in dollars "
                "per million tokens, as in openai/gpt-4o-mini=0.15/0.60"
            )
        prices[model] = dict(zip(("input", "output", "cached"), numbers, strict=False))
    return prices


def _member_layer(text: str) -> Layer:
    key, value = assignment(text, option="--member")
    # A member's name has no dot, but an argument of its model can: Luke.model_args.catch.Luke
    name, dot, rest = key.partition(".")
    if not dot or not rest:
        raise ConfigError(f"--member {text}: must have the form NAME.KEY=VALUE, as in Luke.agent=policy:greedy")
    if rest.startswith("model_args."):
        return {"members": {name: {"model_args": {rest.removeprefix("model_args."): value}}}}
    return {"members": {name: nested(rest, value)}}
