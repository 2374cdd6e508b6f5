from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from govsim.web.security import Guard, ViewSettings

TOKEN = "a token of some length"


def client(host: str = "127.0.0.1", token: str | None = None, at: str = "http://127.0.0.1:8080") -> TestClient:
    async def page(request: Request) -> Response:
        return PlainTextResponse(f"page {request.url.path}?{request.url.query}")

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/talk", talk), Route("/{rest:path}", page)])
    settings = ViewSettings(folder=Path("runs"), host=host, port=8080, token=token)
    return TestClient(Guard(app, settings), base_url=at, follow_redirects=False)


def answers(one: TestClient, headers: Mapping[str, str]) -> tuple[int, bool]:
    """The status of a page, and whether a websocket is let in."""
    status = one.get("/", headers=dict(headers)).status_code
    try:
        with one.websocket_connect("/talk", headers=dict(headers)) as socket:
            return status, socket.receive_text() == "hello"
    except WebSocketDisconnect:
        return status, False


OWN = {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"}


def test_requests_of_own_pages_are_accepted() -> None:
    assert answers(client(), OWN) == (200, True)
    assert answers(client(), {"host": "localhost:8080", "origin": "http://localhost:8080"}) == (200, True)
    assert answers(client(), {"host": "[::1]:8080", "origin": "http://[::1]:8080"}) == (200, True)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8080",
        "evil.example",
        "127.0.0.1:80",
        "127.0.0.1",
        "192.168.0.7:8080",
        "a@127.0.0.1:8080",
        "",
        "[",
        "127.0.0.1.evil.example:8080",
    ],
)
def test_foreign_host_is_rejected(host: str) -> None:
    """As of a page that has its own name point to this machine."""
    assert answers(client(), {"host": host, "origin": f"http://{host}"}) == (403, False)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:9999",
        "http://localhost:8080",
        "file://",
        "chrome-extension://abc",
        "http://[",
        "",
    ],
)
def test_foreign_origin_is_rejected(origin: str) -> None:
    assert answers(client(), {**OWN, "origin": origin}) == (403, False)


def test_websocket_without_an_origin_is_rejected() -> None:
    assert answers(client(), {"host": "127.0.0.1:8080"}) == (200, False)


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        ("cross-site", "no-cors", 403),
        ("same-site", "cors", 403),
        ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ],
)
def test_other_sites_may_link_but_not_embed(site: str, mode: str, status: int) -> None:
    headers = {"host": "127.0.0.1:8080", "sec-fetch-site": site, "sec-fetch-mode": mode}
    assert client().get("/", headers=headers).status_code == status


def test_request_without_the_token_is_rejected() -> None:
    assert answers(client(token=TOKEN), OWN) == (403, False)
    assert client(token=TOKEN).get("/?token=wrong", headers=OWN).status_code == 403
    assert client(token=TOKEN).get("/?token=", headers=OWN).status_code == 403
    assert client(token=TOKEN).get("/?token=%ff", headers=OWN).status_code == 403


def test_token_is_presented_once_and_sets_a_cookie() -> None:
    one = client(token=TOKEN)
    first = one.get("/run/a.jsonl", params={"token": TOKEN, "month": "3"}, headers=OWN)
    cookie = first.headers["set-cookie"]
    assert first.status_code == 200
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in first.text + cookie, "the cookie is no function of the token"
    assert 'content="0;url=/run/a.jsonl?month=3"' in first.text
    assert answers(client(token=TOKEN), {**OWN, "cookie": cookie}) == (403, False), "another server has another session"
    assert answers(one, {**OWN, "cookie": cookie}) == (200, True)


@pytest.mark.parametrize("shown", [TOKEN, "wrong", ""])
def test_request_with_cookie_and_token_is_redirected_without_the_token(shown: str) -> None:
    one = client(token=TOKEN)
    cookie = one.get("/", params={"token": TOKEN}, headers=OWN).headers["set-cookie"]
    again = one.get("/compare", params={"token": shown, "by": "model"}, headers={**OWN, "cookie": cookie})
    assert again.status_code == 200
    assert 'content="0;url=/compare?by=model"' in again.text
    assert "page /compare" not in again.text


def test_websocket_with_the_cookie_is_accepted() -> None:
    one = client(token=TOKEN)
    cookie = one.get("/", params={"token": TOKEN}, headers=OWN).headers["set-cookie"]
    with one.websocket_connect("/talk?token=wrong", headers={**OWN, "cookie": cookie}) as socket:
        assert socket.receive_text() == "hello"


def test_redirect_stays_on_the_server_and_contains_no_markup() -> None:
    one = client(token=TOKEN)
    away = one.get("/%2Fevil.example/", params={"token": TOKEN}, headers=OWN)
    assert "url=/evil.example/" in away.text
    marked = client(token=TOKEN).get('/"><script>', params={"token": TOKEN, "a": '"><script>'}, headers=OWN)
    assert "<script>" not in marked.text


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/%5Cevil.example/", "/%5Cevil.example/"),
        ("/%09/evil.example/", "/%09/evil.example/"),
        ("/run/a%3Fb%23c.jsonl", "/run/a%3Fb%23c.jsonl"),
    ],
)
def test_redirect_keeps_the_requested_address(path: str, target: str) -> None:
    answer = client(token=TOKEN).get(path, params={"token": TOKEN}, headers=OWN)
    assert f'content="0;url={target}"' in answer.text


def test_cookie_of_another_server_or_an_invalid_one_is_rejected() -> None:
    for cookie in ("govsim-8080=abc", "govsim-9090=abc", "govsim-8080=", ";;=;", "govsim-8080=%c3%a9"):
        refused = client(token=TOKEN).get("/", headers={**OWN, "cookie": cookie})
        assert refused.status_code == 403


def test_remote_server_accepts_ip_addresses_and_its_own_name() -> None:
    open_to_all = client(host="0.0.0.0", token=TOKEN, at="http://192.168.0.7:8080")
    assert open_to_all.get("/", params={"token": TOKEN}, headers={"host": "192.168.0.7:8080"}).status_code == 200
    assert open_to_all.get("/", params={"token": TOKEN}, headers={"host": "evil.example:8080"}).status_code == 403


def test_headers_forbid_loading_from_other_servers() -> None:
    headers = client().get("/", headers=OWN).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self' ws://127.0.0.1:8080" in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("has_left", "said", "is_mistake"),
    [(True, "No response returned.", False), (False, "No response returned.", True), (True, "division", True)],
)
def test_client_that_disconnects_early_is_not_an_error(has_left: bool, said: str, is_mistake: bool) -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise RuntimeError(said)

    async def receive() -> Message:
        return {"type": "http.disconnect" if has_left else "http.request"}

    async def send(message: Message) -> None:
        raise AssertionError("nobody is there to be answered")

    guard = Guard(page, ViewSettings(folder=Path("runs")))
    scope = {"type": "http", "headers": [(b"host", b"127.0.0.1:8080")], "path": "/", "query_string": b""}
    asked = guard(scope, receive, send)
    if is_mistake:
        with pytest.raises(RuntimeError, match=said):
            asyncio.run(asked)
    else:
        asyncio.run(asked)
