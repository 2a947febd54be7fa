"""The drawn machines say what the code does."""

from __future__ import annotations

from config.env import ROOT
from leads import machines
from leads.management.commands.draw_machines import PLACE


def test_the_page_of_the_machines_is_current() -> None:
    assert (ROOT / PLACE).read_text() == machines.page(), "run manage.py draw_machines"


def test_a_decided_handoff_is_never_decided_again() -> None:
    page = machines.page()
    assert "offered --> accepted: accept" in page
    assert "rejected --> " not in page
