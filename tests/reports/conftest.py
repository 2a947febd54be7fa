from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # this file is read before the tests have their database: models are imported when asked for
    from tests.cast import Cast
    from tests.reports.stories import World


@pytest.fixture
def cast(db: None) -> Cast:
    from tests.cast import assemble

    return assemble()


@pytest.fixture
def world(cast: Cast) -> World:
    from tests.reports.stories import World

    return World(cast)
