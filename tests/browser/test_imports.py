"""A file on its way in, seen by the manager who brings it: no step has a barrier, and the last one shows by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import expect

from leads.imports import preparing
from leads.models import Lead
from tests.browser import axe
from tests.browser.conftest import SignIn
from tests.cast import assemble

FILE = (
    "Id;E-Mail;Vorname;Nachname;Firma;Erstellt am;Schuhgröße\n"
    "1;ada@one.example;Ada;Müller;One GmbH;05.03.2026;37\n"
    "2;bob@two.example;Bob;Stone;Two Ltd;06.03.2026;44\n"
    "3;not-an-address;Cy;Young;Three Ltd;07.03.2026;40\n"
)


def test_a_file_is_brought_in(sign_in: SignIn, tmp_path: Path) -> None:
    cast = assemble(since=timezone.now() - timedelta(days=30))
    file = tmp_path / "fair leads.csv"
    file.write_bytes(FILE.encode("cp1252"))
    page = sign_in(cast.mara)
    page.goto("/imports/")
    axe.check(page)
    page.get_by_role("link", name="Import a file").first.click()
    axe.check(page)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("The system it comes from").fill("Trade fair")
    page.get_by_role("button", name="Read the file").click()

    expect(page.get_by_label("Vorname becomes")).to_have_value("first_name")
    expect(page.get_by_label("Schuhgröße becomes")).to_have_value("+attributes")
    page.locator("summary").first.click()
    axe.check(page)
    page.set_viewport_size({"width": 390, "height": 844})
    axe.check(page, "columns on a phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Save and try it out").click()

    expect(page.get_by_text("Nothing has been written yet")).to_be_visible()
    expect(page.get_by_role("row", name="not-an-address")).to_contain_text("Enter a valid email address.")
    axe.check(page)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_text("It waits for a worker")).to_be_visible()
    assert preparing.carry_on(timezone.now()) == 1
    expect(page.get_by_text("1 row is faulty and stayed out.")).to_be_visible()
    expect(page.locator(".page-beside")).to_have_text("Done")
    axe.check(page)
    assert Lead.objects.count() == 2
