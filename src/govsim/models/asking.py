"""Ask questions on behalf of a run: take the answer from the journal, or ask a model, record, parse and retry."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from govsim.characters import without_template_marks
from govsim.errors import ContextTooLong, JournalMismatch, OverBudget
from govsim.journal import TOO_LONG, Asked, Call, MessageLine, Recorder, Shortened, place_of
from govsim.models.budget import CallAccount
from govsim.models.client import Completion, LanguageModel
from govsim.models.question import Message, Occasion, Question, Refusal, Reply
from govsim.models.recorded import read_again, read_reply, recorded_reply
from govsim.models.reply_format import EMPTY, without_invisible
from govsim.models.shortening import can_be_shortened, count_tokens, fit_prompt
from govsim.spans import Span, untraced

ATTEMPTS = 3
"""Maximum number of attempts at one question before its answer counts as invalid."""

SOME_WORDS = 3
"""Minimum number of words of reasoning or markup for an empty reply to count as reasoning without an answer."""

LONGEST_QUOTE = 2000
"""Number of final characters of an unreadable reply that are quoted to the model in a retry."""


class Asker:
    """Asks questions on behalf of one run and records them in its journal.

    Attributes:
        span: opens a span for each question that is sent, and others on behalf of those who ask.
        has_read_again: whether a recorded reply had to be parsed again because its journal does not record the values.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        run: CallAccount | None = None,
        command: CallAccount | None = None,
        longest_prompt: int | None = None,
        span: Span = untraced,
    ) -> None:
        """Prepare to ask on behalf of a run.

        Args:
            recorder: its journal.
            run: the budget account of the run; the caller counts the calls that its journal already holds.
            command: the budget account of all runs of the command.
            longest_prompt: tokens above which a prompt is shortened before it is sent; None for no limit.
            span: opens a span for each question that is sent.
        """
        self._recorder = recorder
        self._accounts = [account for account in (run, command) if account is not None]
        self._longest_prompt = longest_prompt
        self.span = span
        self._is_stopping = False
        self.has_read_again = False
        self._asked: Counter[tuple[Occasion, str, str]] = Counter()
        self._refused: defaultdict[str, list[tuple[Occasion, int]]] = defaultdict(list)

    async def ask(
        self, question: Question, *, model: LanguageModel, member: str, occasion: Occasion, ordinal: int | None = None
    ) -> Reply:
        """Ask a model one question until its answer can be parsed, at most `ATTEMPTS` times.

        Answers that the journal already holds are not requested again. A prompt that exceeds the model's context is
        shortened once, and the member's prompts on later occasions are limited to the same length.

        Args:
            question: the question.
            model: the model to ask.
            member: the member on whose behalf it is asked.
            occasion: the month and phase.
            ordinal: the question's number among those with the same purpose, member and occasion; if None, questions
                are numbered in the order in which they are asked.

        Raises:
            ProviderError: the provider failed permanently, or even the shortened prompt exceeds the context.
            OverBudget: a limit has been reached.
            JournalMismatch: the journal records a different question at this point.
            EndOfJournal: the journal is only replayed, and ends before this question.
        """
        place = self._place(question, model, member, occasion, ordinal)
        longest = self._longest_prompt_of(member, occasion)
        tail: tuple[Message, ...] = ()
        refusals: list[Refusal] = []
        attempt = 0
        is_shortened = False
        while True:
            fitted = fit_prompt(question.prompt, None if longest is None else longest - count_tokens(tail))
            messages = (*fitted.messages, *tail)
            asked = _sent(place, attempt, messages, fitted.shortened)
            attempt += 1
            try:
                call, reply = await self._attempt(asked, messages, question, model)
            except ContextTooLong:
                if is_shortened or not can_be_shortened(question.prompt):
                    raise
                is_shortened = True
                longest = count_tokens(messages) // 2
                self._refused[member].append((occasion, longest))
                self._recorder.write(_too_long(asked))
                continue
            if reply.invalid is None:
                return reply
            refusals.append(_refusal(call, reply.invalid))
            if len(refusals) == ATTEMPTS:
                return replace(reply, refusals=tuple(refusals))
            quoted = Message(role="assistant", content=_quote(call.reply))
            tail = (quoted, Message(role="user", content=question.again(reply.invalid)))

    def _longest_prompt_of(self, member: str, occasion: Occasion) -> int | None:
        """The maximum number of tokens of a prompt: the configured limit, and limits found on earlier occasions.

        Limits found on the same occasion are ignored, as its questions are answered in no fixed order.
        """
        found = [limit for when, limit in self._refused[member] if when != occasion]
        return min([*found, *([] if self._longest_prompt is None else [self._longest_prompt])], default=None)

    def _place(
        self, question: Question, model: LanguageModel, member: str, occasion: Occasion, ordinal: int | None
    ) -> Asked:
        """The identity of a question in the journal, before its first attempt."""
        if ordinal is None:
            key = (occasion, member, question.purpose)
            ordinal = self._asked[key]
            self._asked[key] += 1
        return Asked(
            site=occasion.site,
            month=occasion.month,
            phase=occasion.phase,
            member=member,
            purpose=question.purpose,
            ordinal=ordinal,
            attempt=0,
            model=model.name,
            messages=(),
            at="",
        )

    async def _attempt(
        self, asked: Asked, messages: tuple[Message, ...], question: Question, model: LanguageModel
    ) -> tuple[Call, Reply]:
        """Make one attempt at a question; return the call and the parsed reply."""
        if (found := self._recorded(asked)) is not None:
            reply = self._recall(found, question)
            self._recorder.notify(found)
            return found, reply
        await self._begin()
        # In a separate task, so that what Inspect stores for a call is released when the call is over.
        answering = asyncio.create_task(self._answer(asked, messages, question, model))
        try:
            return await asyncio.shield(answering)
        except asyncio.CancelledError:
            if not self._is_stopping:
                answering.cancel()
            # Requests in flight when a budget is exhausted are paid for, so their answers are still recorded.
            await asyncio.gather(answering, return_exceptions=True)
            raise

    def _recall(self, found: Call, question: Question) -> Reply:
        """Return the recorded values of an answer; if there are none and the journal is only read, parse it again."""
        if found.values is not None or self._recorder.is_writing:
            return recorded_reply(found, question.fields)
        self.has_read_again = True
        return read_again(found, question.fields, question.replies)

    async def _begin(self) -> None:
        try:
            for account in self._accounts:
                await account.begin()
        except OverBudget:
            self._is_stopping = True
            raise

    async def _answer(
        self, asked: Asked, messages: tuple[Message, ...], question: Question, model: LanguageModel
    ) -> tuple[Call, Reply]:
        """Ask the model, and record its answer and the parsed values."""
        sent = (MessageLine(hash=message.hash, role=message.role, content=message.content) for message in messages)
        self._recorder.write(*sent, asked)
        try:
            async with self.span("question", f"{asked.member}: {asked.purpose}"):
                completion = await model.complete(messages, question.schema)
        except OverBudget:
            self._is_stopping = True
            raise
        reply = read_reply(completion.text, completion.stop_reason, question.fields, question.replies)
        call = _call(asked, completion, reply)
        request = () if completion.request is None else (completion.request,)
        self._recorder.write(*request, call)
        for account in self._accounts:
            await account.spend(call)
        return call, reply

    def _recorded(self, asked: Asked) -> Call | None:
        """The recorded answer to a question; None if there is none."""
        found = self._recorder.recorded(asked.identity_as("call"))
        if not isinstance(found, Call):
            return None
        if found.model != asked.model:
            raise JournalMismatch(
                f"{place_of(found)}: the journal records model {found.model}, but the model is now {asked.model}"
            )
        if found.messages != asked.messages:
            raise JournalMismatch(
                f"{place_of(found)}: messages were {' '.join(found.messages)} and are now {' '.join(asked.messages)}; "
                "the settings, the prompts or the version of govsim have changed since the journal was written"
            )
        for hash_ in asked.messages:
            self._recorder.recorded(MessageLine(hash=hash_, role="user", content="").identity)
        return found


