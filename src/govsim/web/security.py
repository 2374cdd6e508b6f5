"""Server settings and access control: requests caused by other sites, or without the token, are rejected.

A page of another site can make a browser send requests to this machine, but it cannot choose the `Host` and `Origin`
that the browser sends. Both are therefore checked for pages, files and websockets.
"""

from __future__ import annotations

import html
import secrets
import socket
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"
"""The name of the token in the address."""

_UNANSWERED = "No response returned."
"""The error that Starlette raises if the client disconnects before the response starts."""

_CONTENT = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Vue compiles NiceGUI's templates in the browser
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' {sockets}",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSettings:
    """How pages are served.

    Attributes:
        folder: the folder of the journals, or one journal.
        host: the address to listen at.
        port: its port.
        token: the token that each browser must present once; None for no token, which only local addresses allow.
        is_read_only: whether pages may not start runs.
        session: the value of the cookie set after the token was presented; new for each server.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    is_read_only: bool = False
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def is_local(self) -> bool:
        """Whether the pages are reachable from this machine only."""
        return is_this_machine(self.host)

    @property
    def may_start(self) -> bool:
        """Whether runs can be started from pages."""
        return self.is_local and not self.is_read_only

    @property
    def address(self) -> str:
        """The address of the pages, without the token."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def is_this_machine(host: str) -> bool:
    """Whether a host is `localhost` or a loopback address; other names are not looked up."""
    number = _number(host)
    return host == "localhost" or (number is not None and number.is_loopback)


class Guard:
    """Middleware that checks all requests for pages, files and websockets.

    Args:
        app: the application.
        settings: the server settings.
    """

    def __init__(self, app: ASGIApp, settings: ViewSettings) -> None:
        self._app = app
        self._settings = settings
        self._cookie = f"govsim-{settings.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, or reject it."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        refusal = self._reject_other_sites(scope, headers) or self._check_token(HTTPConnection(scope))
        if refusal is None:
            return await self._answer(scope, receive, self._hardened(send, headers["host"]))
        if scope["type"] == "websocket":
            return await _refuse_socket(receive, send)
        return await refusal(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application. A client that disconnects early is not an error."""
        is_disconnected = False

        async def receiving() -> Message:
            nonlocal is_disconnected
            message = await receive()
            is_disconnected = is_disconnected or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, receiving, send)
        except RuntimeError as error:
            if not is_disconnected or str(error) != _UNANSWERED:
                raise

    def _reject_other_sites(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request that another site may have caused; None for any other request."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_own_host(host):
            return _refused("The host in the address is not this server.")
        if origin is None:
            is_foreign = scope["type"] == "websocket" or _is_embedded_elsewhere(headers)
        else:
            is_foreign = not _is_same(origin, host)
        return _refused("The request comes from a page of another site.") if is_foreign else None

    def _check_token(self, asked: HTTPConnection) -> Response | None:
        """The response to a request with the token or without access; None for a browser that has access."""
        if self._settings.token is None:
            return None
        has_cookie = _are_equal(asked.cookies.get(self._cookie, ""), self._settings.session)
        query = asked.query_params.multi_items()
        shown = next((value for name, value in query if name == TOKEN), None)
        if asked.scope["type"] != "http" or shown is None:
            if has_cookie:
                return None
            return _refused("A token is required: open the address that govsim view printed.")
        if not _are_equal(shown, self._settings.token) and not has_cookie:
            return _refused("Wrong token: open the address that govsim view printed.")
        # Also redirects browsers with access, to keep the token out of the address, the history and copied links.
        return self._with_cookie(asked.scope["path"], [(name, value) for name, value in query if name != TOKEN])

    def _with_cookie(self, path: str, query: list[tuple[str, str]]) -> Response:
        """A page that sets the cookie and then loads the target. A redirect would not do.

        Browsers do not send a strict cookie with requests caused by another site, or with redirects from them.
        """
        # Quoted, as a leading backslash or line break could make it the address of another site.
        target = quote("/" + path.lstrip("/")) + (f"?{urlencode(query)}" if query else "")
        page = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(target)}"><title>govsim</title>'
        answer = HTMLResponse(page, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        answer.set_cookie(self._cookie, self._settings.session, httponly=True, samesite="strict", path="/")
        return answer

    def _is_own_host(self, host: str) -> bool:
        """Whether a `Host` is this server: an IP address, or a name that no other site can have."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if port != self._settings.port or parts.path or parts.query or "@" in host:
            return False
        return name in _own_names(self._settings) or (not self._settings.is_local and _number(name) is not None)

    def _hardened(self, send: Send, host: str) -> Send:
        """Add headers that prevent the browser from loading anything from other servers."""
        policy = _CONTENT.format(sockets=f"ws://{host}")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "SAMEORIGIN"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
            await send(message)

        return sending


def _own_names(settings: ViewSettings) -> set[str]:
    names = {settings.host.lower()}
    if settings.is_local or settings.host in ("0.0.0.0", "::"):
        names |= {"localhost", "127.0.0.1", "::1"}
    if not settings.is_local:
        names |= {socket.gethostname().lower()}
    return names


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address in a host, which no site can redirect to this machine; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_same(origin: str, host: str) -> bool:
    """Whether the requesting page was loaded from the requested host."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _is_embedded_elsewhere(headers: Headers) -> bool:
    """Whether a page of another site embeds the resource; following a link does not embed."""
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"


def _are_equal(one: str, other: str) -> bool:
    return compare_digest(one.encode(errors="replace"), other.encode())


def _refused(why: str) -> Response:
    return PlainTextResponse(f"Refused. {why}\n", status_code=403, headers={"Cache-Control": "no-store"})


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """Close a websocket before it is accepted."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
