"""What every member with a language model has: its model, its prompts, and the questions both kinds of agent ask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from govsim.agents.protocol import Conversation, Decision, Observation, Spoken
from govsim.agents.sentences import one_line
from govsim.config import Persona
from govsim.journal import Recorder
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.question import Message, Occasion, Question, Reply
from govsim.models.reply_format import YES_NO, ChoiceField, Field, NumberField, TextField, format_lines
from govsim.scenarios import Prompts, enumeration

ANSWER, SAY, END, NEXT = "Answer", "Say", "End", "Next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """One member's means of thinking.

    Attributes:
        name: the member's.
        persona: what it is told of itself.
        model: who answers for it.
        prompts: the words of its world.
        asker: the one place that asks.
        recorder: the run's journal.
    """

    name: str
    persona: Persona | None
    model: LanguageModel
    prompts: Prompts
    asker: Asker
    recorder: Recorder

    async def ask(
        self,
        purpose: str,
        text: str,
        fields: tuple[Field, ...],
        observation: Observation,
        history: tuple[Message, ...] = (),
    ) -> Reply:
        """Ask this member's model.

        Args:
            purpose: what for.
            text: the question, without the lines that say how to reply.
            fields: what the reply is to contain.
            observation: when, and in which company.
            history: messages between the rules and the question.
        """
        messages = (self._rules(observation), *history, asking(self.prompts, text, fields))
        again = partial(asking_again, self.prompts, fields)
        question = Question(purpose=purpose, messages=messages, fields=fields, again=again)
        occasion = Occasion(month=observation.state.month, phase=observation.phase)
        return await self.asker.ask(question, model=self.model, member=self.name, occasion=occasion)

    async def decide(
        self, observation: Observation, memories: list[str], history: tuple[Message, ...] = ()
    ) -> Decision:
        """Ask how much to harvest: between nothing and the stock."""
        stock = observation.state.stock
        text = self.prompts.render(
            "harvest",
            date=observation.date,
            memories=memories,
            question=self.prompts.render("question", stock=stock),
        )
        reply = await self.ask("harvest", text, (NumberField(tag=ANSWER, low=0, high=stock),), observation, history)
        return Decision(units=reply.number(ANSWER), invalid=reply.invalid)

    async def say(self, conversation: Conversation, memories: list[str], history: tuple[Message, ...] = ()) -> Spoken:
        """Ask for a line of a talk."""
        fields = (
            TextField(tag=SAY, what="what you say to the others"),
            ChoiceField(tag=END, options=YES_NO),
            ChoiceField(tag=NEXT, options=conversation.others, unless=(END, "yes")),
        )
        text = self.prompts.render("line", name=self.name, memories=memories, **talk_variables(conversation))
        reply = await self.ask("line", text, fields, conversation.observation, history)
        said = reply.text(SAY)
        return Spoken(
            text=one_line(said) if said else None,
            ends=reply.text(END) == "yes",
            next_speaker=reply.text(NEXT),
            invalid=reply.invalid,
        )

    def _rules(self, observation: Observation) -> Message:
        others = [name for name in observation.state.members if name != self.name]
        persona = self.prompts.render("persona", **self.persona.model_dump()) if self.persona else ""
        text = self.prompts.render(
            "system",
            name=self.name,
            others=enumeration(others),
            n=len(others) + 1,
            persona=persona,
            rules=self.prompts.rules(len(others) + 1),
            communication=observation.talks,
            transparency=observation.reveals,
        )
        return Message(role="system", content=text)


def asking(prompts: Prompts, text: str, fields: tuple[Field, ...]) -> Message:
    """The message that asks for fields: the text, then how to reply."""
    how = prompts.render("format", format=format_lines(fields))
    return Message(role="user", content=f"{text}\n\n{how}")


def asking_again(prompts: Prompts, fields: tuple[Field, ...], reason: str) -> str:
    """What is said to a model whose reply could not be read."""
    return asking(prompts, prompts.render("reask", reason=one_line(reason)), fields).content


def talk_variables(conversation: Conversation) -> dict[str, object]:
    """The variables of every template that shows a talk."""
    return {
        "date": conversation.observation.date,
        "names": enumeration(conversation.speakers),
        "lines": [str(line) for line in conversation.lines],
    }
