"""The fake models `fake/society` and `fake/judge` as an ordinary Inspect provider."""

from __future__ import annotations

from typing import Any

import anyio
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    modelapi,
    set_model_info,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from govsim.errors import ConfigError
from govsim.models.fake.judge import judge
from govsim.models.fake.member import FakeSettings, is_too_long, reply, tokens

FAKE_MODELS = ("society", "judge")
"""Names of the fake models."""


class FakeAPI(ModelAPI):
    """Answers based on the prompt alone; its arguments are those of `FakeSettings`."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - the signature that Inspect requires
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        if model_name not in FAKE_MODELS:
            raise ConfigError(f"model = fake/{model_name}: no such fake model; choose from fake/society and fake/judge")
        self._settings = FakeSettings.from_args(model_args)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Answer a prompt; the request contains what would be sent to an OpenAI server."""
        names = ("temperature", "top_p", "top_k", "max_tokens", "seed", "extra_body")
        wanted = config.response_schema
        schema = None if wanted is None else wanted.json_schema.model_dump(exclude_none=True)
        form = {} if schema is None else {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
        call = ModelCall.create({**{name: getattr(config, name) for name in names}, **form}, None)
        if self._settings.latency_ms:
            await anyio.sleep(self._settings.latency_ms / 1000)
        messages = [(message.role, message.text) for message in input]
        if is_too_long(messages, self._settings):
            return ModelOutput.from_content(f"fake/{self.model_name}", "", stop_reason="model_length"), call
        text = judge(messages, schema) if self.model_name == "judge" else reply(messages, self._settings, schema)
        output = ModelOutput.from_content(model=f"fake/{self.model_name}", content=text)
        read, written = sum(tokens(content) for _, content in messages), tokens(text)
        output.usage = ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written)
        return output, call

    def connection_key(self) -> str:
        """The same key for all fake models, as they share their connections."""
        return "fake"


@modelapi(name="fake")
def fake() -> type[ModelAPI]:
    """Return the provider `fake`."""
    return FakeAPI


for _name in FAKE_MODELS:  # Inspect accepts prices only for models that it knows, and a cost limit only with prices
    set_model_info(f"fake/{_name}", ModelInfo(organization="govsim"))
