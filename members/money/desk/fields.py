"""Fields of the desk's forms about money: people by address, amounts as they are written, days instead of moments."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member
from members.money import amounts


class DayInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of date and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class MemberField(forms.CharField):
    """Somebody with an account, by the address they sign in with (or the account's number). Cleans to the Member."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"autocomplete": "off", "inputmode": "email", "size": 40, "spellcheck": "false"}
        super().__init__(max_length=254, widget=forms.TextInput(attrs=told), **kwargs)

    def clean(self, value: Any) -> Any:
        """The member. Raises ValidationError with a sentence where no account has the address."""
        typed = super().clean(value).strip()
        if not typed and not self.required:
            return None
        by_number = {"pk": int(typed)} if amounts.is_whole(typed) and len(typed) < 16 else None
        found = Member.objects.filter(**(by_number or {"email__iexact": typed}), erased_at=None).first()
        if found is None:
            raise forms.ValidationError(
                _("No account has this address. Look at its letters, or have them sign up first: it is free.")
            )
        return found

    def prepare_value(self, value: Any) -> Any:
        """The address of whom the row is about."""
        if isinstance(value, int):
            return Member.objects.filter(pk=value).values_list("email", flat=True).first() or value
        return value.email if isinstance(value, Member) else value


class DayField(forms.DateField):
    """A day in the site's time zone. Cleans to the moment it begins, or with `is_last` to its last second."""

    widget = DayInput

    def __init__(self, *, is_last: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_last = is_last

    def clean(self, value: Any) -> Any:
        """An aware moment, or None. Raises ValidationError."""
        day: date | None = super().clean(value)
        if day is None:
            return None
        if not 2000 <= day.year <= 2200:
            raise forms.ValidationError(_("Please look at the year."))
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59) if self.is_last else time()))

    def prepare_value(self, value: Any) -> Any:
        """The day of a stored moment."""
        return timezone.localdate(value) if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares days, not moments."""
        return super().has_changed(self.prepare_value(initial), data)


def currency_choices() -> list[tuple[str, str]]:
    """The currencies one can record, the site's own first."""
    known = sorted({*amounts.SIGNS, *amounts.THREE_DECIMALS, *amounts.ZERO_DECIMALS, "CHF", "CAD", "AUD"})
    return [(code, code) for code in [settings.CURRENCY, *(each for each in known if each != settings.CURRENCY)]]


def amount_field(**kwargs: Any) -> forms.CharField:
    """An amount as people write it; its form reads it with `read_amount`."""
    told = {"inputmode": "decimal", "autocomplete": "off", "size": 12}
    return forms.CharField(max_length=20, widget=forms.TextInput(attrs=told), **kwargs)


def read_amount(form: forms.BaseForm, name: str, currency: str) -> int | None:
    """The cleaned text of `name` in minor units of `currency`; None with a sentence at the field."""
    try:
        return amounts.read(form.cleaned_data.get(name, ""), currency)
    except amounts.AmountError as error:
        form.add_error(name, str(error))
        return None
