"""How it is run: what may change at every resume and never touches a result."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from govsim.config.experiment import Section


class Budget(Section):
    """Limits; each is checked before a question is sent. What is in flight then is still answered and recorded."""

    cost: float | None = Field(None, ge=0)
    """Dollars; only for models whose price is known."""
    tokens: int | None = Field(None, ge=0)
    """Tokens of prompts and replies."""
    calls: int | None = Field(None, ge=0)
    """Calls of a model."""
    seconds: float | None = Field(None, ge=0)
    """Seconds since the command, or the run in it, began."""


class Execution(Section):
    """How runs are carried out. Written into each journal as a `session` line that no comparison reads."""

    out: Path = Path("runs")
    """The folder that journals are written into."""
    runs: int = Field(1, ge=1)
    """How many runs, with seeds counting up from the experiment's."""
    parallel: int = Field(8, ge=1)
    """The most runs going on at once."""
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
    base_url: str | None = None
    """Address of the default model's server, where it is not the provider's own."""
    accept_version: bool = False
    """Whether a journal made by another version, or with other prompts, may be continued."""
