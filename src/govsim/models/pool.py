"""The models of a command: each is opened once, before anything is asked, and shared by all its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from govsim.config import Execution
from govsim.journal import RequestLine
from govsim.models.client import Completion, LanguageModel, ModelSettings
from govsim.models.embedding import Embedder, EmbedderSettings, EndpointEmbedder, LocalEmbedder, Vectors
from govsim.models.question import Message
from govsim.models.retrying import Wait, WaitListener
from govsim.models.structured import Schema

if TYPE_CHECKING:
    from govsim.models.inspect_model import InspectModel


class Models(Protocol):
    """Where a run gets its models from."""

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """The language model that settings describe.

        Raises:
            ModelUnavailable: it cannot be used.
        """

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """The embedding model that settings describe.

        Raises:
            ModelUnavailable: it cannot be used.
        """


class OpenModels:
    """Models that answer."""

    def __init__(self, execution: Execution, default: str | None = None) -> None:
        """Nothing is opened yet.

        Args:
            execution: how models are asked.
            default: name of the experiment's default model, the only one that `execution.base_url` is for.
        """
        self._execution = execution
        self._default = default
        self._language_models: dict[str, InspectModel] = {}
        self._embedders: dict[EmbedderSettings, Embedder] = {}
        self._wait_listener: WaitListener | None = None
        self.requests: list[RequestLine] = []

    def on_wait(self, listener: WaitListener) -> None:
        """Tell a listener of every wait before a failed request is sent again."""
        self._wait_listener = listener

    def _tell(self, wait: Wait) -> None:
        if self._wait_listener is not None:
            self._wait_listener(wait)

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `Models`."""
        from govsim.models.inspect_model import InspectModel  # with Inspect, which takes seconds: only who asks waits

        key = settings.key
        if key not in self._language_models:
            base_url = self._execution.base_url if settings.name == self._default else None
            self._language_models[key] = InspectModel(settings, self._execution, base_url, tell=self._tell)
        return self._language_models[key]

    def rehearse(self) -> None:
        """Find out what requests to the models opened so far will hold, and keep it as `requests`; nothing is sent.

        What only a reply can show is not in it.

        Raises:
            ModelUnavailable: a field of `extra_body` would not be sent.
        """
        requests = [model.rehearse() for model in self._language_models.values()]
        self.requests = [request for request in requests if request is not None]

    async def aclose(self) -> None:
        """Close the connections of all of them, before the event loop that they belong to ends."""
        for model in self._language_models.values():
            await model.aclose()

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `Models`."""
        if settings not in self._embedders:
            self._embedders[settings] = (
                LocalEmbedder(settings.model)
                if settings.is_local
                else EndpointEmbedder(settings.model, self._execution, self._tell)
            )
        return self._embedders[settings]


class SilentModels:
    """Models that are never asked, for re-living a journal."""

    def language_model(self, settings: ModelSettings) -> LanguageModel:
        """See `Models`."""
        return _Silent(settings.name)

    def embedder(self, settings: EmbedderSettings) -> Embedder:
        """See `Models`."""
        return _SilentEmbedder(settings.model)


class _Silent:
    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, messages: Sequence[Message], schema: Schema | None = None) -> Completion:
        raise AssertionError(f"{self.name} was asked while a journal was only re-lived")


class _SilentEmbedder:
    def __init__(self, name: str) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"{self.name} was asked while a journal was only re-lived")
