"""One member of a society as a taskset and environment of verifiers; checked with verifiers 0.4.0.

pip install govsim verifiers==0.4.0 uv
vf-eval govsim-seat --env.id govsim-seat --env.member.runtime.type subprocess --model MODEL --select.limit 4

Each question is a run of the agent `member`, with exactly the prompt of govsim; each answer is rewarded with the units
that the member received from then on.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf

from govsim.environments import SeatEnv, SeatObservation

__all__ = ["SeatTaskset", "SeatVerifiersEnv"]


class SeatConfig(vf.TasksetConfig):
    """Settings of the taskset."""

    scenario: str = "fishery"
    others: str = "policy:fair-share"


class SeatData(vf.TaskData):
    """One episode; its seed and settings are part of the row."""

    seed: int
    scenario: str
    others: str


class SeatTask(vf.Task[SeatData]):
    """One episode."""


class SeatTaskset(vf.Taskset[SeatTask, SeatConfig]):
    """Episodes with consecutive seeds."""

    INFINITE = True

    def load(self) -> Iterator[SeatTask]:
        """Yield an episode for each seed."""
        for seed in itertools.count():
            data = SeatData(name=f"seed-{seed}", seed=seed, scenario=self.config.scenario, others=self.config.others)
            yield SeatTask(data, self.config.task)


class SeatEnvConfig(vf.EnvConfig):
    """The agent in training."""

    member: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"})


class SeatVerifiersEnv(vf.Env[SeatEnvConfig]):
    """A member among others that are simulated by govsim."""

    async def run(self, task: SeatTask, agents: Any) -> None:
        """Play an episode. `SeatEnv` blocks while the others decide, so it is called in a thread."""
        row, answers = task.data, []
        seat = SeatEnv(row.scenario, settings={"agents.default": row.others})
        try:
            question: SeatObservation | None = await asyncio.to_thread(seat.reset, row.seed)
            while question is not None:
                trace = await agents.member.run(asked(question))
                if not trace.ok:  # the failure is on its trace; nothing was answered
                    return
                question, reward, _, _ = await asyncio.to_thread(seat.act, trace.last_reply or "")
                answers.append((trace, reward))
        finally:
            await asyncio.to_thread(seat.close)
        units = 0.0
        for trace, reward in reversed(answers):
            units += reward
            trace.record_reward("units", units)


def asked(question: SeatObservation) -> vf.Task:
    """Return a question as a task for the agent."""
    system = "\n\n".join(one["content"] for one in question.chat if one["role"] == "system")
    prompt = [one for one in question.chat if one["role"] != "system"]  # several if the last reply could not be parsed
    name = f"{question.purpose}-{question.month}-{question.attempt}"
    return vf.Task(vf.TaskData.model_validate({"name": name, "system_prompt": system, "prompt": prompt}))
