"""The one place that asks: answer from the journal, else ask and record; read; ask again."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

from govsim.errors import JournalMismatch, OverBudget, Unparsable
from govsim.journal import Asked, Call, MessageLine, Recorder, place_of
from govsim.models.budget import Account
from govsim.models.client import Completion, LanguageModel
from govsim.models.question import Message, Occasion, Question, Reply
from govsim.models.reply_format import Field, Value, parse_reply, visible

ATTEMPTS = 3
"""How often one question is asked before its answer counts as invalid."""

LONGEST_QUOTE = 2000
"""Characters of an unreadable reply that are shown to the model when it is asked again: the last ones."""


class Asker:
    """Asks questions on behalf of one run and keeps its journal of them."""

    def __init__(self, recorder: Recorder, *, run: Account | None = None, command: Account | None = None) -> None:
        """Ask on behalf of a run.

        Args:
            recorder: its journal.
            run: what the run may spend, with what its journal holds already.
            command: what all runs of the command may spend.
        """
        self._recorder = recorder
        self._run = run
        self._accounts = [account for account in (run, command) if account is not None]
        self._is_stopping = False
        self._asked: Counter[tuple[Occasion, str, str]] = Counter()

    async def ask(self, question: Question, *, model: LanguageModel, member: str, occasion: Occasion) -> Reply:
        """Ask a model one question, at most `ATTEMPTS` times. What the journal already holds is not asked again.

        Args:
            question: what to ask.
            model: whom.
            member: on whose behalf.
            occasion: in which month and phase; a member's questions of one purpose are counted within it.

        Raises:
            ProviderError: the provider failed for good.
            OverBudget: a limit has been reached.
            JournalMismatch: the journal holds something else in the place of this question.
            EndOfJournal: the journal is only re-lived, and ends before this question.
        """
        key = (occasion, member, question.purpose)
        ordinal = self._asked[key]
        self._asked[key] += 1
        messages = question.messages
        for attempt in range(ATTEMPTS):
            asked = Asked(
                month=occasion.month,
                phase=occasion.phase,
                member=member,
                purpose=question.purpose,
                ordinal=ordinal,
                attempt=attempt,
                model=model.name,
                messages=tuple(message.hash for message in messages),
                at=_now(),
            )
            text, reply = await self._attempt(asked, messages, question.fields, model)
            if reply.invalid is None:
                break
            quoted = Message(role="assistant", content=visible(text).strip()[-LONGEST_QUOTE:] or "(no reply)")
            messages = (*question.messages, quoted, Message(role="user", content=question.again(reply.invalid)))
        return reply

    async def _attempt(
        self, asked: Asked, messages: tuple[Message, ...], fields: tuple[Field, ...], model: LanguageModel
    ) -> tuple[str, Reply]:
        """One attempt at a question: the text of the reply, and what could be read from it."""
        found = self._recorded(asked)
        if found is not None:
            reply = _read(found.reply, found.stop_reason, fields)
            if reply.invalid != found.refused:
                raise JournalMismatch(f"{place_of(found)}: refused was {found.refused!r} and is now {reply.invalid!r}")
            self._recorder.tell(found)
            if self._run is not None:
                self._run.recall(found)
            return found.reply, reply
        self._begin()
        answering = asyncio.create_task(self._answer(asked, messages, fields, model))
        try:
            return await asyncio.shield(answering)
        except asyncio.CancelledError:
            if not self._is_stopping:
                answering.cancel()
            # What is in flight when a budget ends is paid for: its answer is still recorded.
            await asyncio.gather(answering, return_exceptions=True)
            raise

    def _begin(self) -> None:
        try:
            for account in self._accounts:
                account.begin()
        except OverBudget:
            self._is_stopping = True
            raise

    async def _answer(
        self, asked: Asked, messages: tuple[Message, ...], fields: tuple[Field, ...], model: LanguageModel
    ) -> tuple[str, Reply]:
        """Ask the model, and record what it answers."""
        for message in messages:
            self._recorder.write(MessageLine(hash=message.hash, role=message.role, content=message.content))
        self._recorder.write(asked)
        completion = await model.complete(messages)
        reply = _read(completion.text, completion.stop_reason, fields)
        self._recorder.write(_call(asked, completion, reply.invalid))
        for account in self._accounts:
            account.spend(completion, model.name)
        return completion.text, reply

    def _recorded(self, asked: Asked) -> Call | None:
        """The recorded answer to a question; None when there is none."""
        found = self._recorder.recorded(asked.identity_as("call"))
        if not isinstance(found, Call):
            return None
        if found.model != asked.model:
            raise JournalMismatch(f"{place_of(found)}: the journal asked {found.model}, now it is {asked.model}")
        if found.messages != asked.messages:
            raise JournalMismatch(
                f"{place_of(found)}: messages were {' '.join(found.messages)} and are now {' '.join(asked.messages)}; "
                "the settings, the prompts or the version of govsim have changed"
            )
        for hash_ in asked.messages:
            self._recorder.recorded(MessageLine(hash=hash_, role="user", content="").identity)
        return found


def _read(text: str, stop_reason: str, fields: tuple[Field, ...]) -> Reply:
    if stop_reason == "content_filter":
        return Reply(values={}, invalid="The reply was withheld by a content filter.")
    try:
        return Reply(values=parse_reply(text, fields))
    except Unparsable as error:
        cut = " It was cut off because it was too long." if stop_reason == "max_tokens" else ""
        values: dict[str, Value] = error.partial
        return Reply(values=values, invalid=error.reason + cut)


def _call(asked: Asked, completion: Completion, refused: str | None) -> Call:
    return Call(
        **asked.model_dump(exclude={"kind", "at"}),
        reply=completion.text,
        reasoning=completion.reasoning,
        stop_reason=completion.stop_reason,
        refused=refused,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cached_tokens=completion.cached_tokens,
        cost=completion.cost,
        seconds=round(completion.seconds, 6),
        retries=completion.retries,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
