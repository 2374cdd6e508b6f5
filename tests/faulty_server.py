"""The fake model behind a server that fails in every way in which providers fail.

It writes its answers byte by byte, as no framework for servers would drop a connection within an answer, or send half
of what it has promised. Every fault is drawn from the seed, from what is asked and from how often it was asked before,
so that the order in which societies ask leaves no trace.

A society is known by the first part of the address that it asks, ``http://127.0.0.1:PORT/SOCIETY/v1``. The server
answers chat completions and responses in OpenAI's form, and messages in Anthropic's. ``canned`` are answered first.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

from govsim.models.fake.member import FakeSettings, reply, tokens

MODEL = "openai-api/fake/society"

MOST_IN_A_ROW = 2
"""Faulty answers to one question, one after the other."""

_NOISE = "The lake lies there as it always did, and nobody can say what the next month will bring. "
_CONTROL = "\x00\x07\x08\x1b\x7f\x9b"

Headers = dict[str, str]

HELLO = [{"role": "user", "content": "hello"}]


@dataclass(slots=True, kw_only=True)
class Faults:
    """How a server fails; may be changed while it serves.

    Attributes:
        transport: share of requests that get no whole answer.
        transports: which of `TRANSPORT_FAULTS` these are drawn from.
        answers: share of answers that are of no use, or odd.
        odd_answers: which of `ANSWER_FAULTS` these are drawn from.
        healthy: requests that are answered well before anything fails.
        seed: all draws are made from it.
        latency: seconds before each answer are drawn between none and this.
        drip: seconds between two bytes of an answer that drips.
        capacity: requests answered at the same time; each that comes beyond them gets a 429. None for any number.
    """

    transport: float = 0.0
    transports: Sequence[str] = ()
    answers: float = 0.0
    odd_answers: Sequence[str] = ()
    healthy: int = 0
    seed: int = 0
    latency: float = 0.0
    drip: float = 0.05
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a model says, as the provider reports it."""

    content: str | None
    role: str = "assistant"
    finish_reason: str = "stop"
    reasoning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """A response to the next request, whatever is asked."""

    status: int = 200
    body: object = ""
    kind: str = "application/json"
    headers: Headers = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """What is sent."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(slots=True, kw_only=True)
class FaultyServer:
    """A server, and what it has seen.

    Attributes:
        faults: how it fails.
        settings: how the fake model behaves.
        port: where it listens on this machine.
        requests: how many requests came, by society.
        injected: how often each fault was injected, by society and fault.
        canned: what the next requests are answered with.
        paths: method and path of every request, in order.
        in_flight: requests that are being answered.
        most_in_flight: the highest number of them at any time.
        excess: requests beyond the capacity.
    """

    faults: Faults
    settings: FakeSettings = field(default_factory=FakeSettings)
    port: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    canned: list[Canned] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    excess: int = 0
    _asked: Counter[str] = field(default_factory=Counter)
    _in_a_row: Counter[str] = field(default_factory=Counter)

    def address(self, society: str = "all") -> str:
        """The address that a society asks."""
        return f"http://127.0.0.1:{self.port}/{society}/v1"

    def faults_of(self, society: str, kinds: Sequence[str]) -> int:
        """How many faults of some kinds a society has met."""
        return sum(self.injected[society, kind] for kind in kinds)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side ends it."""
        try:
            while (found := await _request(reader)) is not None and await self._count(found, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has had enough, as it should where an answer drips, or the server is to end
        finally:
            writer.close()

    async def _count(self, request: _Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request, unless there are too many; whether the connection can be used again."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.faults.capacity is not None and self.in_flight > self.faults.capacity:
                self.excess += 1
                await TRANSPORT_FAULTS["429 with seconds"](writer, b"", self.faults)
                return False
            return await self._answer(request, writer)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request, well or badly; whether the connection can be used again."""
        society, body = request.society, request.body
        self.requests[society] += 1
        self.paths.append(f"{request.method} {request.path}")
        if self.canned:
            canned = self.canned.pop(0)
            await _send(writer, canned.status, canned.content, {"content-type": canned.kind, **canned.headers})
            return True
        if request.method != "POST":
            await _send(writer, 404, b"{}")
            return True
        key = f"{self.faults.seed}/{society}/{sha256(body).hexdigest()}"
        self._asked[key] += 1
        draws = random.Random(f"{key}/{self._asked[key]}")
        if self.faults.latency:
            await asyncio.sleep(draws.random() * self.faults.latency)
        if self.requests[society] > self.faults.healthy and draws.random() < self.faults.transport:
            fault = draws.choice(self.faults.transports or list(TRANSPORT_FAULTS))
            self.injected[society, fault] += 1
            await TRANSPORT_FAULTS[fault](writer, self._completion(request, draws), self.faults)
            return False
        await _send(writer, 200, self._completion(request, draws, may_be_odd=True))
        return True

    def _in_other_form(self, request: _Request) -> bytes:
        """A good answer, as Anthropic and OpenAI's newer interface send it."""
        body = json.loads(request.body)
        asked = [(message["role"], _plain(message["content"])) for message in body.get("messages") or body["input"]]
        text = reply(asked, self.settings)
        if request.path.endswith("/messages"):
            content = [{"type": "text", "text": text}]
            usage = {"input_tokens": 10, "output_tokens": 5}
            answer = {"id": "m", "type": "message", "role": "assistant", "model": body["model"], "content": content}
            return json.dumps(answer | {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}).encode()
        part = {"type": "output_text", "text": text, "annotations": []}
        output = [{"id": "o", "type": "message", "role": "assistant", "status": "completed", "content": [part]}]
        counts = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        answer = {"id": "r", "object": "response", "created_at": 0, "model": body["model"], "status": "completed"}
        rest = {"output": output, "error": None, "tools": [], "tool_choice": "auto", "parallel_tool_calls": False}
        return json.dumps(answer | rest | {"usage": counts | details}).encode()

    def _completion(self, request: _Request, draws: random.Random, *, may_be_odd: bool = False) -> bytes:
        if request.path.endswith(("/messages", "/responses")):
            return self._in_other_form(request)
        society, messages = request.society, json.loads(request.body).get("messages", HELLO)
        asked = [(message["role"], _plain(message["content"])) for message in messages]
        answer = _Answer(content=reply(asked, self.settings))
        if may_be_odd:
            answer = self._perhaps_odd(society, asked, answer, draws)
        read, written = sum(tokens(content) for _, content in asked), tokens(answer.content or "")
        message = {"role": answer.role, "content": answer.content}
        if answer.reasoning is not None:
            message["reasoning_content"] = answer.reasoning
        completion = {
            "id": "faulty",
            "object": "chat.completion",
            "created": 0,
            "model": "society",
            "choices": [{"index": 0, "finish_reason": answer.finish_reason, "message": message}],
            "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
        }
        return json.dumps(completion).encode()

    def _perhaps_odd(
        self, society: str, asked: list[tuple[str, str]], answer: _Answer, draws: random.Random
    ) -> _Answer:
        question = f"{society}/{_question(asked)}"
        is_odd = draws.random() < self.faults.answers and self._in_a_row[question] < MOST_IN_A_ROW
        self._in_a_row[question] = self._in_a_row[question] + 1 if is_odd else 0
        if not is_odd:
            return answer
        fault = draws.choice(self.faults.odd_answers or list(ANSWER_FAULTS))
        self.injected[society, fault] += 1
        return ANSWER_FAULTS[fault](answer)


@contextmanager
def serving(faults: Faults | None = None, settings: FakeSettings | None = None) -> Iterator[FaultyServer]:
    """A server in a thread of its own, for as long as it is needed."""
    server = FaultyServer(faults=faults or Faults(), settings=settings or FakeSettings())
    loop = asyncio.new_event_loop()
    is_ready, is_over = threading.Event(), asyncio.Event()

    async def run() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**20)
        server.port = listening.sockets[0].getsockname()[1]
        is_ready.set()
        await is_over.wait()
        listening.close()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    assert is_ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What a client has sent."""

    method: str
    path: str
    body: bytes

    @property
    def society(self) -> str:
        return self.path.split("/")[1]


async def _request(reader: asyncio.StreamReader) -> _Request | None:
    """The next request; None where there is none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head.split(" ", 2)
    lengths = [line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    return _Request(method=method, path=path, body=await reader.readexactly(int(lengths[0]) if lengths else 0))


def _plain(content: str | list[dict[str, str]]) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _question(asked: Sequence[tuple[str, str]]) -> str:
    """Names a question, however often it is asked again: what comes before the first reply that is quoted."""
    before = next((at for at, (role, _) in enumerate(asked) if role == "assistant"), len(asked))
    return sha256(json.dumps(asked[:before]).encode()).hexdigest()


def _head(status: int, length: int, headers: Headers | None = None) -> bytes:
    told = {"content-type": "application/json", "content-length": str(length)} | (headers or {})
    lines = [f"HTTP/1.1 {status} As told", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode()


async def _send(writer: asyncio.StreamWriter, status: int, body: bytes, headers: Headers | None = None) -> None:
    writer.write(_head(status, len(body), headers) + body)
    await writer.drain()


def _refusing(status: int, headers: Callable[[], Headers] = dict) -> TransportFault:
    async def send(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
        body = json.dumps({"error": {"message": f"status {status}", "type": "server_error"}}).encode()
        await _send(writer, status, body, headers() | {"connection": "close"})

    return send


def _in_place(body: bytes, kind: str = "application/json") -> TransportFault:
    """A body that came in the place of an answer, with a status that says that all is well."""

    async def send(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
        await _send(writer, 200, body, {"content-type": kind, "connection": "close"})

    return send


def _at_a_date() -> Headers:
    """A date in whole seconds, which is therefore at once."""
    return {"retry-after": format_datetime(datetime.now(UTC), usegmt=True)}


async def _drop(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
    """End the connection at once, so that the client sees it as reset."""
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _drop_in_the_middle(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
    writer.write(_head(200, len(completion)) + completion[: len(completion) // 2])
    await writer.drain()


async def _truncate(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
    await _send(writer, 200, completion[: len(completion) // 2], {"connection": "close"})


async def _drip(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
    for at in range(len(completion)):
        writer.write(completion[at : at + 1] if at else _head(200, len(completion)) + completion[:1])
        await writer.drain()
        await asyncio.sleep(faults.drip)


async def _hang(writer: asyncio.StreamWriter, completion: bytes, faults: Faults) -> None:
    await asyncio.sleep(600)


TransportFault = Callable[[asyncio.StreamWriter, bytes, Faults], Awaitable[None]]

TRANSPORT_FAULTS: dict[str, TransportFault] = {
    "429 with seconds": _refusing(429, lambda: {"retry-after": "0.02"}),
    "429 with a date": _refusing(429, _at_a_date),
    "500": _refusing(500),
    "503": _refusing(503),
    "dropped": _drop,
    "dropped in the middle": _drop_in_the_middle,
    "slow drip": _drip,
    "truncated": _truncate,
    "a page": _in_place(b"<html><body>502 Bad Gateway</body></html>", "text/html"),
    "no choices": _in_place(b'{"object": "chat.completion", "choices": null}'),
    "an error within": _in_place(b'{"error": {"message": "overloaded", "code": 503}}'),
    "no content": _in_place(b'{"choices": [{"finish_reason": "stop", "message": {"content": null}}]}'),
    "ended in an error": _in_place(b'{"choices": [{"finish_reason": "error", "message": {"content": "Answer: 1"}}]}'),
    "hang": _hang,
}
"""Failures of whoever carries the answer."""

ANSWER_FAULTS: dict[str, Callable[[_Answer], _Answer]] = {
    "empty": lambda answer: _Answer(content=""),
    "refusal": lambda answer: _Answer(content="I'm sorry, but I can't help with that."),
    "filtered": lambda answer: _Answer(content=answer.content, finish_reason="content_filter"),
    "filtered empty": lambda answer: _Answer(content=None, finish_reason="content_filter"),
    "wrong role": lambda answer: _Answer(content=answer.content, role="system"),
    "control characters": lambda answer: _Answer(content=_CONTROL.join((answer.content or "").partition(":"))),
    "200 kB before it": lambda answer: _Answer(content=f"{_NOISE * (200_000 // len(_NOISE))}\n{answer.content}"),
    "200 kB of nothing": lambda answer: _Answer(content="*" * 200_000, finish_reason="length"),
    "only reasoning": lambda answer: _Answer(content="", reasoning=f"I think: {answer.content}"),
    "cut while reasoning": lambda answer: _Answer(content="", finish_reason="length", reasoning="I think that"),
    "half a character": lambda answer: _Answer(content=f"\ud83d\n{answer.content}"),
}
"""Failures of whoever answers."""

ALWAYS_READABLE = frozenset({"wrong role", "200 kB before it", "half a character", "control characters"})
"""Odd answers that hold what was asked for all the same, so that the question is not asked again."""
