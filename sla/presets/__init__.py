"""Ready-made drafts: what a company starts from, as editable rows, never as constants in a code path."""

from sla.presets.catalogue import PRESETS, Preset

__all__ = ["PRESETS", "Preset"]
