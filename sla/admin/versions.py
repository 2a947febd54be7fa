"""Drafts in the admin: begun from a preset or a version, edited page by page, followed until they are signed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from config.web.access import MANAGERS
from config.web.errors import Conflict
from sla.access import DRAFTERS, may_draft
from sla.admin import merging
from sla.admin.changes import changes_of
from sla.admin.inlines import INLINES, inlines_of
from sla.admin.newdraft import NewDraftForm
from sla.admin.panels import panels
from sla.admin.preview import words_of
from sla.criteria import check_criteria
from sla.history import changed_by
from sla.links import version_url
from sla.models import Version
from sla.sections import FIRST_PART, PARTS
from sla.services import compiling, editing, versions
from sla.standing import LABELS, Code, standing_of
from sla.words.fields import field_label
from sla.words.taxonomy import criteria_words

HEADER = (
    "title",
    "summary",
    "planned_at",
    ("review_every_months", "reject_alarm_percent"),
    ("settles_contests", "admission_per_day"),
    ("fiscal_year_start_month", "currency"),
)


@admin.register(Version)
class VersionAdmin(ActorAdminMixin, ModelAdmin):
    view_rule = MANAGERS
    change_rule = DRAFTERS
    delete_rule = NOBODY
    list_display = ("named", "stands", "revision", "effective_at", "created_by", "created_at")
    list_filter = ("agreement", "state")
    list_select_related = ("agreement", "created_by")
    ordering = ("agreement_id", "-number")
    change_form_outer_before_template = "admin/sla/version/head.html"
    change_form_before_template = "admin/sla/version/guard.html"
    warn_unsaved_form = True
    compressed_fields = False  # three or four fields stand in one line: their labels above them
    custom_urls = ()

    class Media:
        css = {"all": ("sla/draft.css",)}
        js = ("sla/draft.js",)

    # --- the list ----------------------------------------------------------------------------------------------------

    @display(description="Version")
    def named(self, version: Version) -> str:
        return f"{version}{f', {version.title}' if version.title else ''}"

    @display(
        description="Stands",
        label={
            LABELS[Code.IN_FORCE]: "success",
            LABELS[Code.PLANNED]: "info",
            LABELS[Code.PROPOSED]: "warning",
        },
    )
    def stands(self, version: Version) -> str:
        return standing_of(version, timezone.now()).label

    # --- who may -----------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    # --- a new draft -------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            return super().get_form(request, obj, change, form=NewDraftForm, fields=flatten(NewDraftForm.FIELDS))
        return super().get_form(request, obj, change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {name: request.GET[name] for name in ("agreement", "start") if name in request.GET}

    # --- the form, page by page --------------------------------------------------------------------------------------

    def part(self, request: HttpRequest) -> str:
        wanted = request.GET.get("part", FIRST_PART)
        return wanted if wanted in PARTS else FIRST_PART

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": NewDraftForm.FIELDS})]
        return [(None, {"fields": HEADER})] if self.part(request) == FIRST_PART else []

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return inlines_of(self.part(request)) if obj is not None and obj.is_draft else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["label"] = field_label(db_field.name)
        if db_field.name == "summary":
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        version = kwargs.get("obj")
        context |= {"show_save_and_add_another": False, "show_save_and_continue": version is None}
        if version is not None:
            part = self.part(request)
            context |= panels(version, part, actor=request.actor) | self._guard(request, version, part)  # type: ignore[attr-defined]
        else:
            context |= {"show_save": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def _guard(self, request: HttpRequest, version: Version, part: str) -> dict[str, Any]:
        """What the form was opened with: kept over a refused save, so that it is compared with what was seen then."""
        if request.method == "POST":
            return {"base_json": request.POST.get("base", ""), "base_revision": request.POST.get("revision", "")}
        base = self._snapshot(version, part)
        return {"base_json": json.dumps(base, ensure_ascii=False), "base_revision": version.revision}

    def _snapshot(self, version: Version, part: str) -> merging.Snapshot:
        models = [inline.model for inline in inlines_of(part)]
        return merging.snapshot(version, models, with_header=part == FIRST_PART)

    # --- saving ------------------------------------------------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is None or request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic(), changed_by(request.user):  # type: ignore[arg-type]
            version = editing.begin(_number(object_id), by=request.user)  # type: ignore[arg-type]
            answer = self._meanwhile(request, version)
            return answer or super().changeform_view(request, object_id, form_url, extra_context)

    def _meanwhile(self, request: HttpRequest, version: Version) -> HttpResponse | None:
        """Where somebody saved this page of the form since it was opened: the page that asks what shall hold."""
        request.settling = None  # type: ignore[attr-defined]
        seen = request.POST.get("resolve") or request.POST.get("revision", "")
        base = merging.read_base(request.POST.get("base", ""))
        if base is None or not seen.isdigit():
            raise Conflict("no_base", "This form is incomplete. Open it again.", url=version_url(version.public_id))
        if int(request.POST.get("revision", 0)) == version.revision:
            return None
        part = self.part(request)
        now = self._snapshot(version, part)
        request.POST = _without_removed(request.POST, base, now, self._prefixes(part))  # type: ignore[assignment]
        form, formsets = self._bound(request, version)
        if not all(one.is_valid() for one in [form, *formsets] if one is not None):
            return None  # the ordinary answer shows what is wrong; nothing is saved
        mine = merging.mine_of(form if part == FIRST_PART else None, formsets)
        terms = compiling.draft_terms(version)
        meanwhile = merging.compare(base, now, mine, terms, terms)
        if not meanwhile.happened:
            return None
        if int(seen) == version.revision and "resolve" in request.POST:
            request.settling = (base, now)  # type: ignore[attr-defined]
            return None
        return self._ask(request, version, meanwhile)

    def _bound(self, request: HttpRequest, version: Version) -> tuple[Any, list[Any]]:
        fresh = self.get_object(request, str(version.pk))
        form = self.get_form(request, fresh, change=True)(request.POST, request.FILES, instance=fresh)
        formsets, _ = self._create_formsets(request, fresh, change=True)
        return form, formsets

    def _prefixes(self, part: str) -> dict[str, str]:
        return {
            inline.model.section: f"{inline.model._meta.get_field('version').remote_field.get_accessor_name()}"
            for inline in inlines_of(part)
        }

    def _ask(self, request: HttpRequest, version: Version, meanwhile: merging.Meanwhile) -> HttpResponse:
        posted = [(name, value) for name in request.POST for value in request.POST.getlist(name) if name not in ASKED]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{version} was changed meanwhile",
            "version": version,
            "meanwhile": meanwhile,
            "who": changes_of(version, since_revision=int(request.POST.get("revision", 0))),
            "posted": [pair for pair in posted if not pair[0].startswith("choice:")],
            "revision": version.revision,
        }
        return TemplateResponse(request, "admin/sla/version/meanwhile.html", context, status=409)

    def save_model(self, request: HttpRequest, obj: Version, form: Any, change: bool) -> None:
        if not change:
            made = form.make(by=request.user, at=timezone.now())
            obj.__dict__.update(made.__dict__)
            return
        if self.part(request) == FIRST_PART:
            self._settle(request, obj, merging.HEADER)
            obj.save(update_fields=[*merging.HEADER_FIELDS, "state"])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for one in formset.initial_forms:
            if one.instance.pk:
                self._settle(request, one.instance, formset.model.section)
        super().save_formset(request, form, formset, change)

    def _settle(self, request: HttpRequest, row: Any, section: str) -> None:
        settling: tuple[merging.Snapshot, merging.Snapshot] | None = getattr(request, "settling", None)
        if settling is not None:
            base, now = settling
            merging.settle(row, section, base, now, request.POST)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and (form.changed_data or any(formset.has_changed() for formset in formsets)):
            editing.finish(form.instance)

    def response_change(self, request: HttpRequest, obj: Version) -> HttpResponse:
        """Back to the same page of the form: a draft is edited for a while."""
        messages.success(request, f"Saved. This is revision {obj.revision} of the draft.")
        return HttpResponseRedirect(request.get_full_path())

    def response_add(self, request: HttpRequest, obj: Version, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, f"{obj} is a draft now. Change what shall be different, then propose it.")
        return HttpResponseRedirect(f"../{obj.pk}/change/")

    # --- beside the form ---------------------------------------------------------------------------------------------

    def get_custom_urls(self) -> tuple[Any, ...]:
        return (
            ("criteria/", "sla_version_criteria", self.criteria_view),
            ("<int:object_id>/words/", "sla_version_words", self.words_view),
        )

    def criteria_view(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        """A condition in words, or what is wrong with it: for the preview beside the field."""
        self._require_drafter(request)
        try:
            value = json.loads(request.POST.get("criteria") or "{}")
        except ValueError as error:
            return JsonResponse({"words": "", "problems": [f"This is not JSON: {error}"]})
        problems = check_criteria(value, versions.known_fields())
        return JsonResponse({"words": "" if problems else criteria_words(value), "problems": problems})

    def words_view(self, request: HttpRequest, object_id: int, model_admin: Any = None) -> HttpResponse:
        """One row of the form in words, as it stands there unsaved."""
        self._require_drafter(request)
        version = get_object_or_404(Version.objects.select_related("agreement__segment"), pk=object_id)
        section = request.POST.get("section", "")
        if section not in INLINES:
            return JsonResponse({"words": [], "problems": []})
        inline = INLINES[section](Version, self.admin_site)
        return JsonResponse(words_of(inline, request, version, request.POST.get("prefix", "")))

    def _require_drafter(self, request: HttpRequest) -> None:
        if not may_draft(request.actor):  # type: ignore[attr-defined]
            raise forms.ValidationError("This preview is for who drafts.")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every change of every field, who made it and when."""
        version = get_object_or_404(Version.objects.select_related("agreement__segment"), pk=_number(object_id))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"What was changed in {version}",
            "version": version,
            "changes": changes_of(version),
        }
        return TemplateResponse(request, "admin/sla/version/history.html", context)


ASKED = ("csrfmiddlewaretoken", "revision", "resolve")


def _number(object_id: str) -> int:
    return int(object_id) if str(object_id).isdigit() else 0


def _without_removed(
    posted: QueryDict, base: merging.Snapshot, now: merging.Snapshot, prefixes: dict[str, str]
) -> QueryDict:
    """The form's data with every row taken out that the other has removed meanwhile."""
    data = posted.copy()
    for section, prefix in prefixes.items():
        gone = set(base.get(section, {})) - set(now.get(section, {}))
        for index in range(int(data.get(f"{prefix}-INITIAL_FORMS") or 0)):
            if data.get(f"{prefix}-{index}-id") in gone:
                data[f"{prefix}-{index}-DELETE"] = "on"
    return data
