"""The frames of calls of models, memories of members, and studies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

from govsim.analysis.columns import Dollars, Layout, Questions, RowValues, Tokens, keyed, row_of
from govsim.analysis.frames import RunKeys
from govsim.analysis.naming import NamedSociety, setups_in
from govsim.analysis.runs import is_imported, model_of, total_cost, total_tokens, unread
from govsim.journal import Call, Header, Journal, Judging, RequestLine, StudyJournal, status_of

_Replies = Annotated[int, "replies"]


class SourceKeys(NamedTuple):
    """The run or study that a call belongs to."""

    path: str
    """The journal, relative to the folder that was read."""
    study: str | None
    """The subject of a study, such as `skills` or `labels`. Missing for a run."""
    scenario: str
    """The scenario's name."""
    condition: str | None
    """The condition's name. Missing for a study."""
    society: str | None
    """The society's label. Missing for a study."""
    setup: str | None
    """How the members decide, changed settings and own prompts, so that societies differ. Missing for a study."""
    seed: int | None
    """The seed of the run, or of the problems of a study. Missing in other studies."""


class CallRow(NamedTuple):
    """One recorded call of a model, in a run or study; an imported run, whose calls are unknown, has one row."""

    model: str
    """The called model; in an imported run the model of its members, `none` or `mixed`."""
    month: int | None = None
    """The month; 0 in a study that is about no month. Missing in an imported run."""
    phase: str | None = None
    """The phase of the month. Missing in an imported run."""
    member: str | None = None
    """The member that was asked; `framework` for the framework model. Missing in a study that is about no member,
    and in an imported run."""
    purpose: str | None = None
    """The purpose of the question, as in `harvest` or `line`. Missing in an imported run."""
    ordinal: int | None = None
    """Counts the questions of this member and purpose in this phase, from 0. Missing in an imported run."""
    attempt: int | None = None
    """0 for the first attempt; questions are retried. Missing in an imported run."""
    refused: str | None = None
    """Why the reply was unreadable. Missing if it was readable."""
    stop_reason: str | None = None
    """Why the reply ended. Missing in an imported run."""
    input_tokens: Tokens | None = None
    """Tokens of the prompt, including cached ones. Missing if the provider did not report them."""
    output_tokens: Tokens | None = None
    """Tokens of the reply. Missing if the provider did not report them."""
    cached_tokens: Tokens | None = None
    """Tokens of the prompt from the provider's cache. Missing if the provider did not report them."""
    cost: Dollars | None = None
    """Cost of the call. Missing if its price is unknown."""
    price: str | None = None
    """The source of the price, such as `set` or a price list. Missing if unknown."""
    served: str | None = None
    """The model that answered, as named by its provider. Missing if it names none."""
    response_id: str | None = None
    """Identifier of the reply at the provider. Missing if it reports none."""
    fallback: str | None = None
    """The model that the provider used in place of the requested one. Missing unless it reports a fallback."""
    seconds: Annotated[float, "seconds"] | None = None
    """Time between sending and receiving, including retries."""
    retries: int | None = None
    """The number of failed requests before. Missing in an imported run."""


class MemoryRow(NamedTuple):
    """One memory of a member, including runs that are not counted."""

    month: int
    """The month in which it was stored."""
    phase: str
    """The phase of that month."""
    member: str
    """The member's name."""
    ordinal: int
    """Counts the member's memories, from 0."""
    type: str
    """`event`, `thought`, `chat` (the summary of a discussion) or `action`."""
    description: str
    """The text of the memory."""
    created: str
    """The date of its content."""
    expires: str
    """The last date on which it can be retrieved."""
    importance: int | None
    """1 to 10. Missing if the model's rating was unreadable."""
    is_always_retrieved: bool
    """Whether it is part of every prompt until it expires."""
    is_agreement: bool
    """Whether it is an agreed limit, which is replaced by a newer one."""


