"""Tables of which nothing may vanish at one stroke."""

from __future__ import annotations

import pgtrigger


def never_truncated() -> pgtrigger.Trigger:
    """Emptying a whole table would pass by the triggers on its rows."""
    return pgtrigger.Trigger(
        name="never_truncated",
        level=pgtrigger.Statement,
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'what was signed stays on record: % cannot be emptied', TG_TABLE_NAME;",
    )
