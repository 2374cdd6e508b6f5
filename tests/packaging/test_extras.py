"""The packages of extras are a burden only for those who install them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.pins import needed, project

OTHERS = {"ray", "torch", "duckdb", "datasets", "trl", "verifiers", "openenv", "inspect-evals", "every-eval-ever"}
"""Distributions that are no dependency, but are named on pages or in examples."""

NEEDS_EXTRA = {"govsim.environments.parallel"}
"""Modules that cannot be imported without an extra; they say which one."""

IMPORT_ALL = """
import importlib, json, pkgutil, sys, warnings
warnings.simplefilter("ignore")
refused = set(json.loads(sys.argv[1]))

class Without:
    def __init__(self, finder):
        self._finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in refused else self._finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self._finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
import govsim
from govsim.errors import ConfigError
failed = {}
for module in pkgutil.walk_packages(govsim.__path__, "govsim."):
    if module.name != "govsim.__main__":
        try:
            importlib.import_module(module.name)
        except ConfigError as error:
            failed[module.name] = str(error)
print("FAILED", json.dumps(failed))
"""


def of_extras() -> set[str]:
    """Distributions that only extras for users require, directly."""
    table = project()["optional-dependencies"]
    lines = [line for extra, lines in table.items() if extra not in ("dev", "release") for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_an_installation_without_extras_contains_nothing_of_them() -> None:
    assert needed(with_extras=False) & (of_extras() | OTHERS) == set()
    assert {"pettingzoo", "pyarrow", "openai"} <= of_extras()


def test_every_module_can_be_imported_without_extras_or_names_the_one_it_needs(tmp_path: Path) -> None:
    names = packages_distributions()
    only_extras = {canonicalize_name(name) for name in needed() | of_extras() | OTHERS} - needed(with_extras=False)
    tools = {"pytest", "setuptools", "pip"}
    refused = {top for top, owners in names.items() if {canonicalize_name(owner) for owner in owners} <= only_extras}
    assert {"pettingzoo", "gymnasium", "pyarrow"} <= refused
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(sorted(refused - tools))],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    failed: dict[str, str] = json.loads(done.stdout.split("FAILED ")[-1])
    assert set(failed) == NEEDS_EXTRA
    assert all('pip install "govsim[' in message for message in failed.values())
