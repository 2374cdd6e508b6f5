"""One member of a society as an OpenEnv environment server; checked with openenv 0.10.0.

pip install govsim openenv==0.10.0
uvicorn openenv_server:app --port 8000
"""

from __future__ import annotations

from typing import Any

from openenv.core.env_server import Action, Environment, Observation, State, create_fastapi_app

from govsim.environments import SeatEnv, SeatObservation


class Reply(Action):
    """The reply of a model to the last question."""

    text: str


class Question(Observation):
    """The next question to the member; empty at the end of an episode."""

    messages: list[dict[str, str]] = []
    month: int | None = None
    purpose: str | None = None
    status: str | None = None


class SeatEnvironment(Environment[Reply, Question, State]):
    """A member among four others with fair shares."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._seat = SeatEnv("fishery", settings={"agents.default": "policy:fair-share"})
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **kwargs: Any) -> Question:
        """Start an episode."""
        self._state = State(episode_id=episode_id, step_count=0)
        return question_of(self._seat.reset(seed))

    def step(self, action: Reply, timeout_s: float | None = None, **kwargs: Any) -> Question:
        """Answer the question."""
        self._state.step_count += 1
        found, reward, done, info = self._seat.act(action.text)
        return question_of(found, reward=reward, done=done, status=info["status"])

    @property
    def state(self) -> State:
        """The number of replies so far."""
        return self._state

    def close(self) -> None:
        """End the episode and its thread."""
        self._seat.close()


def question_of(found: SeatObservation | None, **values: Any) -> Question:
    """Return a question in the form of OpenEnv."""
    if found is None:
        return Question(**values)
    return Question(messages=found.chat, month=found.month, purpose=found.purpose, **values)


app = create_fastapi_app(SeatEnvironment, Reply, Question, max_concurrent_envs=16)
