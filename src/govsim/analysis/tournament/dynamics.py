"""Numbers of a tournament of policies: payoffs, invasions, and the dynamics of their shares in a population.

All functions take the rows of `govsim.tournament.play`, one for each run of a society: `count` of its members have the
policy `policy`, the others `other`; `gain` and `gain_other` are the mean units of a member with each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import comb, isnan, sqrt
from typing import Literal

import numpy as np
from numpy.polynomial import Polynomial
from scipy.stats import t as student

from govsim.lazy import pandas as pd

InvasionOutcome = Literal["invades", "neutral", "repelled", "undetermined"]
Prospect = Literal["dominates", "is dominated", "coexist", "bistable", "neutral"]

_LEVEL = 0.95
_SMALL = 1e-9

GENERATIONS = 2000
"""Generations of the dynamics of all policies."""

MUTATION = 1e-4
"""Share of a generation that is drawn from all policies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invasion:
    """What a single member with one policy gains among members with another.

    Attributes:
        invader: policy of the single member.
        resident: policy of all others.
        advantage: mean difference in units between the invader and a member of a society of residents with the same
            seed.
        low: lower end of its 95 % interval (t distribution of paired differences); NaN with a single run.
        high: upper end.
        verdict: `invades` or `repelled` if the interval excludes 0, `neutral` if all differences are 0.
    """

    invader: str
    resident: str
    advantage: float
    low: float
    high: float
    verdict: InvasionOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """Replicator dynamics of two policies, with groups drawn at random from a large population.

    Attributes:
        policy: the first policy.
        other: the second policy.
        outcome: whether the first `dominates` or `is dominated` (grows or shrinks at every share), both `coexist` (each
            grows when rare), the dynamics are `bistable` (several shares are stable), or `neutral` (equal gains).
        rest_points: shares of the first policy, between 0 and 1, at which both gain the same.
        stable: those to which the dynamics return after a small deviation.
    """

    policy: str
    other: str
    outcome: Prospect
    rest_points: tuple[float, ...]
    stable: tuple[float, ...]


