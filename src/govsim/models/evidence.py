"""What is known of a provider's failure: gathered from exceptions of any client library and bodies of responses."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_DEEPEST = 6
_MOST_EXCEPTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a failure.

    Attributes:
        chain: the exceptions, the outermost first; empty where there is only a body.
        status: status code of HTTP, or one that the body names; None where there is none.
        has_body: whether a response came with anything in it.
        text: what the response says, else the innermost exception that says anything.
        codes: what the response calls it by codes, types and the like.
        parameter: the parameter of the request that the response blames, where it names one.
        address: what was asked, without credentials and query.
        retry_after: seconds that the provider asks to wait.
    """

    chain: tuple[BaseException, ...]
    status: int | None
    has_body: bool
    text: str
    codes: tuple[str, ...]
    parameter: str | None
    address: str | None
    retry_after: float | None

    @property
    def words(self) -> str:
        """Codes and text, as rules look through them."""
        return " ".join((*self.codes, self.parameter or "", self.text))

    def has(self, *classes: type[BaseException] | str) -> bool:
        """Whether one of the exceptions is of one of these classes, given as a class or by its name."""
        types = tuple(one for one in classes if isinstance(one, type))
        names = {one for one in classes if isinstance(one, str)}
        return any(
            isinstance(error, types) or names & {base.__name__ for base in type(error).__mro__} for error in self.chain
        )


class FailedResponse(Exception):
    """A response that holds a failure although its status says that all is well.

    Attributes:
        body: what came.
        status_code: its status.
        request: what was sent.
    """

    def __init__(self, body: object, status_code: int, request: Any = None) -> None:
        super().__init__("a failure came in the place of a reply")
        self.body = body
        self.status_code = status_code
        self.request = request


