"""The cost of a call, and the source of its price."""

from __future__ import annotations

import socket
from datetime import date
from importlib.metadata import version

import pytest
from genai_prices import Usage, calc_price

from govsim.config import Execution, Price
from govsim.models.prices import Prices, TokenCounts, list_name

MILLION = TokenCounts(read=1_000_000, written=1_000_000)
OWN = {"openai/gpt-4o-mini": Price(input=1.0, output=2.0, cached=0.5)}


def dollars(model: str, tokens: TokenCounts = MILLION, prices: Prices | None = None) -> float | None:
    found = (prices or Prices()).cost(model, tokens)
    return None if found is None else found.dollars


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("openai/gpt-4o-mini", "openai", "gpt-4o-mini"),
        ("openai/o4-mini", "openai", "o4-mini"),
        ("anthropic/claude-haiku-4-5", "anthropic", "claude-haiku-4-5"),
        ("google/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("openrouter/meta-llama/llama-3.3-70b-instruct", "openrouter", "meta-llama/llama-3.3-70b-instruct"),
        ("openai/azure/gpt-4o", "azure", "gpt-4o"),
        ("bedrock/anthropic.claude-3-5-haiku-20241022-v1:0", "aws", "anthropic.claude-3-5-haiku-20241022-v1:0"),
        ("grok/grok-4", "x-ai", "grok-4"),
        ("deepseek/deepseek-chat", "deepseek", "deepseek-chat"),
    ],
)
def test_the_list_prices_the_models_of_the_usual_providers(model: str, provider: str, name: str) -> None:
    tokens = TokenCounts(read=10_000, written=500, cached=4_000, stored=1_000)
    usage = Usage(input_tokens=10_000, output_tokens=500, cache_read_tokens=4_000, cache_write_tokens=1_000)
    found = Prices().cost(model, tokens)
    assert found is not None
    assert found.dollars == pytest.approx(float(calc_price(usage, name, provider_id=provider).total_price))
    assert 0 < found.dollars < 1
    assert found.source == list_name(date.today())


def test_cached_tokens_cost_less() -> None:
    uncached, cached = (
        dollars("openai/gpt-4o-mini", TokenCounts(read=1000, written=0, cached=some)) for some in (0, 900)
    )
    assert uncached is not None
    assert cached is not None
    assert 0 < cached < uncached


def test_own_prices_precede_reported_costs_which_precede_the_list() -> None:
    tokens = TokenCounts(read=1_000_000, written=1_000_000, cached=500_000)
    own = Prices(OWN).cost("openai/gpt-4o-mini", tokens, reported=9.0)
    reported = Prices().cost("openai/gpt-4o-mini", tokens, reported=9.0)
    assert own is not None
    assert reported is not None
    assert own.source == "set"
    assert own.dollars == pytest.approx(0.5 + 0.25 + 2.0)
    assert (reported.dollars, reported.source) == (9.0, "provider")


@pytest.mark.parametrize(
    ("model", "address"),
    [
        ("embedded/smollm2", None),
        ("ollama/llama3.2", None),
        ("vllm/Qwen/Qwen3-8B", "http://localhost:8000/v1"),
        ("sglang/Qwen/Qwen3-8B", "http://127.0.0.1:30000/v1"),
    ],
)
def test_a_model_on_this_machine_costs_nothing(model: str, address: str | None) -> None:
    found = Prices(addresses={model: address} if address else None).cost(model, MILLION)
    assert found is not None
    assert (found.dollars, found.source) == (0.0, "this machine")


@pytest.mark.parametrize(
    ("model", "address"),
    [
        ("vllm/Qwen/Qwen3-8B", "http://gpu.lab:8000/v1"),
        ("ollama/llama3.2", "https://ollama.lab/v1"),
        ("openai/gpt-4o-mini", "http://127.0.0.1:4000/v1"),
        ("openai-api/lab/our-model", "http://127.0.0.1:4000/v1"),
        ("openai/a-model-that-nobody-lists", None),
        ("fake/society", None),
        ("openai/gpt-4o-mini", "http://[::1"),
    ],
)
def test_unknown_models_have_no_cost(model: str, address: str | None) -> None:
    assert Prices(addresses={model: address} if address else None).cost(model, MILLION) is None


def test_an_address_in_the_environment_counts_like_a_configured_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1")
    monkeypatch.setenv("DEEPSEEK_BASE_URL", "https://api.deepseek.com/v1")
    assert dollars("openai/gpt-4o-mini") is None
    assert dollars("openai-api/deepseek/deepseek-chat") == dollars("deepseek/deepseek-chat") is not None
    assert dollars("openai/azure/gpt-4o") is not None
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    assert dollars("openai/gpt-4o-mini") is not None


def test_the_base_url_applies_to_the_default_model() -> None:
    execution = Execution(base_url="http://127.0.0.1:4000/v1")
    prices = Prices.of(execution, "openai/gpt-4o-mini")
    assert dollars("openai/gpt-4o-mini", prices=prices) is None
    assert dollars("openai/gpt-4o", prices=prices) is not None


def test_an_unlisted_model_is_looked_up_by_the_name_in_its_answer() -> None:
    found = Prices().cost("openai/our-alias", MILLION, served="gpt-4o-mini-2024-07-18")
    assert found is not None
    assert found.dollars == dollars("openai/gpt-4o-mini")


def test_a_requested_tier_has_its_own_price() -> None:
    usual, flexible = (Prices().cost("openai/o3", MILLION, service_tier=tier) for tier in (None, "flex"))
    assert usual is not None
    assert flexible is not None
    assert flexible.dollars < usual.dollars


def test_inconsistent_counts_are_priced_as_far_as_possible() -> None:
    assert dollars("openai/gpt-4o-mini", TokenCounts(read=10, written=1, cached=50, stored=50)) is not None


def test_the_list_is_identified_by_version_and_newest_price() -> None:
    name = list_name(date(2026, 11, 20))
    assert name.startswith(f"genai-prices {version('genai-prices')} (newest price: 2026-")
    assert "2027" not in name


def test_notes_list_the_models_priced_by_the_list() -> None:
    [note] = Prices(OWN).notes(["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "ollama/llama3.2"])
    assert note.startswith("Prices of anthropic/claude-haiku-4-5: genai-prices")
    assert Prices(OWN).notes(["openai/gpt-4o-mini", "fake/society"]) == []


def test_prices_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a price was looked up on the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert dollars("anthropic/claude-haiku-4-5") is not None
