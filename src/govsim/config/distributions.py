"""Distributions of numbers that are drawn in a run: their draws, probabilities and wording.

A number is written as such, or as ``{uniform: [low, high]}``, ``{choice: [a, b, …]}`` or
``{normal: {mean: m, sd: s, low: a, high: b}}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, JsonValue, PlainSerializer, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from govsim.characters import enumerated
from govsim.config.section import Section, problem_in, problem_of

if TYPE_CHECKING:
    import numpy as np

FORMS = "a number, {uniform: [low, high]}, {choice: [a, b]} or {normal: {mean: m, sd: s, low: a, high: b}}"
"""The ways to write a distribution, for error messages."""


FACTOR_DECIMALS = 4
"""Maximum number of decimals of factors that are drawn."""


class Distribution:
    """The distribution of a number. There are exactly four: `FixedNumber`, `Uniform`, `OneOf` and `Normal`."""

    __slots__ = ()

    @property
    def low(self) -> float:
        """The smallest possible value."""
        raise NotImplementedError

    @property
    def high(self) -> float:
        """The largest possible value."""
        raise NotImplementedError

    @property
    def exact_mean(self) -> Fraction:
        """The mean, computed from the decimal numbers written where it is rational."""
        raise NotImplementedError

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.exact_mean)

    @property
    def values(self) -> tuple[float, ...] | None:
        """The equally likely values, with repetitions; None if the distribution is continuous."""
        return None

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a value."""
        raise NotImplementedError

    def cdf(self, x: float) -> float:
        """Return the probability of a value of at most x."""
        raise NotImplementedError

    def below(self, x: float) -> float:
        """Return the probability of a value less than x."""
        raise NotImplementedError

    def whole_probabilities(self) -> dict[int, float]:
        """Return the probabilities of whole numbers, for numbers of units: each value is rounded to the nearest one."""
        first, last = _rounded(self.low), _rounded(self.high)
        return {number: self.below(number + 0.5) - self.below(number - 0.5) for number in range(first, last + 1)}

    def draw_whole(self, rng: np.random.Generator) -> int:
        """Draw a whole number from `whole_probabilities`."""
        probabilities, u = self.whole_probabilities(), float(rng.random())
        for number, probability in probabilities.items():
            if u < probability:
                return number
            u -= probability
        return max(probabilities)

    @property
    def phrase(self) -> str:
        """The possible values for prompts, as in "any value between 1.5 and 2.5 equally likely"."""
        raise NotImplementedError

    @property
    def written(self) -> JsonValue:
        """The distribution as it is written in an experiment file."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class FixedNumber(Distribution):
    """A number that is not drawn."""

    value: float

    @property
    def low(self) -> float:
        """The value; see `Distribution`."""
        return self.value

    @property
    def high(self) -> float:
        """The value; see `Distribution`."""
        return self.value

    @property
    def exact_mean(self) -> Fraction:
        """The decimal number written; see `Distribution`."""
        return Fraction(str(self.value))

    @property
    def values(self) -> tuple[float, ...]:
        """The one value; see `Distribution`."""
        return (self.value,)

    def draw(self, rng: np.random.Generator) -> float:
        """Return the value without drawing; see `Distribution`."""
        return self.value

    def cdf(self, x: float) -> float:
        """1 from the value on; see `Distribution`."""
        return float(x >= self.value)

    def below(self, x: float) -> float:
        """1 above the value; see `Distribution`."""
        return float(x > self.value)

    def draw_whole(self, rng: np.random.Generator) -> int:
        """Return the value without drawing; see `Distribution`."""
        return _rounded(self.value)

    @property
    def phrase(self) -> str:
        """The number; see `Distribution`."""
        return decimal(self.value)

    @property
    def written(self) -> JsonValue:
        """The number; see `Distribution`."""
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Any value between two bounds, equally likely; for units, any whole number from one to the other."""

    low: float
    high: float

    @property
    def exact_mean(self) -> Fraction:
        """The middle; see `Distribution`."""
        return (Fraction(str(self.low)) + Fraction(str(self.high))) / 2

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a value, ``low..high``; see `Distribution`."""
        return self.low + (self.high - self.low) * float(rng.random())

    def cdf(self, x: float) -> float:
        """``(x − low) / (high − low)``; see `Distribution`."""
        return min(1.0, max(0.0, (x - self.low) / (self.high - self.low)))

    def below(self, x: float) -> float:
        """As `cdf`, as no single value has a probability; see `Distribution`."""
        return self.cdf(x)

    def whole_probabilities(self) -> dict[int, float]:
        """The same for every whole number in ``low..high``; see `Distribution`."""
        numbers = range(ceil(self.low), floor(self.high) + 1)
        return {number: 1 / len(numbers) for number in numbers}

    @property
    def phrase(self) -> str:
        """The bounds; see `Distribution`."""
        return f"any value between {decimal(self.low)} and {decimal(self.high)} equally likely"

    @property
    def written(self) -> JsonValue:
        """The bounds; see `Distribution`."""
        return {"uniform": [_shortest(self.low), _shortest(self.high)]}


@dataclass(frozen=True, slots=True)
class OneOf(Distribution):
    """One of several values; each is as likely as it is listed often."""

    values: tuple[float, ...]

    @property
    def low(self) -> float:
        """The smallest value listed; see `Distribution`."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest value listed; see `Distribution`."""
        return max(self.values)

    @property
    def exact_mean(self) -> Fraction:
        """The mean of the values listed; see `Distribution`."""
        return sum((Fraction(str(value)) for value in self.values), Fraction(0)) / len(self.values)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a position of the list; see `Distribution`."""
        return self.values[int(rng.integers(len(self.values)))]

    def cdf(self, x: float) -> float:
        """The share of values of at most x; see `Distribution`."""
        return sum(value <= x for value in self.values) / len(self.values)

    def below(self, x: float) -> float:
        """The share of values less than x; see `Distribution`."""
        return sum(value < x for value in self.values) / len(self.values)

    def whole_probabilities(self) -> dict[int, float]:
        """The shares of the rounded values; see `Distribution`."""
        counts = Counter(map(_rounded, self.values))
        return {number: count / len(self.values) for number, count in sorted(counts.items())}

    @property
    def phrase(self) -> str:
        """The values, with their probabilities unless they are equal; see `Distribution`."""
        counts, total = Counter(self.values), len(self.values)
        if len(set(counts.values())) == 1:
            return f"{enumerated([decimal(value) for value in counts], 'or')} with equal probability"
        return enumerated(
            [f"{decimal(value)} (probability {count} in {total})" for value, count in counts.items()], "or"
        )

    @property
    def written(self) -> JsonValue:
        """The values; see `Distribution`."""
        return {"choice": [_shortest(value) for value in self.values]}


@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """A normal distribution, in which every value outside of two bounds is replaced by the nearer bound."""

    centre: float
    sd: float
    low: float
    high: float

    @property
    def exact_mean(self) -> Fraction:
        """The mean after clipping: ``a Φ(α) + b (1 − Φ(β)) + m (Φ(β) − Φ(α)) − s (φ(β) − φ(α))``."""
        usual, alpha, beta = NormalDist(), *((bound - self.centre) / self.sd for bound in (self.low, self.high))
        at_low, at_high = usual.cdf(alpha), 1 - usual.cdf(beta)
        between = self.centre * (1 - at_low - at_high) - self.sd * (usual.pdf(beta) - usual.pdf(alpha))
        return Fraction(self.low * at_low + self.high * at_high + between)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a value, ``low..high``; see `Distribution`."""
        return min(self.high, max(self.low, float(rng.normal(self.centre, self.sd))))

    def cdf(self, x: float) -> float:
        """``Φ((x − mean) / sd)`` between the bounds; see `Distribution`."""
        return 0.0 if x < self.low else 1.0 if x >= self.high else NormalDist(self.centre, self.sd).cdf(x)

    def below(self, x: float) -> float:
        """As `cdf`, but without the probability of a bound at that bound; see `Distribution`."""
        return 0.0 if x <= self.low else 1.0 if x > self.high else NormalDist(self.centre, self.sd).cdf(x)

    @property
    def phrase(self) -> str:
        """The parameters; see `Distribution`."""
        return (
            f"from a normal distribution with mean {decimal(self.centre)} and standard deviation {decimal(self.sd)}, "
            f"limited to values from {decimal(self.low)} to {decimal(self.high)}"
        )

    @property
    def written(self) -> JsonValue:
        """The parameters; see `Distribution`."""
        parameters = {"mean": self.centre, "sd": self.sd, "low": self.low, "high": self.high}
        return {"normal": {name: _shortest(value) for name, value in parameters.items()}}


