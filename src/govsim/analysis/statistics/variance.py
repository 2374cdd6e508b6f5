"""Variance components: how much of the spread between runs comes from the scenario, the paraphrase and the seed.

A linear mixed model with a random intercept for each factor (restricted maximum likelihood, statsmodels). The remainder
is what is left between runs with the same levels of all factors.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from govsim.errors import AnalysisError

REMAINDER = "remainder"


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """The variance of one factor.

    Attributes:
        factor: the factor; `remainder` for what is left.
        levels: the number of its levels; None for the remainder.
        variance: in the squared unit of the measure, 0 or more.
        share: its share of the sum of all components, 0..1.
    """

    factor: str
    levels: int | None
    variance: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponents:
    """The components of the variance of a measure between runs.

    Attributes:
        measure: the column.
        components: one for each factor with several levels, then the remainder; empty if undefined.
        n: runs.
        reason: why they are undefined; None if they are not.
        remarks: remarks on the fit, one sentence each.
    """

    measure: str
    components: tuple[VarianceComponent, ...]
    n: int
    reason: str | None = None
    remarks: tuple[str, ...] = ()


def variance_components(runs: pd.DataFrame, measure: str, factors: Sequence[str]) -> VarianceComponents:
    """Estimate how much of the variance of a measure each factor accounts for.

    Args:
        runs: a frame of runs; only counted runs with the measure are used.
        measure: a column of numbers.
        factors: columns such as `scenario`, `paraphrase` and `seed`; those with a single level are excluded.

    Raises:
        AnalysisError: there is no such column.
    """
    for name in (measure, *factors):
        if name not in runs.columns:
            raise AnalysisError(f"{name}: there is no such column")
    used = runs[runs["is_counted"] & runs[measure].notna()]
    values = used[measure].to_numpy(dtype=float)
    varying = [name for name in factors if used[name].astype(str).nunique() > 1]
    if len(used) < 3 or not varying or np.ptp(values) == 0:
        reason = "all values are equal" if len(used) > 1 and np.ptp(values) == 0 else "too few runs or levels"
        return VarianceComponents(measure=measure, components=(), n=len(used), reason=reason)
    dummies = [pd.get_dummies(used[name].astype(str), dtype=float) for name in varying]
    if all(part.shape[1] == len(used) for part in dummies):
        reason = "every run has levels of its own, so the factors are confounded with the remainder"
        return VarianceComponents(measure=measure, components=(), n=len(used), reason=reason)
    fitted, remarks = _fitted(values, varying, dummies)
    variances = {**fitted[0], REMAINDER: fitted[1]}
    total = sum(variances.values())
    levels = {name: part.shape[1] for name, part in zip(varying, dummies, strict=True)}
    few = [name for name, count in levels.items() if count < 5]
    if few:
        remarks.append(f"Uncertain, as there are fewer than five levels: {', '.join(few)}.")
    return VarianceComponents(
        measure=measure,
        components=tuple(
            VarianceComponent(
                factor=name,
                levels=levels.get(name),
                variance=variance,
                share=variance / total if total else 0.0,
            )
            for name, variance in variances.items()
        ),
        n=len(used),
        remarks=tuple(remarks),
    )


def _fitted(
    values: np.ndarray, varying: Sequence[str], dummies: Sequence[pd.DataFrame]
) -> tuple[tuple[dict[str, float], float], list[str]]:
    """Fit crossed random intercepts in one group; return the variances, the remainder, and remarks."""
    spec = VCSpec(
        list(varying), [[list(map(str, part.columns))] for part in dummies], [[part.to_numpy()] for part in dummies]
    )
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = MixedLM(values, np.ones((len(values), 1)), np.zeros(len(values)), exog_vc=spec).fit(reml=True)
    if not result.converged:
        remarks.append("The estimation did not converge; the components are approximate.")
    elif any("boundary" in str(one.message) for one in caught):
        remarks.append("A component of 0 lies at the boundary of the possible values.")
    return ({name: float(v) for name, v in zip(varying, result.vcomp, strict=True)}, float(result.scale)), remarks
