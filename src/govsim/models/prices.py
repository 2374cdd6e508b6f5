"""Cost of a call: at the user's own price, as reported by the provider, or by the price list of a package.

The list is the installed version of the package `genai-prices`: it is read from disk and never updated from the
network.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from urllib.parse import urlsplit

from govsim.config import Execution, Price
from govsim.journal import NO_CHARGE, OWN, REPORTED
from govsim.lazy import genai_prices

PRICE_LIST = "genai-prices"
"""The package that contains the price list."""

_PROVIDERS = {
    **{name: name for name in ("openai", "anthropic", "google", "mistral", "groq", "together", "openrouter")},
    **{name: name for name in ("fireworks", "deepseek", "perplexity", "cloudflare")},
    **{"grok": "x-ai", "bedrock": "aws", "azureai": "azure", "moonshot": "moonshotai"},
}
"""Provider names of Inspect and of the list."""

_HOSTED = {"azure": "azure", "bedrock": "aws", "vertex": "google"}
"""Clouds that host other providers' models: the names used by Inspect, after the provider, and by the list."""

_IN_PROCESS = frozenset({"embedded", "hf", "llama-cpp-python", "transformer_lens", "nnterp"})
_SERVERS = frozenset({"ollama", "vllm", "vllm-completions", "sglang"})
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Token counts of a call.

    Attributes:
        read: prompt tokens, including cached ones.
        written: reply tokens, including reasoning.
        cached: prompt tokens read from the provider's cache.
        stored: prompt tokens written to the provider's cache.
    """

    read: int
    written: int
    cached: int = 0
    stored: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of a call.

    Attributes:
        dollars: the amount in US dollars.
        source: the source of the price: `OWN`, `REPORTED`, `NO_CHARGE`, or name, version and date of the list.
    """

    dollars: float
    source: str


class Prices:
    """Prices of models.

    Sources in order of precedence: the user's own price; no cost for a model on this machine; the cost reported by the
    provider; the price list.
    """

    def __init__(self, own: Mapping[str, Price] | None = None, addresses: Mapping[str, str] | None = None) -> None:
        """Set the user's prices and server addresses.

        Args:
            own: prices set by the user, by model.
            addresses: server addresses set by the user, by model; others come from the environment or the provider.
        """
        self._own = own or {}
        self._addresses = addresses or {}

    @classmethod
    def of(cls, execution: Execution, default: str | None) -> Prices:
        """The prices of a command, whose `base_url` is the address of its default model."""
        is_elsewhere = execution.base_url is not None and default is not None
        return cls(execution.prices, {str(default): str(execution.base_url)} if is_elsewhere else None)

    def cost(
        self,
        model: str,
        tokens: TokenCounts | None,
        *,
        reported: float | None = None,
        served: str | None = None,
        service_tier: str | None = None,
    ) -> Cost | None:
        """Return the cost of a call; None if it is unknown.

        Args:
            model: the model's name, as in `openai/gpt-4o-mini`.
            tokens: the token counts; None if the provider does not report them.
            reported: the cost in dollars reported by the provider.
            served: the name of the model that answered, used if the list does not contain `model`.
            service_tier: the requested service tier.
        """
        if (price := self._own.get(model)) is not None:
            if tokens is None:
                return None
            dollars = price.cost(input_tokens=tokens.read, output_tokens=tokens.written, cached_tokens=tokens.cached)
            return Cost(dollars=dollars, source=OWN)
        address = self._addresses.get(model) or address_in_environment(model)
        if is_on_this_machine(model, address):
            return Cost(dollars=0.0, source=NO_CHARGE)
        if reported is not None:
            return Cost(dollars=reported, source=REPORTED)
        for name in (_own_name(model), served) if tokens is not None else ():
            listed = (
                None
                if name is None or tokens is None
                else _listed(_provider(model), name, tokens, address, service_tier)
            )
            if listed is not None:
                return Cost(dollars=listed, source=list_name(date.today()))
        return None

    def notes(self, models: Iterable[str]) -> list[str]:
        """Return a note on the models that are priced by the list, with its version and date; empty if there are none.

        Args:
            models: names of the models.
        """
        found = {model: cost.source for model in models if (cost := self.cost(model, TokenCounts(read=0, written=0)))}
        listed = sorted(model for model, source in found.items() if source.startswith(PRICE_LIST))
        return [f"Prices of {', '.join(listed)}: {found[listed[0]]}; override them with --price."] if listed else []


