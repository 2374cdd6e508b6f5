"""The frames of what journals record one by one: calls of models, memories of members, and studies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from govsim.analysis.columns import Column, Layout, Row
from govsim.analysis.frames import KEYS
from govsim.analysis.runs import is_imported, model_of, total_cost, total_tokens, unread
from govsim.journal import Call, Header, Journal, Judging, MemoryLine, RequestLine, StudyJournal, standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The journal of a run or study, and what it is called: its path relative to the folder that was read."""

    name: str
    journal: Journal | StudyJournal

    @property
    def study(self) -> str | None:
        """What a study asks; None for a run."""
        return self.journal.header.subject.study if isinstance(self.journal, StudyJournal) else None

    @property
    def condition(self) -> str | None:
        """The condition of a run; None for a study."""
        return self.journal.header.experiment.condition if isinstance(self.journal, Journal) else None

    @property
    def society(self) -> str | None:
        """The label of a run's society; None for a study."""
        return self.journal.header.society if isinstance(self.journal, Journal) else None

    @property
    def seed(self) -> int | None:
        """The seed of a run, or of the problems of a study; None for other studies."""
        header = self.journal.header
        return header.experiment.seed if isinstance(header, Header) else getattr(header.subject, "seed", None)

    @property
    def model(self) -> str:
        """The model of a run's members, `none` or `mixed`; the one that a study asks."""
        header = self.journal.header
        return model_of(header) if isinstance(header, Header) else header.model

    @property
    def calls(self) -> list[Call]:
        """What models replied."""
        return list(self.journal.of(Call))

    @property
    def judging(self) -> Judging | None:
        """What a judge reads; None in other journals."""
        subject = self.journal.header.subject if isinstance(self.journal, StudyJournal) else None
        return subject if isinstance(subject, Judging) else None


_WHERE: tuple[Column[Source], ...] = (
    Column("path", "string", "The journal, relative to the folder that was read.", "name"),
    Column("study", "string", "What a study asks, as in `skills` or `labels`. Missing for a run."),
    Column("scenario", "string", "The scenario's name.", "journal.header.scenario.name"),
)
_SEED: Column[Source] = Column(
    "seed", "Int64", "The seed of the run, or of the problems of a study. Missing in other studies."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOf:
    """A row of the frame of calls.

    Attributes:
        source: the journal.
        call: the call; None in the one row of an imported run.
        request: what was sent beside the question; None where that is not recorded.
    """

    source: Source
    call: Call | None = None
    request: RequestLine | None = None

    @property
    def model(self) -> str:
        """The model that was asked."""
        return self.source.model if self.call is None else self.call.model


def _of_call(name: str, *, is_text: bool = False) -> Any:
    """What gives a field of a call; None for an imported run, and for a text that is empty."""

    def value(row: CallOf) -> object:
        found = None if row.call is None else getattr(row.call, name)
        return found or None if is_text else found

    return value


_UNTOLD = " Missing in the one row of an imported run."

CALLS: Layout[CallOf] = Layout(
    name="calls",
    row="one recorded call of a model, in a run or study; an imported run, whose calls nobody knows, has one row",
    keys=(
        *_WHERE,
        Column("condition", "string", "The condition's name. Missing for a study."),
        Column("society", "string", "The society's label. Missing for a study."),
        _SEED,
    ),
    own=(
        Column("model", "string", "The model that was asked; in an imported run the members' one, `none` or `mixed`."),
        Column("month", "Int64", "The month; 0 in a study that is about none." + _UNTOLD, _of_call("month")),
        Column("phase", "string", "The phase of the month." + _UNTOLD, _of_call("phase")),
        Column(
            "member",
            "string",
            "Whose question it is; `framework` for the framework's. Missing also in a study that is about none."
            + _UNTOLD,
            _of_call("member", is_text=True),
        ),
        Column("purpose", "string", "What was asked for, as in `harvest` or `line`." + _UNTOLD, _of_call("purpose")),
        Column(
            "ordinal",
            "Int64",
            "Counts the questions of this member and purpose in this phase, from 0." + _UNTOLD,
            _of_call("ordinal"),
        ),
        Column("attempt", "Int64", "0 for the first; a question can be asked again." + _UNTOLD, _of_call("attempt")),
        Column("refused", "string", "Why the reply could not be read. Missing where it could.", _of_call("refused")),
        Column("stop_reason", "string", "Why the reply ended." + _UNTOLD, _of_call("stop_reason")),
        Column(
            "input_tokens",
            "Int64",
            "Of the prompt, cached ones included. Missing where the provider did not tell.",
            _of_call("input_tokens"),
            "tokens",
        ),
        Column(
            "output_tokens",
            "Int64",
            "Of the reply. Missing where the provider did not tell.",
            _of_call("output_tokens"),
            "tokens",
        ),
        Column(
            "cached_tokens",
            "Int64",
            "Of the prompt, from the provider's cache. Missing where the provider did not tell.",
            _of_call("cached_tokens"),
            "tokens",
        ),
        Column("cost", "float64", "Of the call. Missing where its price is unknown.", _of_call("cost"), "dollars"),
        Column(
            "price",
            "string",
            "Where the cost comes from, as in `set` or a price list. Missing where unknown.",
            lambda row: row.request.price if row.request else None,
        ),
        Column(
            "served",
            "string",
            "The model that answered, as its provider names it. Missing where it names none.",
            lambda row: row.request.served if row.request else None,
        ),
        Column(
            "seconds", "float64", "Between sending and receiving, retries included.", _of_call("seconds"), "seconds"
        ),
        Column("retries", "Int64", "How often the provider failed before." + _UNTOLD, _of_call("retries")),
    ),
)
"""The frame of calls."""


def calls_in(source: Source) -> list[Row]:
    """The rows of a journal in the frame of calls.

    Args:
        source: with its lines of kind `call` and `request` at least.
    """
    journal = source.journal
    if isinstance(journal, Journal) and is_imported(journal):
        return CALLS.rows([CallOf(source=source)], source)
    requests = {request.hash: request for request in journal.of(RequestLine)}
    found = (CallOf(source=source, call=call, request=requests.get(call.request or "")) for call in journal.of(Call))
    return CALLS.rows(found, source)


MEMORIES: Layout[MemoryLine] = Layout(
    name="memories",
    row="one thing that a member remembers, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("month", "int64", "The month in which it was remembered first."),
        Column("phase", "string", "The phase of that month."),
        Column("member", "string", "Who remembers it."),
        Column("ordinal", "int64", "Counts the member's memories, from 0."),
        Column("type", "string", "`event`, `thought`, `chat` (the summary of a talk) or `action`."),
        Column("description", "string", "What is remembered."),
        Column("created", "string", "The date it is about."),
        Column("expires", "string", "The last date on which it is remembered."),
        Column("importance", "Int64", "1 to 10. Missing where the model's rating could not be read."),
        Column("is_always_retrieved", "bool", "Whether it is part of every prompt while it lasts."),
        Column("is_agreement", "bool", "Whether it is an agreed limit, which a newer one supersedes."),
    ),
)
"""The frame of memories."""

