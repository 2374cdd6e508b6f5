"""The episode of a seat: a simulation in a thread of its own, in which one member's model waits for the caller."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import NamedTuple

from govsim.config import Execution
from govsim.errors import ConfigError
from govsim.jobs import JobResult, RunJob, execute
from govsim.journal import Asked, Event, Harvest, turns
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings
from govsim.models.fields import Field, NumberField, Value
from govsim.models.pool import ModelSource, OpenModels
from govsim.models.question import Message
from govsim.models.structured import Schema, form_of

LEARNER = "seat/learner"
"""Name of the model that the caller takes the place of, as recorded in journals."""

_PATIENCE_S = 10.0
"""Maximum time in seconds that `close` waits for the simulation to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatObservation:
    """A question to the member.

    Attributes:
        messages: the prompt, exactly as a model would receive it.
        member: the member.
        month: 1 for the first month.
        phase: phase of the month.
        purpose: purpose of the question, as in `harvest` or `line`.
        attempt: 0 for a new question; 1 or 2 if the last reply could not be parsed.
        fields: what the reply must contain, with ranges and options as the prompt states them.
        schema: the JSON schema of the reply; None if it is text.
    """

    messages: tuple[Message, ...]
    member: str
    month: int
    phase: str
    purpose: str
    attempt: int
    fields: tuple[Field, ...]
    schema: Schema | None = None

    @property
    def text(self) -> str:
        """The prompt as one text."""
        return "\n\n".join(message.content for message in self.messages)

    @property
    def chat(self) -> list[dict[str, str]]:
        """The prompt as messages with role and content, consecutive ones of the same role joined."""
        return [{"role": role, "content": content} for role, content in turns(self.messages)]

    def reply(self, answer: str | int | Mapping[str, Value]) -> str:
        """Return an answer as the text that is parsed.

        Args:
            answer: a text is returned unchanged; a number answers a question with a single number; a mapping contains
                the value of each field by its tag.

        Raises:
            ConfigError: the question does not consist of a single number.
        """
        if isinstance(answer, str):
            return answer
        if not isinstance(answer, Mapping):
            if [type(field) for field in self.fields] != [NumberField]:
                asked = ", ".join(field.tag for field in self.fields)
                raise ConfigError(f"reply = {answer}: the question {self.purpose} needs a text, or values of {asked}")
            answer = {self.fields[0].tag: int(answer)}
        return form_of(self.messages[-1].content, self.schema).filled_in(answer)


class SeatModels:
    """The models of a run: the caller for one member, and the models of the others."""

    def __init__(self, learner: LanguageModel | None, others: ModelSource) -> None:
        """Join them.

        Args:
            learner: the model that waits for the caller; None if no model will be called.
            others: the source of the other models.
        """
        self._learner = learner
        self._others = others

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `ModelSource`."""
        if settings.name != LEARNER:
            return self._others.language_model(settings)
        return self._learner or _Learner(asyncio.Queue(), "")

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `ModelSource`."""
        return self._others.embedder(settings)


class _Learner:
    """The model of the member: every question waits for the caller."""

    name = LEARNER

    def __init__(self, questions: asyncio.Queue[_Question | None], seat: str) -> None:
        self._questions = questions
        self._seat = seat
        self._asked: Asked | None = None
        self._open: set[asyncio.Future[str]] = set()
        self._is_closed = False

    def close(self) -> None:
        """Cancel all questions; a run that is being stopped would otherwise wait for their answers."""
        self._is_closed = True
        for reply in tuple(self._open):
            reply.cancel()

    def on_event(self, event: Event) -> None:
        """Note what is being asked; a question is recorded immediately before the model is called."""
        if isinstance(event, Asked) and event.model == LEARNER:
            self._asked = event

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        asked = self._asked
        assert asked is not None, "a question is recorded before it is asked"
        observation = SeatObservation(
            messages=tuple(messages),
            member=self._seat,
            month=asked.month,
            phase=asked.phase,
            purpose=asked.purpose,
            attempt=asked.attempt,
            fields=form_of(messages[-1].content, schema).fields,
            schema=schema,
        )
        question = _Question(observation, asyncio.get_running_loop().create_future())
        if self._is_closed:
            raise asyncio.CancelledError
        self._open.add(question.reply)
        question.reply.add_done_callback(self._open.discard)
        begun = time.monotonic()
        self._questions.put_nowait(question)
        text = await question.reply
        return Completion(text=text, stop_reason="stop", seconds=time.monotonic() - begun)


