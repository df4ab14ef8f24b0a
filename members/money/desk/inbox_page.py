"""The inbox and the catalogue as a whole: look at everything parked again, compare our prices with Stripe's."""

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from members.models import AuditEntry, Member, StripeEvent
from members.money import catalogue
from members.money.desk.base import person_of
from members.money.desk.pages import back_to, for_managers, tell
from members.money.inbox import webhooks
from members.money.stripe_api import payments
from members.money.stripe_api.fitting import fitter

AT_ONCE = 200
DRIFT_KEY, DRIFT_KEPT = "money-price-drift", 24 * 3600  # seconds


@require_POST
@for_managers
def retry_parked(request: HttpRequest) -> HttpResponse:
    """Have what is parked looked at again by its jobs, the oldest first; events of the other mode stay."""
    parked = StripeEvent.objects.filter(status=StripeEvent.Status.PARKED, livemode=payments.is_live())
    rows = list(parked.order_by("created", "pk")[:AT_ONCE])
    for event in rows:
        webhooks.retry(event)
    AuditEntry.objects.note("retry parked events", by=person_of(request), subject=person_of(request))
    messages.success(request, _("%(n)d events are being looked at again.") % {"n": len(rows)})
    return back_to(f"{reverse('admin:members_stripeevent_changelist')}?status__exact=parked")


@require_POST
@for_managers
def compare_prices(request: HttpRequest) -> HttpResponse:
    """Compare our prices with Stripe's now; what differs stands on the money desk for a day."""
    tell(request, lambda: _compare(person_of(request)))
    return back_to(reverse("admin:members_money"))


def _compare(by: Member) -> str:
    found = catalogue.drift(fitter())
    cache.set(DRIFT_KEY, found, DRIFT_KEPT)
    AuditEntry.objects.note("compare prices", by=by, subject=by)
    return _("%(n)d prices differ at Stripe.") % {"n": len(found)} if found else _("Our prices are as Stripe has them.")


def price_drift() -> list[str]:
    """What differed at the last comparison, for a day."""
    found: list[str] = cache.get(DRIFT_KEY) or []
    return found
