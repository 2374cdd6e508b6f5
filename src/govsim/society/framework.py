"""The framework's own model, which phases ask about what happened. It is no member."""

from __future__ import annotations

from govsim.agents import Conversation, View, make_question
from govsim.journal import FRAMEWORK
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.fields import Field
from govsim.models.question import Occasion, Reply
from govsim.scenarios import Prompts


class Framework:
    """Asks the framework's model."""

    def __init__(self, model: LanguageModel, prompts: Prompts, asker: Asker) -> None:
        """Set up the framework.

        Args:
            model: who answers.
            prompts: the words of the society's world.
            asker: the one place that asks.
        """
        self._model = model
        self._prompts = prompts
        self._asker = asker

    async def ask(
        self,
        purpose: str,
        fields: tuple[Field, ...],
        view: View,
        *,
        talk: Conversation | None = None,
        **variables: object,
    ) -> Reply:
        """Ask one question, in the words of the template that is named after its purpose.

        Args:
            purpose: what is asked for.
            fields: what the reply is to contain.
            view: when, and who is present.
            talk: the talk that the question is about, if any.
            **variables: what the template needs.
        """
        question = make_question(
            self._prompts,
            purpose=purpose,
            standing=(self._prompts.render("framework"),),
            template=purpose,
            fields=fields,
            talk=talk,
            variables=variables,
        )
        occasion = Occasion(month=view.month, phase=view.phase)
        return await self._asker.ask(question, model=self._model, member=FRAMEWORK, occasion=occasion)
