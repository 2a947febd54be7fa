"""A version as a file that proves itself: exported, checked against the record, and read back as a draft."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader, PdfWriter

from config.accounts.choices import Function
from config.accounts.models import Team
from config.web.errors import Forbidden, Refusal
from sla.models import Agreement, Commitment, Segment, Version
from sla.services import drafting, importing, versions
from sla.services.compiling import content_hash, draft_terms, terms_of
from sla.services.exporting import as_json, as_markdown, as_pdf, file_name
from sla.services.records import Unreadable, as_line, read, record_of
from sla.services.verifying import Outcome, Verdict, verify
from tests.cast import DAY, HOUR, NOW, Cast, sign_all

pytestmark = pytest.mark.django_db


def checked(data: bytes | str, at=NOW) -> Verdict:
    return verify(read(data.encode() if isinstance(data, str) else data), at=at)


def wrong(verdict: Verdict) -> list[str]:
    return [finding.words for finding in verdict.findings if not finding.holds]


# --- exporting and checking ----------------------------------------------------------------------------------------


def test_all_three_forms_carry_the_record_and_hold(cast: Cast):
    for data in (as_markdown(cast.version), as_json(cast.version), as_pdf(cast.version, at=NOW)):
        verdict = checked(data)
        assert (verdict.outcome, verdict.version, wrong(verdict)) == (Outcome.IN_FORCE, cast.version, [])
        assert any(finding.words.startswith("Signed by Sina Vogel for sales on") for finding in verdict.findings)


def test_the_markdown_is_the_document_with_its_signatures(cast: Cast):
    text = as_markdown(cast.version)
    assert text.startswith("# Lead agreement\n")
    assert "- Sales: Sina Vogel, 2026-02-02T10:00:00+00:00, revision 1" in text
    assert f"SHA-256: `{cast.version.content_hash}`" in text
    assert "| First call | 60 working minutes | each MQL it gets | 95 % | 7." in text
    assert file_name(cast.version, "md") == "lead-agreement-v1.md"


def test_the_pdf_reads_like_a_contract(cast: Cast):
    reader = PdfReader(io.BytesIO(as_pdf(cast.version, at=NOW)))
    said = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    for part in (
        "Who owes what by when",
        "In force from Monday, 2 February 2026 at 11:00, Berlin time",
        "Sales accepts or rejects each TQL handed to it within 8 working hours.",
        "Sina Vogel",
        cast.version.content_hash,
        f"Page 1 of {len(reader.pages)}",
    ):
        assert part in said
    assert json.loads(reader.attachments["agreement-record.json"][0]) == record_of(cast.version)


def test_the_pages_of_a_pdf_are_compared_with_those_printed_here(cast: Cast):
    whole = as_pdf(cast.version, at=NOW)
    assert any("byte for byte" in finding.words for finding in checked(whole).findings)
    sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), NOW + DAY)
    assert checked(whole, NOW).outcome == Outcome.IN_FORCE, "a later version does not alter what was printed before"
    saved = PdfWriter(clone_from=io.BytesIO(whole))
    anew = io.BytesIO()
    saved.write(anew)
    verdict = checked(anew.getvalue(), NOW)
    assert (verdict.outcome, wrong(verdict)) == (Outcome.IN_FORCE, [])
    assert "saved anew" in verdict.not_checked
    saved.remove_page(1)
    short = io.BytesIO()
    saved.write(short)
    assert "The printed words are not those of the record" in wrong(checked(short.getvalue(), NOW))[0]


@pytest.mark.parametrize("stamp", ["D:20260101120000", "D:99990101120000Z", "nonsense"])
def test_a_pdf_with_an_impossible_date_is_refused_and_not_a_crash(cast: Cast, stamp: str):
    writer = PdfWriter(clone_from=io.BytesIO(as_pdf(cast.version, at=NOW)))
    writer.add_metadata({"/CreationDate": stamp})
    out = io.BytesIO()
    writer.write(out)
    assert checked(out.getvalue(), NOW).outcome == Outcome.ALTERED


def test_a_damaged_pdf_is_not_what_was_signed(cast: Cast):
    """One stream of a page is overwritten; its record is whole."""
    data = as_pdf(cast.version, at=NOW)
    number = PdfReader(io.BytesIO(data)).pages[2].raw_get("/Contents").idnum
    start = data.index(b"stream", data.index(b"\n%d 0 obj" % number)) + 20
    verdict = checked(data[:start] + b"\x00" * 200 + data[start + 200 :])
    assert (verdict.outcome, len(wrong(verdict))) == (Outcome.ALTERED, 1)


def test_an_unsigned_one_says_so(cast: Cast, draft: Version):
    said = PdfReader(io.BytesIO(as_pdf(draft, at=NOW))).pages[-1].extract_text()
    assert "Not signed" in said
    verdict = checked(as_markdown(draft))
    assert verdict.outcome == Outcome.ALTERED  # a draft was never recorded: nothing vouches for it
    proposed = versions.propose(draft.pk, by=cast.mara, at=NOW)
    verdict = checked(as_markdown(proposed))
    assert (verdict.outcome, verdict.holds) == (Outcome.NOT_IN_FORCE, True)


def test_a_superseded_one_is_true_but_not_in_force(cast: Cast):
    exported = as_markdown(cast.version)
    sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), NOW)
    assert checked(exported, NOW - HOUR).outcome == Outcome.IN_FORCE
    assert checked(exported, NOW).outcome == Outcome.NOT_IN_FORCE


# --- forgeries -----------------------------------------------------------------------------------------------------


def forged(version: Version, change: Any, *, rehash: bool = False) -> str:
    record = json.loads(as_json(version))
    change(record)
    if rehash:
        record["content_hash"] = content_hash(record["content"])
    return json.dumps(record)


def loosen(record: dict[str, Any]) -> None:
    next(c for c in record["content"]["commitments"] if c["key"] == "first-call")["target"] = "600"


def test_altered_content_is_found(cast: Cast):
    assert "The content was altered" in wrong(checked(forged(cast.version, loosen)))[0]


def test_altered_content_with_a_hash_to_fit_is_found(cast: Cast):
    found = wrong(checked(forged(cast.version, loosen, rehash=True)))
    assert found == ["No version with this hash was ever proposed or signed here."]


def test_altered_words_are_found_though_the_record_is_whole(cast: Cast):
    text = as_markdown(cast.version).replace("within 60 working minutes", "within 6000 working minutes", 1)
    found = wrong(checked(text))
    assert len(found) == 1
    assert "The words are not those of the record" in found[0]
    assert "6000 working minutes" in found[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["signatures"].pop(), "A signature is missing in the file"),
        (lambda r: r["signatures"][0].update(signer="Somebody Else"), "We have no such signature: Somebody Else"),
        (lambda r: r["signatures"][0].update(signed_at="2025-01-01T00:00:00+00:00"), "We have no such signature"),
    ],
)
def test_altered_signatures_are_found(cast: Cast, change: Any, words: str):
    assert words in " ".join(wrong(checked(forged(cast.version, change))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"# An agreement\n\nwithout a record", "carries no record"),
        (b"%PDF-1.7 nonsense", "cannot be read"),
        (b"\xff\xfe\x00", "neither text in UTF-8 nor a PDF"),
        (b'{"kind": "invoice"}', "not an agreement exported by Handoff"),
        (b'{"kind": "handoff-agreement", "format": 2}', "has the format 2"),
        (b'{"kind": "handoff-agreement", "format": 1, "content": [], "signatures": []}', "incomplete"),
        (b'{"kind": "handoff-agreement", "format": 1, "content": {}, "signatures": [1]}', "not as we write them"),
        (b"{" * 100_000, "broken"),
        (b"x" * (5 * 2**20 + 1), "too large"),
    ],
)
def test_what_is_no_export_is_refused_with_the_reason(data: bytes, words: str):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert words in refused.value.message
    assert "file" in refused.value.fields


def test_the_command_says_what_it_found_and_exits_by_it(cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def exits(text: str) -> int:
        file = tmp_path / "agreement.md"
        file.write_text(text)
        try:
            call_command("verify_agreement", str(file))
        except SystemExit as left:
            return int(str(left.code))
        return 0

    text = as_markdown(cast.version)
    assert exits(text) == 0
    assert "It is what was signed, and in force." in capsys.readouterr().out
    assert exits(text.replace("95 %", "5 %", 1)) == 1
    assert "FAIL The words are not those of the record" in capsys.readouterr().out
    assert exits("nothing") == 2
    sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), NOW)
    assert exits(text) == 3


# --- reading back --------------------------------------------------------------------------------------------------


def test_a_draft_from_each_form_says_the_same(cast: Cast):
    agreed = terms_of(cast.version).content
    for data in (as_markdown(cast.version).encode(), as_json(cast.version).encode(), as_pdf(cast.version, at=NOW)):
        version = importing.draft_from_content(cast.agreement, read(data).record["content"], by=cast.mara)
        found = draft_terms(version).content
        assert {name for name in agreed if agreed[name] != found[name]} == {"number"}
        assert (version.state, version.created_by) == ("draft", cast.mara)


def test_only_marketings_managers_import(cast: Cast):
    with pytest.raises(Forbidden):
        importing.draft_from_content(cast.agreement, terms_of(cast.version).content, by=cast.sina)


def test_every_fault_is_named_and_nothing_is_written(cast: Cast):
    content = json.loads(as_line(dict(terms_of(cast.version).content)))
    content["currency"] = "EURO"
    content["commitments"][0]["side"] = "finance"
    content["commitments"][1]["target"] = "many"
    content["routes"][0]["team"] = {"id": "", "name": "Nobody", "function": "business_development"}
    before = Version.objects.count()
    with pytest.raises(Refusal) as refused:
        importing.draft_from_content(cast.agreement, content, by=cast.mara)
    problems = refused.value.facts["problems"]
    assert len(problems) == 4, problems
    assert any("Currency" in problem for problem in problems)
    assert any("'Nobody' is not known here" in problem for problem in problems)
    assert Version.objects.count() == before
    assert not Commitment.objects.exclude(version=cast.version).exists()


def test_two_terms_of_one_key_are_refused(cast: Cast):
    content = json.loads(as_line(dict(terms_of(cast.version).content)))
    content["faq"].append(content["faq"][0])
    with pytest.raises(Refusal) as refused:
        importing.draft_from_content(cast.agreement, content, by=cast.mara)
    assert "same key" in refused.value.message


def test_teams_are_found_by_name_where_the_file_comes_from_elsewhere(cast: Cast):
    content = json.loads(as_line(dict(terms_of(cast.version).content)))
    for route in content["routes"]:
        route["team"]["id"] = "01a2064d-0000-7000-8000-000000000000"
    version = importing.draft_from_content(cast.agreement, content, by=cast.mara)
    teams = {route.team for route in version.route_rows.all()}
    assert teams == set(Team.objects.filter(function__in=(Function.SALES, Function.TELEQUALIFICATION)))


def test_the_command_imports_into_a_segment_of_its_own(cast: Cast, tmp_path: Path):
    file = tmp_path / "agreement.json"
    file.write_text(as_json(cast.version))
    Segment.objects.create(key="apac", name="APAC", criteria={"field": "company.country", "op": "is", "value": "JP"})
    call_command("import_agreement", str(file), segment="apac", by="Mara.Lindt@example.com")
    version = Agreement.objects.get(segment__key="apac").versions.get()
    assert (version.state, version.number) == ("draft", 1)
    signed = sign_all(cast, version, NOW + DAY)
    assert signed.state == "signed"
    for wrong_call in ({"by": "nobody@example.com"}, {"by": cast.mara.email, "segment": "mars"}):
        with pytest.raises(CommandError):
            call_command("import_agreement", str(file), **wrong_call)
