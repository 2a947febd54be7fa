"""Many at once, with the same demands as one by one: each in a transaction of its own, each refusal kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import models, transaction

from config.web.errors import Refusal

Row = TypeVar("Row", bound=models.Model)
MOST = 200  # nobody decides on more with their eyes open


@dataclass
class Result(Generic[Row]):
    """What was done, and what was not with the reason why."""

    done: list[Row] = field(default_factory=list)
    refused: list[tuple[Row, Refusal]] = field(default_factory=list)


def each(rows: Iterable[Row], act: Callable[[Row], object]) -> Result[Row]:
    """Do it with each row. One that is refused, or that somebody else was faster with, stops none of the others."""
    chosen = list(rows)
    if not chosen:
        raise Refusal("nothing_chosen", "Choose at least one.")
    if len(chosen) > MOST:
        raise Refusal("too_many", f"Choose at most {MOST} at once; these are {len(chosen)}.")
    result: Result[Row] = Result()
    for row in chosen:
        try:
            with transaction.atomic():
                act(row)
        except Refusal as refusal:
            result.refused.append((row, refusal))
        else:
            result.done.append(row)
    return result
