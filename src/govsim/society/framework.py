"""The framework model, used by phases to summarize and extract information. It is not a member."""

from __future__ import annotations

from govsim.agents import Conversation, View, make_question
from govsim.journal import FRAMEWORK
from govsim.models.asking import Asker
from govsim.models.client import LanguageModel
from govsim.models.fields import Field
from govsim.models.question import Occasion, Reply
from govsim.scenarios import Prompts


class Framework:
    """Asks questions of the framework model."""

    def __init__(self, model: LanguageModel, prompts: Prompts, asker: Asker) -> None:
        """Set up the framework.

        Args:
            model: the model.
            prompts: the prompts of the simulation.
            asker: sends all questions of the run.
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
        discussion: Conversation | None = None,
        **variables: object,
    ) -> Reply:
        """Ask one question, with the template named after its purpose.

        Args:
            purpose: purpose of the question.
            fields: what the reply must contain.
            view: the date, and the members present.
            discussion: the discussion that the question is about, if any.
            **variables: further variables of the template.
        """
        question = make_question(
            self._prompts,
            purpose=purpose,
            system=(self._prompts.render("framework"),),
            template=purpose,
            fields=fields,
            discussion=discussion,
            variables=variables,
        )
        occasion = Occasion(month=view.month, phase=view.phase, site=view.state.site)
        return await self._asker.ask(question, model=self._model, member=FRAMEWORK, occasion=occasion)
