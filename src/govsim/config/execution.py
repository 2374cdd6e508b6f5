"""How it is run: what may change at every resume and never touches a result."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from govsim.config.experiment import Section


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
    base_url: str | None = None
    """Address of the default model's server, where it is not the provider's own."""
    accept_version: bool = False
    """Whether a journal made by another version, or with other prompts, may be continued."""
