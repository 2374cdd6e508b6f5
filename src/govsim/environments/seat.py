"""One member of a society as an environment: the caller answers what the member is asked, and the others are simulated.

    with SeatEnv("fishery", seat="John", settings={"agents.default": "policy:fair-share"}) as env:
        observation = env.reset(seed=1)
        while observation is not None:
            observation, reward, done, info = env.act(10)

The society is that of `govsim run`, with the same prompts, parsing and journal. The caller takes the place of the
member's language model, so every question to it is one step: harvests, and depending on the experiment utterances,
votes, sanctions and reflections. A reply that cannot be parsed is asked for again, as for any model.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from govsim.agents import kind_of
from govsim.config import MAX_SEED, Execution, Layer, load_experiment_file, merge, nested
from govsim.errors import ConfigError, GovSimError
from govsim.jobs import JobResult, RunJob, execute, plan_runs
from govsim.journal import Asked, Event, Harvest, turns
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings
from govsim.models.fields import Field, NumberField, Value
from govsim.models.pool import ModelSource, OpenModels
from govsim.models.question import Message
from govsim.models.structured import Schema, form_of
from govsim.society import compose, framework_model, open_models

LEARNER = "seat/learner"
"""Name of the model that the caller takes the place of, as recorded in journals."""

HarvestReward = Callable[[Harvest, str], float]
"""Returns the reward for a harvest to a member who took part in it."""

REWARDS: Mapping[str, HarvestReward] = {
    "own": lambda harvest, seat: harvest.granted[seat],
    "team": lambda harvest, seat: sum(harvest.granted.values()) / len(harvest.granted),
}
"""Rewards by name: the units granted to the member, or the mean over all members present at its site."""

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


class SeatStep(NamedTuple):
    """The result of a reply."""

    observation: SeatObservation | None
    """The next question; None after the last one."""
    reward: float
    """The reward for the harvests since the last reply; usually 0, or that of one harvest."""
    done: bool
    """Whether the episode is over."""
    info: dict[str, Any]
    """`harvests`: the harvests since the last reply with all true numbers, also those that the member does not know;
    `status` and `reason`: how the episode ended, as in the journal; None before."""


class SeatEnv:
    """One member of a society as an environment.

    The simulation runs in a thread of its own, from the first `reset` to `close`, so that models of other members work
    while the caller decides. An environment has one episode at a time and must not be shared by threads; any number of
    environments can exist.
    """

    def __init__(
        self,
        experiment: str | Path = "fishery",
        *,
        seat: str | None = None,
        settings: Layer | None = None,
        condition: str | None = None,
        reward: str | HarvestReward = "own",
        out: str | Path | None = None,
        execution: Execution | None = None,
    ) -> None:
        """Plan the society; nothing is simulated yet.

        Args:
            experiment: name of a scenario, its folder, or an experiment file ending in .yaml.
            seat: the member; the first one if None. If its agent is a policy, it becomes a `direct` agent.
            settings: keys of the experiment, nested or dotted, such as ``{"agents.default": "policy:fair-share"}``.
            condition: name of a condition, or a YAML file.
            reward: one of `REWARDS`, or a function of a harvest and the member.
            out: folder for the journals of episodes; by default they are deleted by `close`.
            execution: connections, timeouts and retries of the others' models.

        Raises:
            GovSimError: a setting is invalid, or a model of another member cannot be used.
        """
        self._reward = _reward(reward)
        self._plan = _planned(experiment, seat, settings or {}, condition)
        self._seat = seat or self._plan.experiment.society.members[0]
        self._execution = execution or Execution()
        self._others = OpenModels(self._execution, self._plan.models.default)
        open_models(self._plan.experiment, _Models(None, self._others))
        self._out = Path(tempfile.mkdtemp(prefix="govsim-seat-") if out is None else out)
        self._delete = weakref.finalize(self, shutil.rmtree, self._out, ignore_errors=True) if out is None else None
        self._next_seed = self._plan.experiment.seed
        self._session: _Session | None = None
        self._observation: SeatObservation | None = None

    @property
    def seat(self) -> str:
        """The member."""
        return self._seat

    def reset(self, seed: int | None = None) -> SeatObservation:
        """Start an episode, and return its first question; an episode in progress is cancelled.

        Args:
            seed: seed of the society; by default that of the experiment, and one more in each further episode.

        Raises:
            GovSimError: the seed is invalid, or the run ended before the member was asked anything.
        """
        seed = self._next_seed if seed is None else seed
        if not 0 <= seed <= MAX_SEED:
            raise ConfigError(f"seed = {seed}: must be from 0 to {MAX_SEED}")
        self._next_seed, self._observation = seed + 1, None
        if self._session is None:
            self._session = _Session(self._others)
            self._end = weakref.finalize(self, self._session.close)
            self._end.atexit = False  # the interpreter ends the thread
        self._observation, _ = self._session.start(self._job(seed), self._execution, self._seat)
        if self._observation is None:
            result = self._session.result()
            raise GovSimError(
                f"seat {self._seat}: was asked nothing, as the run ended in month {result.months} with status "
                f"{result.status}{f': {result.reason}' if result.reason else ''}"
            )
        return self._observation

    def observe(self) -> SeatObservation:
        """Return the current question.

        Raises:
            GovSimError: there is none, before `reset` or after the end.
        """
        if self._observation is None:
            raise GovSimError("there is no question, before an episode or after its end; call reset")
        return self._observation

    def act(self, answer: str | int | Mapping[str, Value]) -> SeatStep:
        """Answer the current question.

        Args:
            answer: the reply of a model as text, a number, or values by field tag; see `SeatObservation.reply`.

        Raises:
            GovSimError: there is no question, or the answer does not fit it; or the journal cannot be written.
        """
        text, session = self.observe().reply(answer), self._session
        assert session is not None, "there is a question"
        self._observation = None
        self._observation, harvests = session.answer(text)
        reward = sum(self._reward(one, self._seat) for one in harvests if self._seat in one.granted)
        end = session.result() if self._observation is None else None
        info = {"harvests": harvests, "status": end and end.status, "reason": end and end.reason}
        return SeatStep(self._observation, float(reward), end is not None, info)

    def result(self) -> JobResult:
        """Return how the last episode ended, with the path of its journal.

        Raises:
            GovSimError: there is none, or it is not over.
        """
        if self._session is None or self._observation is not None:
            raise GovSimError("there is no result before the end of an episode")
        return self._session.result()

    def close(self) -> None:
        """Cancel an episode in progress, end the thread, and delete journals that need not be kept."""
        if self._session is not None:
            self._end()
        self._session = self._observation = None
        if self._delete is not None:
            self._delete()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _job(self, seed: int) -> RunJob:
        """Return the run of an episode, with a journal in a new folder."""
        number = 1 + sum(1 for _ in self._out.glob("episode-*"))
        while True:
            folder = self._out / f"episode-{number:06}"
            try:
                folder.mkdir(parents=True)
                break
            except FileExistsError:  # another process writes there too
                number += 1
        header, planned = self._plan.header, self._plan.path
        seeded = header.model_copy(update={"experiment": header.experiment.model_copy(update={"seed": seed})})
        return RunJob(path=folder / planned.with_name(f"seed-{seed}{planned.suffix}"), header=seeded)


def _reward(reward: str | HarvestReward) -> HarvestReward:
    if not isinstance(reward, str):
        return reward
    if reward not in REWARDS:
        raise ConfigError(f"reward = {reward}: must be one of {', '.join(REWARDS)}, or a function")
    return REWARDS[reward]


def _planned(experiment: str | Path, seat: str | None, settings: Layer, condition: str | None) -> RunJob:
    """Plan a run in which the caller takes the place of the member's model."""
    name = str(experiment)
    file = load_experiment_file(Path(name)) if name.endswith((".yaml", ".yml")) else {"scenario": name}
    file.pop("execution", None)
    layers = merge(file, *(nested(key, value) for key, value in settings.items()))

    def plan(*more: Layer) -> RunJob:
        jobs = plan_runs(merge(layers, *more), Execution(out=Path()), condition=condition)
        if len(jobs) > 1:
            raise ConfigError(f"grid: has {len(jobs)} cells; an environment needs an experiment without a grid")
        return jobs[0]

    society = plan().experiment
    members = society.society.members
    if seat is not None and seat not in members:
        raise ConfigError(f"seat = {seat}: must be one of {', '.join(members)}")
    member = seat or members[0]
    agent = society.agent_of(member)
    own = {"agent": agent if kind_of(agent).asks_model else "direct", "model": LEARNER}
    found = plan({"members": {member: own}})
    writer = framework_model(found.experiment, compose(found.experiment).phases)
    if writer is not None and writer.name == LEARNER:
        raise ConfigError("models.framework is missing: discussions are summarized by a model other than the learner")
    return found


