"""What a Ghost site said of itself, where nobody has said anything here: its name, its description, its menu."""

from typing import Any
from urllib.parse import urlsplit

from articles.importers.ghost.contents import Contents, text
from articles.importers.ghost.export import document
from articles.importers.ghost.moving import landing
from articles.importers.ghost.writing import OldSite
from articles.importers.report import ImportReport
from articles.importers.texts import plain
from members.models import AuditEntry, MenuItem, SiteRules

MENUS = (("navigation", MenuItem.Place.MENU), ("secondary_navigation", MenuItem.Place.FOOTER))


def furnish(contents: Contents, site: OldSite, report: ImportReport) -> None:
    """Set what is not set. Comes last: the menu leads to where its pages live now."""
    name_the_site(contents, report)
    for setting, place in MENUS:
        rows = document(contents.settings.get(setting))
        if isinstance(rows, list) and not MenuItem.objects.filter(place=place).exists():
            entries = [entry(row, site) for row in rows if isinstance(row, dict)]
            items = MenuItem.objects.bulk_create(
                MenuItem(place=place, label=label, path=path, position=position)
                for position, (label, path) in enumerate(entries)
                if label and path
            )
            report.came[f"entries of the {MenuItem.Place(place).label.lower()}"] += len(items)


def name_the_site(contents: Contents, report: ImportReport) -> None:
    """Name, tagline and description, each only where it is as it came out of the box. The record says so."""
    rules, fresh = SiteRules.current(), SiteRules()
    description = plain(text(contents.settings, "description"))
    wanted = {
        "name": plain(text(contents.settings, "title"))[:80],
        "tagline": description if len(description) <= 160 else "",
        "description": plain(text(contents.settings, "meta_description")) or description,
    }
    changes: dict[str, Any] = {}
    for field, value in wanted.items():
        was = getattr(rules, field)
        if value and value != was and was == getattr(fresh, field):
            setattr(rules, field, value)
            changes[field] = [was, value]
    if changes:
        rules.save()
        AuditEntry.objects.note("rules.import", by=None, subject=rules, changes=changes)
        report.came["words about the site (name, tagline, description)"] += len(changes)


def entry(row: dict[str, Any], site: OldSite) -> tuple[str, str]:
    """Label and path of a menu's entry; a path of the old site as it is here now."""
    label, url = plain(text(row, "label"))[:60], text(row, "url")
    whole = site.address(url)
    parts = urlsplit(whole)
    if parts.netloc != urlsplit(site.url).netloc:
        return label, whole if len(whole) <= 300 else ""
    path = landing(parts._replace(scheme="", netloc="").geturl() or "/")
    return label, path if len(path) <= 300 else ""
