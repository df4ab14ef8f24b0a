"""Where Ghost's stories stand here: tags, those of them that become sections, and authors."""

from articles.importers.bodies import FoundPicture
from articles.importers.filing import Addresses, free_author_slug, free_name
from articles.importers.ghost.contents import Contents, in_order, text
from articles.importers.ghost.export import Row
from articles.importers.ghost.writing import OldSite
from articles.importers.report import ImportReport
from articles.importers.texts import plain, slug_of
from articles.models import Author, Name, Section, Tag

LONGEST_KEY = 200


class Shelves:
    """The sections, tags and authors of one import, each made when a story first needs it.

    `sections`: slugs of the tags that are to be sections. Ghost's internal tags (`#news`) stay behind.
    """

    def __init__(self, contents: Contents, site: OldSite, addresses: Addresses, sections: frozenset[str]) -> None:
        self.contents, self.site, self.addresses = contents, site, addresses
        self.report: ImportReport = addresses.report
        self.wanted = sections
        self.sections: dict[str, Section] = {}
        self.tags: dict[str, Tag] = {}
        self.authors: dict[str, Author] = {}

    def file(self, post_id: str) -> tuple[Section | None, list[Tag]]:
        """A story's section, the first of its tags that is one, and its other tags in Ghost's order."""
        rows = [
            self.contents.tags[key] for key in in_order(self.contents.tags_of, post_id) if key in self.contents.tags
        ]
        public = [row for row in rows if not is_internal(row)]
        self.report.skipped["internal tags (counted at each story)"] += len(rows) - len(public)
        first = next((row for row in public if text(row, "slug") in self.wanted), None)
        section = self.section(first) if first is not None else None
        return section, list({tag.pk: tag for tag in (self.tag(row) for row in public if row is not first)}.values())

    def section(self, row: Row) -> Section:
        """The section of a tag. One whose name the site, a page or a story's old address holds gets `-section`."""
        old = text(row, "slug")
        if old not in self.sections:
            wanted = slug_of(old, text(row, "name"), "section")[:60]
            names = [f"{wanted}-section"] if wanted in self.contents.slugs else [wanted, f"{wanted}-section"]
            known = Section.objects.filter(slug__in=names).order_by("pk").first()
            self.sections[old] = known or self._new_section(names[0], row)
            self.addresses.redirect(f"/tag/{old}/", self.sections[old].get_absolute_url())
        return self.sections[old]

    def tag(self, row: Row) -> Tag:
        """The tag, known by its slug."""
        old = text(row, "slug")
        if old not in self.tags:
            slug = slug_of(old, text(row, "name"), "tag")[:120]
            said = {"name": plain(text(row, "name"))[:80] or slug, "description": plain(text(row, "description"))[:300]}
            self.tags[old], is_new = Tag.objects.get_or_create(slug=slug, defaults=said)
            self.report.came["tags"] += is_new
            self.addresses.redirect(f"/tag/{old}/", self.tags[old].get_absolute_url())
        return self.tags[old]

    def bylines(self, post: Row) -> list[Author]:
        """Who signed a story, in their order; the one author of older exports."""
        keys = in_order(self.contents.authors_of, text(post, "id")) or [text(post, "author_id")]
        found = [self.author(key) for key in keys if key in self.contents.users]
        return list({author.pk: author for author in found}.values())

    def author(self, key: str) -> Author:
        """An author, known by Ghost's id; whoever has no account any more keeps their name. No address comes along."""
        if key not in self.authors:
            row = self.contents.users[key]
            known = f"ghost:user:{key}:{text(row, 'slug')}"[:LONGEST_KEY]
            self.authors[key] = Author.objects.filter(legacy_key=known).first() or self._new_author(row, known)
            self.addresses.redirect(f"/author/{text(row, 'slug')}/", self.authors[key].get_absolute_url())
        return self.authors[key]

    def _new_section(self, wanted: str, row: Row) -> Section:
        slug = free_name(wanted, "section")
        name, description = plain(text(row, "name"))[:80] or slug, plain(text(row, "description"))[:300]
        section = Section.objects.create(slug=slug, name=name, description=description, is_in_menu=False)
        Name.objects.create(path=slug, section=section)
        self.report.came["sections (none is in the menu yet)"] += 1
        return section

    def _new_author(self, row: Row, known: str) -> Author:
        name = plain(text(row, "name"))[:120] or "Unnamed"
        slug = slug_of(text(row, "slug"), name, "unnamed")[:100]
        if Author.objects.filter(slug=slug).exists():
            slug = free_author_slug(name)
        picture = self.site.address(text(row, "profile_image"))
        portrait = self.site.media.bring(FoundPicture(picture, name, ""), name) if picture else None
        self.report.came["authors"] += 1
        return Author.objects.create(
            legacy_key=known, name=name, slug=slug, bio=plain(text(row, "bio")), portrait=portrait
        )


def is_internal(row: Row) -> bool:
    """Whether a tag was never shown."""
    return text(row, "visibility") == "internal" or text(row, "name").startswith("#")
