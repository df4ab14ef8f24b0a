"""The desk's pages for rounds: made and changed until they open, then looked at; ballots are shown to nobody."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from members.models import AuditEntry, Member, Option, Round
from members.models.topic import FEWEST_OPTIONS, MOST_OPTIONS
from members.topics.desk import round_facts
from members.topics.rounds import drafting, exporting
from members.topics.rounds.voting import VotingError
from newsroom.caching import purge

USUAL_LENGTH = timedelta(days=14)
LONGEST_HELD = 366


class RoundForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A round until it opens. Sent after that it is refused, whenever it was begun."""

    class Meta:
        model = Round
        fields = (
            "question", "slug", "explanation", "opens_at", "closes_at", "choices_per_ballot", "winners", "days_held",
            "tally", "tie_rule",
        )  # fmt: skip
        help_texts = {
            "slug": gettext_lazy("The end of its address: small letters, digits and hyphens."),
            "opens_at": gettext_lazy("From then on nothing here can be changed."),
            "choices_per_ballot": gettext_lazy("From 1 to 20; three is usual."),
        }
        error_messages = {
            "slug": {
                "unique": gettext_lazy("Another round has this address. Please choose another."),
                "invalid": gettext_lazy("An address is made of small letters, digits and hyphens."),
            }
        }

    def clean_opens_at(self) -> datetime:
        """Later than now: what is asked stands still once it is open, and its options are put on it before."""
        opens_at: datetime = self.cleaned_data["opens_at"]
        if opens_at <= timezone.now():
            raise forms.ValidationError(_("It has to open later than now: its options are put on it before that."))
        return opens_at

    def clean_choices_per_ballot(self) -> int:
        """From one to as many as a ballot can hold."""
        return _between(self.cleaned_data["choices_per_ballot"], 1, MOST_OPTIONS)

    def clean_winners(self) -> int:
        """From one to as many as there are options, once there are."""
        winners = _between(self.cleaned_data["winners"], 1, MOST_OPTIONS)
        options = self.instance.options.count() if self.instance.pk else 0
        if options and winners > options:
            raise forms.ValidationError(
                ngettext(
                    "There is %(options)d option on the ballot: no more than that can win.",
                    "There are %(options)d options on the ballot: no more than those can win.",
                    options,
                )
                % {"options": options}
            )
        return winners

    def clean_days_held(self) -> int:
        """A year at most."""
        return _between(self.cleaned_data["days_held"], 0, LONGEST_HELD)

    def clean(self) -> dict[str, Any]:
        """Nothing of a round that opened meanwhile; an end after its beginning."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk:
            try:
                drafting.claim(self.instance, now=timezone.now())
            except drafting.FrozenError as error:
                raise forms.ValidationError(str(error)) from error
        opens_at, closes_at = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("It closes before it opens. Please choose a later end."))
        return cleaned


class RoundAdmin(admin.ModelAdmin):
    """Rounds. Question and rules are frozen once the round opens; ballots are shown to nobody."""

    form = RoundForm
    change_form_template = "members/desk/round.html"
    list_display = ("question", "opens_at", "closes_at", "options", "ballots_counted")
    prepopulated_fields = {"slug": ("question",)}
    ordering = ("-opens_at",)
    fields = RoundForm.Meta.fields

    @admin.display(description=gettext_lazy("options"))
    def options(self, round_: Round) -> str:
        """How many topics are on the ballot, and whether that is too few."""
        number = int(round_.choosable)  # type: ignore[attr-defined]  # of `get_queryset`
        return str(number) if number >= FEWEST_OPTIONS else _("%(number)d: no ballot yet") % {"number": number}

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how many topics are on its ballot, in the same query."""
        options = Option.objects.filter(round=OuterRef("pk"))
        number = options.order_by().values("round").annotate(number=Count("pk")).values("number")
        return super().get_queryset(request).annotate(choosable=Coalesce(Subquery(number), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Round | None = None) -> tuple[str, ...]:
        """Everything once it is open."""
        return self.fields if obj is not None and drafting.is_frozen(obj, timezone.now()) else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Round | None = None) -> Any:
        """The slug while it can be typed."""
        return {} if "slug" in self.get_readonly_fields(request, obj) else self.prepopulated_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """It opens tomorrow morning, for two weeks."""
        opens_at = timezone.localtime() + timedelta(days=1)
        opens_at = opens_at.replace(hour=8, minute=0, second=0, microsecond=0)
        typed: dict[str, Any] = {**super().get_changeform_initial_data(request)}
        return {"opens_at": opens_at, "closes_at": opens_at + USUAL_LENGTH, **typed}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A vote is not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Round, form: Any, change: bool) -> None:
        """Store the fields; furniture and the page of topics show them."""
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("change" if change else "add", by=_by(request), subject=obj)
        purge("topics", "site")
        if obj.options.count() < FEWEST_OPTIONS:
            messages.warning(request, round_facts.TOO_FEW)

    def view_on_site(self, obj: Round) -> str:
        """Its result once it is over, else the page of all topics."""
        return reverse("topics_past", args=[obj.slug]) if obj.closes_at <= timezone.now() else reverse("topics")

    def get_urls(self) -> list[URLPattern]:
        """`<pk>/export/`: the round to take along."""
        view = self.admin_site.admin_view(self.export)
        return [path("<int:pk>/export/", view, name="members_round_export"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form or, once open, what was asked; under it options, ballots by number, and the result."""
        round_ = self.get_object(request, object_id)
        facts = round_facts.of(round_, timezone.now()) if round_ else None
        buttons = ("show_save", "show_save_and_continue", "show_save_and_add_another")
        shown = dict.fromkeys(buttons, not (facts and facts.is_frozen))
        title = {"title": str(round_), "subtitle": None} if round_ else {}
        context: dict[str, Any] = {**(extra_context or {}), **shown, **title, "facts": facts}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_safe)
    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Question, rules, tally and nameless ballots as a file; until the close a sentence instead."""
        if not self.has_view_permission(request):
            raise PermissionDenied("members.view_round")
        round_ = get_object_or_404(Round, pk=pk)
        try:
            found = exporting.export(round_, timezone.now())
        except VotingError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:members_round_change", args=[pk]))
        text = json.dumps(found, ensure_ascii=False, indent=1)
        name = f'attachment; filename="{round_.slug}.json"'
        return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": name})


def _between(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise forms.ValidationError(_("From %(least)d to %(most)d, please.") % {"least": least, "most": most})
    return number


def _by(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied  # the desk is for members only
    return request.user


admin.site.register(Round, RoundAdmin)