def _quote(text: str) -> str:
    """Return an unreadable reply as it is quoted to the model."""
    return without_template_marks(without_invisible(text)).strip()[-LONGEST_QUOTE:] or "(no reply)"


def _refusal(call: Call, reason: str) -> Refusal:
    # Reasoning is separate from the reply, or marked within it; a few words distinguish it from special tokens.
    has_reasoned = len(f"{call.reasoning or ''} {call.reply}".split()) >= SOME_WORDS
    has_only_reasoning = reason.startswith(EMPTY) and has_reasoned
    return Refusal(reason=reason, stop_reason=call.stop_reason, has_only_reasoning=has_only_reasoning)


def _call(asked: Asked, completion: Completion, reply: Reply) -> Call:
    return Call(
        **asked.model_dump(exclude={"kind", "at"}),
        reply=completion.text,
        reasoning=completion.reasoning,
        stop_reason=completion.stop_reason,
        refused=reply.invalid,
        values=reply.values,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cached_tokens=completion.cached_tokens,
        cost=completion.cost,
        seconds=round(completion.seconds, 6),
        retries=completion.retries,
        response_id=completion.response_id,
        fallback=completion.fallback,
        request=None if completion.request is None else completion.request.hash,
    )


def _sent(place: Asked, attempt: int, messages: tuple[Message, ...], shortened: Shortened | None) -> Asked:
    """One attempt at a question."""
    return place.model_copy(
        update={
            "attempt": attempt,
            "messages": tuple(message.hash for message in messages),
            "shortened": shortened,
            "at": _now(),
        }
    )


def _too_long(asked: Asked) -> Call:
    """The call that records that a prompt was too long; it costs nothing."""
    return Call(
        **asked.model_dump(exclude={"kind", "at"}),
        reply="",
        stop_reason=TOO_LONG,
        refused="The prompt is longer than the model's context.",
        values={},
        input_tokens=0,
        output_tokens=0,
        cost=0.0,
        seconds=0.0,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
