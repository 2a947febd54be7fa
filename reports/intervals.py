"""How sure a share is, and how unusual a drop: Wilson's interval, Newcombe's difference, the beta-binomial tail.

Pure: standard library only. All intervals are at 95 % unless told otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

CONFIDENCE = 0.95
SMALL = 100  # below so many, a share is never shown without its interval
NEGLIGIBLE = 1e-18


@cache
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(part: float, whole: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval of `part` of `whole`, as fractions; (0, 1) where there is nothing to go by."""
    if whole <= 0:
        return 0.0, 1.0
    z = _z(confidence)
    share, z2 = part / whole, z * z
    centre = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    low = 0.0 if part <= 0 else max(0.0, centre - half)
    high = 1.0 if part >= whole else min(1.0, centre + half)
    return low, high


@dataclass(frozen=True)
class Rate:
    """`part` of `whole`, both counts."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.part, self.whole)

    @property
    def is_small(self) -> bool:
        return self.whole < SMALL


def difference(one: Rate, other: Rate) -> tuple[float, float] | None:
    """Newcombe's interval of `one` minus `other`, from their Wilson intervals; None where either is empty."""
    if one.value is None or other.value is None:
        return None
    gap = one.value - other.value
    low_1, high_1 = one.interval
    low_2, high_2 = other.interval
    below = math.hypot(one.value - low_1, high_2 - other.value)
    above = math.hypot(high_1 - one.value, other.value - low_2)
    return gap - below, gap + above


def chance_of_so_few(now: Rate, past: Rate) -> float:
    """How likely at most `now.part` of `now.whole` would be if nothing had changed since the past.

    The lower tail of the beta-binomial: the past share is itself only known from so many cases (Jeffreys' prior),
    so a thin past never raises an alarm that it cannot bear.
    """
    return _tail(now.part, now.whole, past.part + 0.5, past.whole - past.part + 0.5)


def chance_of_so_many(now: Rate, past: Rate) -> float:
    """The upper tail: how likely at least `now.part` would be."""
    return _tail(now.whole - now.part, now.whole, past.whole - past.part + 0.5, past.part + 0.5)


def _tail(part: int, whole: int, a: float, b: float) -> float:
    """P(X <= part) for X of `whole` under Beta(a, b), summed from the largest term downwards."""
    if part >= whole:
        return 1.0
    if part < 0:
        return 0.0
    if part > whole * a / (a + b):  # beyond the middle the other tail is the shorter sum
        return 1.0 - _tail(whole - part - 1, whole, b, a)
    term = math.exp(
        math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)
        + math.lgamma(part + a) + math.lgamma(whole - part + b) - math.lgamma(whole + a + b)
        - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)
    )  # fmt: skip
    total = term
    for k in range(part, 0, -1):
        # From P(X = k) to P(X = k - 1).
        term *= k / (whole - k + 1) * (whole - k + b) / (k - 1 + a)
        total += term
        if term < total * NEGLIGIBLE:
            break
    return min(1.0, total)


def odds_words(chance: float) -> str:
    """ "about once in 2,000 such periods": how people weigh a small probability."""
    if chance >= 0.2:
        return "nothing unusual"
    if chance < 1e-6:
        return "less than once in a million such periods"
    times = 1 / chance
    rounded = round(times, -max(0, int(math.log10(times)) - 1))
    return f"about once in {rounded:,.0f} such periods"
