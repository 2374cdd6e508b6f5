"""Which runs and measures each table of the paper holds, and where its figures are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from govsim.errors import AnalysisError

SCENARIOS = ("fishery", "pasture", "pollution")
"""The paper's scenarios, in its order."""

MEASURES = ("survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage_granted")
"""The paper's measures, in its order, by our names."""

ALL = "all"
"""What the printed figures call the three scenarios together."""

ARRIVAL = 4
"""The month in which the newcomer comes, from which the paper counts."""

_DEFAULT = dict(zip(SCENARIOS, (4, 5, 6), strict=True))
_UNIVERSALIZATION = dict(zip(SCENARIOS, (8, 10, 12), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows of one condition.

    Attributes:
        condition: the condition, by our name.
        printed: the paper's table that has its figures.
        from_month: the first month that gain, efficiency and equality count.
        longest: the most months that the survival time counts; all when None.
    """

    condition: str
    printed: int
    from_month: int = 1
    longest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """One table of the paper.

    Attributes:
        name: how it is asked for, as in `paper:4`.
        caption: what it shows.
        kind: means of `blocks`; the difference of the two; or figures of a study that is no run.
        scenario: the scenario, or `all`.
        measures: its measures, by our names.
        blocks: its conditions, in order.
        notes: what is to be known of how it was built.
    """

    name: str
    caption: str
    kind: Literal["means", "differences", "sub-skills", "dialogue"] = "means"
    scenario: str = ALL
    measures: tuple[str, ...] = MEASURES
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()

    def from_month(self, condition: str) -> int:
        """The first month that gain, efficiency and equality count in runs of a condition."""
        return next((block.from_month for block in self.blocks if block.condition == condition), 1)


def paper_table(name: str | int) -> PaperTable:
    """A table of the paper.

    Args:
        name: as in `paper:4`, or the number alone.

    Raises:
        AnalysisError: there is no such table, or it holds no figures that runs could stand beside.
    """
    wanted = f"paper:{name}" if isinstance(name, int) or name in _SHORT else name
    if wanted not in TABLES:
        raise AnalysisError(f"table like {name}: must be one of {', '.join(TABLES)}")
    return TABLES[wanted]


def _means(number: int, scenario: str, caption: str, *blocks: Block, **others: tuple[str, ...]) -> PaperTable:
    return PaperTable(
        name=f"paper:{number}",
        caption=f"As table {number} of the paper: {caption}.",
        scenario=scenario,
        blocks=blocks,
        measures=others.get("measures", MEASURES),
        notes=others.get("notes", ()),
    )


def _default(scenario: str) -> Block:
    return Block(condition="default", printed=_DEFAULT[scenario])


def _universalization(scenario: str) -> Block:
    return Block(condition="universalization", printed=_UNIVERSALIZATION[scenario])


def _differences(number: int, scenario: str) -> PaperTable:
    of, less = _UNIVERSALIZATION[scenario], _DEFAULT[scenario]
    return PaperTable(
        name=f"paper:{number}",
        caption=f"As table {number} of the paper: {scenario}, universalization less default.",
        kind="differences",
        scenario=scenario,
        blocks=(_universalization(scenario), _default(scenario)),
        notes=(f"The paper's differences are taken from the means that it prints: table {of} less table {less}.",),
    )


def _newcomer(number: int, scenario: str) -> PaperTable:
    block = Block(condition="newcomer", printed=number, from_month=ARRIVAL, longest=12)
    return _means(
        number,
        scenario,
        f"{scenario}, default and newcomer",
        _default(scenario),
        block,
        notes=(
            f"Gain, efficiency and equality with the newcomer count from month {ARRIVAL} on. Survival time with it "
            "counts at most 12 of 15 months, as the paper does; our survival rate is of all 15.",
            f"The paper's default is that of its table {_DEFAULT[scenario]}.",
        ),
    )


def _ablation(number: int, scenario: str) -> PaperTable:
    return _means(
        number,
        scenario,
        f"{scenario}, default and without communication",
        _default(scenario),
        Block(condition="no-communication-no-transparency", printed=number),
        measures=("survival_time", "over_usage_granted"),
        notes=(f"The paper's default is that of its table {_DEFAULT[scenario]}.",),
    )


def _all() -> list[PaperTable]:
    pooled = ("Ours: all runs of the three scenarios together.",)
    default = Block(condition="default", printed=1)
    tables = [_means(1, ALL, "the three scenarios together, default", default, notes=pooled)]
    for place, scenario in enumerate(SCENARIOS):
        hinted = _universalization(scenario)
        tables += [
            _means(4 + place, scenario, f"{scenario}, default", _default(scenario)),
            _differences(7 + 2 * place, scenario),
            _means(8 + 2 * place, scenario, f"{scenario}, universalization", hinted),
            _newcomer(13 + place, scenario),
            _ablation(16 + place, scenario),
        ]
    return sorted(tables, key=lambda table: int(table.name.removeprefix("paper:")))


_STUDIES = (
    PaperTable(
        name="paper:sub-skills",
        caption="The paper's sub-skills: the share of problems that were solved, in per cent.",
        kind="sub-skills",
    ),
    PaperTable(
        name="paper:dialogue",
        caption="The paper's dialogue analysis: the share of utterances, in per cent.",
        kind="dialogue",
    ),
)

TABLES: Mapping[str, PaperTable] = {table.name: table for table in (*_all(), *_STUDIES)}
"""The paper's tables that runs can stand beside, by name."""

_SHORT = frozenset(name.removeprefix("paper:") for name in TABLES)
