"""Execution settings: they may change with every resume and never affect results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from govsim.config.addresses import EXAMPLE_ADDRESS, flaw_of_address
from govsim.config.paths import expanded
from govsim.config.section import Section

MAX_RUNS = 100_000
"""Maximum number of runs of one command. Each has its own journal, and all are planned before the first starts."""


class Price(Section):
    """Price of a model, in dollars per million tokens."""

    input: float = Field(ge=0)
    """Dollars per million input tokens."""
    output: float = Field(ge=0)
    """Dollars per million output tokens, including reasoning."""
    cached: float | None = Field(None, ge=0)
    """Dollars per million input tokens read from the provider's cache. Defaults to `input`."""

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """Return the cost of a call in dollars.

        Args:
            input_tokens: tokens of the prompt, including cached ones.
            output_tokens: tokens of the reply.
            cached_tokens: tokens of the prompt read from the cache.
        """
        cached = self.input if self.cached is None else self.cached
        computed = max(input_tokens - cached_tokens, 0)  # some providers report more cached than input tokens
        return (computed * self.input + cached_tokens * cached + output_tokens * self.output) / 1_000_000


class Budget(Section):
    """Spending limits, checked before each request. Requests already in flight are still completed and recorded."""

    cost: float | None = Field(None, ge=0)
    """Maximum cost in dollars; only for models whose price is known, see `prices`."""
    tokens: int | None = Field(None, ge=0)
    """Maximum number of tokens, of prompts and replies together."""
    calls: int | None = Field(None, ge=0)
    """Maximum number of model calls."""
    seconds: float | None = Field(None, ge=0)
    """Maximum time in seconds, measured from the start of the command, or of the run in it."""


class Rate(Section):
    """Maximum rates of each model, over all runs of a command. A model in this process (`embedded`) has none."""

    requests: int | None = Field(None, ge=1)
    """Maximum number of requests per minute, retries included."""
    tokens: int | None = Field(None, ge=1)
    """Maximum number of tokens per minute, of prompts and replies together. The tokens of a request are estimated when
    it is sent, and corrected by its reply."""

    @property
    def is_limited(self) -> bool:
        """Whether any rate is set."""
        return self.requests is not None or self.tokens is not None


class Execution(Section):
    """How runs are executed. Recorded in each journal in a `session` event, which comparisons ignore."""

    out: Path = Path("runs")
    """Output folder for journals. `~` and variables such as `$HOME` are expanded."""
    runs: int = Field(1, ge=1, le=MAX_RUNS)
    """Number of runs. Their seeds count up from the experiment's seed."""
    parallel: int = Field(8, ge=1)
    """Maximum number of concurrent runs for each model provider."""
    connections: int = Field(20, ge=1)
    """Maximum number of concurrent requests for each model."""
    rate: Rate = Rate()
    """Maximum number of requests and tokens per minute for each model."""
    retries: int = Field(6, ge=0)
    """Maximum number of times a failed request is retried."""
    backoff: float = Field(2.0, gt=0)
    """Seconds before the first retry; doubled with each further retry, up to one minute. Longer waits requested by the
    provider are respected, up to five minutes."""
    timeout: float = Field(300.0, gt=0)
    """Timeout of a request in seconds."""
    budget: Budget = Budget()
    """Spending limits for all runs of one command together."""
    run_budget: Budget = Budget()
    """Spending limits for each run, over all commands that execute it. Its `seconds` start over with each command."""
    prices: dict[str, Price] = {}
    """Prices of models, by name. They override the costs reported by providers and the public price list."""
    base_url: str | None = None
    """Base URL of the default model's server, if it is not the provider's own."""
    accept_version: bool = False
    """Whether journals written by another version, or with other prompts, may be resumed."""
    executor: str = Field("local", exclude_if=lambda executor: executor == "local")
    """Where runs are executed: `local` (in the process of the command), `processes` (on several processors of this
    machine), `ray` (on the machines of a Ray cluster), or the executor of a plug-in."""
    workers: int = Field(0, ge=0, exclude_if=lambda workers: workers == 0)
    """Number of worker processes of the executor; 0 for one per processor."""
    address: str | None = Field(None, exclude_if=lambda address: address is None)
    """Address of the cluster that the executor uses, as `auto` or `HOST:PORT`; if it is not set, one is started on this
    machine."""
    shared_storage: bool = Field(False, exclude_if=lambda shared: not shared)
    """Whether workers on other machines write the journals themselves, because they see the output folder under the
    same path. Otherwise they send every line to the command, which writes it."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and (flaw := flaw_of_address(value)):
            raise ValueError(f"{flaw}; {EXAMPLE_ADDRESS}")
        return value

    @field_validator("out", mode="before")
    @classmethod
    def _is_not_empty(cls, out: Any) -> Any:
        if out == "":
            raise ValueError("must not be empty; give a path, or . for the current folder")
        return out

    @field_validator("out")
    @classmethod
    def _in_full(cls, out: Path) -> Path:
        return expanded(out)
