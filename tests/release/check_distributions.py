"""Contents of the distributions, and their metadata for a package index."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

from tests.packaging.pins import ROOT, project
from tests.release.distributions import Built, output_of, tracked_files

GENERATED = ("PKG-INFO", "setup.cfg")


def test_twine_accepts_both_distributions(built: Built, tmp_path: Path) -> None:
    checked = output_of(
        [sys.executable, "-m", "twine", "check", "--strict", str(built.sdist), str(built.wheel)], folder=tmp_path
    )
    assert checked.count("PASSED") == 2


def test_the_source_distribution_contains_exactly_the_files_of_the_repository(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    own = {name for name in names if name not in GENERATED and ".egg-info/" not in name}
    assert own == set(tracked_files())
    assert {"CHANGELOG.md", "CITATION.cff", "SECURITY.md", "constraints.txt", "tests/conftest.py"} < own


def test_the_wheel_contains_exactly_the_files_of_the_package(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name.removeprefix("src/") for name in tracked_files() if name.startswith("src/")}


def test_the_metadata_contain_text_licence_and_authors(built: Built) -> None:
    metadata = metadata_of(built.wheel)
    assert metadata["Description-Content-Type"] == "text/markdown"
    page = (ROOT / "docs" / "package.md").read_text(encoding="utf-8")
    assert str(metadata.get_payload()).strip() == page.strip()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Author"] == project()["authors"][0]["name"]
    assert metadata["Author-email"] is None
    assert metadata["Requires-Python"] == project()["requires-python"]


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode("utf-8"))
