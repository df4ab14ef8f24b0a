"""Where imported things stand: sections, tags, names of pages, and the redirects of their old addresses."""

from collections.abc import Container
from urllib.parse import unquote

from django.core.exceptions import ValidationError

from articles.importers.report import ImportReport
from articles.importers.texts import plain, slug_of
from articles.importers.wordpress.wxr import WxrTerm
from articles.models import Author, Name, Redirect, Section, Tag
from articles.models.section import validate_name
from articles.moved.asked import as_stored

LONGEST_PATH = 700
DEEPEST = 10


class Addresses:
    """Redirects of old addresses. Each is written once a run."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        self.known: set[str] = set()

    def redirect(self, old: str, new: str) -> None:
        """Have `old` (path with query, decoded) answer with a redirect, unless it stays the same."""
        old = as_stored(old)
        if not old.strip("/") or old in self.known or len(old) > LONGEST_PATH or same(old, new):
            return
        self.known.add(old)
        _row, is_new = Redirect.objects.get_or_create(old_path=old, defaults={"new_path": new})
        self.report.came["redirects of old addresses"] += is_new


class Filing:
    """The sections and tags of one import. `parents`: the old categories' tree, by slug."""

    def __init__(self, addresses: Addresses, report: ImportReport) -> None:
        self.addresses, self.report = addresses, report
        self.parents: dict[str, str] = {}
        self.sections: dict[str, Section] = {}
        self.tags: dict[str, Tag] = {}

    def section(self, term: WxrTerm) -> Section:
        """The section of a category, made where there is none. One whose name is taken gets `-section`."""
        if term.slug not in self.sections:
            wanted = slug_of(term.slug, term.name, "section")[:60]
            self.sections[term.slug] = self._known_section(wanted) or self._new_section(wanted, term)
        found = self.sections[term.slug]
        self.addresses.redirect(self._category_path(term), found.get_absolute_url())
        return found

    def tag(self, term: WxrTerm) -> Tag:
        """The tag of a term; a category and a tag of the same slug are one."""
        slug = slug_of(term.slug, term.name, "tag")[:120]
        if slug not in self.tags:
            self.tags[slug], is_new = Tag.objects.get_or_create(slug=slug, defaults={"name": plain(term.name)[:80]})
            self.report.came["tags"] += is_new
        old = self._category_path(term) if term.domain == "category" else f"/tag/{term.slug}/"
        self.addresses.redirect(old, self.tags[slug].get_absolute_url())
        return self.tags[slug]

    def _known_section(self, wanted: str) -> Section | None:
        return Section.objects.filter(slug__in=[wanted, f"{wanted}-section"]).order_by("pk").first()

    def _new_section(self, wanted: str, term: WxrTerm) -> Section:
        slug = free_name(wanted, "section")
        section = Section.objects.create(slug=slug, name=plain(term.name)[:80] or slug, is_in_menu=False)
        Name.objects.create(path=slug, section=section)
        self.report.came["sections (none is in the menu yet)"] += 1
        return section

    def _category_path(self, term: WxrTerm) -> str:
        """`/category/parent/child/`, as WordPress wrote it."""
        slugs = [term.slug]
        while (parent := self.parents.get(slugs[0], "")) and len(slugs) < DEEPEST:
            slugs.insert(0, parent)
        return f"/category/{'/'.join(slugs)}/"


def same(old: str, new: str) -> bool:
    """Whether two addresses are one, however they are escaped."""
    return unquote(old).strip("/") == unquote(new).strip("/")


def free_name(path: str, suffix: str) -> str:
    """`path`, or the next with `suffix`, that nothing holds and the site itself does not use."""
    candidate, number = path, 1
    while is_used(candidate) or Name.objects.filter(path=candidate).exists():
        candidate = f"{path}-{suffix}" if number == 1 else f"{path}-{suffix}-{number}"
        number += 1
    return candidate


def is_used(path: str) -> bool:
    """Whether the site itself answers there."""
    try:
        validate_name(path)
    except ValidationError:
        return True
    return False


def numbered(wanted: str, taken: Container[str]) -> str:
    """`wanted`, with a number where it is taken."""
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def free_author_slug(name: str) -> str:
    """A slug of an author's name that no other author has."""
    wanted = slug_of("", name, "unnamed")[:100]
    return numbered(wanted, set(Author.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)))
