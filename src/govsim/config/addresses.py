"""Addresses of servers, and keys: what cannot be right is refused before anything is sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

EXAMPLE_ADDRESS = "an address looks like http://localhost:8000/v1"

_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def flaw_of_address(address: str) -> str | None:
    """What is wrong with the address of a server; None where nothing is. It does not repeat the address."""
    if flaw := _flaw_of_characters(address):
        return flaw
    try:
        parts = urlsplit(address)
    except ValueError:
        return "is not an address: a bracket of an IPv6 host is missing, or what it holds is not one"
    if parts.scheme not in ("http", "https") or not address.lower().startswith(f"{parts.scheme}://"):
        return "must begin with http:// or https://"
    return _flaw_of_host(parts.netloc.rpartition("@")[2]) or _flaw_for_client(address)


def flaw_of_key(key: str) -> str | None:
    """What is wrong with a key; None where nothing is. It does not repeat the key."""
    if flaw := _flaw_of_characters(key):
        return flaw
    if not key.isascii():
        return "contains a character that no key has, as it cannot be sent in a header: only ASCII can"
    return None


def _flaw_of_characters(text: str) -> str | None:
    if not text.strip():
        return "is blank"
    if found := re.search(r"[\r\n]", text):
        return f"contains a line break (\\{'r' if found[0] == chr(13) else 'n'}), perhaps at its end"
    if re.search(r"\s", text):
        return "contains a blank"
    if not text.isprintable():
        return "contains a control character"
    return None


def _flaw_of_host(place: str) -> str | None:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([^:]*))?", place)
    if found is None:
        return "names a host that cannot be: an IPv6 address is written in brackets, as in http://[::1]:8000/v1"
    host, port = found[1], found[2]
    if port is not None and not (re.fullmatch(r"\d{1,5}", port) and 1 <= int(port) <= 65535):
        return f"has the port {port!r}; a port is a number from 1 to 65535"
    if not host or host == "[]":
        return "names no host"
    is_name = all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))
    return None if host.startswith("[") or is_name else "names a host that cannot be"


def _flaw_for_client(address: str) -> str | None:
    """What the library that sends requests refuses beyond that, such as characters that no host name may have."""
    import httpx  # here, as most commands need no client

    try:
        return None if httpx.URL(address).host else "names no host"
    except httpx.InvalidURL:
        return "names a host that cannot be"
