"""Parsing and validation of the original's `log_env.json`: harvests and utterances of each round.

The file is a list of rows, as written by pandas: every row has all columns, missing values are null or NaN, and whole
amounts can be floats. Of the HTML in each row only that of the summary is read: the HTML of an utterance belongs to the
next row.
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
from govsim.journal.line import MAX_WHOLE

FRAMEWORK = "framework"
"""The agent under which the original logs the moderator, the summary and the limit."""

_SUMMARY = re.compile(r".*<strong>ASSISTANT</strong>:(.*?)(?:</div>\s*)?$", re.DOTALL)
_MAX_SHOWN = 5
"""Maximum number of contradictions listed in an error; further ones are counted."""

LogRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """Demand and catch of one member in one round. Amounts are whole units.

    Attributes:
        row: row of the log, counted from 0.
        agent: the member's id in the log.
        before: stock before the harvest.
        after: stock after the harvest.
        collected: units received.
        wanted: units demanded.
        is_concurrent: whether `before` and `after` refer to the harvest of the whole group, or to this member's turn.
    """

    row: int
    agent: str
    before: int
    after: int
    collected: int
    wanted: int
    is_concurrent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedUtterance:
    """One utterance of a discussion.

    Attributes:
        agent: the speaker's id; `FRAMEWORK` for the moderator.
        name: the speaker's name; None if the log has none.
        text: the text; None if the log has none.
    """

    agent: str
    name: str | None
    text: str | None


@dataclass(slots=True, kw_only=True)
class Round:
    """One round of the log.

    Attributes:
        number: 0 for the first round.
        catches: catches in the order of the log, which is roster order.
        lines: utterances of the discussion, in order.
        has_summary: whether there is a row for the summary.
        summary: summary of the discussion in one sentence; None if the row does not contain it.
        limit: agreed limit for each member; None if there is none, or it is not a whole number.
        odd_limit: value of a limit that is not a whole number; empty if there is none.
    """

    number: int
    catches: list[Catch] = field(default_factory=list)
    lines: list[LoggedUtterance] = field(default_factory=list)
    has_summary: bool = False
    summary: str | None = None
    limit: int | None = None
    odd_limit: str = ""

    @property
    def has_discussion(self) -> bool:
        """Whether any part of a discussion was logged."""
        return bool(self.lines) or self.has_summary

    @property
    def agents(self) -> tuple[str, ...]:
        """Ids of the members that harvested, in roster order."""
        return tuple(catch.agent for catch in self.catches)

    @property
    def before(self) -> int:
        """The stock at the start of the round."""
        return self.catches[0].before

    @property
    def after(self) -> int:
        """The stock after all harvests."""
        return self.catches[-1].after


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A whole log.

    Attributes:
        rounds: rounds, numbered 0, 1, 2 and so on.
        names: names of the speakers, by their ids.
        unknown: number of rows with each action that the original does not have.
    """

    rounds: tuple[Round, ...]
    names: Mapping[str, str]
    unknown: Mapping[str, int]


def read_log(content: bytes) -> Log:
    """Parse and validate a log.

    Args:
        content: content of the file.

    Raises:
        JournalError: it is not a log of the original, or its rows contradict each other; names the first rows.
    """
    reader = _Reader()
    for number, row in enumerate(_rows(content)):
        reader.read(number, row)
    if not reader.rounds and not reader.problems:
        raise JournalError("has no rows with action harvesting, so no month was logged")
    rounds = tuple(reader.rounds[number] for number in sorted(reader.rounds))
    problems = [*reader.problems, *([] if reader.problems else _contradictions(rounds))]
    if problems:
        more = f"; and {len(problems) - _MAX_SHOWN:,} more" if len(problems) > _MAX_SHOWN else ""
        raise JournalError(f"is inconsistent (rows are counted from 0): {'; '.join(problems[:_MAX_SHOWN])}{more}")
    return Log(rounds=rounds, names=reader.names, unknown=dict(reader.unknown))


def _rows(content: bytes) -> list[LogRow]:
    try:
        rows = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise JournalError(f"is not JSON, or is truncated ({shortened(str(error), 120)})") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise JournalError("is not a list of rows as written by the original (pandas records)")
    return rows


