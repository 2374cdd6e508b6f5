"""Installation and use of the distributions in empty folders, as by a new user."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.pins import PYTHONS, project
from tests.release.distributions import Built, output_of, unpacked

SYSTEM_PYTHON = "/usr/bin/python3"
DEMO = "runs/demo/fishery/default"


def test_make_demo_and_the_tests_work_with_the_systems_python_in_the_unpacked_source_distribution(
    built: Built, bare: dict[str, str], tmp_path: Path
) -> None:
    version = output_of([SYSTEM_PYTHON, "-c", "import sys; print(*sys.version_info[:3])"], folder=tmp_path)
    assert tuple(map(int, version.split())) >= tuple(map(int, PYTHONS[0].split(".")))
    source = unpacked(built.sdist, tmp_path)
    shown = output_of(["make", f"PYTHON={SYSTEM_PYTHON}", "demo"], folder=source, environment=bare)
    assert "embedded/smollm2" in shown
    assert list((source / DEMO).rglob("seed-0.jsonl"))
    output_of(["make", "install-dev"], folder=source, environment=bare)
    tests = [".venv/bin/python", "-m", "pytest", "-q", "tests/unit/commons", "tests/packaging"]
    assert "passed" in output_of(tests, folder=source, environment=bare)


@pytest.fixture
def environment(built: Built, bare: dict[str, str], tmp_path: Path) -> Path:
    """The programs of an environment without pip, made by uv, with the wheel and its unpinned dependencies."""
    uv = [sys.executable, "-m", "uv"]
    output_of([*uv, "venv", "--python", SYSTEM_PYTHON, str(tmp_path / "venv")], folder=tmp_path, environment=bare)
    programs = tmp_path / "venv" / "bin"
    wheel = f"{built.wheel}[embedded]"
    output_of([*uv, "pip", "install", "--python", str(programs / "python"), wheel], folder=tmp_path, environment=bare)
    return programs


def test_the_wheel_works_outside_the_repository_in_an_environment_without_pip(
    environment: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    govsim = str(environment / "govsim")
    assert not list(environment.glob("pip*"))
    bare = bare | {"PATH": f"{Path(sys.executable).parent}:{bare['PATH']}"}
    assert output_of([govsim, "--version"], folder=tmp_path, environment=bare).strip() == project()["version"]
    assert "Commands" in output_of([govsim, "--help"], folder=tmp_path, environment=bare)
    shown = output_of([govsim, "run", "fishery", "--agent", "policy:fair-share"], folder=tmp_path, environment=bare)
    assert "120.00" in shown
    assert "installed: " in output_of([govsim, "models", "install", "embedded"], folder=tmp_path, environment=bare)
    assert "embedded/smollm2" in output_of(
        [govsim, "run", "fishery", "--months", "1"], folder=tmp_path, environment=bare
    )
