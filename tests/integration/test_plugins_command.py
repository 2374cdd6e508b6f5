"""`govsim plugins`, and reports of every command on plug-ins that cannot be used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from govsim.agents import POLICIES
from govsim.errors import ConfigError
from govsim.plugins import REGISTRIES, PluginWarning, registry
from govsim.testing import ConformanceError, check_plugin
from tests.commands import govsim

Install = Callable[[str, str], None]

POINTS = """\
[govsim.policies]
thrifty = govsim_garden:Thrifty
sly = govsim_garden:missing

[govsim.measures]
lost = no_such_module:lost
"""

MODULE = '''\
from pydantic import Field

from govsim.agents import Policy
from govsim.config import Section


class Thrifty(Policy):
    """Leaves a part of the stock.

    More than this line is not listed.
    """

    name = "thrifty"

    class Settings(Section):
        part: int = Field(10, ge=1, le=100)
        """One of so many units is asked for."""

    settings: Settings

    def harvest(self, request, rng):
        return request.view.state.stock // self.settings.part
'''

PROBLEMS = [
    "policy sly of govsim-garden 0.3 (govsim_garden:missing): cannot be loaded: AttributeError: module 'govsim_garden' "
    "has no attribute 'missing'",
    "measure lost of govsim-garden 0.3 (no_such_module:lost): cannot be loaded: ModuleNotFoundError: No module named "
    "'no_such_module'",
]


def test_all_kinds_and_all_extensions_are_listed(tmp_path: Path) -> None:
    done = govsim(tmp_path, "plugins")
    assert (done.returncode, done.stderr) == (0, "")
    for group in REGISTRIES:
        own = done.stdout.partition(f"{group} (govsim.{group})\n")[2].partition("\n\n")[0]
        assert [line.split()[:2] for line in own.splitlines()] == [[name, "govsim"] for name in registry(group).names]
        assert all(len(line.split()) > 2 for line in own.splitlines()), "every one has a summary"


def test_a_plug_in_is_listed_with_its_package_and_its_settings(install: Install, tmp_path: Path) -> None:
    install(POINTS.replace("sly = govsim_garden:missing\n", "").partition("[govsim.measures]")[0], MODULE)
    done = govsim(tmp_path, "plugins", "thrifty")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "policy thrifty (govsim-garden 0.3)",
        "  Leaves a part of the stock.",
        "  policy:thrifty:part: whole number, ≥ 1, ≤ 100; default 10",
        "      One of so many units is asked for.",
        "  Written as: policy:thrifty[:PART]",
    ]


def test_unusable_plug_ins_are_reported_in_one_line_each(install: Install, tmp_path: Path) -> None:
    install(POINTS, MODULE)
    done = govsim(tmp_path, "plugins")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"govsim: {problem}" for problem in PROBLEMS]
    assert re.search(
        r"^  thrifty +govsim-garden 0\.3  Leaves a part of the stock\. \[part\]$", done.stdout, re.MULTILINE
    )
    assert "sly" not in done.stdout


def test_json_contains_the_same_data(install: Install, tmp_path: Path) -> None:
    install(POINTS, MODULE)
    done = govsim(tmp_path, "plugins", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert found["problems"] == PROBLEMS
    [thrifty] = [one for one in found["extensions"] if one["name"] == "thrifty"]
    assert thrifty == {
        "kind": "policy",
        "group": "govsim.policies",
        "name": "thrifty",
        "origin": "govsim-garden 0.3",
        "summary": "Leaves a part of the stock.",
        "settings": [
            {
                "key": "policy:thrifty:part",
                "values": "whole number, ≥ 1, ≤ 100",
                "default": "10",
                "description": "One of so many units is asked for.",
            }
        ],
    }


def test_a_misspelt_group_is_reported(install: Install, tmp_path: Path) -> None:
    install("[govsim.policy]\nthrifty = govsim_garden:Thrifty\n", MODULE)
    done = govsim(tmp_path, "plugins", "policies")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "govsim: thrifty of govsim-garden 0.3: govsim.policy is not a group of extensions; choose from govsim.agents, "
    )


@pytest.mark.parametrize("kind", ["rules", "rule", "growth-laws", "growth_law", "growth law"])
def test_a_kind_is_accepted_in_several_spellings(tmp_path: Path, kind: str) -> None:
    assert ("rule quota" if "rule" in kind else "growth law multiply") in govsim(tmp_path, "plugins", kind).stdout


def test_a_name_of_several_kinds_shows_all_of_them(tmp_path: Path) -> None:
    lines = govsim(tmp_path, "plugins", "random").stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ") and line] == [
        "policy random (govsim)",
        "allocation rule random (govsim)",
    ]


def test_an_unknown_name_is_rejected_with_a_suggestion(tmp_path: Path) -> None:
    done = govsim(tmp_path, "plugins", "greddy")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "govsim: greddy: there is no such kind or extension; did you mean greedy? The kinds are"
    )


def test_a_command_reports_each_unusable_plug_in_once(install: Install, tmp_path: Path) -> None:
    install(POINTS, MODULE)
    run = govsim(tmp_path, "run", "fishery", "--agent", "policy:thrifty", "--set", "world.months=2", "--runs", "2")
    assert run.returncode == 0, run.stderr
    table = govsim(tmp_path, "table", "runs")
    assert table.returncode == 0
    assert table.stderr.splitlines() == [f"govsim: {PROBLEMS[1]}; it is ignored"]


@pytest.mark.parametrize("warnings", ["default", "ignore", "error"])
def test_it_is_reported_under_any_warning_filter(install: Install, tmp_path: Path, warnings: str) -> None:
    install(POINTS, MODULE)
    run = govsim(tmp_path, "run", "fishery", "--agent", "policy:thrifty", "--set", "world.months=1")
    assert run.returncode == 0, run.stderr
    done = subprocess.run(
        [sys.executable, "-m", "govsim", "table", "runs"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONWARNINGS": warnings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"govsim: {PROBLEMS[1]}; it is ignored"]


def test_users_of_the_library_get_a_python_warning(install: Install) -> None:
    install(POINTS, MODULE)
    with pytest.warns(PluginWarning, match=r"^policy sly of govsim-garden 0\.3 .*; it is ignored$"):
        assert "thrifty" in [found.name for found in POLICIES]
    with pytest.raises(ConfigError, match="there is no such policy"):
        POLICIES.get("gready", key="agent")


def test_a_whole_plug_in_is_checked_with_one_line_per_fault(install: Install) -> None:
    install(POINTS, MODULE)
    with pytest.raises(ConformanceError) as failed:
        check_plugin("govsim-garden")
    assert str(failed.value).splitlines() == sorted(PROBLEMS)


def test_a_plug_in_that_conforms_is_listed_by_its_check(install: Install) -> None:
    install("[govsim.policies]\nthrifty = govsim_garden:Thrifty\n", MODULE)
    assert check_plugin("govsim-garden") == ("policies thrifty",)
