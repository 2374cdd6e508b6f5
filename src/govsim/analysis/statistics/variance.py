"""Variance components: how much of the spread between runs comes from the scenario, the paraphrase and the seed.

A linear mixed model with a random intercept for each factor. Its variances are estimated by restricted maximum
likelihood (statsmodels). Where a variance is close to 0, at the boundary of its values, the optimization often stops
without convergence, and its result depends on the machine's linear algebra. Then they are estimated by the method of
moments, which needs no optimization. The remainder is the variance between runs with the same levels of all factors.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from govsim.errors import AnalysisError

REMAINDER = "remainder"

EstimationMethod = Literal["restricted maximum likelihood", "the method of moments"]
"""How variances were estimated."""

LIKELIHOOD: EstimationMethod = "restricted maximum likelihood"
MOMENTS: EstimationMethod = "the method of moments"

_BOUNDARY = 1e-3
"""A share of the sum of variances that is close to 0."""

_CONFOUNDED = 1e-6
"""The smallest eigenvalue, relative to equal sums of squares, with which their factors can be distinguished."""


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
        method: the method of estimation; None if undefined.
        reason: why they are undefined; None if they are not.
        remarks: remarks on the fit, one sentence each.
    """

    measure: str
    components: tuple[VarianceComponent, ...]
    n: int
    method: EstimationMethod | None = None
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
    dummies = {name: pd.get_dummies(used[name].astype(str), dtype=float) for name in varying}
    varying = _distinguishable(dummies)
    confounded = [name for name in dummies if name not in varying]
    if not varying:
        reason = "every run has levels of its own, so the factors are confounded with the remainder"
        return VarianceComponents(measure=measure, components=(), n=len(used), reason=reason)
    variances, method = _estimated(values, {name: dummies[name] for name in varying})
    total = sum(variances.values())
    levels = {name: dummies[name].shape[1] for name in varying}
    remarks = []
    if confounded:
        remarks.append(f"Excluded as confounded with other factors or the remainder: {', '.join(confounded)}.")
    if 0 in variances.values():
        remarks.append("A component of 0 lies at the boundary of the possible values.")
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
        method=method,
        remarks=tuple(remarks),
    )


def _distinguishable(dummies: Mapping[str, pd.DataFrame]) -> list[str]:
    """The factors whose component is not confounded with the remainder and those of earlier factors."""
    kept: list[str] = []
    for name in dummies:
        kernels = _kernels([dummies[other].to_numpy() for other in (*kept, name)])
        expected = _expected(kernels)
        norms = np.sqrt(np.diag(expected))
        if np.linalg.matrix_rank(expected / np.outer(norms, norms), tol=_CONFOUNDED) == len(kernels):
            kept.append(name)
    return kept


def _estimated(values: np.ndarray, dummies: Mapping[str, pd.DataFrame]) -> tuple[dict[str, float], EstimationMethod]:
    """The variances of crossed random intercepts and of the remainder, and the method that estimated them."""
    parts = dummies.values()
    spec = VCSpec(
        list(dummies), [[list(map(str, part.columns))] for part in parts], [[part.to_numpy()] for part in parts]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence, which is checked
        result = MixedLM(values, np.ones((len(values), 1)), np.zeros(len(values)), exog_vc=spec).fit(reml=True)
    names, found = [*dummies, REMAINDER], [*map(float, result.vcomp), float(result.scale)]
    if result.converged and min(found) > _BOUNDARY * sum(found):
        return dict(zip(names, found, strict=True)), LIKELIHOOD
    found = moments([part.to_numpy() for part in parts], values)
    return dict(zip(names, found, strict=True)), MOMENTS


def moments(designs: Sequence[np.ndarray], values: np.ndarray) -> list[float]:
    """Estimate variance components by the method of moments (Hartley, Rao and LaMotte 1978).

    The sums of squares y'MZZ'My of the factors, with M subtracting the mean, are equated with their expectations. In a
    balanced campaign these are the estimates of the analysis of variance. A factor with a negative estimate gets 0, and
    the others are estimated without it.

    Args:
        designs: for each factor 1 where a run has a level, shape (runs, levels).
        values: shape (runs,).

    Returns:
        A variance for each factor, then the remainder's, 0 or more.
    """
    centred = values - values.mean()
    kernels = _kernels(designs)
    kept = list(range(len(kernels)))
    while True:
        expected = _expected([kernels[part] for part in kept])
        squares = np.array([centred @ kernels[one] @ centred for one in kept])
        found = np.linalg.lstsq(expected, squares)[0]
        worst = int(found.argmin())
        if found[worst] >= 0 or len(kept) == 1:
            break
        kept.pop(worst)
    by_part = dict(zip(kept, map(float, found), strict=True))
    return [by_part.get(part, 0.0) for part in range(len(kernels))]


def _kernels(designs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """MZZ'M of each factor, and M itself for the remainder, shape (runs, runs)."""
    centred = [design - design.mean(axis=0) for design in designs]
    runs = len(designs[0])
    return [*(part @ part.T for part in centred), np.eye(runs) - 1 / runs]


def _expected(kernels: Sequence[np.ndarray]) -> np.ndarray:
    """How much each variance adds to the expectation of each sum of squares."""
    return np.array([[np.vdot(one, other) for other in kernels] for one in kernels])
