"""Evidence of a provider's failure, gathered from exceptions of any client library and response bodies."""

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

_MAX_DEPTH = 6
_MAX_EXCEPTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Evidence of a failure.

    Attributes:
        chain: the exceptions, outermost first; empty if there is only a body.
        status: the HTTP status code, or one stated in the body; None if there is none.
        has_body: whether there was a response with a non-empty body.
        text: the message in the response, else of the innermost exception that has one.
        codes: error codes, types and similar identifiers in the response.
        parameter: the request parameter that the response blames; None if it names none.
        address: the requested address, without credentials and query.
        retry_after: seconds that the provider asks to wait; None if it does not.
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
        """Codes, parameter and text as one string, in which rules search."""
        return " ".join((*self.codes, self.parameter or "", self.text))

    def has(self, *classes: type[BaseException] | str) -> bool:
        """Whether one of the exceptions is an instance of one of these classes, given as classes or class names."""
        types = tuple(one for one in classes if isinstance(one, type))
        names = {one for one in classes if isinstance(one, str)}
        return any(
            isinstance(error, types) or names & {base.__name__ for base in type(error).__mro__} for error in self.chain
        )


class FailedResponse(Exception):
    """A response that reports a failure although its status code indicates success.

    Attributes:
        body: the body of the response.
        status_code: its status code.
        request: the request.
    """

    def __init__(self, body: object, status_code: int, request: Any = None) -> None:
        super().__init__("the response contains a failure instead of a reply")
        self.body = body
        self.status_code = status_code
        self.request = request


def evidence_of(error: object) -> Evidence:
    """Gather evidence of a failure.

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
        text=found.text or _message_of(chain),
        codes=tuple(found.codes),
        parameter=found.parameter,
        address=next(filter(None, map(_address, chain)), None),
        retry_after=_retry_after(chain, found),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all its causes."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MAX_EXCEPTIONS:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        attempt = getattr(one, "last_attempt", None)  # a library that retries wraps the last failure
        inner = [attempt.exception() if attempt is not None else None, one.__cause__]
        inner += [one.__context__, *one.args]  # even if suppressed: connection pools suppress the real cause
        inner += one.exceptions if isinstance(one, BaseExceptionGroup) else []
        waiting += [other for other in inner if isinstance(other, BaseException)]


def _body(error: BaseException) -> object:
    """The body of an exception's response; None if there is none."""
    for name in ("body", "details"):
        if isinstance(found := getattr(error, name, None), str | bytes | dict | list) and found:
            return found
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # the format of AWS
        return dict(response)
    try:
        return getattr(response, "text", None) or None
    except Exception:  # noqa: BLE001 - each library has its own error for an unread body
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
    """A response body of any format: its messages, codes and status."""

    _MESSAGE_KEYS = (
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
    _CODE_KEYS = ("code", "type", "status", "reason", "error_type", "error_code", "__type", "Code", "quotaId")

    def __init__(self, body: object) -> None:
        self.codes: list[str] = []
        self.status: int | None = None
        self.parameter: str | None = None
        self.wait: float | None = None
        self._collect_codes(body, 0)
        self.text = "; ".join(dict.fromkeys(part for part in self._messages(body, 0) if part))

    def _collect_codes(self, body: object, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        for item in body if isinstance(body, list) else ():
            self._collect_codes(item, depth + 1)
        for key, value in body.items() if isinstance(body, dict) else ():
            if (
                key in (*self._CODE_KEYS, "HTTPStatusCode")
                and isinstance(value, str | int)
                and not isinstance(value, bool)
            ):
                self._add_code(key, value)
            elif key == "param" and isinstance(value, str):
                self.parameter = value
            elif key == "retryDelay" and isinstance(value, str):
                self.wait = _number(value.removesuffix("s"))
            elif isinstance(value, dict | list) and key not in ("input", "ctx", "request"):
                self._collect_codes(value, depth + 1)

    def _add_code(self, key: str, value: str | int) -> None:
        number = int(value) if re.fullmatch(r"\d{3}", str(value)) else 0
        if 400 <= number < 600 and self.status is None:
            self.status = number
        if key != "HTTPStatusCode":
            self.codes.append(str(value))

    def _messages(self, body: object, depth: int) -> Iterator[str]:
        """The messages in a body, without parts of the request that it repeats."""
        if depth > _MAX_DEPTH:
            return
        if isinstance(body, str):
            yield from self._messages_in_text(body, depth)
        elif isinstance(body, list):
            for item in body:
                yield from self._messages(item, depth + 1)
        elif isinstance(body, dict):
            for key in self._MESSAGE_KEYS:
                if key in body and not (key == "details" and "message" in body):
                    yield from self._messages(body[key], depth + 1)
            if (
                isinstance(raw := (body.get("metadata") or {}), dict) and "raw" in raw
            ):  # the message of the provider behind a router
                yield from self._messages(_parsed(raw["raw"]), depth + 1)

    def _messages_in_text(self, text: str, depth: int) -> Iterator[str]:
        inner = _parsed(text) if text.lstrip()[:1] in ("{", "[") else text
        if isinstance(inner, dict | list):
            self._collect_codes(inner, depth + 1)
            yield from self._messages(inner, depth + 1)
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
    """The visible text of an HTML page."""
    parser = _Page()
    parser.feed(page)
    return " – ".join(dict.fromkeys(parser.parts)) or "an empty page"


def _message_of(chain: tuple[BaseException, ...]) -> str:
    """The message of the innermost exception that has one, with its class if the message is a single word."""
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
        except RuntimeError:  # raised by httpx if there is none
            continue
        if url is not None:
            return without_credentials(str(url))
    return None


def without_credentials(address: str) -> str:
    """Return a URL without user, password, query and fragment, so that it may be shown.

    A text that cannot be parsed as a URL is replaced altogether.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an invalid address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _retry_after(chain: tuple[BaseException, ...], body: _Body) -> float | None:
    """Seconds that the provider asks to wait, given as a number or a date; None if it does not."""
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is None or not hasattr(headers, "get"):
            continue
        milliseconds = _number(headers.get("retry-after-ms") or "")
        header = headers.get("retry-after") or ""
        seconds = _number(header) if milliseconds is None else milliseconds / 1000
        seconds = _seconds_until(header) if seconds is None else seconds
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
    """Seconds from now until an HTTP date; None if the text is not one."""
    try:
        when = parsedate_to_datetime(date)
        return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
