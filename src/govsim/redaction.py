"""Redaction of API keys and other secrets from journals, output and errors.

Secrets are the values of environment variables whose names indicate one (`OPENAI_API_KEY`, `HF_TOKEN`, `DB_PASSWORD`),
and the credentials in addresses: passwords, and keys in the query.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SECRET_NAME = re.compile(
    r"key|token(?!s|iz|_ids?$)|secret|passw|passphrase|credential|auth(?!or(?!i))|bearer|cookie"
    r"|(?:^|[_-])(?:pass|pat|sig|signature)$|[_-]pwd$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"(://)[^/?#\s\"'<>]*@")
_QUERY = re.compile(r"([?&][\w.-]*(?:key|token|secret|passw|auth|sig)[\w.-]*=)[^&#\s\"'<>]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"\b(Basic|Bearer)\s+(?=\S*[\dA-Z=])[\w+/.~=-]{8,}")

_LONG, _SHORT, _UNMISTAKABLE, _SPACED = 8, 4, 12, 40


class Secrets:
    """The secrets of this process, collected on creation."""

    def __init__(self, *addresses: str | None) -> None:
        """Collect secrets from the environment and from additional addresses."""
        found = dict(_in_environment(os.environ))
        for address in addresses:
            found |= dict(_in_address(address or "", "credentials"))
        self._names = {value: name for value, name in sorted(found.items(), key=lambda item: -len(item[0])) if value}

    def hide(self, text: str) -> str:
        """Redact secrets in an error message, and anything that looks like one in an address or a header.

        Values shorter than eight characters are redacted only as whole words and if they contain letters and digits,
        so that `false` in TOKENIZERS_PARALLELISM does not redact the word.
        """
        for value, name in self._names.items():
            if len(value) >= _LONG:
                text = text.replace(value, f"<{name}>").replace(quote(value, safe=""), f"<{name}>")
            elif len(value) >= _SHORT and _is_mixed(value):
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"<{name}>", text)
        text = _CREDENTIALS.sub(r"\1<credentials>@", text)
        text = _QUERY.sub(r"\1<hidden>", text)
        return _AUTHORIZATION.sub(r"\1 <hidden>", text)

    def hide_in_reply(self, text: str) -> str:
        """Redact secrets in a model's reply, but only those too long and too random to occur by chance.

        Replies determine results, so an ordinary word is kept even if it is the value of such a variable.
        """
        for value, name in self._unmistakable():
            if value in text:
                text = text.replace(value, f"<{name}>")
        return text

    def name_in(self, text: str) -> str | None:
        """Return the variable whose value a text contains, by the criterion for replies; None if there is none."""
        return next((name for value, name in self._unmistakable() if value in text), None)

    def _unmistakable(self) -> Iterator[tuple[str, str]]:
        for value, name in self._names.items():
            is_long = len(value) >= (_SPACED if re.search(r"\s", value) else _UNMISTAKABLE)
            if is_long and _is_mixed(value):
                yield value, name


def redacted(text: str, *addresses: str | None) -> str:
    """Redact secrets in an error message: those from the environment and from additional addresses."""
    return Secrets(*addresses).hide(text)


def is_secret_name(name: str) -> bool:
    """Whether a name indicates a secret: `api_key`, `authorization`, but not `max_tokens`."""
    return _SECRET_NAME.search(name) is not None


def has_credentials(text: str) -> bool:
    """Whether a text contains an address with a password or a key."""
    return _CREDENTIALS.search(text) is not None or _QUERY.search(text) is not None


def _is_mixed(value: str) -> bool:
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)


def _in_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each secret with the name of its variable."""
    for name, value in environment.items():
        if is_secret_name(name) or "TOKENS" in name:
            yield value.strip(), name
        elif "://" in value:
            for address in _ADDRESS.findall(value):
                yield from _in_address(address, name)


def _in_address(address: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield each secret in an address: its password, plain and as sent in a header, and secret values in its query."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    if parts.password:
        user, password = unquote(parts.username or ""), unquote(parts.password)
        yield password, name
        yield b64encode(f"{user}:{password}".encode()).decode(), name
    for key, value in parse_qsl(parts.query):
        if is_secret_name(key):
            yield value, name
