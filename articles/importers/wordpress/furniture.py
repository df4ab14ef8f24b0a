"""What stands around the stories of the old site: its menu, its footer, and the stories it kept on top."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from articles.importers.filing import is_used
from articles.importers.media import same_host
from articles.importers.texts import parts_of, plain
from articles.importers.wordpress import wxr
from articles.importers.wordpress.moving import Moving
from articles.importers.wordpress.wxr import WxrItem
from articles.models import Article, FrontSlot, Name, Page, Redirect, Section, Tag
from members.models import MenuItem

Place = MenuItem.Place
MAIN = re.compile(r"main|primary|header|top|haupt|princip", re.I)
FOOT = re.compile(r"foot|bottom|legal|impressum|pied", re.I)
MOST_ITEMS, LONGEST_LABEL, LONGEST_PATH = 15, 60, 300
SOCIAL = re.compile(r"social|share|follow|sozial", re.I)
SECONDS = 3


class Menus:
    """The menus of an export. The site has one, and one footer: what was made by hand here is left alone."""

    def __init__(self, moving: Moving) -> None:
        self.moving, self.report = moving, moving.report
        self.by_name: dict[str, list[WxrItem]] = {}
        for entry in sorted(moving.frame.menus, key=lambda entry: (entry.order, entry.post_id)):
            for term in entry.terms:
                if term.domain == "nav_menu":
                    self.by_name.setdefault(term.name or term.slug, []).append(entry)

    def bring(self) -> None:
        """The menu that is called so, or that is short enough to be one; and the footer."""
        footers = [name for name in self.by_name if FOOT.search(name)]
        others = [name for name in self.by_name if name not in footers]
        mains = [name for name in others if MAIN.search(name)]
        short = [name for name in others if 1 < len(self.by_name[name]) <= MOST_ITEMS and not SOCIAL.search(name)]
        chosen = {Place.MENU: next(iter([*mains, *short]), ""), Place.FOOTER: next(iter(footers), "")}
        for place, name in chosen.items():
            if name and not MenuItem.objects.filter(place=place).exists():
                self._bring(name, place)
        for name in self.by_name:
            if name not in chosen.values():
                self.report.note(
                    name, f"is a menu of {len(self.by_name[name])} entries that was left: the site has one"
                )

    def _bring(self, name: str, place: str) -> None:
        targets = self.moving.living(
            [wxr.number(entry.meta.get("_menu_item_object_id", "")) for entry in self.by_name[name]]
        )
        rows: list[MenuItem] = []
        for entry in self._flat(self.by_name[name]):
            label, path = self._resolved(entry, targets)
            if path:
                rows.append(MenuItem(place=place, label=label[:LONGEST_LABEL], path=path, position=len(rows)))
            elif label:
                self.report.note(name, f"has an entry “{label}” that leads nowhere here: it was left out")
        MenuItem.objects.bulk_create(rows)
        self.report.came["entries of the menu" if place == Place.MENU else "entries of the footer"] += len(rows)

    def _flat(self, entries: list[WxrItem]) -> list[WxrItem]:
        """Each entry followed by those below it. One below nothing stands at the end."""
        below: dict[int, list[WxrItem]] = {}
        for entry in entries:
            below.setdefault(wxr.number(entry.meta.get("_menu_item_menu_item_parent", "")), []).append(entry)
        ordered: dict[int, WxrItem] = {}
        waiting = list(reversed(below.get(0, [])))
        while waiting:
            entry = waiting.pop()
            if entry.post_id not in ordered:
                ordered[entry.post_id] = entry
                waiting += reversed(below.get(entry.post_id, []))
        return [*ordered.values(), *(entry for entry in entries if entry.post_id not in ordered)]

    def _resolved(self, entry: WxrItem, targets: Mapping[int, Article | Page]) -> tuple[str, str]:
        """Its label and where it leads here; "" for nowhere."""
        label, meta = plain(entry.title), entry.meta
        number, kind = wxr.number(meta.get("_menu_item_object_id", "")), meta.get("_menu_item_type", "")
        subject: Article | Page | Section | Tag | None = targets.get(number) if kind == "post_type" else None
        if kind == "taxonomy":
            subject = self._term(meta.get("_menu_item_object", ""), number)
        if subject is not None:
            return label or str(subject), subject.get_absolute_url()
        return label, self._custom(meta.get("_menu_item_url", "")) if kind == "custom" else ""

    def _term(self, domain: str, number: int) -> Section | Tag | None:
        slug = next(
            (slug for (kind, slug), one in self.moving.frame.numbers.items() if (kind, one) == (domain, number)), ""
        )
        filing = self.moving.filing
        if not slug:
            return None
        section = filing.sections.get(slug) or Section.objects.filter(slug=slug).first()
        return section or filing.tags.get(slug) or Tag.objects.filter(slug=slug).first()

    def _custom(self, url: str) -> str:
        """A path of the old site as ours, or an address elsewhere; "" for what is nowhere here."""
        parts = parts_of(url.strip())
        if parts.netloc and not same_host(url.strip(), self.moving.frame.site):
            return url.strip() if parts.scheme in ("http", "https") and len(url) <= LONGEST_PATH else ""
        path = unquote(parts.path)
        old = f"/?{parts.query}" if path in ("", "/") and parts.query else path
        forms = [form for way in (old, old.lower()) for form in (way, f"{way.rstrip('/')}/", way.rstrip("/"))]
        moved = Redirect.objects.filter(old_path__in=forms).first()
        if moved is not None:
            return moved.new_path
        is_front = path == "/" or bool(parts.netloc and not path and not parts.query)
        is_here = is_front or (
            path and (is_used(path.strip("/")) or Name.objects.filter(path=path.strip("/")).exists())
        )
        return (path or "/")[:LONGEST_PATH] if is_here else ""


def pin_sticky(moving: Moving, keys: list[str]) -> None:
    """The sticky stories lead the front page, newest first, unless somebody has arranged it. Each is noted."""
    stories = Article.objects.live(moving.now).without_text().filter(legacy_key__in=keys)
    found = list(stories.order_by("-published_at", "-pk"))
    is_arranged = FrontSlot.objects.exists()
    for place, story in enumerate(found):
        if is_arranged or place > SECONDS:
            moving.report.note(story.headline, "was sticky: say on the desk if it is to lead the front page")
            continue
        at = FrontSlot.Place.SECOND if place else FrontSlot.Place.LEAD
        FrontSlot.objects.create(place=at, position=place or 1, story=story, placed_at=moving.now)
        moving.report.note(
            story.headline, "was sticky: it " + ("stands high on" if place else "leads") + " the front page"
        )
