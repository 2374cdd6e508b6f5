"""Names that others still take from modules in which they are no more."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Give them from where they are."""
    if not name.startswith("__"):
        from govsim.analysis import evidence, export

        for module in (evidence, export):
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(name)
