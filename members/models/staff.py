"""How somebody comes to work here: an invitation by e-mail with a role."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffInvitationQuerySet(models.QuerySet["StaffInvitation"]):
    """Words for invitations."""

    def open(self, now: datetime) -> Self:
        """Those that can still be taken up."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


class StaffInvitation(models.Model):
    """An invitation to the desk. Its token is signed and mailed; it works once, for whoever owns the address."""

    email = models.EmailField()
    role = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = StaffInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="staff_invitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return self.email