def is_written(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping has the form of a distribution, so that it replaces another one instead of being merged."""
    return len(value) == 1 and next(iter(value)) in ("uniform", "choice", "normal")


def distribution_of(value: float | Distribution) -> Distribution:
    """Return the distribution that a setting describes; a number is `FixedNumber`."""
    return value if isinstance(value, Distribution) else FixedNumber(value)


def decimal(number: float) -> str:
    """Return a number with all its digits, as in "2" and "1.5"."""
    return str(_shortest(number))


def in_per_cent(share: float) -> str:
    """Return a share as a percentage with all its digits, as in "50 %"."""
    return f"{decimal(float(Fraction(str(share)) * 100))} %"


def _shortest(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _rounded(value: float) -> int:
    return floor(value + 0.5)


class _NormalSettings(Section):
    mean: float
    sd: float = Field(gt=0)
    low: float
    high: float


_NUMBERS: TypeAdapter[tuple[float, ...]] = TypeAdapter(
    tuple[Annotated[float, Field(allow_inf_nan=False, strict=True)], ...]
)


def _read(value: Mapping[str, Any]) -> Distribution:
    """Parse a distribution.

    Raises:
        ValueError: it has another form, or its values are not possible.
    """
    match list(value.items()):
        case [("uniform", bounds)]:
            numbers = _numbers(bounds)
            if len(numbers) != 2 or not numbers[0] < numbers[1]:
                raise ValueError("uniform: must be [low, high] with low below high")
            return Uniform(*numbers)
        case [("choice", values)]:
            if not (numbers := _numbers(values)):
                raise ValueError("choice: must be a list of at least one number")
            return OneOf(numbers)
        case [("normal", parameters)]:
            return _normal(parameters)
    raise ValueError(f"must be {FORMS}")


def _numbers(value: Any) -> tuple[float, ...]:
    try:
        return _NUMBERS.validate_python(tuple(value) if isinstance(value, list) else value)
    except ValidationError as error:
        raise ValueError(f"must be {FORMS}") from error


def _normal(parameters: Any) -> Normal:
    try:
        read = _NormalSettings.model_validate(parameters)
    except ValidationError as error:
        raise ValueError(f"normal.{problem_in(_NormalSettings, error)}") from error
    if not read.low < read.high:
        raise ValueError("normal: low must be below high")
    return Normal(read.mean, read.sd, read.low, read.high)


_FACTOR: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(gt=0, allow_inf_nan=False)])
_UNITS: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=0)])


def _read_factor(value: Any) -> float | Distribution:
    if not isinstance(value, Mapping | Distribution):
        return float(_checked(_FACTOR, value))
    found = _written(value)
    if found.low <= 0:
        raise PydanticCustomError("distribution", "every value must be greater than 0")
    if any(number != round(number, FACTOR_DECIMALS) for number in found.values or (found.low, found.high)):
        raise PydanticCustomError("distribution", f"values and bounds must have at most {FACTOR_DECIMALS} decimals")
    return found


def _read_units(value: Any) -> int | Distribution:
    if not isinstance(value, Mapping | Distribution):
        return int(_checked(_UNITS, value))
    found = _written(value)
    listed = found.values or (found.low, found.high)
    if any(number < 0 or number != int(number) for number in listed):
        raise PydanticCustomError("distribution", "values and bounds must be whole numbers, 0 or more")
    return found


def _checked(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise PydanticCustomError("distribution", "{message}", {"message": problem_of(detail)}) from error


def _written(value: Mapping[str, Any] | Distribution) -> Distribution:
    try:
        return value if isinstance(value, Distribution) else _read(value)
    except ValueError as error:
        raise PydanticCustomError("distribution", "{message}", {"message": str(error)}) from error


def _dumped(value: float | Distribution) -> JsonValue:
    return value.written if isinstance(value, Distribution) else value


Factor = Annotated[
    float | Distribution,
    PlainValidator(_read_factor, json_schema_input_type=float | dict[str, JsonValue]),
    PlainSerializer(_dumped, return_type=JsonValue),
]
"""A number greater than 0, or a distribution of such numbers."""

UnitsSetting = Annotated[
    int | Distribution,
    PlainValidator(_read_units, json_schema_input_type=int | dict[str, JsonValue]),
    PlainSerializer(_dumped, return_type=JsonValue),
]
"""A whole number of units, 0 or more, or a distribution of such numbers."""
