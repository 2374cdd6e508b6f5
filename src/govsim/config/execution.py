"""How it is run: what may change at every resume and never touches a result."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from govsim.config.addresses import EXAMPLE_ADDRESS, flaw_of_address
from govsim.config.places import expanded
from govsim.config.section import Section

MOST_RUNS = 100_000
"""The most runs of one command: each has a journal of its own, and all are planned before the first begins."""


class Price(Section):
    """What a model costs, in dollars for a million tokens."""

    input: float = Field(ge=0)
    """For tokens of prompts."""
    output: float = Field(ge=0)
    """For tokens of replies, reasoning included."""
    cached: float | None = Field(None, ge=0)
    """For tokens of prompts that come from the provider's cache; as `input` when not given."""

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """Dollars for a call.

        Args:
            input_tokens: tokens of the prompt, cached ones included.
            output_tokens: tokens of the reply.
            cached_tokens: tokens of the prompt that came from the cache.
        """
        cached = self.input if self.cached is None else self.cached
        computed = max(input_tokens - cached_tokens, 0)  # some providers tell more cached tokens than there were
        return (computed * self.input + cached_tokens * cached + output_tokens * self.output) / 1_000_000


class Budget(Section):
    """Limits; each is checked before a question is sent. What is in flight then is still answered and recorded."""

    cost: float | None = Field(None, ge=0)
    """Dollars; only for models whose price is known, see `prices`."""
    tokens: int | None = Field(None, ge=0)
    """Tokens of prompts and replies."""
    calls: int | None = Field(None, ge=0)
    """Calls of a model."""
    seconds: float | None = Field(None, ge=0)
    """Seconds since the command, or the run in it, began."""


class Execution(Section):
    """How runs are carried out. Written into each journal as a `session` line that no comparison reads."""

    out: Path = Path("runs")
    """The folder that journals are written into; `~` and variables such as `$HOME` are replaced."""
    runs: int = Field(1, ge=1, le=MOST_RUNS)
    """How many runs, with seeds counting up from the experiment's."""
    parallel: int = Field(8, ge=1)
    """The most runs going on at once, for each provider of models."""
    connections: int = Field(20, ge=1)
    """The most questions in flight at once for each model."""
    retries: int = Field(6, ge=0)
    """How often a failed request is sent again."""
    backoff: float = Field(2.0, gt=0)
    """Seconds before the first of these; doubled each time, up to a minute. A longer wait that the provider asks for
    is kept, up to five minutes."""
    timeout: float = Field(300.0, gt=0)
    """Seconds that one request may take."""
    budget: Budget = Budget()
    """What all runs of one command may spend."""
    run_budget: Budget = Budget()
    """What each run may spend, in all the commands that carry it out; its seconds count in each command anew."""
    prices: dict[str, Price] = {}
    """What models cost, by name, in the place of what their providers report and of the public list."""
    base_url: str | None = None
    """Address of the default model's server, where it is not the provider's own."""
    accept_version: bool = False
    """Whether a journal made by another version, or with other prompts, may be continued."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and (flaw := flaw_of_address(value)):
            raise ValueError(f"base_url (--base-url, execution.base_url): {flaw}; {EXAMPLE_ADDRESS}")
        return value

    @field_validator("out")
    @classmethod
    def _in_full(cls, out: Path) -> Path:
        return expanded(out)
