"""Forfeited harvest decisions: their number, whether the run may continue, and the likely cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

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
    """Counts the harvest decisions of a run and how many of them were forfeited."""

    def __init__(self, experiment: Experiment, *, ends_early: bool) -> None:
        """Start with no decisions.

        Args:
            experiment: the experiment.
            ends_early: whether the run ends as soon as it is certain to exceed the maximum.
        """
        self._experiment = experiment
        self._ends_early = ends_early
        self._decisions = 0
        self._forfeits = 0
        self._refusals: list[Refusal] = []

    def count(self, month: int, answers: Mapping[str, Answer]) -> None:
        """Count the harvest decisions of a month.

        Raises:
            TooManyForfeits: one could not be parsed, and `society.on_invalid` is `fail`.
        """
        forfeited = {name: answer for name, answer in answers.items() if answer.invalid is not None}
        self._decisions += len(answers)
        self._forfeits += len(forfeited)
        self._refusals.extend(refusal for answer in forfeited.values() for refusal in answer.refusals)
        if forfeited and self._experiment.society.on_invalid == "fail":
            name, answer = next(iter(forfeited.items()))
            raise TooManyForfeits(
                f"month {month}: {name}'s harvest decision could not be parsed (society.on_invalid = fail): "
                f"{answer.invalid}{self._advice()}"
            )

    def check(self, outcomes: Sequence[Outcome]) -> None:
        """Check the share of forfeits after the harvests of a month.

        Args:
            outcomes: the outcome at each site.

        Raises:
            TooManyForfeits: even if all decisions that are still possible are parsable, the share of forfeits will
                exceed what the experiment allows.
        """
        if self._forfeits and self._ends_early:
            one, is_collapsed = outcomes[0], all(outcome.is_collapsed for outcome in outcomes)
            month, stock = one.before.month, one.before.grown(one.stock_left)
            possible = decisions_possible_after(self._experiment, month, stock, is_collapsed=is_collapsed)
            self._check_share(possible)

    def check_at_end(self) -> None:
        """Check the share of forfeits after the last month.

        Raises:
            TooManyForfeits: the share of forfeits exceeds what the experiment allows.
        """
        self._check_share(0)

    def _check_share(self, possible: int) -> None:
        total = self._decisions + possible
        if not are_too_many(self._experiment, self._forfeits, total):
            return
        share = self._experiment.society.max_invalid
        allowed = int(Fraction(str(share)) * total)
        base = f"at most {total}" if possible else f"{total}"
        raise TooManyForfeits(
            f"{self._forfeits} of {self._decisions} harvest decisions could not be parsed; "
            f"society.max_invalid = {100 * share:g}% allows {allowed} of {base}{self._advice()}; see the journal"
        )

    def _advice(self) -> str:
        """Return the likely cause, which most of the rejected replies share, and what to do about it."""
        if not self._refusals:
            return ""
        cut = sum(refusal.stop_reason == _CUT for refusal in self._refusals)
        silent = sum(refusal.stop_reason != _CUT and refusal.has_only_reasoning for refusal in self._refusals)
        other = len(self._refusals) - cut - silent
        most = max(cut, silent, other)
        counted = f"; {most} of {len(self._refusals)} rejected replies "
        if most == cut:
            limit = self._experiment.models.sampling.max_tokens
            now = "" if limit is None else f" (now {limit})"
            return f"{counted}were cut off at the token limit; raise models.sampling.max_tokens{now}"
        if most == silent:
            return (
                f"{counted}contained only reasoning; configure the provider to return the answer as content (check its "
                "reasoning parser, or disable reasoning), or choose another model"
            )
        (reason, count) = Counter(self._other_reasons()).most_common(1)[0]
        quoted = shortened(reason, _LONGEST_REASON)
        return f'; the most frequent reason, of {count} of {len(self._refusals)} rejected replies: "{quoted}"'

    def _other_reasons(self) -> Iterator[str]:
        return (one.reason for one in self._refusals if one.stop_reason != _CUT and not one.has_only_reasoning)
