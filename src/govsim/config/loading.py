"""Loading and validation of experiments from files and command-line settings, with one-line error messages."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from govsim.characters import counted
from govsim.config.distributions import is_written
from govsim.config.entries import ENTRIES, with_settings
from govsim.config.execution import Execution
from govsim.config.experiment import Experiment
from govsim.config.paths import expanded
from govsim.config.section import as_written, nearest, no_such_key, problem_of
from govsim.config.yaml import YAMLProblem, parse
from govsim.errors import ConfigError

Layer = Mapping[str, Any]
"""Keys of an experiment, nested as in its YAML file; later layers override earlier ones."""

ExperimentSource = str | Path | Layer
"""What is run: the name of a scenario, its folder, an experiment file ending in .yaml, or keys of an experiment."""

M = TypeVar("M", bound=BaseModel)

FILE_ENDINGS = (".yaml", ".yml")
"""Endings of the names of files of experiments, conditions and protocols."""

SHORT = {"model": "models.default", "agent": "agents.default"}
"""Short names of axes of a grid that can be used instead of their keys."""

_OPTIONS = SHORT | {
    "max_cost": "execution.budget.cost",
    "max_tokens": "execution.budget.tokens",
    "max_calls": "execution.budget.calls",
    "max_time": "execution.budget.seconds",
}
"""Keys whose command-line options have other names, by those names."""

_ARGUMENTS = {"args", "framework_args", "model_args", "base_url", "extra_body", "framework_extra_body"}
"""Keys whose values are never quoted in a message: they may contain a misplaced secret."""

_ONE_ENTRY = ("world.growth",)
"""Keys whose value is one extension with its settings: another extension replaces it instead of being merged."""

_FORMS = {"-M": "NAME=VALUE", "--member": "NAME.KEY=VALUE"}
"""The form of the values of options, as in their help; that of all others is KEY=VALUE."""

_OF_FILES = ("execution", "grid", "analysis", "extends")
"""Keys at the top level of an experiment file that are not settings of an experiment."""

_AGENT_IN_FILE = re.compile(r"(?P<kind>[a-z][a-z0-9_-]*):(?P<file>.+\.py):(?P<name>\w+)")

_MOVED = {"society.discussion": "society.phases.discussion"}
"""Keys that were renamed."""


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Raises:
        ConfigError: the file cannot be read, is empty, is not valid YAML, or contains something else.
    """
    try:
        content = parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror or error}); give the path of a readable YAML file"
        ) from error
    except YAMLProblem as error:
        raise ConfigError(f"{path}: {error}") from error
    if content is None:  # a truncated or mistaken file must not start the default experiment
        raise ConfigError(f"{path}: is empty; write the keys to set, or {{}} if there are none")
    if not isinstance(content, dict):
        what = "a list" if isinstance(content, list) else "a single value"
        raise ConfigError(f"{path}: must be a mapping of keys to values, as in scenario: fishery, not {what}")
    return content


def load_experiment_file(path: Path, *, depth: int = 0) -> dict[str, Any]:
    """Read an experiment file, and the files it extends (`extends:` lists one or several, relative to this file).

    A `scenario` that is a folder, and the Python file of an agent, are resolved relative to the file.

    Raises:
        ConfigError: a file cannot be read, or files extend each other in a circle.
    """
    if depth > 16:
        raise ConfigError(f"{path}: extends itself, directly or through others")
    content = load_yaml(path)
    extends = content.pop("extends", [])
    bases = [extends] if isinstance(extends, str) else extends
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise ConfigError(f"{path}: extends = {extends!r}: must be a file name or a list of file names")
    if "scenario" in content:
        content["scenario"] = _beside(path, content["scenario"])
    grid = content.get("grid")
    if isinstance(grid, dict) and isinstance(grid.get("scenario"), list):
        grid["scenario"] = [_beside(path, scenario) for scenario in grid["scenario"]]
    bases_read = (load_experiment_file(path.parent / expanded(base), depth=depth + 1) for base in bases)
    return merge(*bases_read, _with_agents_beside(path, content))