class _Question(NamedTuple):
    observation: SeatObservation
    reply: asyncio.Future[str]


class SeatTurn(NamedTuple):
    """The next question, if there is one, and the harvests before it."""

    observation: SeatObservation | None
    harvests: tuple[Harvest, ...]


class SeatSession:
    """A thread with an event loop, and the episode that it simulates."""

    def __init__(self, others: OpenModels) -> None:
        """Start the thread.

        Args:
            others: the models of the other members.
        """
        self._others = others
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="govsim.seat", daemon=True)
        self._thread.start()
        self._questions: asyncio.Queue[_Question | None] = asyncio.Queue()
        self._task: asyncio.Task[JobResult] | None = None
        self._learner: _Learner | None = None
        self._current: _Question | None = None
        self._harvests: list[Harvest] = []

    def start(self, job: RunJob, execution: Execution, seat: str) -> SeatTurn:
        """Start an episode.

        Args:
            job: the run.
            execution: connections, timeouts and retries of the models of other members.
            seat: the member that the caller plays.

        Returns:
            The first question, and the harvests before it; no question if the run ended before.
        """
        return asyncio.run_coroutine_threadsafe(self._start(job, execution, seat), self._loop).result()

    def answer(self, text: str) -> SeatTurn:
        """Answer the current question; return the next one."""
        return asyncio.run_coroutine_threadsafe(self._answer(text), self._loop).result()

    def result(self) -> JobResult:
        """Return the result of an episode that is over."""
        assert self._task is not None, "an episode was started"
        return self._task.result()

    def close(self) -> None:
        """Cancel the episode and end the thread; returns in any case."""
        if threading.current_thread() is self._thread:  # called by the garbage collector
            self._loop.stop()
            return
        try:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_PATIENCE_S)
        except NotInTime:
            warnings.warn("an episode could not be stopped; its thread ends with the process", stacklevel=3)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)
        if not self._thread.is_alive():
            self._loop.close()

    async def _start(self, job: RunJob, execution: Execution, seat: str) -> SeatTurn:
        await self._cancel()
        questions: asyncio.Queue[_Question | None] = asyncio.Queue()
        harvests: list[Harvest] = []
        self._questions, self._harvests = questions, harvests
        self._learner = learner = _Learner(questions, seat)

        def on_event(event: Event) -> None:
            learner.on_event(event)
            if isinstance(event, Harvest):
                harvests.append(event)

        self._task = asyncio.create_task(execute(job, execution, SeatModels(learner, self._others), on_event))
        self._task.add_done_callback(lambda _: questions.put_nowait(None))
        return await self._next()

    async def _answer(self, text: str) -> SeatTurn:
        assert self._current is not None, "there is a question"
        if not self._current.reply.done():  # cancelled if the run was stopped while the caller decided
            self._current.reply.set_result(text)
        return await self._next()

    async def _next(self) -> SeatTurn:
        self._current = await self._questions.get()
        if self._current is None:
            self.result()  # raises what could not be recorded
        turn = SeatTurn(self._current and self._current.observation, tuple(self._harvests))
        self._harvests.clear()
        return turn

    async def _cancel(self) -> None:
        if self._task is not None and self._learner is not None:
            self._task.cancel()
            self._learner.close()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _stop(self) -> None:
        await self._cancel()
        await self._others.aclose()
        await self._loop.shutdown_default_executor()
