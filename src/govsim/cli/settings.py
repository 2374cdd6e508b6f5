"""From the options of a command line to layers of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from govsim.cli.options import Asking
from govsim.config import (
    Execution,
    Experiment,
    Layer,
    assignment,
    expanded,
    load_experiment_file,
    merge,
    nested,
    validate,
)
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command line asks for: the experiment's keys, and how it is carried out."""

    experiment: Layer
    execution: Execution


def settings_of(
    asking: Asking,
    what: str | None = None,
    *,
    options: Mapping[str, Any] = MappingProxyType({}),
    execution: Mapping[str, Any] = MappingProxyType({}),
    members: Sequence[str] = (),
    allowed: Sequence[str] | None = None,
) -> Settings:
    """The settings that a command line describes; later options win over earlier ones, all over the file.

    Args:
        asking: how models are asked. Its `--set` takes `key=value`, for any key of the experiment, or
            `execution.key=value`; its `-M` gives arguments of the default model.
        what: a scenario, its folder, or an experiment file ending in .yaml; None for what is no experiment.
        options: values by dotted key of the experiment; None where the option was not given.
        execution: values by dotted key of the execution, beside those of `asking`; None likewise.
        members: `NAME.key=value`, for a key of one member.
        allowed: keys and sections that `--set` may hold; all of an experiment when None.

    Raises:
        ConfigError: a file cannot be read, or an option has not the form it should have.
    """
    file: dict[str, Any] = {} if what is None else {"scenario": what}
    if what is not None and what.endswith((".yaml", ".yml")):
        file = load_experiment_file(expanded(what))
    given = [nested(key, value) for key, value in options.items() if value is not None]
    chosen = [nested(key, value) for key, value in {**_execution(asking), **execution}.items() if value is not None]
    own = _set_layers(asking.sets, allowed)
    written = [_execution_in(file, str(what)), *(_execution_in(layer, "--set") for layer in own)]
    source = "execution" if any(written) else ""
    how = validate(Execution, [written[0], *chosen, *written[1:]], source=source)
    _refuse_execution_keys(own)
    layers = [file, *given, *own, *map(_member_layer, members), _args_layer(asking.model_arg)]
    return Settings(experiment=merge(*layers), execution=how)


def _execution(asking: Asking) -> dict[str, Any]:
    """Options by key of the execution."""
    return {
        "connections": asking.connections,
        "budget.cost": asking.max_cost,
        "budget.tokens": asking.max_tokens,
        "budget.calls": asking.max_calls,
        "budget.seconds": asking.max_time,
        "prices": _prices_of(asking.price) or None,
        "base_url": asking.base_url,
        "accept_version": asking.accept_version or None,
    }


def _execution_in(layer: dict[str, Any], source: str) -> Layer:
    """The half of a layer that says how runs are carried out, taken out of it."""
    half = layer.pop("execution", {})
    if not isinstance(half, Mapping):
        raise ConfigError(f"{source}: execution = {half!r}: must hold keys and values")
    return half


def _refuse_execution_keys(sets: Sequence[Layer]) -> None:
    """Name the key that was meant where `--set` has one of the execution without its half's name."""
    for layer in sets:
        for key in layer:
            if key in Execution.model_fields and key not in Experiment.model_fields:
                raise ConfigError(f"--set {key}: belongs to the execution; write --set execution.{key}=VALUE")


def _set_layers(sets: Sequence[str], allowed: Sequence[str] | None) -> list[dict[str, Any]]:
    """The settings that `--set` gives, in their order.

    Args:
        sets: `key=value`.
        allowed: keys and sections that the command uses; all of an experiment when None.

    Raises:
        ConfigError: one has not the form key=value, or the command does not use it.
    """
    layers: list[dict[str, Any]] = []
    for text in sets:
        key, value = assignment(text, option="--set")
        if allowed is not None and not any(key == one or key.startswith(f"{one}.") for one in allowed):
            raise ConfigError(f"--set {key}: this command does not use it; it takes keys of {', '.join(allowed)}")
        layers.append(nested(key, value))
    return layers


def _args_layer(model_args: Sequence[str]) -> Layer:
    """The arguments that `-M` gives to the default model.

    Raises:
        ConfigError: one has not the form name=value.
    """
    args = dict(assignment(text, option="-M") for text in model_args)
    return {"models": {"args": args}} if args else {}


STUDY_KEYS = (
    *("models.sampling", "models.extra_body", "models.args", "models.replies", "models.system_role", "models.context"),
    *(f"execution.{key}" for key in Execution.model_fields if key not in ("out", "runs", "parallel", "accept_version")),
)
"""Settings of how the model of a study is asked, beside what options give."""


def _prices_of(texts: Sequence[str]) -> dict[str, dict[str, float]]:
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