STUDIES: Layout[Source] = Layout(
    name="studies",
    row="one study: the sub-skill tests of one model, or one judge's answers to one question about one run",
    own=(
        *_WHERE,
        Column("model", "string", "Who was asked."),
        _SEED,
        Column(
            "journal",
            "string",
            "File name of the journal that a judge read, in the same folder. Missing in other studies.",
            lambda source: source.judging and source.judging.journal,
        ),
        Column(
            "rater",
            "string",
            "Whose judgement it is: the judge's name with how it was asked. Missing in other studies.",
            lambda source: source.judging and source.judging.rater,
        ),
        Column(
            "status",
            "string",
            "How the study ended, or that it is `running` or was `killed`.",
            lambda source: standing_of(source.journal),
        ),
        Column(
            "reason",
            "string",
            "Why it did not finish. Missing where it did, or where nobody could say.",
            lambda source: source.journal.end.reason if source.journal.end else None,
        ),
        Column(
            "calls", "int64", "Replies, unreadable ones included.", lambda source: len(source.calls), unit="replies"
        ),
        Column(
            "tokens",
            "Int64",
            "Of all prompts and replies. Missing where a provider did not tell.",
            lambda source: total_tokens(source.calls),
            "tokens",
        ),
        Column(
            "cost",
            "float64",
            "Of all calls. Missing where the price of one is unknown.",
            lambda source: total_cost(source.calls),
            "dollars",
        ),
    ),
)
"""The frame of studies."""

ANSWERS: Layout[Sequence[Call]] = Layout(
    name="answers",
    row="what one run asked one model for one purpose in one phase, runs that are not counted included",
    keys=KEYS,
    own=(
        Column("model", "string", "The model that was asked; a run can ask several.", lambda calls: calls[0].model),
        Column("phase", "string", "The phase of the month.", lambda calls: calls[0].phase),
        Column("purpose", "string", "What was asked for, as in `harvest` or `line`.", lambda calls: calls[0].purpose),
        Column(
            "questions",
            "int64",
            "Questions asked.",
            lambda calls: len({(call.month, call.member, call.ordinal) for call in calls}),
            "questions",
        ),
        Column("unread", "int64", "Of these, those whose last reply was unreadable.", unread, "questions"),
        Column("replies", "int64", "Replies, to questions asked again too.", len, "replies"),
        Column(
            "refused",
            "int64",
            "Of these, those that could not be read.",
            lambda calls: sum(call.refused is not None for call in calls),
            "replies",
        ),
        Column("tokens", "Int64", "Of prompts and replies. Missing where unknown.", total_tokens, "tokens"),
        Column("cost", "float64", "Of all calls. Missing where a price is unknown.", total_cost, "dollars"),
    ),
)
"""The frame of answers: the calls of a run put together."""


def answers_in(calls: Iterable[Call]) -> list[Sequence[Call]]:
    """The calls of a run, put together as in the frame of answers."""
    groups: dict[tuple[str, str, str], list[Call]] = {}
    for call in calls:
        groups.setdefault((call.model, call.phase, call.purpose), []).append(call)
    return list(groups.values())
