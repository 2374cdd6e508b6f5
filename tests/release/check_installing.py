"""The distributions are installed in empty folders and used there, as a new user would."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.pins import PYTHONS, project
from tests.release.distributions import Built, given, unpacked

SYSTEM_PYTHON = "/usr/bin/python3"
DEMO = "runs/demo/fishery/default"


def test_make_demo_and_the_tests_work_with_the_systems_python_in_the_unpacked_source_distribution(
    built: Built, bare: dict[str, str], tmp_path: Path
) -> None:
    version = given([SYSTEM_PYTHON, "-c", "import sys; print(*sys.version_info[:3])"], folder=tmp_path)
    assert tuple(map(int, version.split())) >= tuple(map(int, PYTHONS[0].split(".")))
    source = unpacked(built.sdist, tmp_path)
    shown = given(["make", f"PYTHON={SYSTEM_PYTHON}", "demo"], folder=source, **bare)
    assert "embedded/smollm2" in shown
    assert list((source / DEMO).rglob("seed-0.jsonl"))
    given(["make", "install-dev"], folder=source, **bare)
    tests = [".venv/bin/python", "-m", "pytest", "-q", "tests/unit/commons", "tests/packaging"]
    assert "passed" in given(tests, folder=source, **bare)


@pytest.fixture
def environment(built: Built, bare: dict[str, str], tmp_path: Path) -> Path:
    """The programs of an environment without pip, made by uv, with the wheel and what it needs; without pins."""
    uv = [sys.executable, "-m", "uv"]
    given([*uv, "venv", "--python", SYSTEM_PYTHON, str(tmp_path / "venv")], folder=tmp_path, **bare)
    programs = tmp_path / "venv" / "bin"
    wheel = f"{built.wheel}[embedded]"
    given([*uv, "pip", "install", "--python", str(programs / "python"), wheel], folder=tmp_path, **bare)
    return programs


def test_the_wheel_works_outside_the_repository_in_an_environment_without_pip(
    environment: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    govsim = str(environment / "govsim")
    assert not list(environment.glob("pip*"))
    bare = bare | {"PATH": f"{Path(sys.executable).parent}:{bare['PATH']}"}
    assert given([govsim, "--version"], folder=tmp_path, **bare).strip() == project()["version"]
    assert "Commands" in given([govsim, "--help"], folder=tmp_path, **bare)
    shown = given([govsim, "run", "fishery", "--agent", "policy:fair-share"], folder=tmp_path, **bare)
    assert "120.00" in shown
    assert "installed: " in given([govsim, "models", "install", "embedded"], folder=tmp_path, **bare)
    assert "embedded/smollm2" in given([govsim, "run", "fishery", "--months", "1"], folder=tmp_path, **bare)
