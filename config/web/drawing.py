"""Small drawings whose shape is data: as attributes of SVG, because the security policy allows no inline style."""

from __future__ import annotations

from typing import Any

WIDTH, HEIGHT, PADDING = 100.0, 24.0, 2.0


def meter(value: float, maximum: float, target: float | None = None) -> dict[str, Any]:
    """Percentages of the bar; what is over the maximum fills it."""

    def share(of: float) -> float:
        return round(max(0.0, min(100.0, of / maximum * 100)), 1) if maximum else 0.0

    return {"filled": share(value), "target": None if target is None else share(target), "target_value": target}


def sparkline(values: list[float]) -> dict[str, Any]:
    """A line through the values from the first to the last, lowest at the bottom."""
    if len(values) < 2:
        return {"points": "", "last": None}
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (WIDTH - 2 * PADDING) / (len(values) - 1)
    places = [
        (round(PADDING + index * step, 1), round(HEIGHT - PADDING - (value - low) / span * (HEIGHT - 2 * PADDING), 1))
        for index, value in enumerate(values)
    ]
    return {"points": " ".join(f"{x},{y}" for x, y in places), "last": places[-1]}
