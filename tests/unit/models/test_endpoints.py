"""Environment variables of providers are checked when a model is opened, before anything is sent."""

from __future__ import annotations

import pytest

from govsim.config import Execution
from govsim.errors import ModelUnavailable
from govsim.models.client import ModelSettings
from govsim.models.embedding import EndpointEmbedder
from govsim.models.endpoints import check_environment, limit_name
from govsim.models.inspect_model import InspectModel

READ = (
    ("ollama/x", "OLLAMA_BASE_URL"),
    ("vllm/x", "VLLM_BASE_URL"),
    ("sglang/x", "SGLANG_BASE_URL"),
    ("openai/gpt-4o", "OPENAI_BASE_URL"),
    ("openai/azure/x", "AZUREAI_OPENAI_BASE_URL"),
    ("openai-api/my-lab/x", "MY_LAB_BASE_URL"),
    ("anthropic/x", "ANTHROPIC_BASE_URL"),
    ("openrouter/x", "OPENROUTER_BASE_URL"),
    ("google/x", "GOOGLE_BASE_URL"),
    ("grok/x", "XAI_BASE_URL"),
    ("ollama/x", "INSPECT_EVAL_MODEL_BASE_URL"),
    ("ollama/x", "HTTPS_PROXY"),
    ("ollama/x", "http_proxy"),
)


@pytest.mark.parametrize(("model", "variable"), READ)
@pytest.mark.parametrize("address", ["http://localhost:99999/v1", "http://[::1", "http://me:planted@lo cal/v1\r"])
def test_an_invalid_address_in_the_environment_is_rejected_by_variable_name(
    model: str, variable: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, address)
    monkeypatch.setenv("OPENAI_API_KEY", "none-needed")
    with pytest.raises(ModelUnavailable, match=f"^{variable}: .*looks like http") as refused:
        InspectModel(ModelSettings(name=model), Execution())
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("openai/gpt-4o", "OPENAI_ORG_ID"),
        ("anthropic/x", "ANTHROPIC_AUTH_TOKEN"),
        ("openai-api/my-lab/x", "MY_LAB_API_KEY"),
        ("hf-inference-providers/x", "HF_TOKEN"),
    ],
)
@pytest.mark.parametrize("key", ["planted-1\r", "planted 1", "plänted"])
def test_an_invalid_key_in_the_environment_is_rejected_by_variable_name(
    model: str, variable: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, key)
    with pytest.raises(ModelUnavailable, match=f"^{variable}: .*; set it to the key and nothing else$") as refused:
        InspectModel(ModelSettings(name=model), Execution())
    assert "plant" not in str(refused.value)
    assert "plänt" not in str(refused.value)


def test_an_empty_address_is_rejected_and_an_empty_key_or_proxy_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_LAB_API_KEY", "")
    monkeypatch.setenv("HTTPS_PROXY", "")
    check_environment("openai-api/my-lab/x")
    monkeypatch.setenv("MY_LAB_BASE_URL", "")
    with pytest.raises(ModelUnavailable, match=r"^MY_LAB_BASE_URL: is blank; an address looks like http"):
        check_environment("openai-api/my-lab/x")


def test_variables_of_other_providers_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
    monkeypatch.setenv("OPENAI_API_KEY", "a b")
    monkeypatch.setenv("MY_OLLAMA", "nonsense")
    check_environment("ollama/x")
    check_environment("openrouter/x")
    check_environment("embedded/smollm2")


def test_the_address_and_key_of_embeddings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDINGS_BASE_URL", "localhost:8000/v1")
    monkeypatch.setenv("EMBEDDINGS_API_KEY", "none-needed")
    with pytest.raises(ModelUnavailable, match=r"^EMBEDDINGS_BASE_URL: must begin with http://"):
        EndpointEmbedder("x", Execution())
    monkeypatch.setenv("EMBEDDINGS_BASE_URL", "http://localhost:8000/v1")
    monkeypatch.setenv("EMBEDDINGS_API_KEY", "planted\n")
    with pytest.raises(ModelUnavailable, match=r"^EMBEDDINGS_API_KEY: contains a line break"):
        EndpointEmbedder("x", Execution())


def test_a_limit_is_named_by_model_address_and_the_variable_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key")
    monkeypatch.setenv("MY_LAB_API_KEY", "planted-key")
    assert limit_name("openai/gpt-4o", None) == "openai/gpt-4o, OPENAI_API_KEY"
    assert limit_name("openai-api/my-lab/x", None) == "openai-api/my-lab/x, MY_LAB_API_KEY"
    named = limit_name("vllm/x", "http://user:planted-key@localhost:8000/v1?key=planted-key")
    assert named == "vllm/x, http://localhost:8000/v1"


@pytest.mark.parametrize(("provider", "started"), [("vllm", "vllm serve m"), ("sglang", "--model-path m")])
def test_a_provider_without_a_server_is_rejected_with_advice(provider: str, started: str) -> None:
    with pytest.raises(
        ModelUnavailable, match=rf"no server address is set; .*{started}. and set {provider.upper()}_BASE_URL"
    ):
        InspectModel(ModelSettings(name=f"{provider}/m"), Execution())


@pytest.mark.parametrize("provider", ["vllm", "sglang"])
def test_an_impossible_port_is_rejected_when_the_model_is_opened(provider: str) -> None:
    with pytest.raises(ModelUnavailable, match=rf"model = {provider}/m: .*99999"):
        InspectModel(ModelSettings(name=f"{provider}/m", args={"port": 99999}), Execution())
