"""The reference pages agree with the code."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import govsim.testing
from govsim.analysis.figures import FIGURES
from govsim.analysis.frames import RunKeys, layouts
from govsim.analysis.measures import all_measures
from govsim.config import Execution
from govsim.inventory import inventory
from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_current(generate: ModuleType) -> None:
    assert generate.stale() == [], "run python docs/generate.py"


def test_checking_reports_an_outdated_page_and_writing_updates_it(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/reference/journal.md is out of date" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_every_setting_of_the_execution_is_on_the_page(generate: ModuleType) -> None:
    page = generate.configuration()
    assert all(re.search(rf"^\| `{name}[`.]", page, re.MULTILINE) for name in Execution.model_fields)


def test_every_extension_that_an_experiment_names_is_on_the_page_with_its_settings(generate: ModuleType) -> None:
    page = generate.configuration()
    for name in ("society.phases.discussion.max_lines", "institutions.quota.amount", "agents.generative.insights"):
        assert f"| `{name}` |" in page
    for kind in inventory():
        if kind.group in ("phases", "rules", "growth_laws", "agents", "allocations"):
            for one in kind.extensions:
                assert f"| `{one.written or one.name}` | {one.summary} |" in page
                assert all(f"| `{key.name}` |" in page for key in one.settings)


def test_every_policy_is_on_its_page_with_its_settings_and_what_it_is_informed_of(generate: ModuleType) -> None:
    page = generate.policies()
    (listed,) = (kind.extensions for kind in inventory() if kind.group == "policies")
    assert len(listed) > 25
    for one in listed:
        assert f"| `{one.written.removeprefix('policy:')}` | {one.summary}" in page
        assert all(f"| `{key.name}` |" in page for key in one.settings)
    assert page.count("informed: ") == 4


def test_every_conformance_check_is_on_the_page_with_its_arguments(generate: ModuleType) -> None:
    page = generate.testing()
    for name in govsim.testing.__all__:
        section = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        assert section
        if name.startswith("check_"):
            arguments = inspect.signature(getattr(govsim.testing, name)).parameters
            assert all(f"| `{argument}` |" in section for argument in arguments)


def test_every_kind_of_event_has_its_section(generate: ModuleType) -> None:
    page = generate.journal()
    assert all(f"## `{event.model_fields['kind'].default}`" in page for event in generate.events())


def test_every_column_of_the_frames_is_on_the_page(generate: ModuleType) -> None:
    page = generate.frames()
    for layout in layouts():
        own = page.partition(f"## `{layout.name}`")[2].partition("\n## ")[0]
        names = {column.name for column in layout.columns} - set(RunKeys._fields)
        assert all(f"| `{name}` |" in own for name in names)


def test_every_measure_and_figure_is_on_the_page(generate: ModuleType) -> None:
    page = generate.measures()
    names = [*(measure.name for measure in all_measures()), *(figure.name for figure in FIGURES)]
    assert len(names) > 15
    assert all(f"| `{name}` |" in page for name in names)


def test_the_explanation_of_measures_has_the_formulas_of_the_code() -> None:
    page = (ROOT / "docs" / "explanation" / "measures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) (?<!\\)\| .* \| .*\|$", page, re.MULTILINE)[2:]
    explained = {name: formula.replace("*", "").replace("\\", "") for name, formula in rows}
    assert explained == {measure.title: measure.formula for measure in all_measures()}


@pytest.mark.parametrize("page", ["configuration", "journal", "command_line", "frames", "measures", "testing"])
def test_no_entry_of_a_table_is_empty(generate: ModuleType, page: str) -> None:
    assert re.findall(r"^.*\|  \|.*$", getattr(generate, page)(), re.MULTILINE) == []
