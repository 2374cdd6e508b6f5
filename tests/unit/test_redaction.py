"""Redaction of secrets: any in errors, and in replies only those that cannot be ordinary words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.redaction import Secrets, has_credentials, is_secret_name, redacted

KEY = "sk-live-47110815"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    monkeypatch.setenv("SOME_API_KEY", KEY)
    monkeypatch.setenv("LONGER_API_KEY", KEY + "-and-more")
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    monkeypatch.setenv("HF_TOKEN", "sustainable")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    monkeypatch.setenv("PAGE_KEY", "7")
    monkeypatch.setenv("EMPTY_SECRET", "")
    monkeypatch.setenv("PEM_KEY", "-----BEGIN KEY-----\nMIIB1234 5678901234567890\n-----END KEY-----")
    monkeypatch.setenv("http_proxy", "http://me:pr0xy%20passw0rd@proxy:3128")
    monkeypatch.setenv("LAB_BASE_URL", "http://lab:9000/v1?region=eu&api-key=query-4711-secret")
    return Secrets("https://user:given-pass-1@host/v1")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (f"bad key {KEY}!", "bad key <SOME_API_KEY>!"),
        (f"bad key {KEY}-and-more!", "bad key <LONGER_API_KEY>!"),
        (f"bad key {KEY[:-1]}", f"bad key {KEY[:-1]}"),
        ("no hunter2 here, hunter22 is another", "no <DB_PASSWORD> here, hunter22 is another"),
        ("sustainable", "<HF_TOKEN>"),
        ("it is false, 7 times", "it is false, 7 times"),
        ("x -----BEGIN KEY-----\nMIIB1234 5678901234567890\n-----END KEY----- y", "x <PEM_KEY> y"),
        ("Proxy pr0xy passw0rd and pr0xy%20passw0rd", "Proxy <http_proxy> and <http_proxy>"),
        ("GET http://me:pr0xy%20passw0rd@proxy:3128/x", "GET http://me:<http_proxy>@proxy:3128/x"),
        ("query-4711-secret", "<LAB_BASE_URL>"),
        ("http://h/v1?region=eu&api-key=other", "http://h/v1?region=eu&api-key=<hidden>"),
        ("given-pass-1", "<credentials>"),
        ("Authorization: Basic dXNlcjpnaXZlbi1wYXNzLTE=", "Authorization: Basic <credentials>"),
        ("Authorization: Bearer abcDEF123456.x-y", "Authorization: Bearer <hidden>"),
        ("Bearer authentication is required", "Bearer authentication is required"),
        ("mail me@example.org, see https://example.org/a@b", "mail me@example.org, see https://example.org/a@b"),
    ],
)
def test_errors_contain_no_secrets(secrets: Secrets, error: str, message: str) -> None:
    assert secrets.hide(error) == message
    assert secrets.hide(message) == message


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (f"My key is {KEY}.", "My key is <SOME_API_KEY>."),
        ("query-4711-secret and given-pass-1", "<LAB_BASE_URL> and <credentials>"),
        (
            "A sustainable catch, hunter2 said. It is false.",
            "A sustainable catch, hunter2 said. It is false.",
        ),
        ("Bearer abcDEF123456 http://a:b@c/?key=x", "Bearer abcDEF123456 http://a:b@c/?key=x"),
    ],
)
def test_replies_contain_no_secret_that_cannot_be_a_word(secrets: Secrets, reply: str, kept: str) -> None:
    assert secrets.hide_in_reply(reply) == kept


def test_the_variable_of_a_secret_in_a_text_is_named(secrets: Secrets) -> None:
    assert secrets.name_in(f"x {KEY} y") == "SOME_API_KEY"
    assert secrets.name_in("a sustainable catch of 7") is None


@given(st.text())
def test_replies_without_secrets_are_not_changed(text: str) -> None:
    assert Secrets().hide_in_reply(text) == text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "OPENAI_API_KEY",
            "HF_TOKEN",
            "TOKEN_2",
            "aws_secret_access_key",
            "Password",
            "PGPASSWD",
            "db_pass",
            "MY_PWD",
        ),
        *(
            "authorization",
            "auth",
            "bearer",
            "GITHUB_PAT",
            "cookie",
            "ssh-passphrase",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
    ],
)
def test_names_of_secrets_are_recognized(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["max_tokens", "tokenizer_path", "TOKENIZERS_PARALLELISM", "author", "PWD", "pattern", "compass", "seed"]
)
def test_other_names_are_not_recognized_as_secrets(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text", ["http://u:p@h/", "https://token@h", "redis://:pw@h", "http://h/?api_key=x", "h?sig=1"]
)
def test_an_address_with_credentials_is_recognized(text: str) -> None:
    assert has_credentials(text)


@pytest.mark.parametrize("text", ["http://h/v1", "me@example.org", "http://h/?region=eu", "http://h/a@b", "/a/b"])
def test_an_address_without_credentials_is_recognized(text: str) -> None:
    assert not has_credentials(text)


def test_a_malformed_address_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_URL", "http://[::bad")
    assert redacted("nothing to hide", "http://u:p@[::", None) == "nothing to hide"