class StudyRow(NamedTuple):
    """One study: sub-skill tests or a probe of one model, or one judge's answers to one question about one run."""

    path: str
    """The journal, relative to the folder that was read."""
    study: str | None
    """The subject of a study, such as `skills` or `labels`. Missing for a run."""
    scenario: str
    """The scenario's name."""
    model: str
    """The called model."""
    seed: int | None
    """The seed of the run, or of the problems of a study. Missing in other studies."""
    journal: str | None
    """File name of the journal that a judge read, in the same folder. Missing in other studies."""
    rater: str | None
    """The rater: the judge's name and its settings. Missing in other studies."""
    status: str
    """How the study ended, or `running` or `killed`."""
    reason: str | None
    """Why it did not finish. Missing if it did, or if the reason is unknown."""
    calls: _Replies
    """Replies, including unreadable ones."""
    tokens: Tokens | None
    """Tokens of all prompts and replies. Missing if a provider did not report them."""
    cost: Dollars | None
    """Cost of all calls. Missing if the price of one is unknown."""


class AnswersRow(NamedTuple):
    """The questions of one run to one model for one purpose in one phase, including runs that are not counted."""

    model: str
    """The called model; a run can have several."""
    phase: str
    """The phase of the month."""
    purpose: str
    """The purpose of the question, as in `harvest` or `line`."""
    questions: Questions
    """The number of questions."""
    unread: Questions
    """Of these, questions whose last reply was unreadable."""
    replies: _Replies
    """The number of replies, including retries."""
    refused: _Replies
    """Of these, unreadable replies."""
    tokens: Tokens | None
    """Tokens of prompts and replies. Missing if unknown."""
    cost: Dollars | None
    """Cost of all calls. Missing if a price is unknown."""


CALLS = Layout("calls", (SourceKeys, CallRow))
"""The frame of calls."""

MEMORIES = Layout("memories", (RunKeys, MemoryRow))
"""The frame of memories."""

STUDIES = Layout("studies", (StudyRow,))
"""The frame of studies."""

ANSWERS = Layout("answers", (RunKeys, AnswersRow))
"""The frame of answers: the calls of a run, grouped."""


def calls_in(journal: Journal | StudyJournal, name: str) -> list[RowValues]:
    """Return the rows of a journal in the frame of calls.

    Args:
        journal: the journal, with its events of kind `call` and `request` at least.
        name: its name in the frame.
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
        return keys._replace(condition=experiment.condition, society=header.society, setup=None, seed=experiment.seed)
    return keys._replace(study=header.subject.study, seed=getattr(header.subject, "seed", None))


def with_setups(calls: list[RowValues], societies: Mapping[str, NamedSociety]) -> list[RowValues]:
    """Return the rows of calls with the setups of their runs, which are named alike.

    Args:
        calls: the rows, without setups.
        societies: the setup of each run by its name.
    """
    setups = dict(zip(societies, setups_in(societies.values()), strict=True))
    path, setup = (SourceKeys._fields.index(name) for name in ("path", "setup"))
    return [
        row if row[setup] == (named := setups.get(str(row[path]))) else (*row[:setup], named, *row[setup + 1 :])
        for row in calls
    ]


def _call_row(call: Call, request: RequestLine | None) -> CallRow:
    price, served = (request.price, request.served) if request else (None, None)
    return row_of(CallRow, call, member=call.member or None, price=price, served=served)


def study_row(journal: StudyJournal, name: str) -> StudyRow:
    """Return the row of a study in the frame of studies.

    Args:
        journal: the journal, with its events of kind `call` at least.
        name: its name in the frame.
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
        status=status_of(journal),
        reason=journal.end.reason if journal.end else None,
        calls=len(calls),
        tokens=total_tokens(calls),
        cost=total_cost(calls),
    )


def answers_in(calls: Iterable[Call]) -> Iterator[AnswersRow]:
    """Return the calls of a run, grouped as in the frame of answers."""
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
