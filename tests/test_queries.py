"""An exact number of queries for every public page: for an anonymous reader whose page nobody kept, and for a
signed-in patron. A page that needs one more, or one fewer, says so here.

Stories and lists are counted on a paper with everything (`BUDGETS`), every other address on the small one of
`tests.world` (`OTHERS`: anonymous, patron; whatever it answers).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles import publishing
from articles.models import Article, Author, Byline, Correction, Name, Page, Picture, RelatedLink, Series
from comments.threads import counts, shelved
from members.models import Choice, Round, SiteRules
from newsroom import furniture
from tests.factories import AuthorFactory, Cast, MemberFactory, SectionFactory, make_article, make_option
from tests.test_architecture import public_patterns
from tests.world import ADDRESSES, World, local

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Budget:
    """What one address costs. A patron's figure includes two for session and member."""

    path: str
    anonymous: int
    patron: int


# Exact figures. Story: 1 row with corrections and tags, 1 bylines, 1 links, 1 pictures, 1 series. Its discussion is
# kept; replies would cost 1.
BUDGETS: dict[str, list[Budget]] = {
    "front": [Budget("/", 5, 7)],
    "story": [
        Budget("/2026/11/03/everyone/", 5, 7),
        Budget("/2026/11/03/patrons/", 4, 7),
        Budget("/2026/11/03/metered/", 4, 8),
    ],
    "rest": [Budget("/2026/11/03/everyone/rest/", 5, 7), Budget("/2026/11/03/metered/rest/", 4, 8)],
    "place": [
        Budget("/city/", 3, 5),
        Budget("/city/?before=1793707200000000-999999-50", 3, 5),
        Budget("/about/", 2, 4),
    ],
    "archive": [Budget("/archive/", 3, 5), Budget("/archive/2026/11/", 3, 5)],
    "tag": [Budget("/tag/quay/", 3, 5)],
    "author": [Budget("/author/maren/", 3, 5)],
    "series": [Budget("/series/under-water/", 3, 5)],
    "corrections": [Budget("/corrections/", 1, 3)],
}


OTHERS: dict[str, tuple[int, int]] = {
    "search": (0, 2),
    "live": (2, 4),
    "corrections_feed": (1, 1),
    "preview": (6, 6),
    "feed": (3, 3),
    "json_feed": (3, 3),
    "series_feed": (4, 4),
    "section_feed": (4, 4),
    "section_json_feed": (4, 4),
    "series_json_feed": (4, 4),
    "author_feed": (4, 4),
    "author_json_feed": (4, 4),
    "tag_feed": (4, 4),
    "tag_json_feed": (4, 4),
    "own_feed": (1, 1),
    "own_json_feed": (1, 1),
    "story_card": (1, 1),
    "site_card": (0, 0),
    "opensearch": (0, 0),
    "sitemap": (2, 2),
    "sitemap_site": (4, 4),
    "sitemap_month": (1, 1),
    "news_sitemap": (1, 1),
    "robots": (0, 0),
    "healthz": (0, 0),
    "readyz": (1, 1),
    "count_read": (0, 0),
    "api_openapi": (0, 0),
    "api_site": (0, 0),
    "api_stories": (4, 4),
    "api_story": (4, 4),
    "api_story_by_id": (4, 4),
    "api_sections": (1, 1),
    "api_authors": (1, 1),
    "api_author": (1, 1),
    "api_tags": (1, 1),
    "api_tag": (1, 1),
    "api_series_list": (1, 1),
    "api_series": (1, 1),
    "api_pages": (1, 1),
    "api_page": (1, 1),
    "api_unknown": (0, 0),
    "account": (0, 15),
    "account_profile": (0, 2),
    "account_export": (0, 42),
    "account_erase": (0, 6),
    "account_erased": (0, 2),
    "account_feed": (0, 2),
    "account_feed_stop": (0, 2),
    "give_story": (0, 0),
    "gift_link": (3, 5),
    "gift_made": (0, 6),
    "gift_revoke": (0, 0),
    "membership": (3, 5),
    "membership_terms": (2, 4),
    "hardship": (0, 3),
    "join": (0, 0),
    "welcome": (0, 2),
    "membership_support": (1, 3),
    "membership_gift": (2, 4),
    "membership_redeem": (0, 2),
    "portal": (0, 0),
    "pause": (0, 0),
    "staff_invitation": (1, 3),
    "stripe_webhook": (0, 0),
    "stripe_webhook_typed": (0, 0),
    "mail_events": (0, 0),
    "topics": (4, 8),
    "topics_past": (6, 8),
    "topic": (4, 7),
    "propose": (0, 3),
    "topic_follow": (2, 5),
    "topics_mine": (0, 5),
    "topic_mails": (2, 4),
    "vote": (0, 0),
    "letters": (1, 4),
    "letters_choose": (0, 0),
    "letters_asked": (0, 2),
    "sign_up_here": (0, 0),
    "letter_confirm": (1, 3),
    "letter_leave": (1, 3),
    "letter_web": (1, 4),
    "letter_go": (1, 1),
    "letter_never": (1, 3),
    "letters_mine": (4, 6),
    "letter": (2, 5),
    "letter_story": (2, 4),
    "reply_page": (2, 4),
    "reply_feed": (2, 4),
    "reply_write": (1, 4),
    "reply": (2, 4),
    "reply_edit": (5, 7),
    "reply_delete": (5, 7),
    "reply_react": (0, 0),
    "reply_mute": (2, 5),
    "reply_report": (2, 5),
    "reply_appeal": (0, 6),
    "reply_follow": (1, 4),
    "reply_mine": (0, 8),
    "reply_wishes": (2, 4),
    "reply_unfollow": (3, 5),
}


