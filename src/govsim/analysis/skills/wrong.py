"""The answers that were wrong, and the replies that could not be read, with what was asked and what was replied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.tables.table import Column, Table
from govsim.errors import JournalError
from govsim.journal import Call, MessageLine, Solution, read_study


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A problem that was not solved.

    Attributes:
        study: the study it belongs to.
        solution: what was answered, or why it could not be read.
        prompt: the messages that asked first, one after the other.
        reply: the last reply.
        attempts: how often it was asked.
    """

    study: SkillStudy
    solution: Solution
    prompt: str
    reply: str
    attempts: int

    @property
    def right(self) -> str:
        """The right answers, as in "1 to 10"."""
        least, most = self.solution.least, self.solution.most
        return str(least) if least == most else f"{least} to {most}"


def wrong_answers(studies: Iterable[SkillStudy], most: int, tests: Collection[str] = ()) -> tuple[Wrong, ...]:
    """The first unsolved problems of each study and test: wrong answers, then replies that could not be read.

    Args:
        studies: the tests.
        most: how many of each study and test.
        tests: which tests; all when empty.

    Raises:
        JournalError: a journal cannot be read, or lacks the question of an answer.
    """
    return tuple(wrong for study in studies for wrong in _wrong(study, most, tests))


def _wrong(study: SkillStudy, most: int, tests: Collection[str]) -> Sequence[Wrong]:
    shown: list[Solution] = []
    for test in dict.fromkeys(one.purpose for one in study.solutions if not tests or one.purpose in tests):
        of_test = [one for one in study.of(test) if not one.is_right]
        shown += sorted(of_test, key=lambda one: one.answer is None)[:most]
    if not shown:
        return ()
    journal = read_study(study.file, kinds=["call", "message"])
    texts = {message.hash: message.content for message in journal.of(MessageLine)}
    calls: dict[tuple[str, int], list[Call]] = {}
    for call in journal.of(Call):
        calls.setdefault((call.purpose, call.ordinal), []).append(call)
    return [_asked(study, one, calls.get((one.purpose, one.ordinal), []), texts) for one in shown]


def _asked(study: SkillStudy, solution: Solution, calls: Iterable[Call], texts: Mapping[str, str]) -> Wrong:
    """A problem with what was asked and replied."""
    ordered = sorted(calls, key=lambda call: call.attempt)
    if not ordered or any(hash_ not in texts for hash_ in ordered[0].messages):
        raise JournalError(
            f"{study.file}: what was asked in problem {solution.ordinal} of {solution.purpose} is not in it; put a "
            "whole copy in its place, or move it away and run again"
        )
    prompt = "\n\n".join(texts[hash_] for hash_ in ordered[0].messages)
    return Wrong(study=study, solution=solution, prompt=prompt, reply=ordered[-1].reply, attempts=len(ordered))


def format_wrong(wrong: Sequence[Wrong]) -> str:
    """Problems that were not solved as plain text: what was right and what was answered, the prompt, the reply."""
    if not wrong:
        return "No answer is wrong, and every reply could be read."
    return "\n\n".join("\n".join(_lines(one)) for one in wrong)


def _lines(one: Wrong) -> list[str]:
    solution = one.solution
    told = "could not be read" if solution.answer is None else f"answered {solution.answer}"
    place = f"{one.study.model}, {one.study.scenario}, {solution.purpose}, problem {solution.ordinal}"
    again = f" (asked {one.attempts} times)" if one.attempts > 1 else ""
    why = [f"Why: {solution.invalid}"] if solution.invalid is not None else []
    prompt, reply = (text.strip("\n").splitlines() or ["(nothing)"] for text in (one.prompt, one.reply))
    return [
        f"{place}: {told}{again}, right is {one.right}",
        *why,
        *("  > " + line for line in prompt),
        *("  < " + line for line in reply),
    ]


def wrong_table(wrong: Sequence[Wrong]) -> Table:
    """The same as a table, a row for each problem."""
    return Table(
        name="unsolved",
        title="Problems that were not solved: wrong answers, and replies that could not be read.",
        columns=(
            Column(name="model", place="label"),
            Column(name="scenario", place="label"),
            Column(name="test", place="stub"),
            Column(name="problem", kind="count"),
            Column(name="answer", kind="count"),
            Column(name="right", for_programs=False),
            Column(name="invalid", heading="why unreadable", place="remark", is_named=True),
            Column(name="prompt", place="remark", is_named=True),
            Column(name="reply", place="remark", is_named=True),
        ),
        data=[
            {
                "path": one.study.path,
                "model": one.study.model,
                "scenario": one.study.scenario,
                "seed": one.study.subject.seed,
                **one.solution.model_dump(mode="json", exclude={"kind", "purpose", "ordinal", "is_right"}),
                "test": one.solution.purpose,
                "problem": one.solution.ordinal,
                "attempts": one.attempts,
                "prompt": one.prompt,
                "reply": one.reply,
                "right": one.right,
            }
            for one in wrong
        ],
    )
