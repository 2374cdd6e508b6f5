"""The original's `log_env.json` as checked values: who harvested what in each round, and what was said.

The file is one list of rows, as pandas writes them: every row has every column, and what a row does not have is null or
NaN; whole amounts can be floats. Of the HTML that each row carries only the summary's is read: that of an utterance
belongs to the next row.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from govsim.characters import counted, shortened
from govsim.errors import JournalError
from govsim.journal.line import MOST

FRAMEWORK = "framework"
"""The agent under which the original logs the moderator, the summary and the limit."""

_SUMMARY = re.compile(r".*<strong>ASSISTANT</strong>:(.*?)(?:</div>\s*)?$", re.DOTALL)
_TOLD = 5
"""Contradictions that an error names; the others are counted."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """What one member asked for and received in one round. Amounts are whole units.

    Attributes:
        row: the row of the log, counted from 0.
        agent: the member's id in the log.
        before: the stock it found.
        after: the stock after the harvest.
        collected: what it received.
        wanted: what it asked for.
        is_concurrent: whether `before` and `after` are those of the whole group, or of this member's own turn.
    """

    row: int
    agent: str
    before: int
    after: int
    collected: int
    wanted: int
    is_concurrent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a talk.

    Attributes:
        agent: the speaker's id; `FRAMEWORK` for the moderator.
        name: the speaker's name; None where the log has none.
        text: what was said; None where the log has no text.
    """

    agent: str
    name: str | None
    text: str | None