def keys_of_campaign(what: ExperimentSource) -> dict[str, Any]:
    """Return the keys of an experiment or campaign; a scenario yields the key `scenario`.

    Raises:
        ConfigError: a file cannot be read, or `what` is something else.
    """
    if isinstance(what, Mapping):
        return dict(what)
    if not isinstance(what, str | Path) or not str(what):
        raise ConfigError(
            f"scenario = {what!r}: must be the name of a scenario, its folder, an experiment file ending in .yaml, or "
            "a mapping of keys to values"
        )
    name = str(what)
    return load_experiment_file(expanded(name)) if name.endswith(FILE_ENDINGS) else {"scenario": name}


def keys_of_settings(settings: Layer | None) -> dict[str, Any]:
    """Return settings with nested or dotted keys, such as ``{"world.growth": 3}``, as nested keys.

    Raises:
        ConfigError: the settings are not a mapping with keys as text.
    """
    if settings is None:
        return {}
    if not isinstance(settings, Mapping) or not all(isinstance(key, str) for key in settings):
        raise ConfigError(f"settings = {settings!r}: must map keys to values, as in {{'world.growth': 3}}")
    return merge(*(nested(key, value) for key, value in settings.items()))


def without_execution(keys: dict[str, Any], source: str) -> tuple[dict[str, Any], Layer]:
    """Return the keys of a campaign without its section `execution`, and that section; empty if there is none.

    Args:
        keys: the keys.
        source: where they come from, for error messages.

    Raises:
        ConfigError: the section is not a mapping.
    """
    execution = keys.get("execution", {})
    if not isinstance(execution, Mapping):
        raise ConfigError(f"{source}: execution = {execution!r}: must be a mapping of keys to values")
    return {key: value for key, value in keys.items() if key != "execution"}, execution


def _beside(path: Path, scenario: Any) -> Any:
    """Resolve the scenario that a file names; a folder is relative to the file."""
    is_folder = isinstance(scenario, str) and ("/" in scenario or (path.parent / scenario / "scenario.yaml").is_file())
    if not is_folder:
        return scenario
    beside = str(path.parent / expanded(scenario))
    return beside if "/" in beside else f"./{beside}"  # a bare name would be that of a bundled scenario


