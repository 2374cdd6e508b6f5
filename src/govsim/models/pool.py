"""The models of a command: each is opened once, before the first question, and shared by all its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from govsim.config import Execution
from govsim.journal import RequestLine
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings, EndpointEmbedder, LocalEmbedder, Vectors
from govsim.models.leases import Limits
from govsim.models.question import Message
from govsim.models.retrying import Wait, WaitListener
from govsim.models.structured import Schema

if TYPE_CHECKING:
    from govsim.models.inspect_model import InspectModel


class ModelSource(Protocol):
    """A source of models for a run."""

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """Return the language model with these settings.

        Raises:
            ModelUnavailable: it cannot be used.
        """

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """Return the embedding model with these settings.

        Raises:
            ModelUnavailable: it cannot be used.
        """


class OpenModels:
    """Models that are opened and answer."""

    def __init__(self, execution: Execution, default: str | None = None, limits: Limits | None = None) -> None:
        """Prepare to open models; none is opened yet.

        Args:
            execution: connections, timeouts and retries.
            default: name of the experiment's default model, the only one that `execution.base_url` applies to.
            limits: limits shared with other processes; None if this process alone sends requests.
        """
        self._execution = execution
        self._default = default
        self._limits = Limits.in_process(execution) if limits is None and execution.rate.is_limited else limits
        self._language_models: dict[str, InspectModel] = {}
        self._embedders: dict[EmbedderSettings, Embedder] = {}
        self._wait_listener: WaitListener | None = None
        self.requests: list[RequestLine] = []

    def on_wait(self, listener: WaitListener) -> None:
        """Set a listener that is called with every wait before a retry."""
        self._wait_listener = listener

    def report_wait(self, wait: Wait) -> None:
        """Report the start of a wait to the listener."""
        if self._wait_listener is not None:
            self._wait_listener(wait)

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `ModelSource`."""
        from govsim.models.inspect_model import InspectModel  # imports Inspect, which takes seconds

        key = settings.key
        if key not in self._language_models:
            base_url = self._execution.base_url if settings.name == self._default else None
            self._language_models[key] = InspectModel(
                settings, self._execution, base_url, on_wait=self.report_wait, limits=self._limits
            )
        return self._language_models[key]

    def rehearse(self) -> None:
        """Find out what requests to the models opened so far will contain, and store it in `requests`; nothing is sent.

        Information that only a reply can provide is missing.

        Raises:
            ModelUnavailable: a field of `extra_body` would not be sent.
        """
        requests = [model.rehearse() for model in self._language_models.values()]
        self.requests = [request for request in requests if request is not None]

    async def aclose(self) -> None:
        """Close the connections of all models; call it before their event loop ends."""
        for model in self._language_models.values():
            await model.aclose()
        if self._limits is not None:
            await self._limits.aclose()

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `ModelSource`."""
        if settings not in self._embedders:
            self._embedders[settings] = (
                LocalEmbedder(settings.model)
                if settings.is_local
                else EndpointEmbedder(settings.model, self._execution, self.report_wait, self._limits)
            )
        return self._embedders[settings]


class SilentModels:
    """Models that must not be called, for replaying a journal."""

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `ModelSource`."""
        return _Silent(settings.name)

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `ModelSource`."""
        return _SilentEmbedder(settings.model)


class _Silent:
    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        raise AssertionError(f"{self.name} was called during a replay, which uses recorded answers only")


class _SilentEmbedder:
    def __init__(self, name: str) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"{self.name} was called during a replay, which uses recorded answers only")
