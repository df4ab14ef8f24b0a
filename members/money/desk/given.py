"""Access that no subscription pays for: the desk's pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Complimentary, OfflinePayment, Tier
from members.models.grant import add_months
from members.money import amounts
from members.money.desk.base import Verb, VerbAdmin, changes_of, person_of
from members.money.desk.fields import DayField, DayInput, MemberField, amount_field, currency_choices, read_amount
from members.money.giving import elsewhere, support

LONGEST = timedelta(days=5 * 366)


class GivenForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Whose access it is, by their address; from a day until a day."""

    member = MemberField(label=gettext_lazy("Their e-mail address"))
    starts_at = DayField(label=gettext_lazy("From"))
    ends_at = DayField(
        label=gettext_lazy("Until"), is_last=True, help_text=gettext_lazy("The last day, always with an end.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        if is_new and "starts_at" in self.fields:
            self.fields["starts_at"].initial = timezone.localdate()
        if "tier" in self.fields:
            tiers: Any = self.fields["tier"]
            tiers.queryset = Tier.objects.filter(is_active=True).order_by("rank") if is_new else tiers.queryset
            tiers.empty_label = None
            tiers.widget = forms.Select(choices=tiers.choices)  # tiers are made on their own page

    def clean(self) -> dict[str, Any]:
        """An end after the beginning, and within sight."""
        cleaned: dict[str, Any] = super().clean() or {}
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The last day is before the first."))
        elif starts and ends and ends - starts > LONGEST:
            self.add_error("ends_at", _("That is more than five years. Please choose a nearer day."))
        return cleaned


class ComplimentaryForm(GivenForm):
    """Complimentary or hardship access."""

    class Meta:
        model = Complimentary
        fields = ("member", "tier", "kind", "starts_at", "ends_at", "reason")


class OfflineForm(GivenForm):
    """Money that came past Stripe: the amount as it is written, in its currency."""

    amount = amount_field(label=gettext_lazy("Amount"), help_text=gettext_lazy("As written: 60 or 60,50."))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currency_choices)
    received_on = forms.DateField(label=gettext_lazy("Received on"), widget=DayInput)

    class Meta:
        model = OfflinePayment
        fields = ("member", "tier", "amount", "currency", "method", "reference", "received_on", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "received_on" in self.fields:
            self.fields["received_on"].initial = timezone.localdate()
            self.fields["currency"].initial = settings.CURRENCY
            self.fields["method"].initial = OfflinePayment.Method.BANK
            self.fields["ends_at"].initial = add_months(timezone.now(), 12)
        elif self.instance.pk is not None:
            self.initial["amount"] = amounts.written(self.instance.amount, self.instance.currency)

    def clean_received_on(self) -> Any:
        """Today or before."""
        day = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("That day has not come yet."))
        return day

    def clean(self) -> dict[str, Any]:
        """The amount in minor units of its currency."""
        cleaned = super().clean()
        if "amount" in cleaned and "currency" in cleaned:
            cleaned["amount"] = read_amount(self, "amount", cleaned["currency"])
        return cleaned


class GivenAdmin(VerbAdmin):
    """Access that no subscription pays for: saving it rewrites grants and is written down."""

    list_select_related = ["member", "tier"]
    search_fields = ("member__email", "member__name")
    author_field = ""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?member=` (address or number) comes filled in."""
        return {key: value for key, value in super().get_changeform_initial_data(request).items() if key == "member"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store it with who did it; the verb rewrites the grants in the same transaction."""
        if not change:
            setattr(obj, self.author_field, request.user)
        super().save_model(request, obj, form, change)
        verb = f"{'change' if change else 'record'} {self.opts.verbose_name}"
        support.changed(obj, by=person_of(request), verb=verb, now=timezone.now(), changes=changes_of(form))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whose it is does not change afterwards."""
        return ("member",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It ends or is voided; it is not forgotten."""
        return False


@admin.register(Complimentary)
class ComplimentaryAdmin(GivenAdmin):
    """Complimentary and hardship access."""

    form = ComplimentaryForm
    author_field = "granted_by"
    list_display = ("member", "tier", "kind", "starts_at", "ends_at", "invited_at", "granted_by")
    list_select_related = ["member", "tier", "granted_by"]
    list_filter = ("kind",)
    ordering = ("-starts_at", "-pk")
    verbs = (
        Verb(
            "end", gettext_lazy("End now"), lambda row, by, now: support.end_complimentary(row, by=by, now=now),
            lambda row: row.ends_at > timezone.now() > row.starts_at,
        ),
        Verb(
            "invite", gettext_lazy("Ask them by mail to move their card here"),
            lambda row, by, now: elsewhere.invite(row, by=by, now=now),
            lambda row: row.may_be_invited(timezone.now()),
        ),
    )  # fmt: skip


@admin.register(OfflinePayment)
class OfflinePaymentAdmin(GivenAdmin):
    """Support that came past Stripe."""

    form = OfflineForm
    author_field = "recorded_by"
    list_display = ("member", "tier", "shown", "method", "received_on", "ends_at", "voided_at")
    list_filter = ("method",)
    ordering = ("-received_on", "-pk")
    verbs = (
        Verb(
            "void", gettext_lazy("Void: the money went back"),
            lambda row, by, now: support.void_offline(row, by=by, now=now), lambda row: row.voided_at is None,
        ),
    )  # fmt: skip

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def shown(self, row: OfflinePayment) -> str:
        """As people write it."""
        return amounts.spelled(row.amount, row.currency)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Voiding is a button."""
        return (*super().get_readonly_fields(request, obj), *(("voided_at",) if obj is not None else ()))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was asked, and of a stored one whether it was voided."""
        return (*OfflineForm.Meta.fields, *(("voided_at",) if obj is not None else ()))
