"""Charts of the reports: flows between places, shares with their intervals, days by hours, horizontal steps.

Each is data with a table of the same figures; `static/handoff/reports_charts.js` draws those that are ours alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from config.web.charts import Chart, Series
from reports.intervals import Rate
from sla.stages import COLOUR

Place = tuple[str, str, str]  # code, label, stage
Flow = tuple[str, str, int, bool]  # from, to, leads, whether it goes back


def sankey(title: str, places: Sequence[Place], flows: Sequence[Flow], note: str = "") -> Chart:
    """Flows between places, broad as their leads; ways back are marked."""
    names = {code: label for code, label, _ in places}
    labels = [f"{names[source]} → {names[target]}" for source, target, _, _ in flows]
    details = {
        "places": [{"name": code, "label": label, "tone": COLOUR[stage]} for code, label, stage in places],
        "flows": [
            {"source": source, "target": target, "value": count, "back": back} for source, target, count, back in flows
        ],
    }
    series = [Series("Leads", [count for _, _, count, _ in flows])]
    return Chart("sankey", title, labels, series, x_title="From and to", note=note, tall=True, details=details)


def intervals(
    title: str, labels: Sequence[str], groups: Sequence[tuple[str, Sequence[Rate]]], *, urls: Sequence[str] = (),
    x_title: str = "", y_title: str = "", note: str = "",
) -> Chart:  # fmt: skip
    """Shares in percent as dots, each with a line from the lower to the upper end of its 95 % interval."""
    series = []
    for name, rates in groups:
        ends = [rate.interval if rate.whole else (None, None) for rate in rates]
        series += [
            Series(name, [percent(rate.value) for rate in rates]),
            Series(f"{name}, from", [percent(low) for low, _ in ends]),
            Series(f"{name}, to", [percent(high) for _, high in ends]),
            Series(f"{name}, of", [rate.whole for rate in rates]),
        ]
    return Chart(
        "intervals", title, labels, series, unit="%", urls=urls, x_title=x_title, y_title=y_title, note=note,
    )  # fmt: skip


def heat(
    title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]], *, unit: str = "",
    note: str = "",
) -> Chart:  # fmt: skip
    """A field for each pair of row and column, darker for more; one series for each row."""
    return Chart("heat", title, columns, [Series(name, list(data)) for name, data in rows], unit=unit, note=note)


def percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 1)
