"""Fixtures for release checks."""

from __future__ import annotations

import os

import pytest

from tests.release.distributions import PATH, Built, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both distributions, built once."""
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a new user: an empty home, the system's programs, and settings for the package index."""
    index = ("PIP_", "UV_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith(index)}
    home = tmp_path_factory.mktemp("home")
    return kept | {"HOME": str(home), "PATH": PATH, "LANG": "C.UTF-8"}
