"""What the content API answers, field by field: types for who makes the answers, words for who reads them.

The OpenAPI document is made of these classes (`schemas`): a field that is not here is nowhere.
"""

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from articles.models import Article, Correction
from members.gate import Audience, Decision


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is written, by JSON Schema's name for it."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """All that a text can be."""

    words: tuple[str, ...]


Address = Annotated[str, Form("uri")]
Moment = Annotated[str, Form("date-time")]


class Named(TypedDict):
    """Something that has a name and a page of its own."""

    slug: str
    name: str
    url: Annotated[Address, "Its page on the site."]


class PictureVersion(TypedDict):
    """A picture in one size and format."""

    url: Address
    width: Annotated[int, "Pixels."]
    type: Annotated[str, OneOf(("image/avif", "image/webp", "image/jpeg"))]


class Picture(TypedDict):
    """A picture and what is said about it."""

    url: Annotated[Address, "The original."]
    width: Annotated[int | None, "Pixels."]
    height: Annotated[int | None, "Pixels."]
    alt: Annotated[str, "What it shows, for those who do not see it."]
    caption: str
    credit: str
    versions: Annotated[list[PictureVersion], "Smaller ones, for `srcset`; empty until they are made."]


class Signature(Named):
    """Somebody who signs a story."""

    role: Annotated[str, "What they did for it; empty: wrote it."]


class Part(Named):
    """The series a story is a part of."""

    part: Annotated[int | None, "Which part it is."]


class StoryCard(TypedDict):
    """A story in a list: all but its text."""

    id: Annotated[int, "Never changes."]
    url: Annotated[Address, "Its page on the site. The date and words in it never change once it is out."]
    api_url: Annotated[Address, "The whole story, here."]
    headline: str
    kicker: str
    standfirst: str
    description: Annotated[str, "The standfirst, else how it begins: what search engines are told."]
    kind: Annotated[str, OneOf(tuple(Article.Kind.values))]
    language: Annotated[str, "A BCP 47 tag."]
    section: Named | None
    authors: list[Signature]
    tags: list[Named]
    series: Part | None
    picture: Picture | None
    published_at: Moment
    updated_at: Moment | None
    audience: Annotated[str, OneOf(tuple(Audience.values)), "Whom it is for now, its age considered."]
    minutes_to_read: int
    canonical_url: Annotated[Address, "The address search engines should know it by."]


class Amendment(TypedDict):
    """What was put right in a story."""

    kind: Annotated[str, OneOf(tuple(Correction.Kind.values))]
    text: str
    made_at: Moment
    url: Address


class Related(TypedDict):
    """What an editor linked beneath a story."""

    url: Address
    title: str
    publisher: Annotated[str, "Empty for our own."]


class Story(StoryCard):
    """A whole story, cut to what this key may read."""

    access: Annotated[
        str, OneOf(tuple(decision.value for decision in Decision)),
        "What the gate says: `read` it is all here; `spend` the site would count it among a reader's free ones; "
        "`sign_up`, `subscribe`, `upgrade` what it takes.",
    ]  # fmt: skip
    is_cut: Annotated[bool, "Whether the text ends where the wall stands."]
    content_html: Annotated[str, "The text, its pictures and notes included; every address in it is whole."]
    social_headline: str
    dateline: str
    coverage: Annotated[str, OneOf(tuple(Article.Coverage.values)), "Whether it is told entry by entry, on its page."]
    corrections: list[Amendment]
    related: list[Related]
    parts: Annotated[list[Named], "The live parts of its series in order; `slug` is the last word of each address."]


class Section(Named):
    """A part of the paper."""

    description: str
    is_opinion: bool
    is_in_menu: bool


class Author(Named):
    """Somebody who signs stories."""

    role: str
    bio: str
    is_agency: bool
    is_guest: bool
    portrait: Picture | None


class Tag(Named):
    """A word that describes stories."""

    description: str


class Series(Named):
    """Stories told in parts."""

    description: str


class PageCard(TypedDict):
    """A standing page in a list."""

    path: Annotated[str, "Its name here and on the site."]
    title: str
    url: Address
    updated_at: Moment


class Page(PageCard):
    """A standing page."""

    content_html: str


class MenuLink(TypedDict):
    """A link of the menu or footer."""

    label: str
    url: Address


class Site(TypedDict):
    """What the site says of itself."""

    name: str
    tagline: str
    description: str
    publisher: str
    url: Address
    language: Annotated[str, "A BCP 47 tag."]
    time_zone: Annotated[str, "As the IANA database names it."]
    logo: Address | None
    menu: list[MenuLink]
    footer: list[MenuLink]
    feeds: list[MenuLink]


class StoryList(TypedDict):
    """A page of stories, the newest first."""

    items: list[StoryCard]
    next: Annotated[Address | None, "The page after this one."]


class SectionList(TypedDict):
    """Sections in the order of the menu."""

    items: list[Section]
    next: Address | None


class AuthorList(TypedDict):
    """A page of authors by slug."""

    items: list[Author]
    next: Address | None


class TagList(TypedDict):
    """A page of tags by slug."""

    items: list[Tag]
    next: Address | None


class SeriesList(TypedDict):
    """A page of series by slug."""

    items: list[Series]
    next: Address | None


class PageList(TypedDict):
    """A page of standing pages by path."""

    items: list[PageCard]
    next: Address | None


class Fault(TypedDict):
    """A parameter that cannot be read."""

    parameter: str
    detail: str


class Trouble(TypedDict, total=False):
    """Why there is no answer, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault]
    moved_to: Annotated[Address, "Where what was taken back leads."]


SHAPES: tuple[Any, ...] = (
    Named, PictureVersion, Picture, Signature, Part, StoryCard, Amendment, Related, Story, Section, Author, Tag, Series,
    PageCard, Page, MenuLink, Site, StoryList, SectionList, AuthorList, TagList, SeriesList, PageList, Fault, Trouble,
)  # fmt: skip
