"""Loading and validation of scenarios from folders."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import TemplateSyntaxError, meta, nodes

from govsim.config import ReplyFormat, World, expanded, load_yaml, validate
from govsim.errors import ConfigError, ScenarioError
from govsim.plugins import Registry, declared_templates
from govsim.scenarios.prompts import Prompts, environment, sample_variables
from govsim.scenarios.schema import (
    FORMAT_TEMPLATES,
    REQUIRED_WORDS,
    SCENARIO_TEMPLATES,
    SHARED_TEMPLATES,
    WORLD_TEMPLATES,
    ExtensionTemplate,
    Scenario,
    is_hint,
    variables_of,
)

TEMPLATE_SUFFIX = ".jinja"

_SHARED = resources.files("govsim.scenarios") / "shared"

OWN = "own-"
"""Prefix for the name of a user's scenario that differs from the installed scenario of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFolder:
    """The folder of a scenario provided by a package."""

    name: str
    files: Traversable


def _folder(name: str, module: ModuleType) -> ScenarioFolder:
    """Return the folder of a plug-in's entry point: that of a package."""
    return ScenarioFolder(name=name, files=resources.files(module))


def _flaw(value: Any) -> str | None:
    if not isinstance(value, ScenarioFolder) or not (value.files / "scenario.yaml").is_file():
        return "its entry point must name a package that contains a scenario.yaml"
    return None


SCENARIOS: Registry[ScenarioFolder] = Registry("scenario", group="scenarios", flaw=_flaw, adapt=_folder)

for _entry in sorted(resources.files("govsim.scenarios").iterdir(), key=lambda entry: entry.name):
    if _entry.is_dir() and (_entry / "scenario.yaml").is_file():
        SCENARIOS.register(ScenarioFolder(name=_entry.name, files=_entry))


def scenario_names() -> list[str]:
    """Return the names of the scenarios provided by govsim and plug-ins."""
    return sorted(SCENARIOS.names)


@cache
def template_names() -> frozenset[str]:
    """Return the names of the templates that every scenario has, its own and the shared ones."""
    return frozenset(SCENARIO_TEMPLATES).union(_templates_in(_SHARED))


def world_templates(names: Collection[str]) -> dict[str, ExtensionTemplate]:
    """Return templates of `WORLD_TEMPLATES` by name.

    Args:
        names: names of the templates.
    """
    folder = resources.files("govsim.scenarios") / "world"
    return {
        name: ExtensionTemplate(file=folder / f"{name}{TEMPLATE_SUFFIX}", variables=WORLD_TEMPLATES[name])
        for name in names
    }


def load_scenario(
    reference: str,
    prompts: Path | str | None = None,
    added: Mapping[str, ExtensionTemplate] | None = None,
    *,
    replies: ReplyFormat = "text",
) -> Scenario:
    """Load a scenario by its name, or from a folder.

    If a folder's scenario has the name of an installed scenario but different content, it is renamed to `own-NAME`, so
    that its runs have their own folder, rows and labels.

    Args:
        reference: a name from `scenario_names`, or the path of a folder with a `scenario.yaml`.
        prompts: a folder whose templates replace those of the scenario and the shared ones with the same name.
        added: templates of phases and rules, by name; the scenario's templates replace them.
        replies: the reply format; the template of the other format is omitted.

    Raises:
        ScenarioError: the folder is incomplete, or a template is invalid; names file, line and name.
        ConfigError: there is no such scenario or folder.
    """
    folder, sources = sources_of(reference)
    scenario = _read(folder)
    own = {} if prompts is None else _own_prompts(expanded(prompts), {**(added or {}), **sources})
    sources = {**{name: template.file for name, template in (added or {}).items()}, **sources, **own}
    for form in FORMAT_TEMPLATES.keys() - {replies}:
        del sources[FORMAT_TEMPLATES[form]]
    complete = _with_templates(scenario, sources, folder, added or {})
    if reference in SCENARIOS.names or complete.name not in SCENARIOS.names:
        return complete
    if complete == load_scenario(complete.name, prompts, added, replies=replies):  # an unchanged copy
        return complete
    return complete.model_copy(update={"name": f"{OWN}{complete.name}"})


def sources_of(reference: str) -> tuple[Traversable, dict[str, Traversable]]:
    """Return the folder of a scenario, and the files of its templates by name, including the shared ones.

    Args:
        reference: as for `load_scenario`.

    Raises:
        ConfigError: there is no such scenario or folder.
        ScenarioError: the folder has no `scenario.yaml`.
    """
    found = SCENARIOS.find(reference)
    folder = _own_folder(reference) if found is None else found.value.files
    return folder, _templates_in(_SHARED) | _templates_in(folder)


