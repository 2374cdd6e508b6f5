"""Export of a scenario to a folder: its `scenario.yaml` and all templates that it uses."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from govsim.config import expanded
from govsim.errors import ConfigError
from govsim.scenarios.loader import load_scenario, sources_of

_NAME = re.compile(r"^name:.*$", re.MULTILINE)


def export_scenario(reference: str, folder: Path) -> list[Path]:
    """Write a scenario's `scenario.yaml` and all its templates, including the shared ones, to a new folder.

    The copy is named after the folder, so that its runs are not confused with those of the original.

    Args:
        reference: the scenario's name, or its folder.
        folder: destination; it must not exist, or must be empty.

    Returns:
        The files written, in order of their names.

    Raises:
        ConfigError: there is no such scenario, or the folder is not empty or cannot be written.
        ScenarioError: the scenario is incomplete.
    """
    folder = expanded(folder)
    load_scenario(reference)  # rejects a scenario that cannot be run
    check_free(folder)
    original, templates = sources_of(reference)
    facts = _NAME.sub(f"name: {_name_of(folder)}", (original / "scenario.yaml").read_text(encoding="utf-8"), count=1)
    texts = {template.name: template.read_text(encoding="utf-8") for template in templates.values()}
    write_folder(folder, {"scenario.yaml": facts, **texts})
    return sorted(folder.iterdir())


def check_free(folder: Path) -> None:
    """Reject a folder that is not empty.

    Raises:
        ConfigError: it exists and is not an empty folder.
    """
    is_free = not any(folder.iterdir()) if folder.is_dir() else not folder.exists()
    if not is_free:
        raise ConfigError(f"{folder}: already exists and is not an empty folder; choose another one")


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files to a temporary folder first, so that the folder contains all of them or none.

    Args:
        folder: the new folder.
        texts: the content of each file by its name.

    Raises:
        ConfigError: the folder cannot be written.
    """
    unfinished: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for name, text in texts.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        unfinished.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()
        unfinished.rename(folder)
    except OSError as error:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
        raise ConfigError(f"{folder}: cannot be written ({error.strerror or error})") from error


def _name_of(folder: Path) -> str:
    """Derive a scenario's name from the name of its folder."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    if not name:
        raise ConfigError(f"{folder}: a scenario is named after its folder; use letters, digits and hyphens")
    return name
