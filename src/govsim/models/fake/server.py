"""The fake model as an OpenAI-compatible server: ``python -m govsim.models.fake.server --port 8123``.

Use it with ``--model openai-api/fake/society``, FAKE_BASE_URL=http://127.0.0.1:8123/v1 and any FAKE_API_KEY.
``GET /stats`` returns the number of answered requests, their tokens, and the maximum number of concurrent requests.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict, dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from govsim.models.fake.member import FakeSettings, is_too_long, reply, tokens

_REFUSAL = {
    "error": {
        "message": "This prompt is longer than the context of the fake model.",
        "type": "invalid_request_error",
        "code": "context_length_exceeded",
    }
}


@dataclass(slots=True)
class Stats:
    """Statistics of the server."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


def app(settings: FakeSettings) -> Starlette:
    """Return the server as an ASGI application: replies at ``/v1/chat/completions``, and its usage at ``/stats``."""
    stats = Stats()

    async def complete(request: Request) -> JSONResponse:
        stats.in_flight += 1
        stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
        try:
            body = await request.json()
            if settings.latency_ms:
                await asyncio.sleep(settings.latency_ms / 1000)
            messages = [(message["role"], _text(message["content"])) for message in body["messages"]]
            if is_too_long(messages, settings):
                return JSONResponse(_REFUSAL, status_code=400)
            text = reply(messages, settings, _schema(body.get("response_format") or {}))
            return JSONResponse(_completion(body.get("model", "society"), messages, text, stats))
        finally:
            stats.in_flight -= 1

    async def report_stats(request: Request) -> JSONResponse:
        return JSONResponse(asdict(stats))

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/stats", report_stats, methods=["GET"]),
        ]
    )


def _schema(response_format: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that a reply must match; None for any form."""
    schema: dict[str, Any] | None = (response_format.get("json_schema") or {}).get("schema")
    return schema


def _completion(model: str, messages: list[tuple[str, str]], text: str, stats: Stats) -> dict[str, Any]:
    read, written = sum(tokens(content) for _, content in messages), tokens(text)
    stats.requests += 1
    stats.input_tokens += read
    stats.output_tokens += written
    return {
        "id": f"fake-{stats.requests}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def main() -> None:
    """Serve the fake model until interrupted; see ``python -m govsim.models.fake.server --help``."""
    parser = argparse.ArgumentParser(description="Serve a deterministic fake model with an OpenAI-compatible API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123)
    for name, default in (("catch", 10), ("lines", 4), ("insights", 3), ("context", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    args = parser.parse_args()
    settings = FakeSettings(
        catch=args.catch, lines=args.lines, insights=args.insights, latency_ms=args.latency_ms, context=args.context
    )
    uvicorn.run(app(settings), host=args.host, port=args.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
