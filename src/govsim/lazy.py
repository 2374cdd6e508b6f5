"""Lazy imports: the names of a package, and libraries that are slow to import.

A package lists its names as imports under `if TYPE_CHECKING:`, which type checkers follow and Python skips::

    if TYPE_CHECKING:
        from govsim.analysis.statistics.comparison import compare
    else:
        __getattr__, __dir__ = lazy_names(__name__)

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
from importlib.util import find_spec
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


def lazy_names(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`.

    The first imports listed names, and modules of the package, on first access. The second returns the public names, so
    that notebooks suggest these and no others.

    Args:
        package: its `__name__`.
    """

    def attribute(name: str) -> Any:
        if (module := homes_of(package).get(name)) is None:
            return _module_of(package, name)
        found = getattr(import_module(module), name)
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted(sys.modules[package].__all__)

    return attribute, names


def _module_of(package: str, name: str) -> ModuleType:
    """Import a module of a package.

    Raises:
        AttributeError: there is no such module.
    """
    full_name = f"{package}.{name}"
    if name.startswith("_") or find_spec(full_name) is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return import_module(full_name)


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
