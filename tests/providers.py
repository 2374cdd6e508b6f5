"""A server on this machine that answers as OpenAI, Anthropic and Google do, and keeps the bodies it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from govsim.models.fake.member import FakeSettings, reply, tokens

SERVED = "served-2026-01-01"
"""The model that answers, as the server names it."""


@dataclass(slots=True)
class Seen:
    """What the server was sent.

    Attributes:
        url: its address.
        bodies: of all requests.
        holds_to_schemas: whether replies match a schema that is sent; else they come as the prompt asks for them.
    """

    url: str = ""
    holds_to_schemas: bool = True
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, Any]:
        """The last body."""
        return self.bodies[-1]


@contextmanager
def provider_server() -> Iterator[Seen]:
    """The server, which stops at the end."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            pass

        def do_GET(self) -> None:
            self._send("application/json", json.dumps({"data": [{"id": "m", "max_model_len": 8192}]}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.bodies.append(body)
            self._send(*_answer(self.path, body, schema_in(body) if seen.holds_to_schemas else None))

        def _send(self, kind: str, text: str) -> None:
            content = text.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


def schema_in(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of a reply, where each provider's API has it; None where none was sent."""
    places: tuple[tuple[str, ...], ...] = (
        *(("response_format", "json_schema", "schema"), ("text", "format", "schema"), ("output_format", "schema")),
        *(("output_config", "format", "schema"), ("generationConfig", "responseJsonSchema")),
    )
    for place in places:
        found: Any = body
        for name in place:
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            return dict(found)
    return None


def _answer(path: str, body: dict[str, Any], schema: dict[str, Any] | None) -> tuple[str, str]:
    """Content type and text of an answer, streamed where that is asked for."""
    said = _messages(body)
    text = reply(said, FakeSettings(lines=2), schema)
    read, written = sum(tokens(content) for _, content in said), tokens(text)
    if path.endswith("/messages"):
        return _anthropic(text, read, written, is_streamed=bool(body.get("stream")))
    if "enerateContent" in path:
        return _google(text, read, written, is_streamed="stream" in path)
    if path.endswith("/responses"):
        return _responses(text, read, written, is_streamed=bool(body.get("stream")))
    return _completions(text, read, written, is_streamed=bool(body.get("stream")))


def _messages(body: dict[str, Any]) -> list[tuple[str, str]]:
    def text(content: Any) -> str:
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    said = [("system", text(body["system"]))] if "system" in body else []
    said += [(one["role"], text(one["content"])) for one in body.get("messages", body.get("input", []))]
    return said + [("user", text(one["parts"])) for one in body.get("contents", [])]


def _completions(text: str, read: int, written: int, *, is_streamed: bool) -> tuple[str, str]:
    about = {"id": "x", "created": 0, "model": SERVED}
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    if not is_streamed:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return "application/json", json.dumps(
            {**about, "object": "chat.completion", "choices": [choice], "usage": usage}
        )
    delta = {"role": "assistant", "content": text}
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
    ]
    lines = [f"data: {json.dumps({**about, 'object': 'chat.completion.chunk', **chunk})}\n\n" for chunk in chunks]
    return "text/event-stream", "".join([*lines, "data: [DONE]\n\n"])


def _responses(text: str, read: int, written: int, *, is_streamed: bool) -> tuple[str, str]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    response = {
        **{"id": "r", "object": "response", "created_at": 0, "model": SERVED, "status": "completed"},
        "output": [{"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": content}],
        **{"parallel_tool_calls": False, "tool_choice": "auto", "tools": []},
        "usage": {
            **{"input_tokens": read, "output_tokens": written, "total_tokens": read + written},
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }
    if not is_streamed:
        return "application/json", json.dumps(response)
    event = {"type": "response.completed", "sequence_number": 1, "response": response}
    return "text/event-stream", f"event: response.completed\ndata: {json.dumps(event)}\n\n"


def _anthropic(text: str, read: int, written: int, *, is_streamed: bool) -> tuple[str, str]:
    message = {"id": "m", "type": "message", "role": "assistant", "model": SERVED, "content": []}
    usage = {"input_tokens": read, "output_tokens": written}
    if not is_streamed:
        content = [{"type": "text", "text": text}]
        return "application/json", json.dumps(
            {**message, "content": content, "stop_reason": "end_turn", "usage": usage}
        )
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": written}},
        {"type": "message_stop"},
    ]
    return "text/event-stream", "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)


def _google(text: str, read: int, written: int, *, is_streamed: bool) -> tuple[str, str]:
    content = json.dumps(
        {
            "candidates": [
                {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
            ],
            "modelVersion": SERVED,
            "usageMetadata": {
                **{"promptTokenCount": read, "candidatesTokenCount": written},
                "totalTokenCount": read + written,
            },
        }
    )
    return ("text/event-stream", f"data: {content}\n\n") if is_streamed else ("application/json", content)
