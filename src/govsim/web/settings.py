"""How pages are served."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSettings:
    """How pages are served.

    Attributes:
        folder: where the journals lie, or one journal.
        host: the address that is listened at.
        port: its port.
        token: what everybody has to show once; None where nobody has to, which is so on this machine alone.
        is_read_only: whether pages may start nothing.
        session: what a browser shows after it has shown the token; new each time.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    is_read_only: bool = False
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the pages."""
        return is_this_machine(self.host)

    @property
    def may_start(self) -> bool:
        """Whether runs can be started from the page."""
        return self.is_local and not self.is_read_only

    @property
    def address(self) -> str:
        """Where the pages are, without the token."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def is_this_machine(host: str) -> bool:
    """Whether an address is that of this machine for itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