@dataclass(slots=True, kw_only=True)
class Round:
    """One round of the log.

    Attributes:
        number: 0 for the first.
        catches: in the order of the log, which is roster order.
        lines: of the talk, in order.
        has_summary: whether there is a row for the summary.
        summary: the talk in one sentence; None where the row does not hold it.
        limit: what was agreed for each member; None where nothing was, or no whole number.
        odd_limit: what stands there instead of a whole number; empty where nothing does.
    """

    number: int
    catches: list[Catch] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    has_summary: bool = False
    summary: str | None = None
    limit: int | None = None
    odd_limit: str = ""

    @property
    def has_talk(self) -> bool:
        """Whether anything of a talk was logged."""
        return bool(self.lines) or self.has_summary

    @property
    def agents(self) -> tuple[str, ...]:
        """Who harvested, in roster order."""
        return tuple(catch.agent for catch in self.catches)

    @property
    def before(self) -> int:
        """The stock at its start."""
        return self.catches[0].before

    @property
    def after(self) -> int:
        """The stock after everyone's harvest."""
        return self.catches[-1].after


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A whole log.

    Attributes:
        rounds: 0, 1, 2 and so on.
        names: of those who spoke, by their id.
        unknown: how many rows there are of each action that the original did not have.
    """

    rounds: tuple[Round, ...]
    names: Mapping[str, str]
    unknown: Mapping[str, int]


def read_log(content: bytes) -> Log:
    """Read and check a log.

    Args:
        content: the file's.

    Raises:
        JournalError: it is no log of the original, or its rows contradict each other; names the first rows.
    """
    reader = _Reader()
    for number, row in enumerate(_rows(content)):
        reader.read(number, row)
    if not reader.rounds and not reader.problems:
        raise JournalError("has no rows with action harvesting, so no month was logged")
    rounds = tuple(reader.rounds[number] for number in sorted(reader.rounds))
    problems = [*reader.problems, *([] if reader.problems else _contradictions(rounds))]
    if problems:
        more = f"; and {len(problems) - _TOLD:,} more" if len(problems) > _TOLD else ""
        raise JournalError(f"contradicts itself (rows are counted from 0): {'; '.join(problems[:_TOLD])}{more}")
    return Log(rounds=rounds, names=reader.names, unknown=dict(reader.unknown))


def _rows(content: bytes) -> list[Row]:
    try:
        rows = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise JournalError(f"is no JSON, or was cut ({shortened(str(error), 120)})") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise JournalError("is no list of rows, as the original writes it (pandas records)")
    return rows


class _Reader:
    """Sorts rows into rounds, and takes note of what cannot be."""

    def __init__(self) -> None:
        self.rounds: dict[int, Round] = {}
        self.names: dict[str, str] = {}
        self.unknown: Counter[str] = Counter()
        self.problems: list[str] = []

    def read(self, number: int, row: Row) -> None:
        """Take one row."""
        action = row.get("action")
        if action not in ("harvesting", "utterance", "conversation_summary", "conversation_resource_limit"):
            self.unknown[shortened(str(action), 40)] += 1
            return
        round_, agent = self._amount(number, row, "round"), row.get("agent_id")
        if not isinstance(agent, str) or not agent:
            self._refuse(number, f"agent_id = {_shown(agent)}: must name an agent")
            return
        if round_ is None:
            return
        here = self.rounds.setdefault(round_, Round(number=round_))
        if action == "harvesting":
            self._harvest(number, row, agent, here)
        else:
            self._talk(row, agent, here)

    def _harvest(self, number: int, row: Row, agent: str, here: Round) -> None:
        keys = ("before_harvesting", "after_harvesting")
        before, after = (self._amount(number, row, f"resource_in_pool_{key}") for key in keys)
        collected, wanted = (self._amount(number, row, key) for key in ("resource_collected", "wanted_resource"))
        if before is None or after is None or collected is None or wanted is None:
            return
        if collected > wanted:
            self._refuse(number, f"resource_collected = {collected} exceeds wanted_resource = {wanted}")
        is_concurrent = bool(row.get("concurrent_harvesting")) and not _is_missing(row["concurrent_harvesting"])
        here.catches.append(
            Catch(
                row=number,
                agent=agent,
                before=before,
                after=after,
                collected=collected,
                wanted=wanted,
                is_concurrent=is_concurrent,
            )
        )

    def _talk(self, row: Row, agent: str, here: Round) -> None:
        limit = row.get("resource_limit")
        if not _is_missing(limit):
            here.limit = _whole(limit)
            here.odd_limit = _shown(limit) if here.limit is None else ""
        if row["action"] == "utterance":
            name, text = _text(row.get("agent_name")), _text(row.get("utterance"))
            here.lines.append(Line(agent=agent, name=name, text=text))
            if name is not None and agent != FRAMEWORK:
                self.names.setdefault(agent, name)
        elif row["action"] == "conversation_summary":
            here.has_summary, here.summary = True, _summary(row.get("html_interactions"))

    def _amount(self, number: int, row: Row, key: str) -> int | None:
        value = _whole(row.get(key))
        if value is None:
            self._refuse(number, f"{key} = {_shown(row.get(key))}: must be a whole number, 0 or more")
        return value

    def _refuse(self, number: int, problem: str) -> None:
        self.problems.append(f"row {number}: {problem}")


def _contradictions(rounds: tuple[Round, ...]) -> Iterator[str]:
    """What cannot be in rounds whose single rows can."""
    if gap := next((place for place, here in enumerate(rounds) if here.number != place), None):
        yield f"round {gap} is missing, and round {rounds[gap].number} is there"
    elif rounds[0].number:
        yield f"begins with round {rounds[0].number}; the first must be 0"
    present: set[str] = set()
    for here in rounds:
        if not here.catches:
            yield f"round {here.number} has a talk and no harvest"
            continue
        if gone := sorted(present - {*here.agents}):
            yield f"round {here.number} has no harvest of {', '.join(gone)}, who harvested before"
        present |= {*here.agents}
        yield from _in_one_round(here)


def _in_one_round(here: Round) -> Iterator[str]:
    first, last = here.catches[0], here.catches[-1]
    rows = f"rows {first.row} to {last.row} (round {here.number})"
    if twice := sorted(agent for agent, count in Counter(here.agents).items() if count > 1):
        yield f"{rows}: {', '.join(twice)} harvests more than once"
    taken, fallen = sum(catch.collected for catch in here.catches), first.before - last.after
    if taken != fallen:
        yield f"{rows}: {counted(taken, 'unit')} collected, and the pool fell by {fallen}"
    for one, other in zip(here.catches, here.catches[1:], strict=False):
        if one.is_concurrent:
            is_so = (one.before, one.after) == (other.before, other.after)
        else:
            is_so = one.after == other.before
        if not is_so:
            yield f"row {other.row}: its pool does not follow from that of row {one.row}"


def _summary(html: Any) -> str | None:
    """The model's reply in the HTML of a summary's row."""
    text = html[-1] if isinstance(html, list) and html else html
    found = _SUMMARY.match(text) if isinstance(text, str) else None
    return found[1].strip() or None if found else None


def _whole(value: Any) -> int | None:
    """A whole amount, which pandas may have turned into a float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():  # neither NaN nor infinity is one
        return None
    return int(value) if 0 <= value <= MOST else None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _shown(value: Any) -> str:
    return "missing" if value is None else shortened(json.dumps(value), 40)