class _Reader:
    """Groups rows into rounds, and collects problems."""

    def __init__(self) -> None:
        self.rounds: dict[int, Round] = {}
        self.names: dict[str, str] = {}
        self.unknown: Counter[str] = Counter()
        self.problems: list[str] = []

    def read(self, number: int, row: LogRow) -> None:
        """Read one row."""
        action = row.get("action")
        if action not in ("harvesting", "utterance", "conversation_summary", "conversation_resource_limit"):
            self.unknown[shortened(str(action), 40)] += 1
            return
        round_, agent = self._amount(number, row, "round"), row.get("agent_id")
        if not isinstance(agent, str) or not agent:
            self._add_problem(number, f"agent_id = {_shown(agent)}: must name an agent")
            return
        if round_ is None:
            return
        here = self.rounds.setdefault(round_, Round(number=round_))
        if action == "harvesting":
            self._harvest(number, row, agent, here)
        else:
            self._discussion(row, agent, here)

    def _harvest(self, number: int, row: LogRow, agent: str, here: Round) -> None:
        keys = ("before_harvesting", "after_harvesting")
        before, after = (self._amount(number, row, f"resource_in_pool_{key}") for key in keys)
        collected, wanted = (self._amount(number, row, key) for key in ("resource_collected", "wanted_resource"))
        if before is None or after is None or collected is None or wanted is None:
            return
        if collected > wanted:
            self._add_problem(number, f"resource_collected = {collected} exceeds wanted_resource = {wanted}")
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

    def _discussion(self, row: LogRow, agent: str, here: Round) -> None:
        limit = row.get("resource_limit")
        if not _is_missing(limit):
            here.limit = _whole(limit)
            here.odd_limit = _shown(limit) if here.limit is None else ""
        if row["action"] == "utterance":
            name, text = _text(row.get("agent_name")), _text(row.get("utterance"))
            here.lines.append(LoggedUtterance(agent=agent, name=name, text=text))
            if name is not None and agent != FRAMEWORK:
                self.names.setdefault(agent, name)
        elif row["action"] == "conversation_summary":
            here.has_summary, here.summary = True, _summary(row.get("html_interactions"))

    def _amount(self, number: int, row: LogRow, key: str) -> int | None:
        value = _whole(row.get(key))
        if value is None:
            self._add_problem(number, f"{key} = {_shown(row.get(key))}: must be a whole number, 0 or more")
        return value

    def _add_problem(self, number: int, problem: str) -> None:
        self.problems.append(f"row {number}: {problem}")


def _contradictions(rounds: tuple[Round, ...]) -> Iterator[str]:
    """Yield contradictions between rounds whose rows are valid individually."""
    if gap := next((index for index, here in enumerate(rounds) if here.number != index), None):
        yield f"round {gap} is missing, but there is a round {rounds[gap].number}"
    elif rounds[0].number:
        yield f"starts with round {rounds[0].number}; the first must be 0"
    present: set[str] = set()
    for here in rounds:
        if not here.catches:
            yield f"round {here.number} has a discussion but no harvest"
            continue
        if gone := sorted(present - {*here.agents}):
            yield f"round {here.number} has no harvest of {', '.join(gone)}, who harvested in an earlier round"
        present |= {*here.agents}
        yield from _in_one_round(here)


def _in_one_round(here: Round) -> Iterator[str]:
    first, last = here.catches[0], here.catches[-1]
    rows = f"rows {first.row} to {last.row} (round {here.number})"
    if twice := sorted(agent for agent, count in Counter(here.agents).items() if count > 1):
        yield f"{rows}: {', '.join(twice)} harvests more than once"
    taken, fallen = sum(catch.collected for catch in here.catches), first.before - last.after
    if taken != fallen:
        yield f"{rows}: {counted(taken, 'unit')} collected, but the pool decreased by {fallen}"
    for one, other in zip(here.catches, here.catches[1:], strict=False):
        if one.is_concurrent:
            is_so = (one.before, one.after) == (other.before, other.after)
        else:
            is_so = one.after == other.before
        if not is_so:
            yield f"row {other.row}: its pool does not follow from that of row {one.row}"


def _summary(html: Any) -> str | None:
    """Extract the model's reply from the HTML of a summary's row."""
    text = html[-1] if isinstance(html, list) and html else html
    found = _SUMMARY.match(text) if isinstance(text, str) else None
    return found[1].strip() or None if found else None


def _whole(value: Any) -> int | None:
    """Return a whole amount, which pandas may have converted to a float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():  # also excludes NaN and infinity
        return None
    return int(value) if 0 <= value <= MAX_WHOLE else None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _shown(value: Any) -> str:
    return "missing" if value is None else shortened(json.dumps(value), 40)
