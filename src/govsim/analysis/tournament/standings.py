"""The results of a tournament together, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from govsim.analysis.measures.optimal import References, references_of
from govsim.analysis.tables.table import Column, Row, Table
from govsim.analysis.tournament.dynamics import (
    MUTATION,
    Dynamics,
    Invasion,
    invasions,
    long_run_shares,
    pair_dynamics,
    payoffs,
    replicator,
    societies,
)
from govsim.config import Experiment
from govsim.game import Yardstick
from govsim.lazy import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All results of a tournament.

    Attributes:
        societies: means of each society, one row each, and exploitabilities as in `with_exploitability`, if known.
        payoffs: units of a single member with the policy of the row among members with that of the column.
        invasions: each ordered pair of policies.
        pairs: the dynamics of every two policies.
        shares: shares of all policies in a population by generation.
    """

    societies: pd.DataFrame
    payoffs: pd.DataFrame
    invasions: tuple[Invasion, ...]
    pairs: tuple[Dynamics, ...]
    shares: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Return all results; missing numbers are null."""
        return {
            "societies": [_without_gaps(row) for row in self.societies.to_dict("records")],
            "payoffs": {str(name): row.to_dict() for name, row in self.payoffs.iterrows()},
            "invasions": [_without_gaps(asdict(one)) for one in self.invasions],
            "pairs": [asdict(one) for one in self.pairs],
            "shares": {
                "generations": len(self.shares) - 1,
                "mutation": MUTATION,
                "long_run": long_run_shares(self.shares).to_dict(),
                "final": self.shares.iloc[-1].to_dict(),
            },
        }


def standings_of(rows: pd.DataFrame, exploitability: Mapping[str, Yardstick] | None = None) -> Standings:
    """Return all results of a tournament.

    Args:
        rows: its runs, as returned by `govsim.tournament.play`.
        exploitability: what a single member gains with a best reply to each policy; None if it was not computed.
    """
    matrix, means = payoffs(rows), societies(rows)
    return Standings(
        societies=means if exploitability is None else with_exploitability(means, exploitability),
        payoffs=matrix,
        invasions=invasions(rows),
        pairs=pair_dynamics(rows),
        shares=replicator(matrix),
    )


def with_exploitability(means: pd.DataFrame, exploitability: Mapping[str, Yardstick]) -> pd.DataFrame:
    """Return societies with the columns `exploitability` (units), `exploitability_method` and `exploitability_reason`.

    They are missing if not all members are alike, and the units also if they are unavailable.

    Args:
        means: societies, one row each.
        exploitability: what a single member gains with a best reply to each policy.
    """
    is_alike = means["policy"] == means["other"]
    known = [exploitability.get(name) if alike else None for name, alike in zip(means["policy"], is_alike, strict=True)]
    units = [float("nan") if one is None or one.value is None else one.value for one in known]
    return means.assign(
        exploitability=units,
        exploitability_method=pd.Series([None if one is None else one.method for one in known], dtype=object),
        exploitability_reason=pd.Series([None if one is None else one.reason for one in known], dtype=object),
    )


def standings_table(standings: Standings, experiment: Experiment, *, notes: Sequence[str] = ()) -> Table:
    """Return the results of each policy as a table, in descending order of the gain if all members are alike.

    Args:
        standings: the results.
        experiment: its world and members.
        notes: further notes, one sentence each.
    """
    members = len(experiment.society.members)
    totals = references_of(experiment)
    alike = standings.societies[standings.societies["policy"] == standings.societies["other"]]
    ordered = alike.sort_values("gain", ascending=False, kind="stable")
    shares = long_run_shares(standings.shares)
    data = [_row(row, standings, shares, members, totals) for row in ordered.to_dict("records")]
    runs = int(alike["runs"].max())
    return Table(
        name="tournament",
        title=f"Tournament of {len(data)} policies, {members} members, {runs} runs of each society",
        columns=tuple(column for column in _COLUMNS if column.name != _EXPLOITABILITY or column.name in alike),
        data=data,
        notes=(
            f"Months, survival rate and gain (units per member) of societies of {members} members with this policy; "
            "of optimum: their catch as a share of the expected optimum; to optimum: their place between equilibrium "
            f"(0) and optimum (100); alone: gain of a single member among {members - 1} with another policy, mean over "
            "the other policies.",
            "Invades: number of policies among which a single member with this policy gains more than their members "
            "gain alone; invaded by: the reverse (95 % intervals of paired differences).",
            f"Share: mean share in a large population over the last {len(standings.shares) // 2:,} generations of "
            "replicator dynamics from equal shares, if each member meets only members with one policy.",
            *_exploitability_notes(alike),
            *notes,
        ),
    )


_EXPLOITABILITY = "exploitability"

_COLUMNS = (
    Column(name="policy", place="stub"),
    Column(name="months", kind="number", digits=1),
    Column(name="survival_rate", heading="survival", kind="number"),
    Column(name="gain", kind="number", digits=1),
    Column(name="share_of_optimum", heading="of optimum", kind="number"),
    Column(name="place", heading="to optimum", kind="number"),
    Column(name="gain_alone", heading="alone", kind="number", digits=1),
    Column(name="invades", kind="count"),
    Column(name="invaded_by", kind="count"),
    Column(name="share", kind="number"),
    Column(name=_EXPLOITABILITY, kind="number", digits=1),
)


def _row(
    row: Mapping[Any, Any],
    standings: Standings,
    shares: pd.Series,
    members: int,
    totals: References,
) -> Row:
    name, total = row["policy"], np.array([members * float(row["gain"])])
    payoff = standings.payoffs.loc[name].drop(name)
    successful = [one for one in standings.invasions if one.verdict == "invades"]
    return {
        "policy": name,
        "months": float(row["months"]),
        "survival_rate": float(row["survival_rate"]),
        "gain": float(row["gain"]),
        "share_of_optimum": totals.share_of(total),
        "place": totals.place_of(total),
        "gain_alone": float(payoff.mean()) if len(payoff) else None,
        "invades": sum(one.invader == name for one in successful),
        "invaded_by": sum(one.resident == name for one in successful),
        "share": float(shares[name]),
        _EXPLOITABILITY: None if np.isnan(units := row.get(_EXPLOITABILITY, np.nan)) else float(units),
    }


def _exploitability_notes(alike: pd.DataFrame) -> Iterator[str]:
    """What exploitability is, for which policies it is a bound, and why it is missing for others."""
    if _EXPLOITABILITY not in alike:
        return
    yield (
        "Exploitability: additional units that a single member gains with a best reply to the policy, compared with "
        "following it like all others."
    )
    methods, reasons = alike["exploitability_method"], alike["exploitability_reason"]
    if bounds := list(alike["policy"][methods == "bound"]):
        yield f"Exploitability is a lower bound, by a search or simulated runs, for {', '.join(bounds)}."
    missing = methods == "unavailable"
    for reason in dict.fromkeys(reasons[missing]):
        names = ", ".join(alike["policy"][missing & (reasons == reason)])
        yield f"Exploitability is unavailable for {names}: {reason}."


def _without_gaps(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
