"""Form fields of the desk: moments in the site's time zone, tags as words, links to anything."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Author, Tag


class MomentWidget(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A moment in the site's time zone, to the minute."""

    widget = MomentWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the minute differs; stored moments have seconds."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


def zone_name() -> str:
    """The site's time zone as people say it: `Kyiv` for `Europe/Kyiv`."""
    return settings.TIME_ZONE.rsplit("/", 1)[-1].replace("_", " ")


def said(moment: datetime) -> str:
    """`Tue 3 Nov, 06:00 Kyiv`, in the desk's language; the year only where it is not this one."""
    local = timezone.localtime(moment)
    shape = "D j M, H:i" if local.year == timezone.localtime().year else "D j M Y, H:i"
    return f"{date_format(local, shape)} {zone_name()}"


class AddressField(forms.URLField):
    """An address elsewhere: http or https, nothing else; without a scheme it is https."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 1000, "assume_scheme": "https", **options})

    def clean(self, value: Any) -> str:
        """The address; refuses other schemes."""
        address: str = super().clean(value)
        if address and urlsplit(address).scheme not in ("http", "https"):
            raise ValidationError(_("Only addresses with http:// or https:// can stand here."))
        return address


class TagsWidget(forms.TextInput):
    """Words with commas between them; the script shows them one by one and suggests known ones."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str:
        """The tags' names."""
        return value if isinstance(value, str) else ", ".join(str(tag) for tag in value or ())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with the address of suggestions."""
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-tags"] = reverse("admin:articles_tag_lookup")
        return context


class TagsField(forms.CharField):
    """Tags by name. Cleans to a list of tags; unknown ones are made by `made`."""

    widget = TagsWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 1000, **options})

    def prepare_value(self, value: Any) -> Any:
        """Names stay names; tags become names."""
        return value if isinstance(value, str) else ", ".join(str(tag) for tag in value or ())

    def clean(self, value: Any) -> Any:
        """The names, each once."""
        names = [" ".join(name.split()) for name in (super().clean(value) or "").split(",")]
        names = list({name.casefold(): name for name in names if name}.values())
        for name in names:
            if len(name) > 80 or not slugify(name, allow_unicode=True):
                raise ValidationError(_("“%(name)s” cannot be a tag."), params={"name": name[:80]})
        return names


def tags_called(names: list[str]) -> list[Tag]:
    """The tags with these names; those that are not there yet are made."""
    slugs = {slugify(name, allow_unicode=True)[:120]: name for name in names}
    known = {tag.slug: tag for tag in Tag.objects.filter(slug__in=slugs)}
    for slug, name in slugs.items():
        if slug not in known:
            known[slug], _made = Tag.objects.get_or_create(slug=slug, defaults={"name": name})
    return [known[slug] for slug in slugs]


def author_called(name: str) -> Author | None:
    """The author of that name, however it is capitalised; the first of several."""
    return Author.objects.filter(name__iexact=name).order_by("is_guest", "pk").first()


def guest_called(name: str) -> Author:
    """The author of that name; one nobody knows is made, as a guest with an address of their own."""
    if known := author_called(name):
        return known
    wanted = slugify(name, allow_unicode=True)[:100] or "guest"
    taken = set(Author.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    slug = next(slug for slug in (wanted, *numbered) if slug not in taken)
    return Author.objects.create(name=name, slug=slug, is_guest=True)


STORY_PATH = re.compile(r"^/(\d{4})/(\d{2})/(\d{2})/([^/]+)/?$")
DESK_PATH = re.compile(r"^/admin/articles/article/(\d+)/")


def place_of(address: str) -> int | tuple[date, str] | None:
    """Where `address` points to among our stories: a key, or day and slug. With or without our origin."""
    parts = urlsplit(address.strip())
    if parts.netloc and parts.netloc != urlsplit(settings.SITE_URL).netloc:
        return None
    if on_desk := DESK_PATH.match(parts.path):
        return int(on_desk[1])
    if not (public := STORY_PATH.match(unquote(parts.path))):
        return None
    try:
        return date(int(public[1]), int(public[2]), int(public[3])), public[4]
    except ValueError:  # the 31st of February
        return None


def stories_at(addresses: Iterable[str]) -> dict[str, Article]:
    """Our stories at those of `addresses` that have one, without their texts: one query, none without any."""
    places = {address: place for address in addresses if (place := place_of(address))}
    if not places:
        return {}
    wanted = Q(pk__in=[place for place in places.values() if isinstance(place, int)])
    for place in places.values():
        if isinstance(place, tuple):
            wanted |= Q(published_on=place[0], slug=place[1])
    stories = list(Article.objects.defer("full_text", "teaser", "search").filter(wanted))
    found: dict[Any, Article] = {story.pk: story for story in stories}
    found |= {(story.published_on, story.slug): story for story in stories}
    return {address: found[place] for address, place in places.items() if place in found}


def story_at(address: str) -> Article | None:
    """Our story at `address`: its public address or its page on the desk, with or without our origin."""
    return stories_at([address]).get(address)


class OriginalField(forms.CharField):
    """The address of the story a translation was made of. Cleans to that story, or None where it is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 1000, **options})

    def prepare_value(self, value: Any) -> Any:
        """A story's address."""
        return value.get_absolute_url() if isinstance(value, Article) else value

    def clean(self, value: Any) -> Article | None:
        """The story readers know by that address; of a translation the one it was made of itself. Two queries."""
        address = super().clean(value)
        story = story_at(address) if address else None
        if address and (story is None or not story.was_published):
            raise ValidationError(_("No story of ours stands at this address."))
        return (story.original or story) if story else None


class KnownChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no type arguments at run time
    """A choice of a row. Rows in `known` (by key) were loaded before and are not looked up again."""

    known: dict[Any, Any] = {}

    def to_python(self, value: Any) -> Any:
        """The row; looked up only where it is not known."""
        known = {str(key): row for key, row in self.known.items()}
        return known[str(value)] if str(value) in known else super().to_python(value)


class TargetField(forms.CharField):
    """A story of ours or any http(s) address. Cleans to an `Article` or a string; `known` was looked up before."""

    known: dict[str, Article] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 1000, **options})

    def clean(self, value: Any) -> Any:
        """The story the address names, else the address itself."""
        address = super().clean(value)
        if not address:
            return ""
        story = story_at(address) if self.known is None else self.known.get(address)
        if story:
            return story
        if address.startswith("/"):
            raise ValidationError(_("No story of ours has this address."))
        URLValidator(schemes=["http", "https"])(address)
        return address
