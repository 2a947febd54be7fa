"""A chart as data: what it shows, not how it is drawn. The page draws it and always gives the same figures as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["line", "bar", "stacked", "area", "funnel", "scatter", "sankey", "intervals", "heat"]


@dataclass(frozen=True)
class Series:
    """One line, or one colour of bars. `data` is parallel to the chart's `labels`; None leaves a gap."""

    name: str
    data: Sequence[float | None]
    tone: str = ""  # a colour of the style sheet; else the next of the palette
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """`unit` follows each figure. `target` draws a line across. `urls`, parallel to `labels`, open what lies behind.

    `details` are further data for kinds that an app draws by a script of its own (`window.chartKinds`).
    """

    kind: Kind
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    x_title: str = ""
    y_title: str = ""
    target: float | None = None
    target_label: str = "Target"
    urls: Sequence[str] = ()
    note: str = ""
    tall: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.data) != len(self.labels):
                raise ValueError(f"{one.name!r} has {len(one.data)} figures for {len(self.labels)} labels")

    @property
    def rows(self) -> list[tuple[str, str, list[float | None]]]:
        """For the table: label, link behind it, one figure for each series."""
        urls = list(self.urls) or [""] * len(self.labels)
        return [
            (label, urls[index], [one.data[index] for one in self.series]) for index, label in enumerate(self.labels)
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "series": [
                {"name": one.name, "data": list(one.data), "tone": one.tone, "dashed": one.dashed}
                for one in self.series
            ],
            "unit": self.unit,
            "xTitle": self.x_title,
            "yTitle": self.y_title,
            "target": self.target,
            "targetLabel": self.target_label,
            "urls": list(self.urls),
            **self.details,
        }
