"""Who works here: invitations by e-mail, roles, and leaving. Every verb is written down in the record.

An invitation's link is signed and names its row; the row says whether it still works. Taking it up needs the
link and an account with the very address it was sent to. There is always somebody left who may manage staff.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from members.accounts.sessions import end_sessions
from members.letters.sending import mailings
from members.models import AuditEntry, Member, SiteRules, StaffInvitation
from newsroom.groups import DESK_GROUPS, PUBLISHERS

SALT = "newsroom.staff.invitation"
WORKS_FOR = timedelta(days=7)


class StaffError(Exception):
    """It cannot be done; the message is fit to show."""


def roles() -> list[Group]:
    """The desk's groups in the order a newsroom names them. One query."""
    found = {group.name: group for group in Group.objects.filter(name__in=DESK_GROUPS)}
    return [found[name] for name in DESK_GROUPS if name in found]


def invite(email: str, *, role: Group, by: Member | None, now: datetime) -> StaffInvitation:
    """Invite an address to the desk with `role`; an older invitation of the same address ends.

    `by` is None for the first of all. Raises StaffError for somebody who works here already, and for a group that is
    no role of the desk.
    Effects: the row, one mail, the record.
    """
    address = email.strip().lower()
    if role.name not in DESK_GROUPS:
        raise StaffError(_("That is no role of the desk."))
    if Member.objects.filter(email__iexact=address, is_staff=True).exists():
        raise StaffError(_("%(email)s works here already. Change the role instead.") % {"email": address})
    with transaction.atomic():
        _alone()
        open_before = StaffInvitation.objects.filter(email__iexact=address, accepted_at=None, revoked_at=None)
        open_before.update(revoked_at=now)
        row = StaffInvitation.objects.create(
            email=address, role=role, made_by=by, made_at=now, expires_at=now + WORKS_FOR
        )
        _mail(row, by=by, now=now)
        AuditEntry.objects.note("staff.invite", by=by, subject=row, changes={"role": ["", role.name]})
    return row


def send_again(invitation: StaffInvitation, *, by: Member, now: datetime) -> None:
    """Mail an invitation once more; it works for another seven days.

    Raises StaffError where it was taken up or revoked. Effects: the row, one mail a minute at most, the record.
    """
    with transaction.atomic():
        standing = StaffInvitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if not standing.update(expires_at=now + WORKS_FOR):
            raise StaffError(_("This invitation was taken up or revoked. Make a new one."))
        invitation.refresh_from_db()
        if _mail(invitation, by=by, now=now):
            AuditEntry.objects.note("staff.invite_again", by=by, subject=invitation)


def revoke_invitation(invitation: StaffInvitation, *, by: Member, now: datetime) -> bool:
    """End an invitation that nobody took up; False if it had ended. Its link dies at once."""
    with transaction.atomic():
        standing = StaffInvitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if not standing.update(revoked_at=now):
            return False
        AuditEntry.objects.note("staff.uninvite", by=by, subject=invitation)
    return True


def link_of(invitation: StaffInvitation) -> str:
    """The mailed address."""
    return settings.SITE_URL + reverse("staff_invitation", args=[signing.dumps(invitation.pk, salt=SALT)])


