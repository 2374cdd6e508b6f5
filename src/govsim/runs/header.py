"""The first line of a journal, and whether a run may continue a journal that begins with another one."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from govsim.characters import shortened
from govsim.config import Execution, flattened
from govsim.errors import JournalMismatch
from govsim.journal import READING_RULE, Header
from govsim.runs.building import model_of
from govsim.runs.plan import Plan
from govsim.society import plugins_used

VERSIONED = ("govsim", "inspect-ai", "numpy", "bm25s", "jinja2", "pydantic")
"""Packages whose version can change a result."""


def header_of(plan: Plan) -> Header:
    """The first line of a run's journal."""
    experiment = plan.experiment
    return Header(
        reading_rule=READING_RULE,
        experiment=experiment,
        scenario=plan.scenario,
        society=plan.society,
        models={name: found.name for name in experiment.society.members if (found := model_of(experiment, name))},
        versions=versions(),
        plugins=plugins_used(experiment),
        git_revision=git_revision(),
        wording=plan.wording,
    )


def check_continues(
    path: Path, recorded: Header, plan: Plan, execution: Execution, *, is_finished: bool = False
) -> None:
    """Refuse to continue a journal of another experiment, other prompts or another version, or one that was imported.

    Args:
        path: where the journal lies.
        recorded: its header.
        plan: the run that is to continue it.
        execution: how that is carried out.
        is_finished: whether the run has ended for good, so that nothing is added to the journal.

    Raises:
        JournalMismatch: names the first setting that differs.
    """
    _check_experiment(path, recorded, plan)
    if not is_finished:
        check_reading(path, recorded.reading_rule, "begin it anew with --fresh, or choose another folder with --out")
    if not execution.accept_version:
        _check_version(path, recorded, plan)


def _check_experiment(path: Path, recorded: Header, plan: Plan) -> None:
    """Refuse a journal of another experiment, or one that was imported."""
    if recorded.imported is not None:
        raise JournalMismatch(
            f"{path}: was imported from {recorded.imported.source} and holds no answers to continue from; "
            "choose another folder with --out"
        )
    if (told := difference_of_settings(recorded.experiment, plan.experiment)) is not None:
        raise JournalMismatch(f"{path}: is the journal of another experiment: {told}; choose another folder with --out")


def _check_version(path: Path, recorded: Header, plan: Plan) -> None:
    """Refuse a journal of another reading rule, other prompts, or other versions of govsim and of plug-ins."""
    hint = "run with --accept-version to continue all the same, or choose another folder with --out"
    check_reading(path, recorded.reading_rule, hint)
    scenarios = (dict(flattened(one.model_dump(mode="json"))) for one in (recorded.scenario, plan.scenario))
    if key := _first_difference(*scenarios):
        raise JournalMismatch(f"{path}: was begun with other prompts: {key} has changed; {hint}")
    before = {**recorded.plugins, "govsim": recorded.versions.get("govsim")}
    for package, now in {**plugins_used(plan.experiment), "govsim": versions()["govsim"]}.items():
        if (begun := before.get(package, now)) != now:
            raise JournalMismatch(f"{path}: was begun with {package} {begun}, this is {now}; {hint}")


def check_reading(path: Path, rule: int, hint: str) -> None:
    """Refuse a journal whose replies were read by another rule than that of today.

    Args:
        path: where it lies.
        rule: the reading rule that its first line names.
        hint: what to do.

    Raises:
        JournalMismatch: they were.
    """
    if rule != READING_RULE:
        which = "an earlier" if rule < READING_RULE else "a later"
        raise JournalMismatch(
            f"{path}: its replies were read by {which} rule (reading_rule = {rule}, this version reads by "
            f"{READING_RULE}); {hint}"
        )


def difference_of_settings(recorded: BaseModel, current: BaseModel) -> str | None:
    """The first setting in which two values differ, with both of its values, in words; None when they agree."""
    before, now = (dict(flattened(settings.model_dump(mode="json"))) for settings in (recorded, current))
    key = _first_difference(before, now)
    return (
        None
        if key is None
        else f"{key} was {shortened(repr(before.get(key)), 200)} and is now {shortened(repr(now.get(key)), 200)}"
    )


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a result."""
    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@cache
def git_revision() -> str | None:
    """Revision of the checkout that govsim runs from; None where it runs from an installed package."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    revision = git("rev-parse", "HEAD")
    return f"{revision}-dirty" if revision and git("status", "--porcelain", "--untracked-files=no") else revision


def _first_difference(before: dict[str, Any], now: dict[str, Any]) -> str | None:
    return next((key for key in [*before, *now] if before.get(key) != now.get(key)), None)
