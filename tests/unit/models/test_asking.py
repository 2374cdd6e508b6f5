"""Questions: sending, retrying, recording, and answers from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from govsim.config import Execution
from govsim.errors import JournalMismatch, ProviderError
from govsim.jobs import plan_runs
from govsim.journal import Asked, Call, EndOfJournal, MessageLine, Recorder, read_journal
from govsim.models.asking import ATTEMPTS, LONGEST_QUOTE, Asker
from govsim.models.client import Completion
from govsim.models.fields import ChoiceField, Field, NumberField, TextField
from govsim.models.question import Message, Occasion, Passage, Prompt, Question, Reply
from govsim.models.reply_format import EMPTY
from govsim.models.structured import Schema
from tests.living import make_older

OCCASION = Occasion(month=2, phase="harvest")


class Scripted:
    """A model that returns scripted replies in sequence."""

    def __init__(
        self,
        *replies: str | Exception,
        name: str = "scripted/model",
        stop_reason: str = "stop",
        reasoning: str | None = None,
    ) -> None:
        self.name = name
        self.prompts: list[list[Message]] = []
        self._replies = list(replies)
        self._stop_reason = stop_reason
        self._reasoning = reasoning

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        self.prompts.append(list(messages))
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Completion(
            text=reply,
            stop_reason=self._stop_reason,
            reasoning=self._reasoning,
            seconds=0.1,
            input_tokens=7,
            output_tokens=3,
        )


def prompt(text: str = "How many?", memories: Sequence[str] = ()) -> Prompt:
    def compose(shown: Sequence[Passage]) -> tuple[Message, ...]:
        content = "\n".join([*(passage.text for passage in shown), text])
        return (Message(role="system", content="You are Kate."), Message(role="user", content=content))

    return Prompt(compose=compose, passages=tuple(Passage(kind="memory", text=memory) for memory in memories))


def question(text: str = "How many?", memories: Sequence[str] = ()) -> Question:
    return Question(
        purpose="harvest",
        prompt=prompt(text, memories),
        fields=(NumberField(tag="Answer", low=0, high=100),),
        again=lambda reason: f"Once more, because: {reason}",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    plan = plan_runs({"agents": {"default": "policy:greedy"}}, Execution())[0]
    file = tmp_path / "seed-0.jsonl"
    with Recorder(file) as recorder:
        recorder.write(plan.header)
    return file


async def ask(path: Path, model: Scripted, *questions: Question, writing: bool = True) -> list[Reply]:
    with Recorder(path if writing else None, read_journal(path)) as recorder:
        asker = Asker(recorder)
        return [await asker.ask(q, model=model, member="Kate", occasion=OCCASION) for q in questions]


async def test_a_readable_reply_is_accepted_at_the_first_attempt(path: Path) -> None:
    model = Scripted("Answer: 12")
    [reply] = await ask(path, model, question())
    assert reply == Reply(values={"Answer": 12})
    assert len(model.prompts) == 1


async def test_an_unreadable_reply_is_retried_with_the_reason(path: Path) -> None:
    model = Scripted("I cannot say.", "Answer: 400", "Answer: 40")
    [reply] = await ask(path, model, question())
    assert reply.values == {"Answer": 40}
    assert reply.invalid is None
    last = model.prompts[2]
    assert [message.role for message in last] == ["system", "user", "assistant", "user"]
    assert last[2].content == "Answer: 400"
    assert last[3].content.startswith("Once more, because:")
    assert "100" in last[3].content


async def test_after_two_more_attempts_the_answer_is_invalid_and_never_a_number(path: Path) -> None:
    model = Scripted("no", "never", "as I said")
    [reply] = await ask(path, model, question())
    assert len(model.prompts) == ATTEMPTS == 3
    assert reply.values == {}
    assert reply.invalid is not None
    assert reply.number("Answer") is None


async def test_each_attempt_is_recorded_separately_with_its_reason(path: Path) -> None:
    await ask(path, Scripted("no", "Answer: 3"), question())
    calls = list(read_journal(path).of(Call))
    assert [(call.ordinal, call.attempt) for call in calls] == [(0, 0), (0, 1)]
    assert calls[0].refused is not None
    assert calls[1].refused is None
    assert calls[1].input_tokens == 7
    assert len(calls[1].messages) == 4


async def test_messages_are_stored_once(path: Path) -> None:
    await ask(path, Scripted("Answer: 1", "Answer: 2"), question(), question())
    journal = read_journal(path)
    assert len(list(journal.of(MessageLine))) == 2
    assert [call.ordinal for call in journal.of(Call)] == [0, 1]


async def test_recorded_answers_are_not_requested_again(path: Path) -> None:
    await ask(path, Scripted("no", "Answer: 5"), question())
    model = Scripted("Answer: 6")
    replies = await ask(path, model, question(), question())
    assert [reply.values for reply in replies] == [{"Answer": 5}, {"Answer": 6}]
    assert len(model.prompts) == 1


async def test_a_recorded_answer_to_other_messages_is_rejected_before_any_request(path: Path) -> None:
    await ask(path, Scripted("Answer: 5"), question())
    model = Scripted("Answer: 6")
    with pytest.raises(JournalMismatch, match=r"month 2, phase harvest, member Kate, purpose harvest.*messages"):
        await ask(path, model, question("How many now?"))
    assert model.prompts == []


async def test_a_recorded_answer_of_another_model_is_rejected(path: Path) -> None:
    await ask(path, Scripted("Answer: 5"), question())
    with pytest.raises(JournalMismatch, match="records model scripted/model, but the model is now other/model"):
        await ask(path, Scripted("Answer: 6", name="other/model"), question())


async def test_recorded_values_that_are_invalid_now_are_rejected(path: Path) -> None:
    await ask(path, Scripted("Answer: 50"), question())
    narrower = Question(
        purpose="harvest",
        prompt=prompt(),
        fields=(NumberField(tag="Answer", low=0, high=40),),
        again=str,
    )
    with pytest.raises(JournalMismatch, match="values: Answer = 50 is not an allowed answer"):
        await ask(path, Scripted(), narrower)


async def test_each_call_records_its_values(path: Path) -> None:
    fields: tuple[Field, ...] = (
        TextField(tag="Say", what="what you say"),
        ChoiceField(tag="End", options=("yes", "no")),
        NumberField(tag="Limit", low=0, high=100, may_be_none=True),
        NumberField(tag="Rating", low=1, high=10),
        TextField(tag="Insight", what="one sentence", is_optional=True),
    )
    everything = Question(purpose="line", prompt=prompt(), fields=fields, again=str)
    whole = 'Say: "Ten each."\nEnd: YES\nLimit: none\nRating: 7'
    replies = await ask(path, Scripted("Say: Hm.\nRating: 70", whole), everything)
    first, second = read_journal(path).of(Call)
    assert first.refused is not None
    assert first.values == {"Say": "Hm."}
    assert second.refused is None
    assert second.values == {"Say": "Ten each.", "End": "yes", "Limit": None, "Rating": 7} == replies[0].values


async def test_recorded_values_are_used_instead_of_parsing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await ask(path, Scripted("no", "never", "as I said"), question())
    second = await ask(path, Scripted("Answer: 5"), question(), question())
    monkeypatch.setattr("govsim.models.recorded.parse_reply", lambda reply, fields, **how: {"Answer": 99})
    model = Scripted("Answer: 5")
    again = await ask(path, model, question(), question(), question())
    assert again[:2] == [*first, second[1]]
    assert again[2].values == {"Answer": 99}
    assert len(model.prompts) == 1


async def test_a_journal_without_values_is_replayed_by_parsing_but_not_resumed(path: Path) -> None:
    await ask(path, Scripted("Answer: 5"), question())
    make_older(path)
    with Recorder(None, read_journal(path)) as recorder:
        asker = Asker(recorder)
        reply = await asker.ask(question(), model=Scripted(), member="Kate", occasion=OCCASION)
    assert reply.values == {"Answer": 5}
    assert asker.has_read_again
    with pytest.raises(JournalMismatch, match="does not record the values of the reply"):
        await ask(path, Scripted(), question())


async def test_an_invalid_answer_contains_the_reason_of_each_rejection(path: Path) -> None:
    [reply] = await ask(path, Scripted("", "", "never", stop_reason="max_tokens", reasoning="I think ten."), question())
    assert [one.stop_reason for one in reply.refusals] == ["max_tokens"] * 3
    assert [one.has_only_reasoning for one in reply.refusals] == [True, True, False]
    assert reply.refusals[2].reason == reply.invalid


async def test_reasoning_without_an_answer_is_distinguished_from_an_empty_reply(path: Path) -> None:
    replies = ("<think>I take ten tons.</think>", "<|eot_id|>", "<|channel|>analysis<|message|>I take ten tons.")
    [reply] = await ask(path, Scripted(*replies), question())
    assert [one.reason for one in reply.refusals] == [EMPTY] * 3
    assert [one.has_only_reasoning for one in reply.refusals] == [True, False, True]


async def test_a_replay_never_calls_a_model(path: Path) -> None:
    await ask(path, Scripted("Answer: 5"), question())
    with pytest.raises(EndOfJournal, match="ends before"):
        await ask(path, Scripted("Answer: 6"), question(), question(), writing=False)


async def test_a_question_is_in_the_journal_before_its_answer(path: Path) -> None:
    with pytest.raises(ProviderError, match="gone"):
        await ask(path, Scripted(ProviderError("the provider is gone")), question())
    journal = read_journal(path)
    assert len(list(journal.of(Asked))) == 1
    assert list(journal.of(Call)) == []


async def test_a_reply_withheld_by_a_filter_is_retried(path: Path) -> None:
    model = Scripted("Answer: 1", "Answer: 1", "Answer: 1", stop_reason="content_filter")
    [reply] = await ask(path, model, question())
    assert reply.invalid == "The reply was withheld by a content filter."


async def test_a_huge_reply_is_quoted_in_part(path: Path) -> None:
    model = Scripted("x" * 200_000, "Answer: 3")
    await ask(path, model, question())
    assert len(model.prompts[1][2].content) == LONGEST_QUOTE


async def test_partial_values_of_an_invalid_reply_are_kept(path: Path) -> None:
    both = Question(
        purpose="thoughts",
        prompt=prompt(),
        fields=(TextField(tag="Remember", what="one sentence"), NumberField(tag="Rating", low=1, high=10)),
        again=str,
    )
    [reply] = await ask(path, Scripted(*["Remember: keep to ten"] * 3), both)
    assert reply.text("Remember") == "keep to ten"
    assert reply.number("Rating") is None
    assert "Rating" in (reply.invalid or "")


async def test_control_characters_are_not_sent_back(path: Path) -> None:
    model = Scripted("\x00I \x1bcannot say.\x07", "\x00", "Answer: 3")
    await ask(path, model, question())
    assert [prompt[2].content for prompt in model.prompts[1:]] == ["I cannot say.", "(no reply)"]


async def test_a_numbered_question_is_found_by_its_number_in_any_order(path: Path) -> None:
    async def numbered(model: Scripted, *ordinals: int) -> list[Reply]:
        with Recorder(path, read_journal(path)) as recorder:
            asker = Asker(recorder)
            return [
                await asker.ask(question(str(i)), model=model, member="Kate", occasion=OCCASION, ordinal=i)
                for i in ordinals
            ]

    first = await numbered(Scripted("Answer: 7", "Answer: 2"), 7, 2)
    model = Scripted("Answer: 5")
    again = await numbered(model, 2, 5, 7)
    assert [reply.values["Answer"] for reply in (*first, *again)] == [7, 2, 2, 5, 7]
    assert len(model.prompts) == 1
    assert [call.ordinal for call in read_journal(path).of(Call)] == [7, 2, 5]


async def test_explicitly_numbered_questions_do_not_affect_the_numbering_of_others(path: Path) -> None:
    with Recorder(path, read_journal(path)) as recorder:
        asker, model = Asker(recorder), Scripted("Answer: 1", "Answer: 2")
        await asker.ask(question(), model=model, member="Kate", occasion=OCCASION, ordinal=9)
        await asker.ask(question(), model=model, member="Kate", occasion=OCCASION)
    assert [call.ordinal for call in read_journal(path).of(Call)] == [9, 0]
