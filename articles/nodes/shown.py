"""What the nodes of a text stand for today: brought by the caller, who asks the database and the gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from articles.models import Document, LinkPreview, Picture


@dataclass(frozen=True, slots=True)
class StoryLink:
    """A story as a text names it: address, headline and standfirst. Never its text."""

    url: str
    headline: str
    standfirst: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the nodes of a text stand for today. What is missing here is left out of the page.

    `files`: our sounds and PDFs by key. `cards`: what pages elsewhere say of themselves, by address.
    `hosts`: those added on the desk whose pages may be framed, host → name. `loads_frames`: whether the page
    brings the script that loads a frame when asked to; without it there are only links.
    `links_are_paid`: links of a sponsored story tell search engines so.
    """

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    stories: Mapping[int, StoryLink] = field(default_factory=dict)
    files: Mapping[str, Document] = field(default_factory=dict)
    cards: Mapping[str, LinkPreview] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    loads_frames: bool = False
    links_are_paid: bool = False
