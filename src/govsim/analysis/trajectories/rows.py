"""Trajectories: the answered questions of runs, with exact credit.

Only answers in runs that completed or collapsed are data. Questions without a readable answer, and all answers of other
runs, are excluded and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from govsim.analysis.measures.optimal import valued_optimum
from govsim.analysis.runs import is_imported
from govsim.analysis.settings import cell_hash, prompts_hash, short_hash
from govsim.analysis.validation import checked_harvests
from govsim.characters import counted, status_text
from govsim.errors import JournalError
from govsim.game import Optimum, expected_rest, thresholds_before
from govsim.journal import (
    FINISHED,
    FRAMEWORK,
    Broken,
    Call,
    Harvest,
    Header,
    Journal,
    MessageLine,
    find_journals,
    read_journal,
    status_of,
    turns,
)

_KINDS = ("month", "message", "call", "harvest", "session", "end")

Credit = Literal["reward_own", "return_own", "return_team", "regret"]
"""Columns that can be the reward of an answer."""

Chat = list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One answered question of a member's model.

    Attributes:
        journal: the journal, relative to the folder that was read.
        group: identifies runs with the same settings, prompts and seed, which differ only in sampling.
        question: identifies questions with the same prompt in runs with the same settings.
        member: the member asked.
        month: the month.
        phase: the phase of the month.
        purpose: the purpose of the question, as in `harvest` or `line`.
        ordinal: index among the questions of this member and purpose in the phase, from 0.
        model: the model.
        messages: the prompt as sent, as messages with role and content.
        completion: the reply.
        reasoning: the model's reasoning; null if the provider returned none.
        values: the values parsed from the reply as texts, each with the tag of its field.
        parse_ok: whether the first reply could be parsed; if not, the prompt contains the rejected one.
        input_tokens: tokens of the prompt; null if unknown.
        output_tokens: tokens of the reply; null if unknown.
        reward_own: units granted for this decision; 0 if the question is not a harvest decision.
        return_own: units granted to the member in all harvests that followed the question, discounted by month.
        return_team: the same for all members of the run together.
        regret: expected units that the month's harvest of all members lost compared with optimal harvests, 0 or more;
            null if the question is not a harvest decision, or with the reason `regret_reason`.
        regret_reason: why there is no regret; null if there is one.
        value: catch of all members in the month and the maximum expected catch afterwards, in units: the optimum of
            the stock minus `regret`; null like it.
        survived: whether the run ended without a collapse.
        provenance: where the answer comes from: scenario, condition, society, seed, hashes of settings (`config`) and
            prompts, the version of govsim, and the agent and model of each other member.
    """

    journal: str
    group: str
    question: str
    member: str
    month: int
    phase: str
    purpose: str
    ordinal: int
    model: str
    messages: Chat
    completion: str
    reasoning: str | None
    values: list[dict[str, str]]
    parse_ok: bool
    input_tokens: int | None
    output_tokens: int | None
    reward_own: int
    return_own: float
    return_team: float
    regret: float | None
    regret_reason: str | None
    value: float | None
    survived: bool
    provenance: Mapping[str, JsonValue]
    decision: CreditedDecision | None = field(repr=False)

    @property
    def record(self) -> dict[str, Any]:
        """All columns as an object for JSON."""
        return {name: value for name, value in self._items() if name != "decision"}

    @property
    def about(self) -> dict[str, Any]:
        """All columns except the prompt and the reply."""
        omitted = ("messages", "completion", "reasoning", "values")
        return {name: value for name, value in self.record.items() if name not in omitted}

    @property
    def place(self) -> tuple[object, ...]:
        """Equal for the answers at the same place in the runs of a group."""
        return (self.group, self.member, self.month, self.phase, self.purpose, self.ordinal)

    def credit(self, column: Credit) -> float | None:
        """Return the reward of the answer: a column; regret is negated."""
        value: float | None = getattr(self, column)
        return -value if column == "regret" and value is not None else value

    def _items(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedDecision:
    """A harvest decision in a commons with a known optimum.

    Attributes:
        optimum: the optimum of its commons.
        month: the month.
        stock: stock before the harvest in units.
        own: units granted to the member.
        others: units granted to all other members together.
        thresholds: number of collapse levels that earlier harvests left possible.
    """

    optimum: Optimum
    month: int
    stock: int
    own: int
    others: int
    thresholds: int

    @property
    def best(self) -> float:
        """The maximum expected catch of all from this month on."""
        return self.optimum.value(self.month, self.stock, thresholds=self.thresholds)

    def value(self, own: int) -> float:
        """Return the catch of all and the maximum expected catch afterwards, had the member been granted other units.

        Args:
            own: units of the member; limited by what the others leave.
        """
        total = min(own + self.others, self.stock)
        rest = expected_rest(self.optimum, self.month, self.stock, total, thresholds=self.thresholds)
        return total + rest


@dataclass(kw_only=True)
class ExcludedAnswers:
    """What is not data.

    Attributes:
        unreadable: questions without a readable answer, in runs that are data.
        runs: runs that did not finish or were imported, by status.
    """

    unreadable: int = 0
    runs: Counter[str] = field(default_factory=Counter)

    @property
    def text(self) -> str:
        """What is not data, in words; empty if there is nothing."""
        parts = [counted(self.unreadable, "unreadable answer")] if self.unreadable else []
        return ", ".join(
            [*parts, *(f"{counted(number, 'run')} {status_text(name)}" for name, number in sorted(self.runs.items()))]
        )


class TrajectorySource:
    """The trajectories of all journals in a folder."""

    def __init__(self, folder: Path, discount: float, broken: Broken | None) -> None:
        """Find the journals.

        Args:
            folder: a folder of journals, or one journal.
            discount: weight of a unit in relation to one a month earlier.
            broken: called with the error of each unreadable journal, which is skipped; when None, the error is raised.

        Raises:
            JournalError: there are no journals.
        """
        self._root = folder.parent if folder.is_file() else folder
        self._paths = find_journals(folder, broken)
        self._discount = discount
        self._broken = broken
        self.excluded = ExcludedAnswers()

    def rows(self) -> Iterator[Trajectory]:
        """Read all journals once more."""
        self.excluded = ExcludedAnswers()
        for path in self._paths:
            try:
                journal = read_journal(path, _KINDS)
                run = self._run(journal)
            except JournalError as error:
                if self._broken is None:
                    raise
                self._broken(error)
            else:
                yield from () if run is None else run.rows()

    def _run(self, journal: Journal) -> _Run | None:
        status = "imported" if is_imported(journal) else status_of(journal)
        if status not in FINISHED:
            self.excluded.runs[status] += 1
            return None
        name = journal.path.relative_to(self._root).as_posix()
        return _Run(journal, name, self._discount, self.excluded)


class _Run:
    """One finished run."""

    def __init__(self, journal: Journal, name: str, discount: float, excluded: ExcludedAnswers) -> None:
        self._journal = journal
        self._name = name
        self._discount = discount
        self._excluded = excluded
        self._header: Header = journal.header
        self._harvests = checked_harvests(journal)
        self._by_member = {(one.month, member): one for one in self._harvests for member in one.granted}
        self._optima: dict[str | None, Optimum | str] = {}
        self._thresholds: dict[str | None, Mapping[int, int]] = {}
        experiment, scenario = self._header.experiment, self._header.scenario
        self._prompts = prompts_hash(scenario)
        self._config = cell_hash(experiment, scenario.name, self._header.society, self._prompts)
        self._group = short_hash([self._config, experiment.seed])

    def rows(self) -> Iterator[Trajectory]:
        """Yield the answered questions, in the order of the journal."""
        messages: dict[str, MessageLine] = {}
        harvested: set[tuple[int, str]] = set()
        waiting: set[tuple[object, ...]] = set()
        for event in self._journal.events:
            if isinstance(event, MessageLine):
                messages[event.hash] = event
            elif isinstance(event, Harvest):
                harvested.update((event.month, member) for member in event.granted)
            elif isinstance(event, Call) and event.member != FRAMEWORK:
                question = (event.month, event.phase, event.member, event.purpose, event.ordinal, event.site)
                if event.refused is not None:
                    waiting.add(question)
                    continue
                waiting.discard(question)
                is_over = (event.month, event.member) in harvested
                yield self._row(event, messages, event.month + is_over)
        self._excluded.unreadable += len(waiting)

    def _row(self, call: Call, messages: Mapping[str, MessageLine], first: int) -> Trajectory:
        harvest = self._by_member.get((call.month, call.member))
        decided = harvest if harvest is not None and call.purpose == harvest.phase == call.phase else None
        decision = "not a harvest decision" if decided is None else self._decision(decided, call.member)
        value = decision.value(decision.own) if isinstance(decision, CreditedDecision) else None
        sent = [messages[name] for name in call.messages]
        role = self._header.experiment.models.system_role
        return Trajectory(
            journal=self._name,
            group=self._group,
            question=short_hash([self._config, list(call.messages)]),
            member=call.member,
            month=call.month,
            phase=call.phase,
            purpose=call.purpose,
            ordinal=call.ordinal,
            model=call.model,
            messages=[{"role": role, "content": content} for role, content in turns(sent, role)],
            completion=call.reply,
            reasoning=call.reasoning,
            values=[
                {"tag": tag, "value": str(value)} for tag, value in (call.values or {}).items() if value is not None
            ],
            parse_ok=call.attempt == 0,
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            reward_own=0 if decided is None else decided.granted[call.member],
            return_own=self._return(call.month, first, call.member),
            return_team=self._return(call.month, first),
            regret=None if value is None else self._regret(decision, value),
            regret_reason=decision if isinstance(decision, str) else None,
            value=value,
            survived=self._journal.status == "completed",
            provenance=self._provenance(call.member),
            decision=decision if isinstance(decision, CreditedDecision) else None,
        )

    def _decision(self, harvest: Harvest, member: str) -> CreditedDecision | str:
        if harvest.site not in self._optima:
            self._optima[harvest.site] = valued_optimum(self._header.experiment.at(harvest.site))
            self._thresholds[harvest.site] = self._possible_thresholds(harvest.site)
        optimum = self._optima[harvest.site]
        if isinstance(optimum, str):
            return optimum
        own = harvest.granted[member]
        others = harvest.stock_before - harvest.stock_after_harvest - own
        return CreditedDecision(
            optimum=optimum,
            month=harvest.month,
            stock=harvest.stock_before,
            own=own,
            others=others,
            thresholds=self._thresholds[harvest.site][harvest.month],
        )

    def _possible_thresholds(self, site: str | None) -> Mapping[int, int]:
        """The number of collapse levels that are still possible, by month; empty if the optimum is unavailable."""
        optimum, here = self._optima[site], [one for one in self._harvests if one.site == site]
        if isinstance(optimum, str):
            return {}
        possible = thresholds_before(optimum.game, [one.stock_after_harvest for one in here])
        return dict(zip((one.month for one in here), possible.tolist(), strict=True))

    def _regret(self, decision: object, value: float) -> float:
        assert isinstance(decision, CreditedDecision), "it has a value"
        return max(0.0, decision.best - value)

    def _return(self, now: int, first: int, member: str | None = None) -> float:
        """The units of a member, or of all, from a month on, as seen in another month."""
        returns = self._returns[member]
        return self._discount ** (first - now) * returns[first] if first < len(returns) else 0.0

    @cached_property
    def _returns(self) -> Mapping[str | None, list[float]]:
        """The units of each member, and of all as None, from each month on, discounted to that month."""
        last = max((one.month for one in self._harvests), default=0)
        names = (None, *self._header.experiment.society.members)
        found: dict[str | None, list[float]] = {name: [0.0] * (last + 2) for name in names}
        for one in self._harvests:
            for name, units in one.granted.items():
                found[name][one.month] += units
                found[None][one.month] += units
        for returns in found.values():
            for month in range(last, 0, -1):
                returns[month] += self._discount * returns[month + 1]
        return found

    def _provenance(self, member: str) -> Mapping[str, JsonValue]:
        others: list[JsonValue] = [f"{name}: {how}" for name, how in self._deciders.items() if name != member]
        return {**self._origin, "others": others}  # lists, so that the columns are the same for all rosters

    @cached_property
    def _deciders(self) -> Mapping[str, JsonValue]:
        experiment, header = self._header.experiment, self._header
        models = {name: header.model_of(name) for name in experiment.society.members}
        return {name: experiment.agent_of(name) + (f" ({model})" if model else "") for name, model in models.items()}

    @cached_property
    def _origin(self) -> Mapping[str, JsonValue]:
        header = self._header
        return {
            "scenario": header.scenario.name,
            "condition": header.experiment.condition,
            "society": header.society,
            "seed": header.experiment.seed,
            "config": self._config,
            "prompts": self._prompts,
            "govsim": header.versions.get("govsim"),
        }
