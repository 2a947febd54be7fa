"""The page behind a button in a mail. Open to everybody: the link itself says who decides, and what."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.notices.models import ActionLink
from config.notices.services import links
from config.web.access import PUBLIC, allow
from config.web.errors import Refusal


@allow(PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def action_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, and never acts: programs that check mails for viruses open every link. POST acts, once."""
    try:
        link = links.find(token)
    except Refusal as refusal:
        return _page(request, "refused", refusal.status, refusal=refusal)
    if request.user.is_authenticated and request.user != link.user:
        return _page(request, "other_person", 403)
    with timezone.override(link.user.time_zone):  # nobody need be signed in; the times are for who got the mail
        return _answer(request, link)


def _answer(request: HttpRequest, link: ActionLink) -> HttpResponse:
    now = timezone.now()
    try:
        links.check_usable(link, now)
        asked = links.describe(link)
        form = _form(asked, request)
        if request.method == "POST" and (form is None or form.is_valid()):
            url = links.use(link, form.cleaned_data if form else {}, now)
            return _done(request, link, asked, url)
    except Refusal as refusal:
        return _page(request, "refused", refusal.status, refusal=refusal)
    status = 422 if form is not None and form.errors else 200
    return _page(request, "confirm", status, asked=asked, form=form, person=link.user)


def _form(asked: links.Description, request: HttpRequest) -> Form | None:
    form_class = asked.get("form")
    return form_class(request.POST if request.method == "POST" else None) if form_class else None


def _done(request: HttpRequest, link: ActionLink, asked: links.Description, url: str) -> HttpResponse:
    """Who is signed in goes on to the portal's page; who is not stays here, where no sign-in is asked for."""
    if request.user == link.user:
        return redirect(url)
    return _page(request, "done", 200, asked=asked, url=url)


def _page(request: HttpRequest, name: str, status: int, **context: Any) -> HttpResponse:
    response = render(request, f"notices/action_{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is a key and must not travel on; nor may the form's origin be hidden from ourselves, as "no-referrer" does.
    response["Referrer-Policy"] = "same-origin"
    return response
