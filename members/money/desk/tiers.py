"""What can be joined, and for how much: a tier with its prices on one page."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from members.models import AuditEntry, Price, Subscription, Tier
from members.money import catalogue
from members.money.amounts import is_whole, spelled
from members.money.desk.base import ModelAdmin, ReadOnly, Verb, VerbAdmin, changes_of, person_of, shown_again
from members.money.desk.fields import amount_field, currency_choices, read_amount
from members.money.joining import pricing
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError
from members.money.stripe_api.fitting import fitter
from newsroom.caching import purge

LONGEST_TRIAL = 365


class TierForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A tier; its prices stand below, each a row of its own."""

    class Meta:
        model = Tier
        fields = (
            "name", "slug", "rank", "description", "perks", "trial_days", "opens_archive", "may_reply",
            "is_recommended", "is_active",
        )  # fmt: skip
        labels = {"is_recommended": gettext_lazy("Recommended"), "is_active": gettext_lazy("Offered")}
        help_texts = {
            "rank": gettext_lazy("1 is the lowest. A higher tier opens what the lower ones open."),
            "description": gettext_lazy("A few sentences, as in a letter. An empty line begins a new paragraph."),
            "is_recommended": gettext_lazy("Stands out on the page as what most readers choose."),
            "is_active": gettext_lazy("Offered to readers. Who has it keeps it when it is not."),
        }

    def clean_trial_days(self) -> int:
        """A year at most."""
        days = int(self.cleaned_data["trial_days"])
        if days > LONGEST_TRIAL:
            raise forms.ValidationError(_("A trial lasts a year at most."))
        return days


