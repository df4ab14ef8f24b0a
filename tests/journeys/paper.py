"""A small paper to walk through: one story of every kind, a vote that is open, tiers on sale."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from articles.models import Article, Byline, Picture, RelatedLink, Section
from comments.models import Discussion, Reply
from members.gate import Audience
from members.models import Round, SiteRules, Topic
from members.money import catalogue
from members.money.stripe_api.fitting import fitter
from tests.factories import AuthorFactory, MemberFactory, SectionFactory, make_article, make_option
from tests.members.money.till import make_tiers

BRIEF = "The bridge stays closed until Friday."
QUOTATION = "The water came up to the third step"
AFTER_THE_CUT = "What stands after the line"


@dataclass(frozen=True)
class Paper:
    """Its parts by name."""

    section: Section
    opened: Article
    metered: list[Article]
    patrons: Article
    picture: Picture
    vote: Round
    topics: list[Topic]


def make_paper(**rules: Any) -> Paper:
    """The paper, with a meter of two stories (four for members), prices known to Stripe, and `rules` of its own."""
    SiteRules.objects.create(pk=1, name="The Harbour", brief=BRIEF, meter_limit=2, meter_limit_members=4, **rules)
    make_tiers()
    catalogue.set_up(fitter())
    section, picture = SectionFactory(slug="harbour", name="Harbour"), make_picture()
    metered = [make_gated(section, Audience.METERED, f"Counted story {number}") for number in (1, 2, 3)]
    patrons = make_gated(section, Audience.PATRONS, "Who owns the quay")
    opened = make_open_story(section, picture, related=metered[0], read_also=metered[1])
    now = timezone.now()
    vote = Round.objects.create(slug="spring", question="Where do we look next?", closes_at=now + timedelta(days=9))
    titles = ("The missing mooring fees", "Who dredges the channel")
    topics = [make_option(vote, title, slug=f"topic-{number}").topic for number, title in enumerate(titles)]
    return Paper(section, opened, metered, patrons, picture, vote, topics)


def make_picture(alt: str = "Two boats at the quay") -> Picture:
    """A picture with a file, a caption and a credit."""
    drawn = BytesIO()
    Image.linear_gradient("L").resize((1200, 800)).convert("RGB").save(drawn, "JPEG")
    file = ContentFile(drawn.getvalue(), name="boats.jpg")
    return Picture.objects.create(file=file, alt=alt, caption="The quay at dusk.", credit="Ida Lens")


def make_gated(section: Section, audience: str, headline: str) -> Article:
    """A story that is cut after its first paragraph."""
    text = f'<p>{headline} begins.</p><hr data-paywall="here"><p>{AFTER_THE_CUT} of {headline}.</p>'
    return make_article(audience, section=section, headline=headline, full_text=text)


def make_open_story(section: Section, picture: Picture, *, related: Article, read_also: Article) -> Article:
    """The story that shows everything a story page can."""
    text = (
        "<p>The harbour woke early.</p><h2>What was seen</h2>"
        f'<figure data-quote="block"><blockquote><p>{QUOTATION}</p></blockquote>'
        "<figcaption>Nora Quay, harbour master</figcaption></figure>"
        f'<figure data-picture="{picture.key}"></figure>'
        f'<aside data-read-also="{read_also.pk}"></aside><p>Then it went to sleep.</p>'
    )
    story = make_article(
        section=section, headline="The harbour at six", full_text=text, lead_picture=picture, is_lead=True
    )
    Byline.objects.create(article=story, author=AuthorFactory(name="Nell Byline"))
    RelatedLink.objects.create(article=story, story=related, position=1)
    RelatedLink.objects.create(
        article=story, url="https://example.org/tides", title="The tide tables", publisher="Example", position=2
    )
    discussion = Discussion.objects.create(story=story)
    talker = MemberFactory(name="Tess Talker")
    Reply.objects.write(
        discussion, None, text="I was there too.", posted_at=timezone.now(), author=talker,
        status=Reply.Status.PUBLISHED,
    )  # fmt: skip
    return story
