"""Which of the paper's models a name is."""

from __future__ import annotations

import pytest

from govsim.analysis import published_results
from govsim.analysis.published import paper_label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("openai/gpt-4o-2024-05-13", "GPT-4o"),
        ("openai/gpt-4o", "GPT-4o"),
        ("openrouter/openai/gpt-4o", "GPT-4o"),
        ("openai/gpt-4-turbo-2024-04-09", "GPT-4-turbo"),
        ("openai/gpt-4-1106-preview", "GPT-4-turbo"),
        ("openai/gpt-4-turbo-preview", "GPT-4-turbo"),
        ("openai/gpt-4-0613", "GPT-4"),
        ("azure/gpt-4", "GPT-4"),
        ("openai/gpt-3.5-turbo-0125", "GPT-3.5"),
        ("anthropic/claude-3-opus-20240229", "Claude-3 Opus"),
        ("anthropic/claude-3-opus-latest", "Claude-3 Opus"),
        ("bedrock/anthropic.claude-3-haiku-20240307-v1:0", "Claude-3 Haiku"),
        ("bedrock/us.anthropic.claude-3-sonnet-20240229-v1:0", "Claude-3 Sonnet"),
        ("together/meta-llama/Llama-3-8b-chat-hf", "Llama-3-8B"),
        ("vllm/meta-llama/Meta-Llama-3-70B-Instruct", "Llama-3-70B"),
        ("ollama/llama3:8b", "Llama-3-8B"),
        ("vllm/meta-llama/Llama-2-13b-chat-hf", "Llama-2-13B"),
        ("mistral/mistral-7b-instruct-v0.2", "Mistral-7B"),
        ("vllm/mistralai/Mixtral-8x7B-Instruct-v0.1", "Mixtral-8x7B"),
        ("vllm/Qwen/Qwen1.5-72B-Chat-GPTQ-Int4", "Qwen-72B"),
        ("vllm/Qwen/Qwen1.5-110B-Chat", "Qwen-110B"),
    ],
)
def test_a_provider_a_date_and_tuning_make_no_other_model(name: str, label: str) -> None:
    assert paper_label(name) == label


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-4o-mini",
        "openai/gpt-4o-mini-2024-07-18",
        "openai/gpt-4.1",
        "openai/gpt-4.5-preview",
        "openai/gpt-4o-audio-preview",
        "openai/gpt-4-32k",
        "anthropic/claude-3-5-sonnet-20241022",
        "anthropic/claude-3.5-haiku",
        "anthropic/claude-opus-4-1",
        "vllm/meta-llama/Llama-3.1-8B-Instruct",
        "vllm/meta-llama/Llama-3.3-70B-Instruct",
        "vllm/Qwen/Qwen2.5-72B-Instruct",
        "vllm/Qwen/Qwen2-72B-Instruct",
        "mistral/mistral-large-latest",
        "vllm/mistralai/Mixtral-8x22B",
        "fake/society",
        "none",
        "",
    ],
)
def test_a_relative_of_a_model_is_not_it(name: str) -> None:
    assert paper_label(name) is None


def test_every_model_of_the_paper_is_found_by_its_own_name() -> None:
    printed = set(published_results()["model"])
    assert {name: paper_label(name) for name in printed} == {name: name for name in printed}
