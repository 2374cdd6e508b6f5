"""No test reaches a provider."""

from __future__ import annotations

import os
import socket

import pytest

from tests.conftest import ForbiddenConnectionError


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_test_cannot_reach_another_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(ForbiddenConnectionError, match="tests use fake/society"):
        connection.connect((host, 443))


def test_a_test_sees_no_key_of_the_person_who_runs_it() -> None:
    assert not [name for name in os.environ if name.endswith("API_KEY")]
