"""The first rows of a site: rules, a section, a page about it, and the publisher's invitation."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.desk.places import keep_name
from articles.models import Name, Page, Section
from members import staffing
from members.models import Member, MenuItem, SiteRules, StaffInvitation
from newsroom.caching import purge
from newsroom.groups import PUBLISHERS


@dataclass(frozen=True, slots=True)
class Opened:
    """What was done. `invitation`: the publisher's, None where somebody works here already."""

    is_new: bool
    invitation: StaffInvitation | None


def open_site(*, name: str, publisher: str, now: datetime) -> Opened:
    """Make the site where there is none, and have a publisher; what is there already stays as it is.

    Effects: rules, a section, a page with its place in the footer, an invitation with its mail, every page stale.
    """
    with transaction.atomic():
        rules, is_new = SiteRules.objects.get_or_create(
            pk=1, defaults={"name": name, "publisher": name, "contact_email": publisher}
        )
        if is_new:
            _place_first_things(rules, now)
            purge("site", "front", "sitemap")
        return Opened(is_new, _invite(publisher, now))


def _invite(publisher: str, now: datetime) -> StaffInvitation | None:
    """The open invitation of a site where nobody works yet, made if there is none."""
    if Member.objects.filter(is_staff=True).exists():
        return None
    known = StaffInvitation.objects.open(now).select_related("role").first()
    return known or staffing.invite(publisher, role=Group.objects.get(name=PUBLISHERS), by=None, now=now)


def _place_first_things(rules: SiteRules, now: datetime) -> None:
    """A section to write into and a page that says who we are, unless their addresses are taken."""
    section = Section(name=_("News"), slug=_("news"), colour="tone-1")
    page = Page(title=_("About us"), path=_("about"), body=_about(rules), is_published=True, updated_at=timezone.now())
    taken = set(Name.objects.filter(path__in=[section.slug, page.path]).values_list("path", flat=True))
    if section.slug not in taken and not Section.objects.exists():
        section.save()
        keep_name(section)
    if page.path not in taken:
        page.save()
        keep_name(page)
        MenuItem.objects.create(place=MenuItem.Place.FOOTER, label=page.title, path=page.get_absolute_url())


def _about(rules: SiteRules) -> str:
    """True from the first day: whom to write to, and what readers may expect."""
    return format_html(
        "<p>{}</p><p>{}</p><p>{}</p>",
        _("%(name)s is an independent newsroom that writes for its readers.") % {"name": rules.name},
        _("When we get something wrong we correct it in the open: with the story, and on a page of its own."),
        format_html(
            _('You have seen something we should know? Write to <a href="mailto:{email}">{email}</a>.'),
            email=rules.contact_email,
        ),
    )