def _own_folder(reference: str) -> Path:
    folder = expanded(reference)
    if (folder / "scenario.yaml").is_file():
        return folder
    if folder.is_dir():
        raise ScenarioError(
            f"{folder}: contains no scenario.yaml; copy a scenario to a new folder with: govsim scenarios "
            "export fishery DIR"
        )
    close = get_close_matches(reference, scenario_names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ConfigError(
        f"scenario = {reference}: there is no such scenario{hint}; choose from {', '.join(scenario_names())}, "
        "or give a folder that contains a scenario.yaml, or an experiment file ending in .yaml"
    )


def _read(folder: Traversable) -> Scenario:
    path = folder / "scenario.yaml"
    with resources.as_file(path) as file:
        content = load_yaml(file)
    if "templates" in content:
        raise ScenarioError(f"{path}: templates: is not allowed; templates are files in the same folder")
    scenario = validate(Scenario, [content], source=str(path))
    if missing := [word for word in REQUIRED_WORDS if not scenario.words.get(word)]:
        raise ScenarioError(f"{path}: words.{missing[0]} is missing: {REQUIRED_WORDS[missing[0]]}")
    if taken := sorted(set(scenario.words) & _reserved()):
        raise ScenarioError(f"{path}: words.{taken[0]}: is the name of a prompt variable; choose another name")
    validate(World, [scenario.world], source=f"{path}: world")
    return scenario


def _reserved() -> set[str]:
    everything = {**SCENARIO_TEMPLATES, **SHARED_TEMPLATES}
    return set().union(*(variables_of(template, frozenset()) for template in everything))


def _templates_in(folder: Traversable) -> dict[str, Traversable]:
    files = sorted(
        (path for path in folder.iterdir() if path.name.endswith(TEMPLATE_SUFFIX)), key=lambda path: path.name
    )
    return {path.name.removesuffix(TEMPLATE_SUFFIX): path for path in files}


def _own_prompts(folder: Path, known: Collection[str]) -> dict[str, Traversable]:
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "there is no such folder"
        raise ConfigError(f"prompts = {folder}: {problem}; give the folder of the templates")
    own = _templates_in(folder)
    if not own:
        raise ConfigError(
            f"prompts = {folder}: contains no templates; it may contain any of {', '.join(sorted(known))}"
        )
    for name in own:
        if name not in known and (close := get_close_matches(name, known, n=1, cutoff=0.8)):
            raise ScenarioError(f"{own[name]}: there is no template {name}; did you mean {close[0]}{TEMPLATE_SUFFIX}?")
    return own


def _with_templates(
    scenario: Scenario,
    sources: Mapping[str, Traversable],
    folder: Traversable,
    added: Mapping[str, ExtensionTemplate],
) -> Scenario:
    for name in SCENARIO_TEMPLATES:
        if name not in sources:
            raise ScenarioError(
                f"{folder / (name + TEMPLATE_SUFFIX)}: is missing; every scenario needs {_list_of_templates()}"
            )
    words = frozenset(scenario.words)
    known = {**_declared(sources, added), **added}
    templates = {name: _checked(path, variables_of(name, words, known)) for name, path in sorted(sources.items())}
    complete = scenario.model_copy(update={"templates": templates})
    _try_out(complete, sources, known)
    return complete


def _declared(
    sources: Mapping[str, Traversable], added: Mapping[str, ExtensionTemplate]
) -> dict[str, ExtensionTemplate]:
    """Return the user's templates that replace those of unused phases, rules or worlds, and thus are not hints."""
    own = [name for name, path in sources.items() if is_hint(name) and name not in added and not _is_shipped(path)]
    if not own:
        return {}
    declared = {**declared_templates(), **WORLD_TEMPLATES}
    return {name: ExtensionTemplate(file=sources[name], variables=declared[name]) for name in own if name in declared}


def _is_shipped(path: Traversable) -> bool:
    """Whether a file is bundled with govsim, whose scenarios contain no templates of phases or rules."""
    return str(path).startswith(str(resources.files("govsim.scenarios")))


def _list_of_templates() -> str:
    return ", ".join(name + TEMPLATE_SUFFIX for name in SCENARIO_TEMPLATES)


def _checked(path: Traversable, allowed: frozenset[str]) -> str:
    """Return the text of a template, after checking that all its variables are known."""
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
    """Return the external variables of a template, each with its line, in order of occurrence."""
    tree = environment().parse(text)
    outside = meta.find_undeclared_variables(tree)
    return tuple((node.name, node.lineno) for node in tree.find_all(nodes.Name) if node.name in outside)


def _try_out(scenario: Scenario, sources: Mapping[str, Traversable], added: Mapping[str, ExtensionTemplate]) -> None:
    """Render every template once, so that errors are found before any model is called."""
    prompts = Prompts(scenario, World())
    samples: dict[str, Any] = sample_variables()
    for name in scenario.templates:
        own = added[name].variables if name in added else {}
        try:
            prompts.render(name, **{**samples, **own})
        except ScenarioError as error:
            raise ScenarioError(f"{sources[name]}, {error}") from error
