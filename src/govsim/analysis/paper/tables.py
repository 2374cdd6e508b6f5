"""The runs and measures of each table of the paper, and where its values are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from govsim.errors import AnalysisError

PAPER_SCENARIOS = ("fishery", "pasture", "pollution")
"""The paper's scenarios, in its order."""

PAPER_MEASURES = ("survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage_granted")
"""The paper's measures, in its order, by govsim's names."""

ALL = "all"
"""The scenario of printed means over the three scenarios."""

ARRIVAL = 4
"""The month in which the newcomer joins, from which the paper counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The rows of one condition.

    Attributes:
        condition: the condition, by govsim's name.
        printed: the paper's table with its values.
        from_month: the first month that gain, efficiency and equality count.
        longest: the maximum of the survival time, in months; None for no maximum.
    """

    condition: str
    printed: int
    from_month: int = 1
    longest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """One table of the paper.

    Attributes:
        name: its name, such as `paper:4`.
        caption: its caption.
        kind: means of `blocks`, the difference of two, or values of a study.
        scenario: the scenario, or `all`.
        measures: its measures, by govsim's names.
        blocks: its conditions, in order.
        notes: notes on its construction.
    """

    name: str
    caption: str
    kind: Literal["means", "differences", "sub-skills", "dialogue"] = "means"
    scenario: str = ALL
    measures: tuple[str, ...] = PAPER_MEASURES
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()

    def from_month(self, condition: str) -> int:
        """Return the first month that gain, efficiency and equality count in runs of a condition."""
        return next((block.from_month for block in self.blocks if block.condition == condition), 1)


def paper_table(name: str | int) -> PaperTable:
    """Return a table of the paper.

    Args:
        name: its name, such as `paper:4`, or the number alone.

    Raises:
        AnalysisError: there is no such table, or runs cannot be compared with it.
    """
    wanted = f"paper:{name}" if isinstance(name, int) or name in _SHORT else name
    if wanted not in TABLES:
        raise AnalysisError(f"like = {name}: must be one of {', '.join(TABLES)}")
    return TABLES[wanted]


def _blocks(condition: str, *printed: int) -> dict[str, Block]:
    """The rows of a condition by scenario, from the paper's tables with their values."""
    return {
        scenario: Block(condition=condition, printed=table)
        for scenario, table in zip(PAPER_SCENARIOS, printed, strict=True)
    }


_DEFAULT = _blocks("default", 4, 5, 6)
_UNIVERSALIZATION = _blocks("universalization", 8, 10, 12)
_ABLATION = _blocks("no-communication-no-transparency", 16, 17, 18)


def _table(number: int, scenario: str, about: str, *blocks: Block, **others: Any) -> PaperTable:
    return PaperTable(
        name=f"paper:{number}",
        caption=f"As in table {number} of the paper: {about}.",
        scenario=scenario,
        blocks=blocks,
        **others,
    )


def _tables_of(place: int, scenario: str) -> Iterator[PaperTable]:
    """The tables of a scenario, from its position among the scenarios."""
    default, hinted = _DEFAULT[scenario], _UNIVERSALIZATION[scenario]
    taken = f"table {hinted.printed} minus table {default.printed}"
    same_default = f"The paper's default is that of its table {default.printed}."
    yield _table(4 + place, scenario, f"{scenario}, default", default)
    yield _table(
        7 + 2 * place,
        scenario,
        f"{scenario}, universalization minus default",
        hinted,
        default,
        kind="differences",
        notes=(f"The paper's differences are computed from its printed means: {taken}.",),
    )
    yield _table(8 + 2 * place, scenario, f"{scenario}, universalization", hinted)
    yield _table(
        13 + place,
        scenario,
        f"{scenario}, default and newcomer",
        default,
        Block(condition="newcomer", printed=13 + place, from_month=ARRIVAL, longest=12),
        notes=(
            f"Gain, efficiency and equality with the newcomer count from month {ARRIVAL} on. Survival time with it "
            "counts at most 12 of 15 months, as in the paper; the survival rate of your runs is over all 15.",
            same_default,
        ),
    )
    yield _table(
        16 + place,
        scenario,
        f"{scenario}, default and without communication",
        default,
        _ABLATION[scenario],
        measures=("survival_time", "over_usage_granted"),
        notes=(same_default,),
    )


_ALL = _table(
    1,
    ALL,
    "the three scenarios together, default",
    Block(condition="default", printed=1),
    notes=("Your runs: all runs of the three scenarios together.",),
)

_STUDIES = (
    PaperTable(
        name="paper:sub-skills",
        caption="The paper's sub-skill tests: accuracies in per cent.",
        kind="sub-skills",
    ),
    PaperTable(
        name="paper:dialogue",
        caption="The paper's dialogue analysis: shares of utterances in per cent.",
        kind="dialogue",
    ),
)

_NUMBERED = [table for index, scenario in enumerate(PAPER_SCENARIOS) for table in _tables_of(index, scenario)]

TABLES: Mapping[str, PaperTable] = {
    table.name: table
    for table in (_ALL, *sorted(_NUMBERED, key=lambda one: int(one.name.removeprefix("paper:"))), *_STUDIES)
}
"""The paper's tables that runs can be compared with, by name."""

_SHORT = frozenset(name.removeprefix("paper:") for name in TABLES)
