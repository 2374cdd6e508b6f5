"""Types of options that repeat those of modules that are slow to import."""

from __future__ import annotations

from typing import get_args

from govsim.analysis.statistics import sides
from govsim.cli.options import Design


def test_the_designs_of_the_option_are_those_of_the_statistics() -> None:
    assert get_args(Design) == get_args(sides.Design)
