"""Package metadata and documentation pages are correct and consistent."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.docs.pages import links_of
from tests.packaging.pins import PYTHONS, ROOT, project

PAGE = ROOT / "docs" / "package.md"
FIRST_LINE = re.compile(r'```bash[^\n]*\npip install "govsim\[embedded\]"\n')


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    """CITATION.cff."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    """The jobs of the workflow that checks changes."""
    read = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = read["jobs"]
    return found


def minor(python: str) -> str:
    return python.rpartition(".")[0]


def test_the_package_description_starts_with_the_installation() -> None:
    assert project()["readme"] == str(PAGE.relative_to(ROOT))
    assert FIRST_LINE.match(PAGE.read_text(encoding="utf-8"))


def test_the_package_description_has_no_relative_links_or_images() -> None:
    assert "![" not in PAGE.read_text(encoding="utf-8")
    assert [link for link in links_of(PAGE) if not link.startswith("https://")] == []


def test_the_metadata_match_the_citation(citation: dict[str, Any]) -> None:
    table = project()
    assert table["version"] == citation["version"]
    assert table["license"] == citation["license"]
    assert table["keywords"] == citation["keywords"]
    assert table["authors"] == [{"name": author["name"]} for author in citation["authors"]]
    assert list(table["urls"].values()) == [reference["url"] for reference in citation["references"]]


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = PYTHONS[0]
    assert project()["requires-python"] == f">={oldest}"
    for page in ("README.md", "docs/package.md", "Makefile"):
        assert f"Python {oldest}" in (ROOT / page).read_text(encoding="utf-8"), page
    as_tuple = f"sys.version_info < ({', '.join(oldest.split('.'))})"
    assert as_tuple in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(python in SpecifierSet(f">={oldest}") for python in PYTHONS)


def test_the_readme_names_every_python_that_the_pins_hold_for() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [python for python in PYTHONS if minor(python) not in readme] == []


def test_the_classifiers_name_pythons_that_the_pins_hold_for() -> None:
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(project()["classifiers"]))
    assert set(named) <= set(map(minor, PYTHONS))
    assert minor(PYTHONS[0]) in named


def test_the_workflow_tries_every_python_with_the_same_scripts(jobs: dict[str, Any]) -> None:
    assert jobs["change"]["strategy"]["matrix"]["python"] == list(map(minor, PYTHONS))
    commands = {job: [step["run"] for step in jobs[job]["steps"] if "run" in step] for job in jobs}
    assert commands["change"] == [".ci/run"]
    assert commands["release"][-1] == ".ci/run check-release"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^check-release:", makefile, re.MULTILINE)


def test_the_changes_are_grouped_by_version_and_dated() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "Unreleased"
    dated = [re.fullmatch(r"(\d+\.\d+\.\d+) – (\d{4}-\d\d-\d\d)", heading) for heading in released]
    assert all(dated), released
    versions = [Version(match[1]) for match in dated if match]
    assert versions == sorted(versions, reverse=True)
    assert str(versions[0]) == project()["version"]
    groups = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
