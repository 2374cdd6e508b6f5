"""Harvest decisions that could not be read: their number, whether the run may go on, and the likely cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from govsim.agents import Answer
from govsim.characters import shortened
from govsim.commons import Outcome
from govsim.config import Experiment
from govsim.errors import TooManyForfeits
from govsim.journal import are_too_many, decisions_possible_after
from govsim.models.question import Refusal

_CUT = "max_tokens"
_LONGEST_REASON = 200


class Forfeits:
    """The harvest decisions of a run, and those of them that were forfeited."""

    def __init__(self, experiment: Experiment, *, ends_early: bool) -> None:
        """Nothing has been decided yet.

        Args:
            experiment: what is run.
            ends_early: whether the run ends as soon as it has too many forfeits for certain, and not at its end only.
        """
        self._experiment = experiment
        self._ends_early = ends_early
        self._decisions = 0
        self._forfeits = 0
        self._refusals: list[Refusal] = []

    def count(self, month: int, answers: Mapping[str, Answer]) -> None:
        """Count the decisions on the harvest of a month.

        Raises:
            TooManyForfeits: one could not be read, and the experiment fails for that.
        """
        forfeited = {name: answer for name, answer in answers.items() if answer.invalid is not None}
        self._decisions += len(answers)
        self._forfeits += len(forfeited)
        self._refusals.extend(refusal for answer in forfeited.values() for refusal in answer.refusals)
        if forfeited and self._experiment.society.on_invalid == "fail":
            name, answer = next(iter(forfeited.items()))
            raise TooManyForfeits(
                f"month {month}: {name}'s decision could not be read, and society.on_invalid = fail: "
                f"{answer.invalid}{self._advice()}"
            )

    def check(self, outcome: Outcome) -> None:
        """Judge the run after a harvest.

        Raises:
            TooManyForfeits: even if every decision that is still possible is readable, the share of forfeits will be
                above what the experiment allows.
        """
        if self._forfeits and self._ends_early:
            month, stock = outcome.before.month, outcome.before.grown(outcome.stock_after_harvest)
            possible = decisions_possible_after(self._experiment, month, stock, is_collapsed=outcome.is_collapsed)
            self._judge(possible)

    def check_at_end(self) -> None:
        """Judge the run after its last month.

        Raises:
            TooManyForfeits: the share of forfeits is above what the experiment allows.
        """
        self._judge(0)

    def _judge(self, possible: int) -> None:
        total = self._decisions + possible
        if not are_too_many(self._experiment, self._forfeits, total):
            return
        allowed = 100 * self._experiment.society.max_invalid
        most = f" of the {total} that the run can have at most" if possible else ""
        raise TooManyForfeits(
            f"{self._forfeits} of {self._decisions} harvest decisions could not be read, more than "
            f"society.max_invalid = {allowed:g}% allows{most}{self._advice()}; see the journal"
        )

    def _advice(self) -> str:
        """The likely cause: what most of the refused replies have in common, and what to do about it."""
        if not self._refusals:
            return ""
        cut = sum(refusal.stop_reason == _CUT for refusal in self._refusals)
        silent = sum(refusal.stop_reason != _CUT and refusal.has_only_reasoning for refusal in self._refusals)
        other = len(self._refusals) - cut - silent
        most = max(cut, silent, other)
        counted = f"; {most} of {len(self._refusals)} refused replies "
        if most == cut:
            limit = self._experiment.models.sampling.max_tokens
            now = "" if limit is None else f" (now {limit})"
            return f"{counted}were cut off at the token limit: raise models.sampling.max_tokens{now}"
        if most == silent:
            return (
                f"{counted}were empty, with text in the model's reasoning only: have the provider return the answer as "
                "content (check its reasoning parser, or turn reasoning off), or choose another model"
            )
        (reason, count) = Counter(self._other_reasons()).most_common(1)[0]
        quoted = shortened(reason, _LONGEST_REASON)
        return f'; the most frequent reason, of {count} of {len(self._refusals)} refused replies: "{quoted}"'

    def _other_reasons(self) -> Iterator[str]:
        return (one.reason for one in self._refusals if one.stop_reason != _CUT and not one.has_only_reasoning)
