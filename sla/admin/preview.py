"""One row of the form in plain words while it is being typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from sla.admin.inlines import TermInline, terms_of_draft
from sla.models import Version
from sla.sections import KINDS
from sla.services import versions
from sla.terms import DefinitionTerms, Terms
from sla.words.terms import say

MOST_PROBLEMS = 4
# An app above says how many leads meet a definition of a segment: (how many, of how many).
count_definition: Callable[[DefinitionTerms, int], tuple[int, int]] | None = None


def words_of(inline: TermInline, request: HttpRequest, version: Version, prefix: str) -> dict[str, Any]:
    """{"words": sentences, "problems": what keeps the row from being read, or what would keep it from being signed}."""
    section = inline.model.section
    form_class = inline.get_formset(request, version).form
    key = request.POST.get(f"{prefix}-id", "")
    row = inline.model._default_manager.filter(version=version, pk=key).first() if key.isdigit() else None
    form = form_class(request.POST, prefix=prefix, instance=row or inline.model(version=version))
    if not form.is_valid():
        problems = [
            f"{form.fields[name].label}: {said[0]}" for name, said in form.errors.items() if name in form.fields
        ]
        return {"words": [], "problems": problems[:MOST_PROBLEMS]}
    made = form.save(commit=False)
    made.version = version
    made.key = made.key or form.cleaned_data.get("key") or "new"
    terms = _with(terms_of_draft(version), section, made)
    anchor = f"{KINDS[section].anchor}:{made.key}"
    missing = versions.missing_in(terms)
    words = list(say(section, made.key, terms))
    mine = [gap for gap in missing if gap.anchor == anchor]
    if section == "definitions" and not any(gap.blocks for gap in mine) and count_definition is not None:
        definition = next(one for one in terms.definitions if one.key == made.key)
        meet, of = count_definition(definition, version.agreement.segment_id)
        where = version.agreement.segment.name
        words.append(f"{meet:,} of {of:,} open leads of {where} meet all of it now, by the points they have.")
    return {"words": words, "problems": [gap.words for gap in mine][:MOST_PROBLEMS]}


def _with(terms: Terms, section: str, row: Any) -> Terms:
    """The draft's terms with one row as it stands in the form."""
    term = row.to_term()
    term.pop("position", None)
    rows = [term if one["key"] == term["key"] else one for one in terms.content[section]]
    if not any(one["key"] == term["key"] for one in rows):
        rows.append(term)
    return Terms(0, "preview", {**terms.content, section: rows})