class _Models:
    """The models of a run: the caller for one member, and the models of the others."""

    def __init__(self, learner: LanguageModel | None, others: ModelSource) -> None:
        self._learner = learner
        self._others = others

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        if settings.name != LEARNER:
            return self._others.language_model(settings)
        return self._learner or _Learner(asyncio.Queue(), "")

    def embedder(self, settings: EmbedderSettings) -> Embedder:
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


class _Turn(NamedTuple):
    observation: SeatObservation | None
    harvests: tuple[Harvest, ...]


class _Session:
    """A thread with an event loop, and the episode that it simulates."""

    def __init__(self, others: OpenModels) -> None:
        self._others = others
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="govsim.seat", daemon=True)
        self._thread.start()
        self._questions: asyncio.Queue[_Question | None] = asyncio.Queue()
        self._task: asyncio.Task[JobResult] | None = None
        self._learner: _Learner | None = None
        self._current: _Question | None = None
        self._harvests: list[Harvest] = []

    def start(self, job: RunJob, execution: Execution, seat: str) -> _Turn:
        """Start an episode; return its first question."""
        return asyncio.run_coroutine_threadsafe(self._start(job, execution, seat), self._loop).result()

    def answer(self, text: str) -> _Turn:
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

    async def _start(self, job: RunJob, execution: Execution, seat: str) -> _Turn:
        await self._cancel()
        questions: asyncio.Queue[_Question | None] = asyncio.Queue()
        harvests: list[Harvest] = []
        self._questions, self._harvests = questions, harvests
        self._learner = learner = _Learner(questions, seat)

        def on_event(event: Event) -> None:
            learner.on_event(event)
            if isinstance(event, Harvest):
                harvests.append(event)

        self._task = asyncio.create_task(execute(job, execution, _Models(learner, self._others), on_event))
        self._task.add_done_callback(lambda _: questions.put_nowait(None))
        return await self._next()

    async def _answer(self, text: str) -> _Turn:
        assert self._current is not None, "there is a question"
        if not self._current.reply.done():  # cancelled if the run was stopped while the caller decided
            self._current.reply.set_result(text)
        return await self._next()

    async def _next(self) -> _Turn:
        self._current = await self._questions.get()
        if self._current is None:
            self.result()  # raises what could not be recorded
        turn = _Turn(self._current and self._current.observation, tuple(self._harvests))
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