@pytest.fixture
def paper(now: datetime, cast: Cast) -> Cast:
    """A paper with everything that a page could look up, and the furniture loaded and trusted."""
    SiteRules.objects.create(pk=1, meter_limit=3, meter_limit_members=5)
    section = SectionFactory(slug="city")
    opinion = SectionFactory(slug="views", is_opinion=True)
    maren, ilya = AuthorFactory(slug="maren", portrait=_picture("m")), AuthorFactory(slug="ilya")
    series = Series.objects.create(name="Under water", slug="under-water")
    inside = _picture("inside")
    _signed(make_article(section=SectionFactory(slug="region"), published_at=now - timedelta(days=30)), maren)
    _signed(make_article(section=opinion), ilya)
    pattern = make_article(section=section)
    _signed(pattern, maren, ilya)
    _copies(pattern, 45)
    for audience in ("everyone", "metered", "patrons"):
        text = f'<p>1</p><p>2</p><hr data-paywall="here"><figure data-picture="{inside.key}"></figure><p>3</p>'
        story = make_article(audience, slug=audience, full_text=text, series=series, lead_picture=_picture(audience))
        _signed(story, maren, ilya)
        story.tags.create(name=audience, slug="quay" if audience == "everyone" else audience)
        RelatedLink.objects.create(article=story, url="https://example.org/")
        Correction.objects.create(article=story, text="It was 2006.")
        publishing.derive(story)
    page = Page.objects.create(
        title="About", path="about", is_published=True, body=f'<figure data-picture="{inside.key}"></figure>'
    )
    Name.objects.create(path="about", page=page)
    _round(now)
    return cast


@pytest.fixture(autouse=True)
def trusted() -> Iterator[None]:
    """Furniture and discussions are kept, as in a process whose listener is connected."""
    furniture.snapshot.trusted = True
    kept = (shelved.pages, shelved.discussions, counts.numbers)
    for shelf in kept:
        shelf.trust(connected=True)
    yield
    furniture.snapshot.trusted = False
    for shelf in kept:
        shelf.trust(connected=False)


ROWS = [pytest.param(budget, id=f"{name} {budget.path}") for name, rows in BUDGETS.items() for budget in rows]


@pytest.mark.parametrize("budget", ROWS)
def test_page_costs_exactly_its_budget(budget: Budget, paper: Cast, client: Client) -> None:
    furniture.snapshot.get()
    _costs(client, budget.path, budget.anonymous)
    client.force_login(paper.patron)
    _costs(client, budget.path, budget.patron)


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_address_costs_exactly_its_budget(name: str, cast: Cast, now: datetime, client: Client) -> None:
    path = local(ADDRESSES[name](World.make())[0])
    furniture.snapshot.get()
    anonymous, patron = OTHERS[name]
    _costs(client, path, anonymous, status=None)
    client.force_login(cast.patron)
    _costs(client, path, patron, status=None)


def test_every_public_page_has_a_budget() -> None:
    names = {pattern.name for _route, pattern in public_patterns()}
    assert names == {*BUDGETS, *OTHERS}, "Add the page with its exact number of queries."


def _costs(client: Client, path: str, wanted: int, status: int | None = 200) -> None:
    client.get(path)  # the first request fills caches that live as long as the process: templates, content types
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert status in (None, answer.status_code), path
    said = "\n".join(query["sql"][:300] for query in queries)
    assert len(queries) == wanted, f"{path}: {len(queries)} queries instead of {wanted}\n{said}"


def _picture(name: str) -> Picture:
    return Picture.objects.create(key=name, file=f"pictures/{name}.jpg", width=1200, height=800)


def _copies(story: Article, number: int) -> None:
    fields = {field.name: getattr(story, field.name) for field in Article._meta.concrete_fields if field.name != "id"}
    rows = [Article(**{**fields, "slug": f"copy-{place}"}) for place in range(number)]
    made = Article.objects.bulk_create(rows)
    Byline.objects.bulk_create(
        Byline(article=copy, author=byline.author, position=byline.position)
        for copy in made
        for byline in story.bylines.all()
    )


def _signed(story: Article, *authors: Author) -> None:
    for position, author in enumerate(authors):
        Byline.objects.create(article=story, author=author, position=position)


def _round(now: datetime) -> None:
    held = Round.objects.create(slug="r", question="What next?", closes_at=now + timedelta(days=9), tally="live")
    for number in range(4):
        ballot = held.ballots.create(member=MemberFactory())
        Choice.objects.create(ballot=ballot, option=make_option(held, f"Topic {number}"))