def _with_agents_beside(path: Path, value: Any) -> Any:
    """Resolve the Python files of agents, as in ``pettingzoo:agent.py:make``; they are relative to the file."""
    if isinstance(value, dict):
        return {key: _with_agents_beside(path, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_agents_beside(path, each) for each in value]
    if isinstance(value, str) and (found := _AGENT_IN_FILE.fullmatch(value)) is not None:
        return f"{found['kind']}:{path.parent / expanded(found['file'])}:{found['name']}"
    return value


def merge(*layers: Layer, under: str = "") -> dict[str, Any]:
    """Merge settings, mapping by mapping; the last layer that sets a key wins.

    A mapping merged into a list of entries, as in ``society.phases``, contains settings for entries by their names.

    Args:
        layers: later ones override earlier ones.
        under: the dotted key that contains them.

    Raises:
        ConfigError: a list has no entry with such a name.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            merged[key] = _merged(f"{under}.{key}" if under else str(key), merged.get(key), value)
    return merged


def _merged(key: str, below: Any, value: Any) -> Any:
    if isinstance(below, dict) and isinstance(value, Mapping):
        is_another = (key in _ONE_ENTRY and below.keys() != value.keys()) or is_written(value)
        return value if is_another else merge(below, value, under=key)
    if key in ENTRIES and isinstance(below, list) and isinstance(value, Mapping):
        return with_settings(below, value, under=key)
    return value


def assignment(text: str, *, option: str) -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value is parsed as YAML, so that numbers, booleans and lists are typed.

    Raises:
        ConfigError: there is no ``=``, the key or a part of it is empty, or the value is not valid YAML.
    """
    key, separator, value = text.partition("=")
    if not separator or not all(part.strip() for part in key.split(".")):
        shown = option if option == "-M" else f"{option} {text}"  # the value of -M may be an API key without its name
        raise ConfigError(f"{shown}: must have the form {_FORMS.get(option, 'KEY=VALUE')}")
    try:
        return key.strip(), parse(value)
    except YAMLProblem as error:
        # The value is not quoted: it may be a misplaced secret.
        problem = "the value is not valid YAML; put it in quotation marks" if error.is_syntax else error.problem
        raise ConfigError(f"{option} {key.strip()}: {problem}") from None


def nested(key: str, value: Any) -> dict[str, Any]:
    """Return the layer that sets one dotted key: ``world.growth`` → ``{"world": {"growth": value}}``."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def validate(model: type[M], layers: Iterable[Layer], *, source: str = "", under: str = "") -> M:
    """Merge layers and validate them as `model`.

    Args:
        model: the pydantic model.
        layers: later ones override earlier ones.
        source: where the settings come from, for error messages.
        under: the dotted key that contains them, for error messages.

    Raises:
        ConfigError: one line with the first error, what is allowed, and the closest valid key.
    """
    content = merge(*layers)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(_one_line(model, error, source, under)) from error


def experiment_from(*layers: Layer) -> Experiment:
    """Merge layers and validate them as an experiment.

    Raises:
        ConfigError: as `validate`.
    """
    return validate(Experiment, layers)


def _one_line(model: type[BaseModel], error: ValidationError, source: str, under: str) -> str:
    # A misspelt key causes other errors, so it is reported first.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    more = f" (and {counted(len(details) - 1, 'other error')})" if len(details) > 1 else ""
    return (f"{source}: " if source else "") + _described(model, details[0], under) + more


def _described(model: type[BaseModel], detail: ErrorDetails, under: str) -> str:
    path = [str(part) for part in detail["loc"]]
    key = ".".join([*([under] if under else []), *path])
    if key in _MOVED:
        return f"{key}: was renamed to {_MOVED[key]}"
    if detail["type"] == "extra_forbidden":
        known, name = _keys_at(model, path[:-1]), path[-1]
        others = _OF_FILES if model is Experiment and len(path) == 1 else ()
        meant = elsewhere(name) or nearest(name, [*known, *others])
        also = f"; a file can also contain {', '.join(others)}" if others else ""
        return f"{key}: {no_such_key(name, known, instead=meant)}{also}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":  # our own messages, which name the value and never contain a secret
        return message if not key or message.startswith(key) else f"{key}: {message}"
    problem = problem_of(detail)
    if _ARGUMENTS & set(path) or detail["type"] == "missing":
        return f"{key}: {problem}"
    return f"{key} = {as_written(detail['input'])}: {problem}"


def elsewhere(name: str) -> str:
    """Return where a key belongs that is in the wrong section, as the end of a sentence; empty if there is none."""
    dotted = [*_dotted_keys(Experiment), *_dotted_keys(Execution, "execution.")]
    option = name.replace("-", "_")
    places = [key for key in dotted if key == _OPTIONS.get(option) or key.rpartition(".")[2] == option]
    named = [key if "." in key else f"{key} at the top level" for key in places]
    return f"; did you mean {' or '.join(named)}?" if named else ""


def _dotted_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every key and section of a model, but not those of single members and models."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        inner = _inner(field.annotation)
        if _is_model(inner):
            yield from _dotted_keys(inner, f"{prefix}{name}.")


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the keys allowed at a path inside a model; the names in a mapping are skipped."""
    here: Any = model
    for part in path:
        here = _inner(here.model_fields[part].annotation) if _is_model(here) else _mapped(here)
    return list(here.model_fields) if _is_model(here) else []


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inner(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next((part for part in get_args(annotation) if part is not type(None)), annotation)
    return annotation


def _mapped(annotation: Any) -> Any:
    return _inner(get_args(annotation)[1]) if get_origin(annotation) is dict else annotation
