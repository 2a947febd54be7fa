"""The site does not start while a URL leaves open who may see it."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Tags as CheckTags

from config.web.access import declared_access
from config.web.urlwalk import walk


@register(CheckTags.urls)
def every_url_declares_access(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{site.route!r} does not declare who may see it.",
            hint="Put @allow(rule) on the view, or `access = rule` on the class.",
            id="web.E001",
        )
        for site in walk()
        if declared_access(site.callback, site.route) is None
    ]
