"""Where a person who manages the membership says which news about money they want by mail."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members.models import MoneyNotice
from members.money.desk.base import person_of
from members.money.desk.pages import back_to, for_managers, page


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # takes parameters in its stubs only
    """Four boxes."""

    class Meta:
        model = MoneyNotice
        fields = ("on_join", "on_cancel", "on_failed", "on_gift")


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def notices(request: HttpRequest) -> HttpResponse:
    """One's own four boxes; POST keeps them."""
    me = person_of(request)
    row = MoneyNotice.objects.filter(member=me).first() or MoneyNotice(member=me)
    form = NoticeForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Kept. The next news of these kinds reaches %(to)s.") % {"to": me.email})
        return back_to(reverse("admin:members_money_notices"))
    return page(request, "notices", _("News about money by mail"), form=form, to=me.email)
