"""Who wrote: the authors of an export, co-authors and guests, each once, in the order of the byline."""

from articles.importers.filing import free_author_slug
from articles.importers.texts import plain
from articles.importers.wordpress.moving import Moving
from articles.importers.wordpress.wxr import WxrItem, WxrTerm
from articles.models import Author

LONGEST_NAME = 120
PREFIX = "cap-"  # Co-Authors Plus writes it before a login


class People:
    """The authors of one move, by their logins."""

    def __init__(self, moving: Moving) -> None:
        self.moving = moving
        self.known: dict[str, Author] = {}

    def author(self, login: str, name: str, number: int = 0, *, bio: str = "", is_guest: bool = False) -> Author:
        """An author. The same login of the same export is the same person; so is somebody of the same name."""
        moving = self.moving
        key, name = moving.key(f"author-{login}"), plain(name)[:LONGEST_NAME] or login[:LONGEST_NAME]
        found = Author.objects.filter(legacy_key=key).first()
        if found is not None and found.name == login != name:  # half an export knew no more than the login
            found.name = name
            found.save(update_fields=["name"])
        if found is None and (found := self._namesake(name)) is not None:
            is_theirs = (found.legacy_key or "").startswith(moving.key("author-"))
            why = "signs under more than one account" if is_theirs else "was an author here before"
            moving.report.note(name, f"{why} (“{login}” is another name): they are one author")
        if found is None:
            found = Author.objects.create(
                legacy_key=key, name=name, slug=free_author_slug(name), bio=plain(bio), is_guest=is_guest
            )
            moving.report.came["authors"] += 1
        self.known[login] = found
        moving.addresses.redirect(f"/author/{login}/", found.get_absolute_url())
        if number:
            moving.addresses.redirect(f"/?author={number}", found.get_absolute_url())
        return found

    def bring_guests(self) -> None:
        """Guest authors, who have no account."""
        for guest in self.moving.frame.guests:
            login = guest.meta.get("cap-user_login") or guest.slug.removeprefix(PREFIX)
            linked = guest.meta.get("cap-linked_account", "")
            if linked in self.known:
                self.known[login] = self.known[linked]
            elif login:
                name, bio = guest.meta.get("cap-display_name") or guest.title, guest.meta.get("cap-description", "")
                self.author(login, name, bio=bio, is_guest=True)

    def of(self, item: WxrItem) -> list[Author]:
        """Who signs an item: its co-authors in their order, else whoever wrote it; each once."""
        signed = [self._of_term(term) for term in item.terms if term.domain == "author"]
        if not signed and item.creator:
            signed = [self.known.get(item.creator) or self.author(item.creator, item.creator)]
        return list({author.pk: author for author in signed}.values())

    def _of_term(self, term: WxrTerm) -> Author:
        """Co-Authors Plus names a co-author by login, in the term's name and in its slug."""
        slug = term.slug.removeprefix(PREFIX)
        found = self.known.get(term.name) or self.known.get(slug)
        return found or self.author(slug, term.name)

    def _namesake(self, name: str) -> Author | None:
        return Author.objects.filter(name__iexact=name).order_by("pk").first()