def societies(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per society, with means over its runs.

    Columns: `policy`, `other`, `count`, `runs`, `months`, `survival_rate` (runs without collapse), `total`, `gain` and
    `gain_other`, and the standard errors `gain_se` and `gain_other_se` (NaN with one run).
    """
    grouped = rows.groupby(["policy", "other", "count"], sort=False)
    return grouped.agg(
        runs=("seed", "size"),
        months=("months", "mean"),
        survival_rate=("is_collapsed", lambda collapsed: 1 - collapsed.mean()),
        total=("total", "mean"),
        gain=("gain", "mean"),
        gain_se=("gain", "sem"),
        gain_other=("gain_other", "mean"),
        gain_other_se=("gain_other", "sem"),
    ).reset_index()


def payoffs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean units of a single member with the policy of the row among members with that of the column.

    The diagonal contains the gain in societies in which all members are alike.
    """
    names = policies_of(rows)
    gains = _single_gains(rows)
    values = [[gains[one, other].mean() for other in names] for one in names]
    return pd.DataFrame(values, index=names, columns=names)


def policies_of(rows: pd.DataFrame) -> list[str]:
    """Return the policies, in the order of the tournament."""
    return list(dict.fromkeys(rows.loc[rows["policy"] == rows["other"], "policy"]))


def invasions(rows: pd.DataFrame) -> tuple[Invasion, ...]:
    """Return for each ordered pair of policies whether a single member with the first gains more than the residents."""
    gains = _single_gains(rows)
    return tuple(
        _invasion(one, other, gains[one, other] - gains[other, other])
        for one in policies_of(rows)
        for other in policies_of(rows)
        if one != other
    )


def _single_gains(rows: pd.DataFrame) -> Mapping[tuple[str, str], np.ndarray]:
    """Return the gain by run of a single member with the first policy among members with the second."""
    found: dict[tuple[str, str], np.ndarray] = {}
    members = int(rows["count"].max())
    for (policy, other, count), group in rows.groupby(["policy", "other", "count"], sort=False):
        if count == 1 or policy == other:
            found[str(policy), str(other)] = group["gain"].to_numpy()
        if count == members - 1 and policy != other:
            found[str(other), str(policy)] = group["gain_other"].to_numpy()
    return found


def _invasion(invader: str, resident: str, differences: np.ndarray) -> Invasion:
    mean, half = float(differences.mean()), _half_width(differences)
    return Invasion(
        invader=invader,
        resident=resident,
        advantage=mean,
        low=mean - half,
        high=mean + half,
        verdict=_verdict(mean, half),
    )


def _half_width(values: np.ndarray) -> float:
    """Return half of the length of the interval of a mean; NaN with a single value."""
    n = len(values)
    if n < 2:
        return float("nan")
    return float(student.ppf((1 + _LEVEL) / 2, n - 1) * values.std(ddof=1) / sqrt(n))


def _verdict(mean: float, half: float) -> InvasionOutcome:
    if isnan(half) or 0 < abs(mean) <= half:
        return "undetermined"
    if abs(mean) < _SMALL:
        return "neutral" if half < _SMALL else "undetermined"
    return "invades" if mean > 0 else "repelled"


def pair_dynamics(rows: pd.DataFrame) -> tuple[Dynamics, ...]:
    """Return the replicator dynamics of every two policies, from their mean gains in all mixtures.

    With a share x of the first policy, the other members of a group are drawn independently. The difference in gain is
    the polynomial ``Σ_j C(n−1, j) x^j (1−x)^(n−1−j) (a_{j+1} − b_j)``, where ``a_k`` and ``b_k`` are the gains of
    members with each policy in groups with k members of the first.
    """
    means = rows.groupby(["policy", "other", "count"], sort=False)[["gain", "gain_other"]].mean()
    members, names = int(rows["count"].max()), policies_of(rows)
    found = []
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            of_one = [means.loc[(one, other, k), "gain"] for k in range(1, members)]
            of_other = [means.loc[(one, other, k), "gain_other"] for k in range(1, members)]
            a = [*of_one, means.loc[(one, one, members), "gain"]]
            b = [means.loc[(other, other, members), "gain"], *of_other]
            found.append(_dynamics(one, other, np.array(a) - np.array(b)))
    return tuple(found)


def _dynamics(policy: str, other: str, differences: np.ndarray) -> Dynamics:
    """Return the dynamics for the differences in gain by the number of co-members with the first policy."""
    if np.abs(differences).max() < _SMALL:
        return Dynamics(policy=policy, other=other, outcome="neutral", rest_points=(), stable=())
    advantage = _advantage(differences)
    rests = _roots(advantage)
    edges = [0.0, *rests, 1.0]
    signs = [float(np.sign(advantage((low + high) / 2))) for low, high in pairwise(edges)]
    stable = tuple(rest for rest, (before, after) in zip(rests, pairwise(signs), strict=True) if before > 0 > after)
    outcome = _outcome(is_stable_when_rare=signs[0] < 0, is_stable_when_common=signs[-1] > 0, inside=len(stable))
    return Dynamics(policy=policy, other=other, outcome=outcome, rest_points=rests, stable=stable)


def _advantage(differences: np.ndarray) -> Polynomial:
    others = len(differences) - 1
    share, rest = Polynomial([0, 1]), Polynomial([1, -1])
    terms = (comb(others, j) * value * share**j * rest ** (others - j) for j, value in enumerate(differences))
    return sum(terms, Polynomial([0.0]))


def _roots(advantage: Polynomial) -> tuple[float, ...]:
    """Return the real roots strictly between 0 and 1."""
    scale = np.abs(advantage.coef).max()
    roots = advantage.trim(scale * 1e-12).roots()
    real = {round(float(root.real), 9) for root in roots if abs(root.imag) < 1e-7}
    return tuple(sorted(root for root in real if 1e-7 < root < 1 - 1e-7))


def _outcome(*, is_stable_when_rare: bool, is_stable_when_common: bool, inside: int) -> Prospect:
    """Return the outcome from the stable shares: 0, 1, and a number of shares between them."""
    if is_stable_when_rare + is_stable_when_common + inside > 1:
        return "bistable"
    if inside:
        return "coexist"
    return "dominates" if is_stable_when_common else "is dominated"


def replicator(matrix: pd.DataFrame, generations: int = GENERATIONS, mutation: float = MUTATION) -> pd.DataFrame:
    """Return the shares of all policies by generation, from equal shares, in discrete replicator-mutator dynamics.

    ``x_i ← (1 − μ) x_i (M x)_i / (x · M x) + μ / N`` with the payoff matrix M of N policies: each member is alone among
    members with one other policy, drawn by its share. Groups of three or more policies are therefore not represented.
    The mutation μ keeps every policy present, so that the dynamics can leave a state in which one is almost extinct.

    Args:
        matrix: payoffs, none negative.
        generations: number of generations.
        mutation: share of each generation that is drawn from all policies.
    """
    values, shares = matrix.to_numpy(float), np.full(len(matrix), 1 / len(matrix))
    path = [shares]
    for _ in range(generations):
        fitness = values @ shares
        mean = shares @ fitness
        if mean > 0:
            shares = (1 - mutation) * shares * fitness / mean + mutation / len(shares)
        path.append(shares)
    return pd.DataFrame(path, columns=matrix.columns).rename_axis("generation")


def long_run_shares(shares: pd.DataFrame) -> pd.Series:
    """Return the mean share of each policy over the second half of all generations.

    Args:
        shares: shares by generation, as returned by `replicator`.
    """
    return shares.iloc[len(shares) // 2 :].mean()
