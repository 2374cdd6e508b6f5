"""From a folder of words to a checked scenario."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError, meta, nodes

from govsim.config import World, expanded, load_yaml, validate
from govsim.errors import ConfigError, ScenarioError
from govsim.scenarios.prompts import Prompts, environment, sample_variables
from govsim.scenarios.schema import SCENARIO_TEMPLATES, SHARED_TEMPLATES, WORDS, Scenario, variables_of

SUFFIX = ".jinja"

OWN = "own-"
"""What stands before the name of a folder's scenario that a scenario of the package has too."""


def scenario_names() -> list[str]:
    """Names of the scenarios that come with the package."""
    folder = resources.files("govsim.scenarios")
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and (entry / "scenario.yaml").is_file())


def load_scenario(reference: str, prompts: Path | str | None = None) -> Scenario:
    """Load a scenario by its name, or from a folder of one's own.

    A folder whose scenario has the name of one that comes with the package, and other content, is called `own-NAME`:
    its runs have their own place, rows and labels.

    Args:
        reference: a name from `scenario_names`, or the path of a folder with a `scenario.yaml`.
        prompts: a folder whose templates replace the scenario's and the shared ones of the same name.

    Raises:
        ScenarioError: the folder is incomplete, or a template cannot be used; names file, line and name.
        ConfigError: there is no such scenario or folder.
    """
    with resources.as_file(resources.files("govsim.scenarios")) as package:
        folder, sources = sources_of(reference, package)
        scenario = _read(folder)
        if prompts is not None:
            sources |= _own_prompts(expanded(prompts), sources)
        complete = _with_templates(scenario, sources, folder)
        if folder.parent == package or complete.name not in scenario_names():
            return complete
    if complete == load_scenario(complete.name, prompts):  # an unchanged copy
        return complete
    return complete.model_copy(update={"name": f"{OWN}{complete.name}"})


def sources_of(reference: str, package: Path) -> tuple[Path, dict[str, Path]]:
    """The folder of a scenario, and the file of each of its templates by name, the shared ones among them.

    Args:
        reference: as for `load_scenario`.
        package: the folder of the scenarios that come with the package.

    Raises:
        ConfigError: there is no such scenario or folder.
        ScenarioError: the folder has no `scenario.yaml`.
    """
    folder = package / reference if reference in scenario_names() else _own_folder(reference)
    return folder, _templates_in(package / "shared") | _templates_in(folder)


def _own_folder(reference: str) -> Path:
    folder = expanded(reference)
    if (folder / "scenario.yaml").is_file():
        return folder
    if folder.is_dir():
        raise ScenarioError(f"{folder}: has no scenario.yaml; see examples/irrigation for a complete scenario")
    close = get_close_matches(reference, scenario_names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ConfigError(
        f"scenario = {reference}: there is no such scenario{hint}; choose from {', '.join(scenario_names())}, "
        "or give a folder that holds a scenario.yaml, or an experiment file ending in .yaml"
    )


def _read(folder: Path) -> Scenario:
    path = folder / "scenario.yaml"
    content = load_yaml(path)
    if "templates" in content:
        raise ScenarioError(f"{path}: templates: are files beside this one, not keys in it")
    scenario = validate(Scenario, [content], source=str(path))
    if missing := [word for word in WORDS if not scenario.words.get(word)]:
        raise ScenarioError(f"{path}: words.{missing[0]} is missing: {WORDS[missing[0]]}")
    if taken := sorted(set(scenario.words) & _reserved()):
        raise ScenarioError(f"{path}: words.{taken[0]}: this name is a variable of the prompts; choose another")
    validate(World, [scenario.world], source=f"{path}: world")
    return scenario


def _reserved() -> set[str]:
    everything = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}
    return set().union(*(variables_of(template, frozenset()) for template in everything))


def _templates_in(folder: Path) -> dict[str, Path]:
    return {path.name.removesuffix(SUFFIX): path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def _own_prompts(folder: Path, known: Mapping[str, Path]) -> dict[str, Path]:
    if not folder.is_dir():
        raise ConfigError(f"prompts = {folder}: there is no such folder")
    own = _templates_in(folder)
    if not own:
        raise ConfigError(f"prompts = {folder}: holds no templates; it may have any of {', '.join(sorted(known))}")
    for name in own:
        if name not in known and (close := get_close_matches(name, known, n=1, cutoff=0.8)):
            raise ScenarioError(f"{own[name]}: there is no template {name}; did you mean {close[0]}{SUFFIX}?")
    return own


def _with_templates(scenario: Scenario, sources: Mapping[str, Path], folder: Path) -> Scenario:
    for name in SCENARIO_TEMPLATES:
        if name not in sources:
            raise ScenarioError(f"{folder / (name + SUFFIX)}: is missing; every scenario needs {_list_of_templates()}")
    words = frozenset(scenario.words)
    templates = {name: _checked(path, variables_of(name, words)) for name, path in sorted(sources.items())}
    complete = scenario.model_copy(update={"templates": templates})
    _try_out(complete, sources)
    return complete


def _list_of_templates() -> str:
    return ", ".join(name + SUFFIX for name in SCENARIO_TEMPLATES)


def _checked(path: Path, allowed: frozenset[str]) -> str:
    """The text of a template whose variables are all known."""
    try:
        text = path.read_text(encoding="utf-8")
        used = _variables_in(text)
    except TemplateSyntaxError as error:
        raise ScenarioError(f"{path}, line {error.lineno}: {error.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read ({error})") from error
    for name, line in used:
        if name not in allowed:
            close = get_close_matches(name, allowed, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ScenarioError(
                f"{path}, line {line}: unknown variable {name}{hint}; "
                f"this template may use {', '.join(sorted(allowed))}"
            )
    return text


@lru_cache(maxsize=256)
def _variables_in(text: str) -> tuple[tuple[str, int], ...]:
    """The variables that a template takes from outside, each with its line, in the order in which they stand."""
    tree = environment().parse(text)
    outside = meta.find_undeclared_variables(tree)
    return tuple((node.name, node.lineno) for node in tree.find_all(nodes.Name) if node.name in outside)


def _try_out(scenario: Scenario, sources: Mapping[str, Path]) -> None:
    """Render every template once, so that what fails does so before anything is asked."""
    prompts = Prompts(scenario, World())
    samples: dict[str, Any] = sample_variables()
    for name in scenario.templates:
        try:
            prompts.render(name, **samples)
        except ScenarioError as error:
            raise ScenarioError(f"{sources[name]}, {error}") from error
