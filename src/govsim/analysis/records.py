"""The frames of what journals record one by one: calls of models, memories of members, and studies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

from govsim.analysis.columns import Dollars, Layout, Questions, Row, Tokens, keyed, row_of
from govsim.analysis.frames import RunKeys
from govsim.analysis.runs import is_imported, model_of, total_cost, total_tokens, unread
from govsim.analysis.settings import setup_in
from govsim.journal import Call, Header, Journal, Judging, RequestLine, StudyJournal, standing_of

_Replies = Annotated[int, "replies"]


class SourceKeys(NamedTuple):
    """The run or study that a call belongs to."""

    path: str
    """The journal, relative to the folder that was read."""
    study: str | None
    """What a study asks, as in `skills` or `labels`. Missing for a run."""
    scenario: str
    """The scenario's name."""
    condition: str | None
    """The condition's name. Missing for a study."""
    society: str | None
    """The society's label. Missing for a study."""
    setup: str | None
    """How the members decide, and changed settings, as in `runs`. Missing for a study."""
    seed: int | None
    """The seed of the run, or of the problems of a study. Missing in other studies."""


class CallRow(NamedTuple):
    """One recorded call of a model, in a run or study; an imported run, whose calls nobody knows, has one row."""

    model: str
    """The model that was asked; in an imported run the members' one, `none` or `mixed`."""
    month: int | None = None
    """The month; 0 in a study that is about none. Missing in the one row of an imported run."""
    phase: str | None = None
    """The phase of the month. Missing in the one row of an imported run."""
    member: str | None = None
    """Whose question it is; `framework` for the framework's. Missing also in a study that is about none. Missing in the
    one row of an imported run."""
    purpose: str | None = None
    """What was asked for, as in `harvest` or `line`. Missing in the one row of an imported run."""
    ordinal: int | None = None
    """Counts the questions of this member and purpose in this phase, from 0. Missing in the one row of an imported
    run."""
    attempt: int | None = None
    """0 for the first; a question can be asked again. Missing in the one row of an imported run."""
    refused: str | None = None
    """Why the reply could not be read. Missing where it could."""
    stop_reason: str | None = None
    """Why the reply ended. Missing in the one row of an imported run."""
    input_tokens: Tokens | None = None
    """Of the prompt, cached ones included. Missing where the provider did not tell."""
    output_tokens: Tokens | None = None
    """Of the reply. Missing where the provider did not tell."""
    cached_tokens: Tokens | None = None
    """Of the prompt, from the provider's cache. Missing where the provider did not tell."""
    cost: Dollars | None = None
    """Of the call. Missing where its price is unknown."""
    price: str | None = None
    """Where the cost comes from, as in `set` or a price list. Missing where unknown."""
    served: str | None = None
    """The model that answered, as its provider names it. Missing where it names none."""
    seconds: Annotated[float, "seconds"] | None = None
    """Between sending and receiving, retries included."""
    retries: int | None = None
    """How often the provider failed before. Missing in the one row of an imported run."""


class MemoryRow(NamedTuple):
    """One thing that a member remembers, runs that are not counted included."""

    month: int
    """The month in which it was remembered first."""
    phase: str
    """The phase of that month."""
    member: str
    """Who remembers it."""
    ordinal: int
    """Counts the member's memories, from 0."""
    type: str
    """`event`, `thought`, `chat` (the summary of a talk) or `action`."""
    description: str
    """What is remembered."""
    created: str
    """The date it is about."""
    expires: str
    """The last date on which it is remembered."""
    importance: int | None
    """1 to 10. Missing where the model's rating could not be read."""
    is_always_retrieved: bool
    """Whether it is part of every prompt while it lasts."""
    is_agreement: bool
    """Whether it is an agreed limit, which a newer one supersedes."""


class StudyRow(NamedTuple):
    """One study: the sub-skill tests of one model, or one judge's answers to one question about one run."""

    path: str
    """The journal, relative to the folder that was read."""
    study: str | None
    """What a study asks, as in `skills` or `labels`. Missing for a run."""
    scenario: str
    """The scenario's name."""
    model: str
    """Who was asked."""
    seed: int | None
    """The seed of the run, or of the problems of a study. Missing in other studies."""
    journal: str | None
    """File name of the journal that a judge read, in the same folder. Missing in other studies."""
    rater: str | None
    """Whose judgement it is: the judge's name with how it was asked. Missing in other studies."""
    status: str
    """How the study ended, or that it is `running` or was `killed`."""
    reason: str | None
    """Why it did not finish. Missing where it did, or where nobody could say."""
    calls: _Replies
    """Replies, unreadable ones included."""
    tokens: Tokens | None
    """Of all prompts and replies. Missing where a provider did not tell."""
    cost: Dollars | None
    """Of all calls. Missing where the price of one is unknown."""


