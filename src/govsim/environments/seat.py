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

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from govsim.agents import kind_of
from govsim.config import MAX_SEED, Execution, Layer, keys_of_campaign, keys_of_settings, merge, without_execution
from govsim.environments.rewards import Reward, reward_of
from govsim.environments.session import LEARNER, SeatModels, SeatObservation, SeatSession
from govsim.errors import ConfigError, GovSimError
from govsim.jobs import JobResult, RunJob, plan_runs
from govsim.journal import Harvest
from govsim.models.fields import Value
from govsim.models.pool import OpenModels
from govsim.society import compose, framework_model, open_models


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
        settings: Mapping[str, Any] | None = None,
        condition: str | None = None,
        reward: str | Reward = "own",
        out: str | Path | None = None,
        execution: Execution | None = None,
    ) -> None:
        """Plan the society; nothing is simulated yet.

        Args:
            experiment: name of a scenario, its folder, or an experiment file ending in .yaml.
            seat: the member; the first one if None. If its agent is a policy, it becomes a `direct` agent.
            settings: keys of the experiment, nested or dotted, such as ``{"agents.default": "policy:fair-share"}``.
            condition: name of a condition, or a YAML file.
            reward: the rewards of a harvest: a name in `REWARDS`, or a function.
            out: folder for the journals of episodes; by default they are deleted by `close`.
            execution: connections, timeouts and retries of the others' models.

        Raises:
            GovSimError: a setting is invalid, or a model of another member cannot be used.
        """
        self._reward = reward_of(reward)
        self._plan = _planned(experiment, seat, settings or {}, condition)
        self._seat = seat or self._plan.experiment.society.members[0]
        self._execution = execution or Execution()
        self._others = OpenModels(self._execution, self._plan.models.default)
        open_models(self._plan.experiment, SeatModels(None, self._others))
        self._out = Path(tempfile.mkdtemp(prefix="govsim-seat-") if out is None else out)
        self._delete = weakref.finalize(self, shutil.rmtree, self._out, ignore_errors=True) if out is None else None
        self._next_seed = self._plan.experiment.seed
        self._session: SeatSession | None = None
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
            self._session = SeatSession(self._others)
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
        reward = sum(_earned(self._reward, one, self._seat) for one in harvests if self._seat in one.granted)
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


def _earned(reward: Reward, harvest: Harvest, seat: str) -> float:
    """Return the reward of a member for a harvest in which it took part, with the members at its site as the group."""
    granted = np.array(list(harvest.granted.values()), dtype=np.int64)
    return float(reward(granted, np.ones(len(granted), dtype=np.bool_))[list(harvest.granted).index(seat)])


def _planned(experiment: str | Path, seat: str | None, settings: Layer, condition: str | None) -> RunJob:
    """Plan a run in which the caller takes the place of the member's model."""
    file, _ = without_execution(keys_of_campaign(experiment), str(experiment))
    layers = merge(file, keys_of_settings(settings))

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
