"""Journals for tests of the pages' parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.living import Live


@pytest.fixture
def journal(live: Live) -> Path:
    """A run of two months in which everybody talks and remembers."""
    (lived,) = live("fishery", {"world.months": 2, "models.default": "fake/society"})
    return lived.journal.path
