"""What was promised and not done: topics that won and nobody is on, and those past their day."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from members.models import SiteRules, Topic

A_DAY = timedelta(days=1)


def late(now: datetime) -> QuerySet[Topic]:
    """Those that won longer ago than the site's rule allows and nobody is on, then those past their day. A query of
    its own, the rule included: it can stand inside another one."""
    past = Q(status=Topic.Status.ASSIGNED, due_on__lt=timezone.localdate(now))
    waiting = Q(pk__in=Topic.objects.unassigned(_before(now)).values("pk"))
    return Topic.objects.filter(waiting | past).order_by(F("due_on").asc(nulls_first=True), "proposed_at")


def _before(now: datetime) -> Any:
    """The moment before which a won topic's round must have been counted for it to be late."""
    usual = SiteRules._meta.get_field("won_unassigned_days").default
    days = Coalesce(Subquery(SiteRules.objects.filter(pk=1).values("won_unassigned_days")), usual)
    length = ExpressionWrapper(days * Value(A_DAY, output_field=DurationField()), output_field=DurationField())
    return ExpressionWrapper(Value(now, output_field=DateTimeField()) - length, output_field=DateTimeField())