def evidence_of(error: object) -> Evidence:
    """Gather what is known of a failure.

    Args:
        error: an exception, or the body of a response.
    """
    chain = tuple(_chain(error)) if isinstance(error, BaseException) else ()
    body = _parsed(next(filter(None, map(_body, chain)), None) if chain else error)
    found = _Body(body)
    status = next((code for code in map(_status, chain) if code is not None), None)
    if status is None or status < 400:
        status = found.status or status
    return Evidence(
        chain=chain,
        status=status,
        has_body=bool(body),
        text=found.text or _said(chain),
        codes=tuple(found.codes),
        parameter=found.parameter,
        address=next(filter(None, map(_address, chain)), None),
        retry_after=_retry_after(chain, found),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and all that it comes from."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_EXCEPTIONS:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        attempt = getattr(one, "last_attempt", None)  # a library that retries wraps the last failure
        inner = [attempt.exception() if attempt is not None else None, one.__cause__]
        inner += [one.__context__, *one.args]  # even where it is suppressed: connection pools suppress the real reason
        inner += one.exceptions if isinstance(one, BaseExceptionGroup) else []
        waiting += [other for other in inner if isinstance(other, BaseException)]


def _body(error: BaseException) -> object:
    """The body of the response that an exception carries; None where there is none."""
    for name in ("body", "details"):
        if isinstance(found := getattr(error, name, None), str | bytes | dict | list) and found:
            return found
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # the form of AWS
        return dict(response)
    try:
        return getattr(response, "text", None) or None
    except Exception:  # noqa: BLE001 - each library has its own error for a body that was not read
        return None


def _parsed(body: object) -> object:
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    if isinstance(body, str):
        try:
            return json.loads(body)
        except ValueError:
            return body.strip()
    return body


class _Body:
    """A body of any form: what it says, and by which codes it calls it."""

    _SAYING = (
        "error",
        "errors",
        "message",
        "Message",
        "detail",
        "details",
        "msg",
        "error_description",
        "Error",
        "body",
    )
    _NAMING = ("code", "type", "status", "reason", "error_type", "error_code", "__type", "Code", "quotaId")

    def __init__(self, body: object) -> None:
        self.codes: list[str] = []
        self.status: int | None = None
        self.parameter: str | None = None
        self.wait: float | None = None
        self._name(body, 0)
        self.text = "; ".join(dict.fromkeys(part for part in self._say(body, 0) if part))

    def _name(self, body: object, depth: int) -> None:
        if depth > _DEEPEST:
            return
        for item in body if isinstance(body, list) else ():
            self._name(item, depth + 1)
        for key, value in body.items() if isinstance(body, dict) else ():
            if (
                key in (*self._NAMING, "HTTPStatusCode")
                and isinstance(value, str | int)
                and not isinstance(value, bool)
            ):
                self._take(key, value)
            elif key == "param" and isinstance(value, str):
                self.parameter = value
            elif key == "retryDelay" and isinstance(value, str):
                self.wait = _number(value.removesuffix("s"))
            elif isinstance(value, dict | list) and key not in ("input", "ctx", "request"):
                self._name(value, depth + 1)

    def _take(self, key: str, value: str | int) -> None:
        number = int(value) if re.fullmatch(r"\d{3}", str(value)) else 0
        if 400 <= number < 600 and self.status is None:
            self.status = number
        if key != "HTTPStatusCode":
            self.codes.append(str(value))

    def _say(self, body: object, depth: int) -> Iterator[str]:
        """The sentences of a body, and not what it repeats of the request."""
        if depth > _DEEPEST:
            return
        if isinstance(body, str):
            yield from self._sentence(body, depth)
        elif isinstance(body, list):
            for item in body:
                yield from self._say(item, depth + 1)
        elif isinstance(body, dict):
            for key in self._SAYING:
                if key in body and not (key == "details" and "message" in body):
                    yield from self._say(body[key], depth + 1)
            if isinstance(raw := (body.get("metadata") or {}), dict) and "raw" in raw:  # the provider behind a router
                yield from self._say(_parsed(raw["raw"]), depth + 1)

    def _sentence(self, text: str, depth: int) -> Iterator[str]:
        inner = _parsed(text) if text.lstrip()[:1] in ("{", "[") else text
        if isinstance(inner, dict | list):
            self._name(inner, depth + 1)
            yield from self._say(inner, depth + 1)
        else:
            yield _text_of_page(text) if re.match(r"\s*<(?:!doctype|html|head|body|\?xml)", text, re.I) else text


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.parts.append(" ".join(data.split()))


def _text_of_page(page: str) -> str:
    """What a reader of a page in HTML would see."""
    parser = _Page()
    parser.feed(page)
    return " – ".join(dict.fromkeys(parser.parts)) or "an empty page"


def _said(chain: tuple[BaseException, ...]) -> str:
    """What the innermost exception that says anything says, and its class where it is no sentence."""
    for error in reversed(chain):
        if message := str(getattr(error, "provider_message", None) or error).strip():
            return message if " " in message else f"{type(error).__name__}: {message}"
    return type(chain[-1]).__name__ if chain else ""


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    places = (getattr(error, "status_code", None), getattr(response, "status_code", None))
    for found in (*places, getattr(error, "code", None), getattr(error, "status", None)):
        if isinstance(found, int) and 100 <= found < 600:
            return found
    return None


def _address(error: BaseException) -> str | None:
    for holder in (error, getattr(error, "response", None)):
        try:
            url = getattr(getattr(holder, "request", None), "url", None)
        except RuntimeError:  # httpx's own way of saying that it has none
            continue
        if url is not None:
            return without_credentials(str(url))
    return None


def without_credentials(address: str) -> str:
    """An address as it may be shown: without user, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _retry_after(chain: tuple[BaseException, ...], body: _Body) -> float | None:
    """Seconds that the provider asks to wait, where it does: it names them, or a date."""
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is None or not hasattr(headers, "get"):
            continue
        milliseconds = _number(headers.get("retry-after-ms") or "")
        told = headers.get("retry-after") or ""
        seconds = _number(told) if milliseconds is None else milliseconds / 1000
        seconds = _seconds_until(told) if seconds is None else seconds
        if seconds is not None:
            return seconds
    return body.wait


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _seconds_until(date: str) -> float | None:
    """Seconds from now to a date as HTTP writes it; None where it is none."""
    try:
        when = parsedate_to_datetime(date)
        return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
