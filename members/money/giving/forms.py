"""What people type about money. Amounts are read by `amounts.read`; everything typed stays in the form."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Tier
from members.money import amounts
from members.money.giving import gifts

LONGEST_ADDRESS = 254  # characters, as many as the database keeps of an address


class SupportForm(forms.Form):
    """A one-off payment: an amount we suggest or one of their own. `amount` is cleaned to minor units."""

    amount = forms.CharField(required=False, max_length=20)
    own_amount = forms.CharField(
        label=_("Another amount"), required=False, max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.EmailField(label=_("E-mail, if you would like a receipt"), required=False, max_length=LONGEST_ADDRESS)
    message = forms.CharField(
        label=_("A word to the newsroom"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        """Their own amount if they wrote one, else the one they chose."""
        cleaned: dict[str, Any] = super().clean() or {}
        own, chosen = cleaned.get("own_amount", "").strip(), cleaned.get("amount", "").strip()
        try:
            if own or not amounts.is_whole(chosen):
                cleaned["amount"] = amounts.read(own or chosen, settings.CURRENCY)
            else:
                cleaned["amount"] = amounts.checked(int(chosen), settings.CURRENCY)
        except amounts.AmountError as error:
            self.add_error("own_amount", str(error))
        return cleaned


class GiftForm(forms.Form):
    """A membership for somebody."""

    tier = forms.ModelChoiceField(Tier.objects.filter(is_active=True), to_field_name="slug")
    months = forms.TypedChoiceField(choices=[(each, each) for each in gifts.MONTHS], coerce=int)
    recipient_email = forms.EmailField(
        label=_("Their e-mail; leave it empty to get the code yourself"), required=False, max_length=LONGEST_ADDRESS
    )
    email = forms.EmailField(label=_("Your e-mail"), max_length=LONGEST_ADDRESS)
    giver_name = forms.CharField(label=_("Your name, as they shall read it"), required=False, max_length=80)
    message = forms.CharField(
        label=_("A few words"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3})
    )
    deliver_on = forms.DateField(
        label=_("Day on which the letter goes out; empty: at once"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_deliver_on(self) -> datetime | None:
        """Nine in the morning of that day; within a year, and not in the past."""
        day = self.cleaned_data["deliver_on"]
        if day is None:
            return None
        if not 0 <= (day - timezone.localdate()).days <= 365:
            raise forms.ValidationError(_("Please choose a day within the next year."))
        return timezone.make_aware(datetime.combine(day, time(9)))

    def clean(self) -> dict[str, Any]:
        """A day of delivery needs somebody to deliver to."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("deliver_on") and not cleaned.get("recipient_email") and "recipient_email" not in self.errors:
            self.add_error(
                "recipient_email", _("For a letter on a day we need their address. Without one you get the code now.")
            )
        return cleaned


class AskForm(forms.Form):
    """A line to the newsroom from who cannot pay; it may stay empty."""

    message = forms.CharField(
        label=_("Anything you would like us to know"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class RedeemForm(forms.Form):
    """The code of a gift."""

    code = forms.CharField(label=_("The code of your gift"), max_length=40)
