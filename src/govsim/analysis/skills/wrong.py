"""Wrong answers and unreadable replies, with their prompts and replies."""

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
        study: its study.
        solution: the answer, or why it was unreadable.
        prompt: the messages of the first attempt.
        reply: the last reply.
        attempts: the number of attempts.
    """

    study: SkillStudy
    solution: Solution
    prompt: str
    reply: str
    attempts: int

    @property
    def right(self) -> str:
        """The correct answers, as in "1 to 10"."""
        least, most = self.solution.least, self.solution.most
        return str(least) if least == most else f"{least} to {most}"


def wrong_answers(studies: Iterable[SkillStudy], most: int, tests: Collection[str] = ()) -> tuple[Wrong, ...]:
    """Return the first unsolved problems of each study and test: wrong answers, then unreadable replies.

    Args:
        studies: the studies.
        most: maximum number of each study and test.
        tests: names of tests; all when empty.

    Raises:
        JournalError: a journal is unreadable, or does not contain the question of an answer.
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
    """A problem with its prompt and reply."""
    ordered = sorted(calls, key=lambda call: call.attempt)
    if not ordered or any(hash_ not in texts for hash_ in ordered[0].messages):
        raise JournalError(
            f"{study.file}: the question of problem {solution.ordinal} of {solution.purpose} is missing; replace it "
            "by an undamaged copy, or move it and repeat the command"
        )
    prompt = "\n\n".join(texts[hash_] for hash_ in ordered[0].messages)
    return Wrong(study=study, solution=solution, prompt=prompt, reply=ordered[-1].reply, attempts=len(ordered))


def format_wrong(wrong: Sequence[Wrong]) -> str:
    """Return unsolved problems as plain text: correct answer and answer, prompt, reply."""
    if not wrong:
        return "There are no wrong answers or unreadable replies."
    return "\n\n".join("\n".join(_lines(one)) for one in wrong)


def _lines(one: Wrong) -> list[str]:
    solution = one.solution
    outcome = "unreadable" if solution.answer is None else f"answered {solution.answer}"
    place = f"{one.study.model}, {one.study.scenario}, {solution.purpose}, problem {solution.ordinal}"
    again = f" ({one.attempts} attempts)" if one.attempts > 1 else ""
    why = [f"Reason: {solution.invalid}"] if solution.invalid is not None else []
    prompt, reply = (text.strip("\n").splitlines() or ["(nothing)"] for text in (one.prompt, one.reply))
    return [
        f"{place}: {outcome}{again}, correct: {one.right}",
        *why,
        *("  > " + line for line in prompt),
        *("  < " + line for line in reply),
    ]


def wrong_table(wrong: Sequence[Wrong]) -> Table:
    """Return unsolved problems as a table, one row each."""
    return Table(
        name="unsolved",
        title="Unsolved problems: wrong answers and unreadable replies.",
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
