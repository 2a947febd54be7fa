from __future__ import annotations

import pytest

from sla.models import Version
from sla.services import drafting, versions
from tests.cast import HOUR, NOW, Cast, assemble


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def draft(cast: Cast) -> Version:
    """A draft that says what is in force."""
    return drafting.draft_from_version(cast.version, by=cast.mara)


@pytest.fixture
def proposed(cast: Cast, draft: Version) -> Version:
    return versions.propose(draft.pk, by=cast.mara, at=NOW - HOUR)
