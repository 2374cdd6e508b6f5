"""Lazy imports: the names of a package, and libraries that are slow to import.

A package lists its names as imports under `if TYPE_CHECKING:`, which type checkers follow and Python skips::

    if TYPE_CHECKING:
        from govsim.analysis.statistics.comparison import compare
    else:
        __getattr__ = lazy_names(__name__)

    __all__ = ["compare"]

No name may be that of a module of the package: the module, once imported, would replace it.

Import a library listed here with `from govsim.lazy import pandas as pd` at the top of a module.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import genai_prices
    import genai_prices.data_snapshot
    import genai_prices.types
    import httpx
    import pandas

__all__ = ["genai_prices", "homes_of", "httpx", "lazy_names", "pandas"]


class _LazyModule(ModuleType):
    """A library that is imported on first access to one of its names."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


if not TYPE_CHECKING:
    genai_prices = _LazyModule("genai_prices")
    httpx = _LazyModule("httpx")
    pandas = _LazyModule("pandas")


def lazy_names(package: str) -> Callable[[str], Any]:
    """Return a package's `__getattr__` that imports its listed names on first access.

    Args:
        package: its `__name__`.
    """

    def attribute(name: str) -> Any:
        if (module := homes_of(package).get(name)) is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(module), name)
        setattr(sys.modules[package], name, found)
        return found

    return attribute


@cache
def homes_of(package: str) -> Mapping[str, str]:
    """The names that a package lists, each with the module that defines it."""
    file = sys.modules[package].__file__
    assert file is not None, "it is a package with an __init__"
    return dict(_imports(ast.parse(Path(file).read_text(encoding="utf-8"))))


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for block in tree.body:
        if isinstance(block, ast.If):
            for node in block.body:
                if isinstance(node, ast.ImportFrom) and node.module is not None:
                    yield from ((alias.name, node.module) for alias in node.names)
