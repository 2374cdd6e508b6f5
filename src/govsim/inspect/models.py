"""The models of an evaluation as those of a society, so that Inspect's limits, usage and cache apply to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from copy import copy
from typing import Any

import inspect_ai.model
from inspect_ai.model import GenerateConfig, Model, ModelOutput, model_roles
from inspect_ai.model._generate_config import active_generate_config
from inspect_ai.util import LimitExceededError

from govsim.config import Budget, Execution, Layer, Sampling, Scalar
from govsim.errors import ConfigError, ModelUnavailable, OverBudget
from govsim.journal import FRAMEWORK
from govsim.models.budget import BudgetAccount
from govsim.models.client import LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings
from govsim.models.inspect_model import InspectModel
from govsim.models.pool import OpenModels
from govsim.models.request_parameters import generate_config
from govsim.models.structured import Schema
from govsim.redaction import is_secret_name

_NO_MODEL = "none/none"

_ANSWERS: ContextVar[list[ModelOutput]] = ContextVar("answers")
"""The outputs of the current request, which are paid for."""


class LimitAccount(BudgetAccount):
    """The limits of a sample as a budget, so that a run ends as over budget when one is reached.

    Attributes:
        reached: Inspect's error of the first limit that was reached; None before.
    """

    def __init__(self) -> None:
        super().__init__(Budget(), "limit")
        self.reached: LimitExceededError | None = None

    def reserve(self) -> None:
        """Count a call that is about to be sent.

        Raises:
            OverBudget: a limit has been reached.
        """
        if self.reached is not None:
            raise OverBudget(str(self.reached))
        super().reserve()


class EvalModel(InspectModel):
    """A model of an evaluation. An answer that reaches a limit is paid for, so it is returned and recorded."""

    def __init__(self, settings: ModelSettings, execution: Execution, opened: Model, account: LimitAccount) -> None:
        """Prepare the model.

        Args:
            settings: the model and its settings.
            execution: timeouts and retries.
            opened: Inspect's model, which no one else uses.
            account: the limits of the sample.

        Raises:
            ModelUnavailable: it does not support these settings.
        """
        generate = opened.api.generate

        async def noted(*args: Any, **kwargs: Any) -> Any:
            result = await generate(*args, **kwargs)
            output = result[0] if isinstance(result, tuple) else result
            if isinstance(output, ModelOutput):
                _ANSWERS.get().append(output)
            return result

        setattr(opened.api, "generate", noted)  # noqa: B010 - a plain assignment is not allowed for a method
        super().__init__(settings, execution, opened.explicit_base_url, opened=opened)
        self._account = account

    async def _generate(self, prompt: list[Any], schema: Schema | None) -> ModelOutput:
        answers: list[ModelOutput] = []
        _ANSWERS.set(answers)
        try:
            return await super()._generate(prompt, schema)
        except LimitExceededError as error:
            self._account.reached = self._account.reached or error
            if answers:
                return answers[-1]
            raise OverBudget(str(error)) from error


class EvalModels:
    """The models of a sample: of the role of a member, or of `framework`, or else the model under evaluation.

    Attributes:
        settings: the settings of the experiment that they determine.
        execution: timeouts and retries as configured in Inspect.
        account: the limits of the sample.
    """

    def __init__(self, members: Sequence[str]) -> None:
        """Resolve the roles.

        Args:
            members: names of the members.

        Raises:
            ConfigError: a role is neither a member nor the framework.
        """
        self._config = active_generate_config()
        self._roles = _roles_by_member(members)
        self._models: dict[str, EvalModel] = {}
        self.account = LimitAccount()
        self.settings = self._settings()
        self.execution = _execution(self._config)
        self._others = OpenModels(self.execution)

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `ModelSource`."""
        if settings.member not in self._models:
            self._models[settings.member] = EvalModel(settings, self.execution, self._opened(settings), self.account)
        return self._models[settings.member]

    def _opened(self, settings: ModelSettings) -> Model:
        """Return a copy of the model of a role, of a member that the experiment gives a model, or of the evaluation."""
        main = inspect_ai.model.get_model()
        is_main = str(main) in (settings.name, _NO_MODEL)
        args: dict[str, Any] = dict(settings.args)
        named = main if is_main else inspect_ai.model.get_model(settings.name, **args)
        role = self._roles.get(settings.member, settings.member.lower())
        opened = copy(inspect_ai.model.get_model(role=role, default=named))
        if str(opened) == _NO_MODEL:
            raise ModelUnavailable(f"model = none: {settings.member} needs a model; choose one with --model")
        opened.api = copy(opened.api)  # it is modified
        own = opened.config if settings.member in self._roles else GenerateConfig()
        opened.config = main.config.merge(self._config).merge(generate_config(settings)).merge(own)
        return opened

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `ModelSource`."""
        return self._others.embedder(settings)

    def _settings(self) -> Layer:
        main = inspect_ai.model.get_model()
        config = main.config.merge(self._config)
        models: dict[str, Any] = {"sampling": {name: getattr(config, name) for name in Sampling.model_fields}}
        if str(main) != _NO_MODEL:
            models |= {"default": str(main), "args": _arguments(main)}
        own = {member: inspect_ai.model.get_model(role=role) for member, role in self._roles.items()}
        if (framework := own.pop(FRAMEWORK, None)) is not None:
            models |= {"framework": str(framework), "framework_args": _arguments(framework)}
        members = {name: {"model": str(model), "model_args": _arguments(model)} for name, model in own.items()}
        return {"models": models, "members": members}


def _roles_by_member(members: Sequence[str]) -> dict[str, str]:
    """The roles that are set, by member or `framework`."""
    names = {name.lower(): name for name in (*members, FRAMEWORK)}
    if unknown := sorted(role for role in model_roles() if role.lower() not in names):
        raise ConfigError(f"model role = {unknown[0]}: must be one of {', '.join(names)}")
    return {names[role.lower()]: role for role in model_roles()}


def _arguments(model: Model) -> dict[str, Scalar]:
    """The arguments of a model that can be recorded."""
    return {
        name: value
        for name, value in model.model_args.items()
        if isinstance(value, Scalar) and not is_secret_name(name)
    }


def _execution(config: GenerateConfig) -> Execution:
    """Timeouts and retries as configured in Inspect; otherwise govsim's own."""
    chosen = {"retries": config.max_retries, "timeout": config.attempt_timeout}
    return Execution(**{name: value for name, value in chosen.items() if value is not None})