def invitation_named(token: str, now: datetime) -> StaffInvitation | None:
    """The open invitation a link names; None for a forged, expired, used or revoked one. One query."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return StaffInvitation.objects.open(now).select_related("role", "made_by").filter(pk=pk).first()


def is_for(invitation: StaffInvitation, member: Member) -> bool:
    """Whether the member owns the invited address (accounts exist only for addresses that were proved)."""
    return bool(member.email.lower() == invitation.email.lower())


def take_up(invitation: StaffInvitation, *, member: Member, now: datetime) -> None:
    """Open the desk to the member with the invited role. Works once.

    Raises StaffError for another member than the invited, and for an invitation that is no longer open.
    """
    if not is_for(invitation, member):
        raise StaffError(_("This invitation is for %(email)s.") % {"email": invitation.email})
    with transaction.atomic():
        if not StaffInvitation.objects.open(now).filter(pk=invitation.pk).update(accepted_at=now):
            raise StaffError(_("This invitation no longer works. Ask for a new one."))
        Member.objects.filter(pk=member.pk).update(is_staff=True)
        member.groups.add(invitation.role)
        changes = {"role": ["", invitation.role.name]}
        AuditEntry.objects.note("staff.join", by=member, subject=member, changes=changes)


def set_roles(member: Member, *, to: Iterable[Group], by: Member, now: datetime, reason: str = "") -> bool:
    """Give somebody who works here exactly the roles `to`; False if nothing changes.

    Raises StaffError where no role is left, where nobody would be left to manage staff, for somebody who
    does not work here, and for a superuser changed by anybody else than a superuser.
    """
    wanted = {group.name: group for group in to if group.name in DESK_GROUPS}
    if not wanted:
        raise StaffError(_("Choose at least one role; or let them go."))
    with transaction.atomic():
        row = _locked(member, by=by)
        had = {group.name: group for group in row.groups.all() if group.name in DESK_GROUPS}
        if had.keys() == wanted.keys():
            return False
        row.groups.remove(*(group for name, group in had.items() if name not in wanted))
        row.groups.add(*wanted.values())
        _refuse_without_publisher()
        changes = {"roles": [_listed(had), _listed(wanted)]}
        AuditEntry.objects.note("staff.roles", by=by, subject=row, reason=reason[:300], changes=changes)
    return True


def let_go(member: Member, *, by: Member, now: datetime, reason: str) -> None:
    """End somebody's work here: roles, permissions, every session and their open invitations, at once.

    They stay a reader with an account (the code by mail signs in); what they wrote keeps their name. Raises
    StaffError without a reason, where nobody would be left to manage staff, and as `set_roles` does.
    """
    if not reason.strip():
        raise StaffError(_("Say why: it is kept in the record."))
    with transaction.atomic():
        row = _locked(member, by=by)
        had = sorted(row.groups.values_list("name", flat=True))
        row.groups.clear()
        row.user_permissions.clear()
        row.is_staff = row.is_superuser = False
        row.set_unusable_password()  # every session carries the old one's mark: none is let in again
        row.save(update_fields=["is_staff", "is_superuser", "password"])
        _refuse_without_publisher()
        end_sessions(row)
        StaffInvitation.objects.filter(made_by=row, accepted_at=None, revoked_at=None).update(revoked_at=now)
        changes = {"roles": [", ".join(had), ""]}
        AuditEntry.objects.note("staff.leave", by=by, subject=row, reason=reason.strip()[:300], changes=changes)


def _alone() -> None:
    """Let no other change of staff run beside this one: the publishers' group is the lock."""
    Group.objects.select_for_update().get(name=PUBLISHERS)


def _locked(member: Member, *, by: Member) -> Member:
    """The row of somebody who works here, for this transaction alone. Raises StaffError."""
    _alone()
    row: Member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not row.is_staff:
        raise StaffError(_("%(name)s does not work here.") % {"name": row})
    if row.is_superuser and not by.is_superuser:
        raise StaffError(_("%(name)s keeps the machine. Only somebody who does so may change that.") % {"name": row})
    return row


def _refuse_without_publisher() -> None:
    """Raise StaffError where nobody is left who may manage staff; the caller's transaction takes all back."""
    may_manage = Q(groups__name=PUBLISHERS) | Q(is_superuser=True)
    if not Member.objects.filter(may_manage, is_staff=True, is_active=True).exists():
        raise StaffError(_("A newsroom needs a publisher. Make somebody else one first."))


def _listed(groups: dict[str, Group]) -> str:
    return ", ".join(sorted(groups))


def _mail(invitation: StaffInvitation, *, by: Member | None, now: datetime) -> bool:
    """Queue the mail; False if one went out within this minute."""
    context = {
        "link": link_of(invitation),
        "by": str(by.name or SiteRules.current().name) if by else "",
        "role": invitation.role.name,
        "days": WORKS_FOR.days,
    }
    key = f"staff-invitation-{invitation.pk}-{now:%Y%m%d%H%M}"
    return mailings.queue(key, template="members/staff_invitation", context=context, email=invitation.email)
