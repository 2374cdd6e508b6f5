"""Registered protocols: what a campaign is going to do and how it will be analysed, written down before it is run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue, ValidationError

from govsim.analysis.settings import all_settings, composition, prompts_sha256
from govsim.characters import counted
from govsim.config import DeclaredAnalysis
from govsim.config.section import Frozen
from govsim.errors import AnalysisError, ConfigError
from govsim.journal import Header

EXCLUSIONS = (
    "Runs that failed because more harvest decisions were unreadable than society.max_invalid allows are excluded from "
    "all statistics.",
    "Runs that stopped before their end for another reason are excluded from all measures except the survival time, in "
    "which they are right-censored at the months they completed.",
)
"""The exclusions that govsim makes in every analysis."""

_STOPPING = "Every run continues until the collapse or its last month, unless the budget ends it."

_LONGEST_FILE = 64_000_000


class StoppingRule(Frozen):
    """When runs end."""

    rule: str = _STOPPING
    budget: dict[str, JsonValue] = {}
    """Limits for all runs of one command together; null for no limit."""
    run_budget: dict[str, JsonValue] = {}
    """Limits for each run."""


class RegisteredCell(Frozen):
    """Runs that differ only in their seed."""

    scenario: str
    condition: str
    society: str
    """Label of the society, as in the path of its journals."""
    composition: str
    """How its members decide: their models or policies."""
    prompts: str
    """SHA-256 hash of all texts that determine the prompts."""
    settings: dict[str, JsonValue]
    """All settings of the experiment except the seed, by dotted key."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """The seed of each run."""


class Registration(Frozen):
    """A registered protocol."""

    version: Literal[1] = 1
    """Version of the format of this file."""
    date: str
    """Time of the registration in UTC."""
    govsim: str
    """Version of govsim."""
    plugins: dict[str, str] = {}
    """Versions of the plug-ins in use, by package."""
    prompts_version: int
    """Version of govsim's own prompts."""
    analysis: DeclaredAnalysis
    exclusions: tuple[str, ...] = EXCLUSIONS
    """Which runs are excluded, one sentence each."""
    stopping: StoppingRule = StoppingRule()
    cells: tuple[RegisteredCell, ...] = Field(min_length=1)

    @property
    def hash(self) -> str:
        """SHA-256 hash of the canonical content: JSON with sorted keys and without spaces, in UTF-8."""
        return _hash_of(self.model_dump(mode="json"))

    @property
    def runs(self) -> int:
        """The number of runs."""
        return sum(len(cell.seeds) for cell in self.cells)

    def __repr__(self) -> str:
        size = f"{counted(len(self.cells), 'cell')}, {counted(self.runs, 'run')}"
        return f"<Registration: {size}, primary measure {self.analysis.primary}, hash {self.hash[:8]}>"

    __str__ = __repr__


def registration_of(
    headers: Iterable[Header],
    *,
    analysis: DeclaredAnalysis | None = None,
    exclusions: Sequence[str] = (),
    stopping: StoppingRule | None = None,
) -> Registration:
    """Return the protocol of planned runs.

    Args:
        headers: the headers that their journals will have.
        analysis: how results will be compared.
        exclusions: rules for excluding runs, in addition to those of govsim, one sentence each.
        stopping: when runs end.
    """
    planned = list(headers)
    cells: dict[str, list[Header]] = {}
    for header in planned:
        cells.setdefault(_key(header), []).append(header)
    return Registration(
        date=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        govsim=planned[0].versions["govsim"],
        plugins={name: version for header in planned for name, version in header.plugins.items()},
        prompts_version=planned[0].prompts_version,
        analysis=analysis or DeclaredAnalysis(),
        exclusions=(*EXCLUSIONS, *exclusions),
        stopping=stopping or StoppingRule(),
        cells=tuple(map(_cell, cells.values())),
    )


def write_registration(registration: Registration, path: Path) -> None:
    """Write a registered protocol with its hash; an existing file is never replaced.

    Raises:
        ConfigError: the file exists or cannot be written.
    """
    content = {"sha256": registration.hash, "registration": registration.model_dump(mode="json")}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    except FileExistsError as error:
        raise ConfigError(
            f"{path}: already exists, and registrations are never overwritten; choose another file with -o"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another file with -o") from error


def read_registration(path: Path) -> Registration:
    """Read a registered protocol and check its hash.

    Raises:
        AnalysisError: the file cannot be read, is not a registration, or was changed after it was written.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LONGEST_FILE))
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{path}: {_NO_REGISTRATION}") from error
    if not isinstance(content, dict) or content.keys() != {"sha256", "registration"}:
        raise AnalysisError(f"{path}: {_NO_REGISTRATION}")
    if _hash_of(content["registration"]) != content["sha256"]:
        raise AnalysisError(
            f"{path}: its content does not match its hash, so it was changed after the registration; use the original "
            "file"
        )
    try:
        return Registration.model_validate_json(json.dumps(content["registration"]))
    except ValidationError as error:
        raise AnalysisError(f"{path}: was written by another version of govsim; use that version") from error


_NO_REGISTRATION = "is not a registration; write one with govsim register EXPERIMENT.yaml"


def _hash_of(content: Any) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode(errors="surrogatepass")).hexdigest()


def _key(header: Header) -> str:
    return json.dumps(
        [header.society, prompts_sha256(header.scenario), all_settings(header.experiment)], sort_keys=True
    )


def _cell(headers: Sequence[Header]) -> RegisteredCell:
    first = headers[0]
    return RegisteredCell(
        scenario=first.scenario.name,
        condition=first.experiment.condition,
        society=first.society,
        composition=composition(first),
        prompts=prompts_sha256(first.scenario),
        settings=all_settings(first.experiment),
        seeds=tuple(header.experiment.seed for header in headers),
    )
