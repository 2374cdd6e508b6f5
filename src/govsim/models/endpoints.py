"""Check the environment variables of providers (addresses and keys) before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from govsim.config import EXAMPLE_ADDRESS, flaw_of_address, flaw_of_key
from govsim.errors import ModelUnavailable
from govsim.models.evidence import without_credentials

_ADDRESS_NAME = re.compile(r"_(?:BASE_URL|API_BASE|ENDPOINT|API_URL)$")
_KEY_NAME = re.compile(r"_(?:API_KEY|AUTH_TOKEN|TOKEN|ORG_ID|PROJECT_ID)$")

_ALIASES = {
    "azureai": ("AZUREAI", "AZURE"),
    "google": ("GOOGLE", "GEMINI"),
    "hf-inference-providers": ("HF",),
    "bedrock": ("BEDROCK", "AWS_BEARER"),
    "grok": ("GROK", "XAI"),
    "embeddings": ("EMBEDDINGS", "OPENAI"),
}
"""Prefixes of a provider's environment variables where they differ from the provider's name."""

_STARTED_BY_PROVIDER = {"vllm": "vllm serve", "sglang": "python -m sglang.launch_server --model-path"}

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def check_environment(model: str) -> None:
    """Reject invalid addresses and keys in the environment variables that a model's provider reads.

    Args:
        model: its name, as in `openai-api/lab/our-model`; the provider alone is enough.

    Raises:
        ModelUnavailable: a variable is invalid; the message names the variable and the problem, never its value.
    """
    names = _variables_of(model)
    for variable, value in os.environ.items():
        if not any(f"_{name}_" in f"_{variable}" for name in names):
            continue
        if _ADDRESS_NAME.search(variable) and (flaw := flaw_of_address(value)):  # some clients accept an empty address
            raise ModelUnavailable(f"{variable}: {flaw}; {EXAMPLE_ADDRESS}")
        if value and _KEY_NAME.search(variable) and (flaw := flaw_of_key(value)):
            raise ModelUnavailable(f"{variable}: {flaw}; set it to the key and nothing else")
    for variable, value in _proxies():
        if flaw := flaw_of_address(value if "://" in value else f"http://{value}"):
            raise ModelUnavailable(f"{variable}: {flaw}; a proxy looks like http://localhost:3128")


def check_server(model: str, args: Mapping[str, object], base_url: str | None) -> None:
    """Reject a provider that would have to start a server which is not installed, and an invalid port.

    Args:
        model: its name.
        args: arguments of the provider.
        base_url: the address of the server; None if none was given.

    Raises:
        ModelUnavailable: the port is invalid, or no server is set; the message says how to start one.
    """
    provider, _, name = model.partition("/")
    if provider not in _STARTED_BY_PROVIDER:
        return
    if (port := args.get("port")) is not None and flaw_of_address(f"http://localhost:{port}"):
        raise ModelUnavailable(f"model = {model}: port = {port} is not allowed; must be a whole number from 1 to 65535")
    if base_url or port:
        return
    variable = f"{provider.upper()}_BASE_URL"
    if not os.environ.get(variable) and find_spec(provider) is None:
        raise ModelUnavailable(
            f"model = {model}: no server address is set; start a server with `{_STARTED_BY_PROVIDER[provider]} {name}` "
            f"and set {variable} or --base-url to its address, as in http://localhost:8000/v1"
        )


def limit_name(model: str, address: str | None) -> str:
    """Name the limit that applies to a model: the model, its address, and the variable that holds its key.

    Args:
        model: its name.
        address: the address of its server; None for the provider's default.
    """
    names = _variables_of(model)
    keys = sorted(
        variable
        for variable, value in os.environ.items()
        if value and _KEY_NAME.search(variable) and any(f"_{name}_" in f"_{variable}" for name in names)
    )
    return ", ".join((model, *([] if address is None else [without_credentials(address)]), *keys[:1]))


def _variables_of(model: str) -> tuple[str, ...]:
    provider, _, rest = model.partition("/")
    if provider == "openai-api":
        provider = rest.partition("/")[0]
    own = provider.upper().replace("-", "_")
    return (*_ALIASES.get(provider, (own,)), own, "INSPECT_EVAL_MODEL")


def _proxies() -> Iterator[tuple[str, str]]:
    for name in _PROXIES:
        for variable in (name, name.lower()):
            value = os.environ.get(variable)
            if value and not value.startswith("socks"):
                yield variable, value