def is_on_this_machine(model: str, address: str | None) -> bool:
    """Whether a model runs in this process, or on a local server that runs models itself.

    Args:
        model: the model's name.
        address: the address of the server; None for the default.
    """
    provider = model.split("/", maxsplit=1)[0]
    return provider in _IN_PROCESS or (provider in _SERVERS and (address is None or _host(address) in _THIS_MACHINE))


@cache
def list_name(today: date) -> str:
    """Return name, version and date of the list, as in `genai-prices 0.2.3 (newest price: 2026-11-20)`.

    The list itself has no date. Its newest price in force is a lower bound.
    """
    begun = [
        conditional.constraint.start_date
        for provider in genai_prices.data_snapshot.get_snapshot().providers
        for model in provider.models
        if isinstance(model.prices, list)
        for conditional in model.prices
        if isinstance(conditional.constraint, genai_prices.types.StartDateConstraint)
    ]
    newest = max((start for start in begun if start <= today), default=None)
    return f"{PRICE_LIST} {version(PRICE_LIST)}" + ("" if newest is None else f" (newest price: {newest})")


def _listed(
    provider: str | None, name: str, tokens: TokenCounts, address: str | None, service_tier: str | None
) -> float | None:
    """Cost in dollars by the list; None if it does not contain the model of this provider or address."""
    context = None if service_tier is None else {"service_tier": service_tier}
    try:
        if address is not None:
            found = genai_prices.calc_price(_usage(tokens), name, provider_api_url=address, price_context=context)
        elif provider is not None:
            found = genai_prices.calc_price(_usage(tokens), name, provider_id=provider, price_context=context)
        else:
            return None
    except (LookupError, ValueError):  # ValueError: inconsistent counts
        return None
    return float(found.total_price)


def _usage(tokens: TokenCounts) -> genai_prices.Usage:
    cached = min(tokens.cached, tokens.read)
    return genai_prices.Usage(
        input_tokens=tokens.read,
        output_tokens=tokens.written,
        cache_read_tokens=cached,
        cache_write_tokens=min(tokens.stored, tokens.read - cached),
    )


def _provider(model: str) -> str | None:
    """The list's name of the provider; None if it is not in the list."""
    hosting = _hosting(model)
    return _PROVIDERS.get(model.split("/", maxsplit=1)[0]) if hosting is None else _HOSTED[hosting]


def _hosting(model: str) -> str | None:
    """The cloud that hosts the model, as in `anthropic/bedrock/NAME`; None if the provider hosts it."""
    parts = model.split("/")
    return (
        parts[1] if len(parts) > 2 and parts[0] in ("openai", "anthropic", "google") and parts[1] in _HOSTED else None
    )


def _own_name(model: str) -> str:
    """The model's name without the provider, the hosting cloud, or the service of `openai-api`."""
    is_behind_two = _hosting(model) is not None or model.startswith("openai-api/")
    return model.split("/", 2 if is_behind_two else 1)[-1]


def address_in_environment(model: str) -> str | None:
    """The address of a model's server that Inspect reads from the environment; None if there is none."""
    if _hosting(model) is not None:
        return None
    parts = model.split("/")
    service = parts[1] if parts[0] == "openai-api" and len(parts) > 2 else parts[0]
    return os.environ.get(f"{service.upper().replace('-', '_')}_BASE_URL") or None


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