class PriceForm(forms.Form):
    """A price as people write it."""

    amount = amount_field(label=gettext_lazy("Amount"))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=currency_choices)
    interval = forms.ChoiceField(label=gettext_lazy("Rhythm"), choices=Price.Interval.choices)

    def clean(self) -> dict[str, Any]:
        """The amount in minor units."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "amount" in cleaned and "currency" in cleaned:
            cleaned["amount"] = read_amount(self, "amount", cleaned["currency"])
        return cleaned


@admin.register(Tier)
class TierAdmin(VerbAdmin):
    """What can be joined. Prices are set below the form; *Make it at Stripe* lets readers pay them."""

    form = TierForm
    change_form_template = "members/desk/tier.html"
    list_display = ("name", "rank", "is_active", "is_recommended", "at_stripe", "patrons")
    ordering = ("rank",)
    prepopulated_fields = {"slug": ("name",)}
    verbs = (Verb("stripe", gettext_lazy("Make it at Stripe"), lambda row, by, now: make_at_stripe(row, by=by)),)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how many prices it is offered at, how many of them Stripe knows, and its paying patrons."""
        offered = Q(prices__is_active=True)
        known = offered & Q(prices__stripe_id__isnull=False, prices__livemode=payments.is_live())
        running = Q(prices__subscription__in=Subscription.objects.standing())
        return super().get_queryset(request).annotate(
            priced=Count("prices", filter=offered, distinct=True),
            known=Count("prices", filter=known, distinct=True),
            paying=Count("prices__subscription", filter=running, distinct=True),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("at Stripe"))
    def at_stripe(self, row: Any) -> str:
        """Whether its prices can be paid."""
        if not row.priced:
            return _("no price yet")
        if row.known == row.priced:
            return _("yes")
        return _("%(known)s of %(priced)s prices") % {"known": row.known, "priced": row.priced}

    @admin.display(description=gettext_lazy("patrons paying"))
    def patrons(self, row: Any) -> int:
        """Running subscriptions of all its prices."""
        return int(row.paying)

    def view_on_site(self, obj: Tier) -> str:
        """Where readers see it."""
        return f"{reverse('membership')}#tier-{obj.slug}"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Take it out of offer instead: grants point at it."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Setting and retiring a price: POST only."""
        of = self.admin_site.admin_view
        return [
            path("<int:pk>/price/", of(self.price), name="members_tier_price"),
            path("<int:pk>/retire/<int:price_id>/", of(self.retire), name="members_tier_retire"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, and under it the prices with how many patrons pay each."""
        prices = Price.objects.filter(tier_id=object_id) if is_whole(object_id) else Price.objects.none()
        more = {
            "prices": pricing.with_patrons(prices).order_by("-is_active", "currency", "interval", "-pk"),
            "live": payments.is_live(),
            "price_form": PriceForm(initial={"currency": settings.CURRENCY}),
            "may_price": self.has_change_permission(request),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @method_decorator(require_POST)
    def price(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set a price; the form comes back with its text where it is none."""
        tier, form = self._to_price(request, pk), PriceForm(request.POST)
        if form.is_valid():
            try:
                made = pricing.set_price(tier, by=person_of(request), **form.cleaned_data)
                self._say_price(request, made)
                return self._back(pk)
            except pricing.PriceError as error:
                form.add_error("amount", str(error))
            except PaymentError as error:
                form.add_error("amount", _("Nothing has changed. Stripe says: %(error)s") % {"error": error})
        return shown_again(self.change_view, request, pk, price_form=form)

    def _say_price(self, request: HttpRequest, made: Price) -> None:
        """Whether it can be paid already; if so, the Portal offers it as well."""
        told = {"amount": spelled(made.unit_amount, made.currency)}
        if not made.stripe_id:
            messages.success(request, _("%(amount)s is set. Readers can pay it once you make it at Stripe.") % told)
            return
        messages.success(request, _("%(amount)s is set. New patrons pay it from now on.") % told)
        try:
            catalogue.offer(fitter())
        except PaymentError as error:
            messages.warning(request, _("The Portal does not offer it yet; press “Make it at Stripe”: %s") % error)

    @method_decorator(require_POST)
    def retire(self, request: HttpRequest, pk: int, price_id: int) -> HttpResponse:
        """Offer a price to nobody new."""
        price = get_object_or_404(Price.objects.select_related("tier"), pk=price_id, tier=self._to_price(request, pk))
        if pricing.retire(price, by=person_of(request)):
            messages.success(request, _("Offered to nobody new. Who pays it keeps it."))
        return self._back(pk)

    def _to_price(self, request: HttpRequest, pk: int) -> Tier:
        if not self.has_change_permission(request):
            raise PermissionDenied("members.change_tier")
        return get_object_or_404(Tier, pk=pk)

    def _back(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:members_tier_change', args=[pk])}#prices", status=303)

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        """Store it; the membership page shows it. Written down."""
        super().save_model(request, obj, form, change)
        verb = "change" if change else "add"
        AuditEntry.objects.note(verb, by=person_of(request), subject=obj, changes=changes_of(form))
        purge("membership", "site")


def make_at_stripe(row: Tier, *, by: Any) -> None:
    """Make what joining needs at Stripe, for every offered tier. Safe to press again. Audited. Raises PaymentError."""
    AuditEntry.objects.note("make at Stripe", by=by, subject=row)
    catalogue.offer(fitter())


@admin.register(Price)
class PriceAdmin(ReadOnly, ModelAdmin):
    """Every price there ever was. They are set and retired on their tier's page."""

    list_display = ("tier", "shown", "interval", "is_active", "patrons", "livemode", "stripe_id")
    list_filter = ("is_active", "interval", "tier")
    list_select_related = ("tier",)
    ordering = ("-is_active", "tier__rank", "interval")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with its patrons."""
        return pricing.with_patrons(super().get_queryset(request))

    @admin.display(description=gettext_lazy("amount"), ordering="unit_amount")
    def shown(self, row: Price) -> str:
        """As readers see it."""
        return spelled(row.unit_amount, row.currency)

    @admin.display(description=gettext_lazy("patrons paying"))
    def patrons(self, row: Any) -> int:
        """Running subscriptions at this price."""
        return int(row.patrons)
