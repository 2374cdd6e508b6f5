"""Invalid addresses and keys are rejected before anything is sent."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from govsim.config import Execution, flaw_of_address, flaw_of_key, validate
from govsim.errors import ConfigError

MALFORMED = (
    ("http://localhost:8000/v1\r", r"line break (\r)"),
    ("http://localhost:8000/v1\n", r"line break (\n)"),
    ("http://local host/v1", "contains whitespace"),
    (" http://localhost/v1", "contains whitespace"),
    ("   ", "is blank"),
    ("", "is blank"),
    ("http://localhost/\x07", "a control character"),
    ("[::1", "must begin with http://"),
    ("http://[::1", "bracket"),
    ("http://::1/v1", "in brackets"),
    (":abc", "must begin with http://"),
    ("localhost:8000/v1", "must begin with http://"),
    ("localhost", "must begin with http://"),
    ("ftp://localhost/v1", "must begin with http://"),
    ("http:/localhost/v1", "must begin with http://"),
    ("http:localhost", "must begin with http://"),
    ("http://localhost:abc/v1", "has the invalid port 'abc'"),
    ("http://localhost:99999/v1", "has the invalid port '99999'"),
    ("http://localhost:0/v1", "has the invalid port '0'"),
    ("http://localhost:-1/v1", "has the invalid port '-1'"),
    ("http://localhost:/v1", "has the invalid port ''"),
    ("http:///v1", "has no host"),
    ("http://:8000/v1", "has no host"),
    ("http://me:planted@/v1", "has no host"),
    ("http://a..b/v1", "an invalid host"),
    ("http://-a/v1", "an invalid host"),
    ("http://<host>/v1", "an invalid host"),
    ("http://[abc]/v1", "bracket"),
)

GOOD = (
    *("http://localhost:8000/v1", "https://api.openai.com/v1/", "http://127.0.0.1:1", "http://[::1]:8000/v1"),
    *("HTTPS://Example.org", "http://me:secret@gpu_7.lab.:65535/v1?api-version=1#x", "http://münchen.example/v1"),
)


@pytest.mark.parametrize(("address", "message"), MALFORMED)
def test_an_invalid_address_is_rejected_with_the_reason(address: str, message: str) -> None:
    flaw = flaw_of_address(address)
    assert flaw is not None
    assert message in flaw
    assert "planted" not in flaw


@pytest.mark.parametrize("address", GOOD)
def test_a_valid_address_is_accepted(address: str) -> None:
    assert flaw_of_address(address) is None
    httpx.URL(address)


@example("HTTP://\u00b9")
@given(st.text(max_size=40) | st.from_regex(r"https?://[^/]{0,20}(:[0-9]{0,6})?(/v1)?", fullmatch=True))
def test_accepted_addresses_can_be_parsed_by_the_http_client(address: str) -> None:
    if flaw_of_address(address) is None:
        assert httpx.URL(address).host


def test_a_host_with_an_invalid_character_is_rejected() -> None:
    assert flaw_of_address("http://\u00b9/v1") == "has an invalid host"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sk-1\r", r"line break (\r)"),
        ("sk-1\n", r"line break (\n)"),
        ("sk-1 ", "contains whitespace"),
        ("sk 1", "contains whitespace"),
        ("\t", "is blank"),
        ("sk-\x001", "a control character"),
        ("sk-é", "a non-ASCII character"),
        ("“sk-1”", "a non-ASCII character"),
    ],
)
def test_a_key_that_cannot_be_sent_is_rejected_with_the_reason(key: str, message: str) -> None:
    flaw = flaw_of_key(key)
    assert flaw is not None
    assert message in flaw
    assert "sk" not in flaw


def test_an_ordinary_key_is_accepted() -> None:
    assert flaw_of_key("sk-proj_aB3/+=.~") is None


@pytest.mark.parametrize(("address", "message"), MALFORMED)
def test_the_address_in_the_settings_is_checked(address: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"^base_url: .*looks like http") as refused:
        validate(Execution, [{"base_url": address}])
    assert message in str(refused.value)
    assert "planted" not in str(refused.value)
