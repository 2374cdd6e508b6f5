"""The plan of a campaign, stored with its journals, so that runs that have not started yet are known."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from govsim.config.section import Frozen
from govsim.errors import ConfigError, JournalError
from govsim.journal.line import LONGEST_LINE, LONGEST_LINE_WORDS
from govsim.journal.safe_open import opened

PLAN_ENDING = ".campaign.json"


class PlannedRun(Frozen):
    """One run of a campaign."""

    path: str
    """Path of its journal, relative to the folder of the plan."""
    scenario: str
    condition: str
    society: str
    setup: str = ""
    """How the members decide, and changed settings; empty in plans of older versions."""
    seed: int
    months: int = Field(ge=1)
    """Maximum number of months."""


class PlannedCampaign(Frozen):
    """All runs of a campaign, in the order of its cells."""

    runs: tuple[PlannedRun, ...]


def write_plan(path: Path, runs: Sequence[PlannedRun]) -> None:
    """Write a plan atomically: readers find either the old one or the new one.

    Args:
        path: path of the file; its name ends in `PLAN_ENDING`.
        runs: the planned runs.

    Raises:
        ConfigError: the file cannot be written.
    """
    content = json.dumps(PlannedCampaign(runs=tuple(runs)).model_dump(), ensure_ascii=False, indent=1) + "\n"
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out") from error


def read_plans(folder: Path) -> dict[Path, PlannedRun]:
    """Return all runs of the plans in a folder, searched recursively, by the path of their journal.

    Raises:
        JournalError: a plan cannot be read; names it.
    """
    found: dict[Path, PlannedRun] = {}
    for path in sorted(folder.rglob(f"*{PLAN_ENDING}")) if folder.is_dir() else []:
        found |= {path.parent / run.path: run for run in read_plan(path).runs}
    return found


def read_plan(path: Path) -> PlannedCampaign:
    """Read a plan.

    Raises:
        JournalError: the plan cannot be read.
    """
    try:
        with opened(path) as file:
            content = file.read(LONGEST_LINE + 1)
        if len(content) > LONGEST_LINE:
            raise JournalError(
                f"{path}: is not the plan of a campaign (it is longer than {LONGEST_LINE_WORDS}); move it to another "
                "folder"
            )
        return PlannedCampaign.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise JournalError(
            f"{path}: is not the plan of a campaign ({error}); run the campaign's command again to rewrite it"
        ) from error
