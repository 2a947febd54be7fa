"""Reports by API: the same figures as the pages, for the same period and filters."""

from __future__ import annotations

from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.accounts.actor import Actor
from config.web.access import MEMBERS
from config.web.errors import Refusal
from reports import asked as asking
from reports.catalogue import REPORTS
from reports.database import snapshot
from reports.documents.base import Report
from reports.exports import files
from reports.periods import CALENDAR, Kind
from reports.queries.choices import FILTERS

PERIOD = frozenset({"by", "from", "to", "back"})
DESCRIBED = [
    OpenApiParameter("by", str, description="week, month, quarter, year, last-30, last-90, last-365 or span"),
    OpenApiParameter("from", str, description="a day in the period, or its first day for a span"),
    OpenApiParameter("to", str, description="the last day of a span"),
    OpenApiParameter("back", int, description="how many periods before the present one"),
    OpenApiParameter("section", str, many=True, description="only these sections"),
    *(OpenApiParameter(name, str) for name in FILTERS),
]


class Reports(APIView):
    """What there is."""

    access = MEMBERS

    @extend_schema(operation_id="reports_list", responses=dict)
    def get(self, request: Request) -> Response:
        return Response({"results": [_described(key) for key in REPORTS]})


def _described(key: str) -> dict[str, Any]:
    report = REPORTS[key]
    return {
        "key": key, "title": report.title, "words": report.words, "filters": list(report.filters),
        "sections": [section.key for section in report.sections],
    }  # fmt: skip


class OneReport(APIView):
    """A report whole, or the sections that `section` names."""

    access = MEMBERS

    @extend_schema(parameters=DESCRIBED, responses=dict)
    def get(self, request: Request, key: str) -> Response:
        report = REPORTS.get(key)
        if report is None:
            raise Http404
        _refuse_what_would_be_ignored(request.query_params, report)
        wanted = request.query_params.getlist("section") or [section.key for section in report.sections]
        actor: Actor = request._request.actor  # type: ignore[attr-defined]
        with snapshot():
            asked = asking.read(
                request.query_params.dict(), actor, timezone.now(), filters=report.filters, usual=report.usual,
                kinds=report.kinds, extra=report.extra,
            )  # fmt: skip
            if asked.problems:
                # A program must not take another period's figures for those it asked for.
                raise Refusal("invalid", " ".join(asked.problems), fields={"": " ".join(asked.problems)})
            built = [(one, one.build(asked)) for one in report.sections if one.key in wanted]
        return Response(files.as_json(report, asked, built))


def _refuse_what_would_be_ignored(given: QueryDict, report: Report) -> None:
    """A page shows the usual for what its address does not name rightly; a program must not take that for what it asked.

    Raises:
        Refusal: `invalid`, with each parameter that says nothing here, and why.
    """
    fields = {}
    known = PERIOD | {"section", *report.filters, *report.extra}
    for name in given.keys() - known:
        fields[name[:40]] = "This report knows no such parameter."
    sections = {section.key for section in report.sections}
    if not sections.issuperset(given.getlist("section")):
        fields["section"] = f"The sections are: {', '.join(sorted(sections))}."
    kind = given.get("by") or report.usual
    if kind == Kind.SPAN and not (given.get("from") and given.get("to")):
        fields["from"] = "A span needs its first day and its last, “from” and “to”."
    elif kind in report.kinds and given.get("from") and kind not in (*CALENDAR, Kind.SPAN):
        fields["from"] = "Such a period ends today; “back” names an earlier one."
    if kind != Kind.SPAN and given.get("to"):
        fields["to"] = "Only a span has a last day of its own."
    if given.get("back") and given.get("from"):
        fields["back"] = "A period is named by a day in it, or by how many periods ago it was."
    if fields:
        raise Refusal("invalid", "Some of the parameters would have no effect.", fields=fields)