class AnswersRow(NamedTuple):
    """What one run asked one model for one purpose in one phase, runs that are not counted included."""

    model: str
    """The model that was asked; a run can ask several."""
    phase: str
    """The phase of the month."""
    purpose: str
    """What was asked for, as in `harvest` or `line`."""
    questions: Questions
    """Questions asked."""
    unread: Questions
    """Of these, those whose last reply was unreadable."""
    replies: _Replies
    """Replies, to questions asked again too."""
    refused: _Replies
    """Of these, those that could not be read."""
    tokens: Tokens | None
    """Of prompts and replies. Missing where unknown."""
    cost: Dollars | None
    """Of all calls. Missing where a price is unknown."""


CALLS = Layout("calls", (SourceKeys, CallRow))
"""The frame of calls."""

MEMORIES = Layout("memories", (RunKeys, MemoryRow))
"""The frame of memories."""

STUDIES = Layout("studies", (StudyRow,))
"""The frame of studies."""

ANSWERS = Layout("answers", (RunKeys, AnswersRow))
"""The frame of answers: the calls of a run put together."""


def calls_in(journal: Journal | StudyJournal, name: str) -> list[Row]:
    """The rows of a journal in the frame of calls.

    Args:
        journal: with its lines of kind `call` and `request` at least.
        name: what it is called.
    """
    keys = _source_of(journal, name)
    if isinstance(journal, Journal) and is_imported(journal):
        return keyed(keys, [CallRow(model=model_of(journal.header))])
    requests = {request.hash: request for request in journal.of(RequestLine)}
    return keyed(keys, (_call_row(call, requests.get(call.request or "")) for call in journal.of(Call)))


def _source_of(journal: Journal | StudyJournal, name: str) -> SourceKeys:
    header = journal.header
    keys = SourceKeys(
        path=name, study=None, scenario=header.scenario.name, condition=None, society=None, setup=None, seed=None
    )
    if isinstance(header, Header):
        experiment = header.experiment
        return keys._replace(
            condition=experiment.condition, society=header.society, setup=setup_in(header), seed=experiment.seed
        )
    return keys._replace(study=header.subject.study, seed=getattr(header.subject, "seed", None))


def _call_row(call: Call, request: RequestLine | None) -> CallRow:
    price, served = (request.price, request.served) if request else (None, None)
    return row_of(CallRow, call, member=call.member or None, price=price, served=served)


def study_row(journal: StudyJournal, name: str) -> StudyRow:
    """The row of a study in the frame of studies.

    Args:
        journal: with its lines of kind `call` at least.
        name: what it is called.
    """
    subject, calls = journal.header.subject, list(journal.of(Call))
    judging = subject if isinstance(subject, Judging) else None
    return StudyRow(
        path=name,
        study=subject.study,
        scenario=journal.header.scenario.name,
        model=journal.header.model,
        seed=getattr(subject, "seed", None),
        journal=judging.journal if judging else None,
        rater=judging.rater if judging else None,
        status=standing_of(journal),
        reason=journal.end.reason if journal.end else None,
        calls=len(calls),
        tokens=total_tokens(calls),
        cost=total_cost(calls),
    )


def answers_in(calls: Iterable[Call]) -> Iterator[AnswersRow]:
    """The calls of a run, put together as in the frame of answers."""
    groups: dict[tuple[str, str, str], list[Call]] = {}
    for call in calls:
        groups.setdefault((call.model, call.phase, call.purpose), []).append(call)
    for (model, phase, purpose), found in groups.items():
        yield AnswersRow(
            model=model,
            phase=phase,
            purpose=purpose,
            questions=len({(call.month, call.member, call.ordinal) for call in found}),
            unread=unread(found),
            replies=len(found),
            refused=sum(call.refused is not None for call in found),
            tokens=total_tokens(found),
            cost=total_cost(found),
        )
