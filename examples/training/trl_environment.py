"""One member of a society as an environment of TRL's GRPOTrainer; checked with trl 1.16.0.

pip install govsim trl==1.16.0
python trl_environment.py MODEL
"""

from __future__ import annotations

import sys

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from govsim.environments import SeatEnv


class GovSimSeat:
    """A member among four others with fair shares; the model answers with the tool `answer`."""

    def __init__(self) -> None:
        self._seat = SeatEnv("fishery", settings={"agents.default": "policy:fair-share", "world.months": 6})
        self._units = 0.0

    def reset(self, seed: int, **row: object) -> str:
        """Start an episode with the seed of a row of the data set; return the first question."""
        self._units = 0.0
        return self._seat.reset(seed).text

    def answer(self, text: str) -> str:
        """Answer the question, and return the next one.

        Args:
            text: The answer, which ends with the lines that the question asks for.

        Returns:
            The next question, or the end of the simulation.
        """
        question, reward, _, info = self._seat.act(text)
        self._units += reward
        return question.text if question is not None else f"The simulation has ended: {info['status']}."

    def get_reward(self) -> float:
        """Return the units that the member received in the episode."""
        return self._units


def trainer(model: object, **arguments: object) -> GRPOTrainer:
    """Return a trainer: the four rollouts of a group have the same seed and differ only in sampling."""
    prompt = [{"role": "user", "content": "Answer every question with the tool `answer`.\n\n"}]
    rows = [{"prompt": prompt, "seed": seed} for seed in range(64)]
    settings = {"max_completion_length": 4096, "max_tool_calling_iterations": 6, "num_generations": 4}
    return GRPOTrainer(
        model=model,
        train_dataset=Dataset.from_list(rows),
        environment_factory=GovSimSeat,
        args=GRPOConfig(per_device_train_batch_size=4, **{**settings, **arguments}),
    )


if __name__ == "__main__":
    trainer(sys.argv[1], output_dir="trained").train()
