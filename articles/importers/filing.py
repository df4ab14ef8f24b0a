"""Where imported things stand: sections, tags, names of pages, and the redirects of their old addresses."""

from collections.abc import Container
from typing import TypeVar
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import models

from articles.importers.report import ImportReport
from articles.importers.texts import plain, slug_of
from articles.importers.wordpress.wxr import WxrTerm
from articles.models import Author, Name, Redirect, Section, Tag
from articles.models.section import validate_name
from articles.moved.asked import as_stored

Named = TypeVar("Named", Section, Tag)

LONGEST_PATH = 700
DEEPEST = 10
REMEMBERED = 50_000  # addresses that need not be asked for again


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
        if len(self.known) == REMEMBERED:
            self.known.clear()
        self.known.add(old)
        new = new if len(new) <= LONGEST_PATH else unquote(new)[:LONGEST_PATH]  # letters beyond ASCII escape to six
        _row, is_new = Redirect.objects.get_or_create(old_path=old, defaults={"new_path": new})
        self.report.came["redirects of old addresses"] += is_new


class Filing:
    """The sections and tags of one import.

    `parents`: the old categories' tree, by slug. `claimed`: names under the root that its pages will live at.
    """

    def __init__(self, addresses: Addresses, report: ImportReport) -> None:
        self.addresses, self.report = addresses, report
        self.parents: dict[str, str] = {}
        self.claimed: set[str] = set()
        self.sections: dict[str, Section] = {}
        self.tags: dict[str, Tag] = {}

    def section(self, term: WxrTerm) -> Section:
        """The section of a category, made where there is none. One whose name is taken gets `-section`.

        Two categories whose names differ in nothing but capitals are one section.
        """
        if term.slug not in self.sections:
            wanted = slug_of(term.slug, term.name, "section")[:60]
            self.sections[term.slug] = (
                self._known_section(wanted) or self._namesake_of(term) or self._new_section(wanted, term)
            )
        found = self.sections[term.slug]
        self.addresses.redirect(self._category_path(term), found.get_absolute_url())
        return found

    def tag(self, term: WxrTerm) -> Tag:
        """The tag of a term; a category and a tag of the same slug, or of one name but for capitals, are one."""
        slug = slug_of(term.slug, term.name, "tag")[:120]
        if slug not in self.tags:
            known = Tag.objects.filter(slug=slug).first() or self._namesake(Tag.objects.all(), term, "tag")
            self.tags[slug] = known or self._new_tag(slug, term)
        old = self._category_path(term) if term.domain == "category" else f"/tag/{term.slug}/"
        self.addresses.redirect(old, self.tags[slug].get_absolute_url())
        return self.tags[slug]

    def _known_section(self, wanted: str) -> Section | None:
        return Section.objects.filter(slug__in=[wanted, f"{wanted}-section"]).order_by("pk").first()

    def _namesake_of(self, term: WxrTerm) -> Section | None:
        """The section of a category's name; “News” of one city and “News” of another are two."""
        parent = self.parents.get(term.slug, "")
        cousins = [one.pk for slug, one in self.sections.items() if self.parents.get(slug, "") != parent]
        return self._namesake(Section.objects.exclude(pk__in=cousins), term, "section")

    def _namesake(self, rows: "models.QuerySet[Named]", term: WxrTerm, ours: str) -> Named | None:
        """What has the term's name already, in whatever capitals."""
        name = plain(term.name)[:80]
        found = rows.filter(name__iexact=name).order_by("pk").first() if name else None
        if found is not None:
            self.report.note(name, f"is the name of two words (“{found.slug}” and “{term.slug}”): one {ours} here")
        return found

    def _new_section(self, wanted: str, term: WxrTerm) -> Section:
        slug = free_name(f"{wanted}-section" if wanted in self.claimed else wanted, "section")
        section = Section.objects.create(slug=slug, name=plain(term.name)[:80] or slug, is_in_menu=False)
        Name.objects.create(path=slug, section=section)
        self.report.came["sections (none is in the menu yet)"] += 1
        if slug != wanted:
            self.report.note(section.name, f"is a section at /{slug}/: the address /{wanted}/ was taken")
        return section

    def _new_tag(self, slug: str, term: WxrTerm) -> Tag:
        self.report.came["tags"] += 1
        return Tag.objects.create(slug=slug, name=plain(term.name)[:80] or slug)

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
