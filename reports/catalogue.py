"""Every report there is, by key: what pages, exports, saved views, digests and the API offer."""

from __future__ import annotations

from reports.documents import brief, capacity, deals, funnel, rejections, returns, scoreboard, speed
from reports.documents.base import Report

REPORTS: dict[str, Report] = {
    module.REPORT.key: module.REPORT
    for module in (brief, scoreboard, funnel, speed, rejections, returns, deals, capacity)
}
