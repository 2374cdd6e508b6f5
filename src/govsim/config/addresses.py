"""Checks of server addresses and API keys, made before anything is sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

EXAMPLE_ADDRESS = "an address looks like http://localhost:8000/v1"

_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def flaw_of_address(address: str) -> str | None:
    """Return what is wrong with the address of a server, without quoting it; None if it is valid."""
    if flaw := _flaw_of_characters(address):
        return flaw
    try:
        parts = urlsplit(address)
    except ValueError:
        return "is not an address: a bracket of an IPv6 host is missing, or its content is invalid"
    if parts.scheme not in ("http", "https") or not address.lower().startswith(f"{parts.scheme}://"):
        return "must begin with http:// or https://"
    return _flaw_of_host(parts.netloc.rpartition("@")[2]) or _flaw_for_client(address)


def flaw_of_key(key: str) -> str | None:
    """Return what is wrong with an API key, without quoting it; None if it is valid."""
    if flaw := _flaw_of_characters(key):
        return flaw
    if not key.isascii():
        return "contains a non-ASCII character, which cannot be sent in a header"
    return None


def _flaw_of_characters(text: str) -> str | None:
    if not text.strip():
        return "is blank"
    if found := re.search(r"[\r\n]", text):
        return f"contains a line break (\\{'r' if found[0] == chr(13) else 'n'}), possibly at its end"
    if re.search(r"\s", text):
        return "contains whitespace"
    if not text.isprintable():
        return "contains a control character"
    return None


def _flaw_of_host(place: str) -> str | None:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([^:]*))?", place)
    if found is None:
        return "has an invalid host: an IPv6 address is written in brackets, as in http://[::1]:8000/v1"
    host, port = found[1], found[2]
    if port is not None and not (re.fullmatch(r"\d{1,5}", port) and 1 <= int(port) <= 65535):
        return f"has the invalid port {port!r}; a port is a number from 1 to 65535"
    if not host or host == "[]":
        return "has no host"
    is_name = all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))
    return None if host.startswith("[") or is_name else "has an invalid host"


def _flaw_for_client(address: str) -> str | None:
    """Return why the HTTP client rejects an address, such as for characters not allowed in host names."""
    import httpx  # here, as most commands do not need a client

    try:
        return None if httpx.URL(address).host else "has no host"
    except httpx.InvalidURL:
        return "has an invalid host"
