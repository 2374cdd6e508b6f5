"""The setup of a run of the original: from its `.hydra/config.yaml`, or else from the paper and its folder names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from govsim.characters import shortened
from govsim.config import MAX_SEED, SocietySettings, load_yaml
from govsim.errors import ConfigError
from govsim.scenarios import ORIGINAL_SCENARIOS

UNKNOWN = "unknown"
"""Name of the scenario if neither configuration nor folder states it."""

ORIGINAL_MONTHS = 12
"""Number of months of a run in the paper."""
ORIGINAL_MONTHS_WITH_NEWCOMER = 15
ORIGINAL_LINES = 10
"""Maximum number of utterances of a discussion in the paper, including the moderator's."""

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_FRAME = frozenset({"fish", "fishing", "sheep", "pollution", "baseline", "concurrent", "perturbation"})
"""Words in names of the original's experiments that do not distinguish experiments of a scenario."""
_LEVELS = 3
"""Number of parent folders whose names may contain the scenario."""
_PERSONA = {"age", "background", "traits", "goals", "behaviour", "customs"}
_RENAMED = {"behavior": "behaviour", "innate_traits": "traits"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The known setup of a run of the original.

    Attributes:
        scenario: name of the scenario; our name if it is one of the paper's.
        condition: name of the condition, in our naming; `original` if there is no configuration.
        model: default model of the members.
        model_of: models of individual members in a mixed society, by id.
        framework: model of summaries and limits; None if it is the members' model.
        sampling: temperature and top_p, if known.
        seed: seed of the run; None if unknown.
        names: names of the members, by id.
        personas: personas of the members, by id.
        later: months in which further members were to join, by id.
        capacity: capacity and initial stock; None if unknown.
        months: maximum number of months; None if unknown.
        allocation: allocation rule.
        communication: whether the members held discussions; None if unknown.
        transparency: whether catches were made public; None if unknown.
        hints: hints given before every harvest.
        rules: template of the rules.
        max_lines: maximum number of utterances of a discussion.
        version: version of the original's code; None if unknown.
        assumed: assumptions, one sentence each.
    """

    scenario: str
    condition: str
    model: str
    model_of: Mapping[str, str] = field(default_factory=dict)
    framework: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    personas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)
    capacity: Any = None
    months: Any = None
    allocation: str = "random"
    communication: bool | None = None
    transparency: bool | None = None
    hints: tuple[str, ...] = ()
    rules: str = "rules"
    max_lines: int = ORIGINAL_LINES
    version: str | None = None
    assumed: tuple[str, ...] = ()


def read_setup(folder: Path) -> Setup:
    """Read the setup of the run in a result folder.

    Raises:
        ConfigError: the configuration cannot be read, or is not one of the original.
    """
    path = folder / ".hydra" / "config.yaml"
    if not path.is_file():
        return _without_config(folder)
    config = Config(load_yaml(path))
    if not isinstance(config["experiment.env"], Mapping):
        raise ConfigError(f"{path}: is not a configuration of the original; it has no experiment.env")
    return _from_config(config, folder)


_MAX_LINES = "experiment.agent.converse.max_conversation_steps"


class Config:
    """A configuration of the original, accessed by dotted keys; missing keys are None."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key, with references to other keys resolved."""
        here: Any = self._content
        for part in key.split("."):
            here = here.get(part) if isinstance(here, Mapping) else None
            here = self.followed(here)
        return here

    def followed(self, value: Any) -> Any:
        """Resolve a value that refers to another key as `${key}`; None if there is no such key."""
        for _ in range(8):
            reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if reference is None:
                return value
            value = self._plain(reference[1])
        return None

    def _plain(self, key: str) -> Any:
        here: Any = self._content
        for part in key.split("."):
            here = here.get(part) if isinstance(here, Mapping) else None
        return here


def _without_config(folder: Path) -> Setup:
    names = [part for part in (folder.parent.name, folder.name) if part]
    # The nearest folder named after a scenario, as in fishing_v7.0.
    parts = (place.name.lower() for place in (folder, *list(folder.parents)[:_LEVELS]))
    scenario = next(
        (ours for part in parts for theirs, ours in ORIGINAL_SCENARIOS.items() if part.startswith(theirs)), UNKNOWN
    )
    model = "unknown" if not names or _is_scenario_folder(names[0]) else names[0]
    return Setup(
        scenario=scenario,
        condition="original",
        model=model,
        assumed=(
            f"There is no .hydra/config.yaml: the scenario ({scenario}) and the model ({model}) are taken from the "
            "names of folders.",
            "There is no .hydra/config.yaml: growth 2 up to the first stock, random allocation and the paper's months "
            "are assumed.",
        ),
    )


def _is_scenario_folder(name: str) -> bool:
    return name.lower().startswith((*ORIGINAL_SCENARIOS, "results"))


def _from_config(config: Config, folder: Path) -> Setup:
    env = "experiment.env."
    talks, is_open = _switches(config)
    paraphrase = re.fullmatch(r"v3_p(\d+)", str(config["experiment.agent.system_prompt"]))
    hints = ("universalization",) if config[f"{env}inject_universalization"] is True else ()
    model, model_of, framework = _models(config)
    assumed = [] if model else ["The configuration names no model: the name of the folder is used instead."]
    scenario, of_another = _scenario(config["experiment.scenario"])
    assumed += [of_another] if of_another else []
    lines = config[_MAX_LINES]
    version = config["code_version"]
    return Setup(
        scenario=scenario,
        condition=_condition(config, hints, talks=talks, is_open=is_open, paraphrase=paraphrase and paraphrase[1]),
        model=model or folder.parent.name or "unknown",
        model_of=model_of,
        framework=framework,
        sampling=_sampling(config),
        seed=_seed(config),
        names={agent: name for agent, persona in _personas(config) if isinstance(name := persona.get("name"), str)},
        personas={agent: _persona(persona) for agent, persona in _personas(config)},
        later=_newcomers(config),
        capacity=config[f"{env}initial_resource_in_pool"],
        months=config[f"{env}max_num_rounds"],
        allocation=_allocation(config),
        communication=talks,
        transparency=is_open,
        hints=hints,
        rules=f"rules-{paraphrase[1]}" if paraphrase else "rules",
        max_lines=ORIGINAL_LINES if lines is None else _count(lines, _MAX_LINES),
        version=None if version is None else str(version),
        assumed=tuple(assumed),
    )


def _count(value: Any, key: str) -> int:
    """Check that a value is a whole number, 1 or more.

    Raises:
        ConfigError: it is not.
    """
    if type(value) is not int or value < 1:
        raise ConfigError(f"{key} = {shortened(repr(value), 60)}: must be a whole number, 1 or more")
    return value


def _scenario(name: Any) -> tuple[str, str]:
    """Return our name of the scenario, and a sentence if it is not one of the original's (otherwise empty).

    A scenario that is not is marked in its name, so that it is not grouped with the paper's or built-in scenarios.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", str(name or "").lower()).strip("-")
    if not slug:
        return UNKNOWN, "The configuration names no scenario."
    if slug in ORIGINAL_SCENARIOS:
        return ORIGINAL_SCENARIOS[slug], ""
    return f"other-{slug}", (
        f"The scenario {slug} is not in the original ({', '.join(ORIGINAL_SCENARIOS)}): this is the log of a modified "
        "program. Its growth was checked; the collapse level and everything else are assumed to be unchanged."
    )


def _perturbations(config: Config) -> Iterator[Mapping[str, Any]]:
    entries = config["experiment.env.perturbations"]
    for entry in entries if isinstance(entries, list) else []:
        change = entry.get("perturbation") if isinstance(entry, Mapping) else None
        if isinstance(change, Mapping):
            yield change


def _switches(config: Config) -> tuple[bool, bool]:
    """Return whether the members held discussions, and whether catches were made public."""
    nature = config["experiment.env.language_nature"]
    for change in _perturbations(config):
        if change.get("type") == "change_language_nature" and not change.get("round"):
            nature = change.get("language_nature")
    if nature in ("none", "none_and_no_obs"):
        return False, nature == "none"
    return True, config["experiment.agent.converse.inject_resource_observation"] is not False


def _condition(config: Config, hints: tuple[str, ...], *, talks: bool, is_open: bool, paraphrase: str | None) -> str:
    """Return the condition in our naming, followed by further words in the name of the original's experiment."""
    has_newcomer = any(change.get("type") == "insert_outsider" for change in _perturbations(config))
    features: dict[str, tuple[set[str | None], bool]] = {
        "newcomer": ({"outsider"}, has_newcomer),
        "universalization": ({"universalization"}, bool(hints)),
        "no-communication": ({"no", "language"}, not talks),
        "no-transparency": (set(), not is_open),
        f"paraphrase-{paraphrase}": ({"paraphrase", paraphrase}, bool(paraphrase)),
    }
    parts = [name for name, (_, is_present) in features.items() if is_present]
    own = {word for part in parts for word in part.split("-")}
    known = {*_FRAME, *own, *(word for words, is_present in features.values() if is_present for word in words)}
    words = re.split(r"[^A-Za-z0-9.]+", str(config["experiment.env.name"] or ""))
    return "-".join([*parts, *(word for word in words if word and word.lower() not in known)]) or "default"


def _models(config: Config) -> tuple[str | None, dict[str, str], str | None]:
    """Return the default model, the models of individual members by id, and the framework model."""
    mix = config["mix_llm"]
    if not isinstance(mix, list) or not mix:
        return _path(config["llm.path"], "llm.path"), {}, None
    entries = [config.followed(entry.get("llm")) if isinstance(entry, Mapping) else None for entry in mix]
    paths = [
        _path(entry.get("path"), f"mix_llm.{index}.llm.path") if isinstance(entry, Mapping) else None
        for index, entry in enumerate(entries)
    ]
    framework = _path(config["framework_model.path"], "framework_model.path")
    own = {f"persona_{i}": path for i, path in enumerate(paths) if path}
    return next((path for path in paths if path), None), own, framework


def _path(value: Any, key: str) -> str | None:
    """Return the name of one model; None if there is none.

    Raises:
        ConfigError: the value is something else, such as a list of models, which does not assign models to members.
    """
    names = value if isinstance(value, list) else [value]
    if len(names) == 1 and (not names[0] or isinstance(names[0], str)):
        return names[0] or None
    raise ConfigError(
        f"{key} = {shortened(str(value), 80)}: must be the name of one model; list the models of a mixed society in "
        "mix_llm, one for each member"
    )


def _sampling(config: Config) -> dict[str, Any]:
    mix = config["mix_llm"]
    first = (
        config.followed(mix[0].get("llm")) if isinstance(mix, list) and mix and isinstance(mix[0], Mapping) else None
    )
    llm = first if isinstance(first, Mapping) else config["llm"]
    llm = llm if isinstance(llm, Mapping) else {}
    return {"temperature": llm.get("temperature"), "top_p": llm.get("top_p")}


def _seed(config: Config) -> int | None:
    """Return the run's seed; None if there is none, or it is not valid in govsim."""
    seed = config["seed"]
    return seed if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED else None


def _personas(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    personas = config["experiment.personas"]
    for agent, persona in personas.items() if isinstance(personas, Mapping) else ():
        if isinstance(persona, Mapping):
            yield str(agent), persona


def _newcomers(config: Config) -> dict[str, int]:
    """Return the months in which further members were to join, by id; earlier collapsed runs have no log of them."""
    present = config["experiment.env.num_agents"]
    months = [change.get("round") for change in _perturbations(config) if change.get("type") == "insert_outsider"]
    if not months or not isinstance(months[0], int) or not isinstance(present, int):
        return {}
    agents = [agent for agent, _ in _personas(config)]
    return dict.fromkeys(agents[present:], months[0] + 1)


def _persona(persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return the persona of a member, with our field names."""
    renamed = {_RENAMED.get(key, key): value for key, value in persona.items()}
    return {key: value for key, value in renamed.items() if key in _PERSONA and value not in ("", None)}


def _allocation(config: Config) -> str:
    if config["experiment.env.harvesting_order"] == "random-sequential":
        return "sequential"
    return "proportional" if config["experiment.env.assign_resource_strategy"] == "proportional" else "random"


def is_member_name(text: str) -> bool:
    """Whether a text is a valid name of a member."""
    try:
        SocietySettings(members=(text,))
    except ValidationError:
        return False
    return True
