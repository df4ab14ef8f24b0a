"""A small paper with one of everything, and every public address of it: what the walks walk."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from articles.cards.addresses import site_card, story_card
from articles.drafts.preview_links import token_of
from articles.models import (
    Article,
    Author,
    Byline,
    LiveEntry,
    Name,
    Page,
    Picture,
    PreviewLink,
    RelatedLink,
    Section,
    Series,
    Tag,
)
from comments.models import Discussion, Reply
from comments.notices import links as notices
from members.gate import Audience
from members.letters.issues import contents
from members.letters.issues.making import StoryNotice
from members.letters.joining import links
from members.models import (
    Issue,
    Letter,
    LetterSubscription,
    Member,
    Option,
    Round,
    SiteRules,
    StaffInvitation,
    StoryGift,
    Terms,
    Topic,
)
from members.staffing import SALT
from members.topics.loop import following
from newsroom.groups import WRITERS
from tests.factories import AuthorFactory, MemberFactory, SectionFactory, make_article, make_option

METERED = {"meter_limit": 3, "meter_limit_members": 6, "live_coverage": True}


def marker(audience: str) -> str:
    """The word that stands after the cut of the story for `audience`, and nowhere else."""
    return f"zq{audience}hidden"


def reply_marker(audience: str) -> str:
    """The word of the reply under that story."""
    return f"zq{audience}reply"


@dataclass
class World:
    """Everything there is, by name."""

    stories: dict[str, Article]
    section: Section
    author: Author
    tag: Tag
    series: Series
    page: Page
    vote: Round
    topic: Topic
    discussions: dict[str, Discussion]
    replies: dict[str, Reply]
    letter: Letter
    asked: LetterSubscription
    gift: StoryGift
    issue: Issue
    invitation: StaffInvitation
    lent: PreviewLink

    @classmethod
    def make(cls) -> "World":
        """The paper, with the meter on."""
        SiteRules.objects.create(
            pk=1, name="The Walk", appeal_title="Join us", appeal_text="From {from_price}.", **METERED
        )
        section, author = SectionFactory(slug="city"), AuthorFactory(name="Ada Ink", slug="ada-ink")
        tag = Tag.objects.create(name="Water", slug="water")
        series = Series.objects.create(name="Tides", slug="tides")
        now = timezone.now()
        Terms.objects.create(version="2026-11", text="# Stopping\n\nWhenever you like.", in_force_from=now)
        vote = Round.objects.create(slug="spring", question="What next?", closes_at=now + timedelta(days=9))
        topic = Topic.objects.create(slug="mud", title="Mud", status=Topic.Status.IN_VOTE)
        other = Topic.objects.create(slug="ice", title="Ice", status=Topic.Status.IN_VOTE)
        Option.objects.bulk_create(Option(round=vote, topic=each) for each in (topic, other))
        make_past_round(now)
        stories = {audience: make_story(audience, section, author, tag, series) for audience in Audience.values}
        page = Page.objects.create(title="About", path="about", body="<p>Us.</p>", is_published=True)
        Name.objects.create(path="about", page=page)
        talker = MemberFactory(name="Tess Talker")
        discussions = {audience: Discussion.objects.create(story=story) for audience, story in stories.items()}
        replies = {audience: make_reply(discussion, audience, talker) for audience, discussion in discussions.items()}
        letter = Letter.objects.create(slug="morning", name="Morning", sends_new_stories=True, is_default=True)
        asked = LetterSubscription.objects.create(letter=letter, email="asks@example.org", confirmed_at=now)
        hidden = stories[Audience.PATRONS]
        gift = StoryGift.objects.create(
            patron=talker, story_id=hidden.pk, token="t" * 32, expires_at=now + timedelta(days=5)
        )
        issue = make_issue(letter, hidden)
        invitation = StaffInvitation.objects.create(
            email="new@example.org", role=Group.objects.get(name=WRITERS), expires_at=now + timedelta(days=5)
        )
        return cls(
            stories, section, author, tag, series, page, vote, topic, discussions, replies, letter, asked, gift, issue,
            invitation, lend(),
        )  # fmt: skip


def make_past_round(now: datetime) -> None:
    """A vote that was counted: one topic won and waits for its reporter."""
    opened, closed = now - timedelta(days=60), now - timedelta(days=40)
    past = Round.objects.create(
        slug="autumn", question="What first?", opens_at=opened, closes_at=closed, closed_at=closed, ballots_counted=4
    )
    make_option(past, "Sheds", votes=3, is_winner=True, status=Topic.Status.WON)
    make_option(past, "Kerbs", votes=1, status=Topic.Status.NOT_CHOSEN)


def make_story(audience: str, section: Section, author: Author, tag: Tag, series: Series, of: str = "") -> Article:
    """A story whose hidden part says the marker; it points at the one before. `of`: its audience, if not its name."""
    text = f'<p>Open words of {audience}.</p><hr data-paywall="here"><p>{marker(audience)}</p>'
    before = Article.objects.order_by("-pk").first()
    picture = Picture.objects.create(alt="A boat", source_url="https://example.org/boat.jpg")
    story = make_article(
        of or audience, section=section, full_text=text, series=series, series_part=1, slug=f"for-{audience}",
        headline=f"For {audience}", lead_picture=picture, coverage=Article.Coverage.RUNNING,
    )  # fmt: skip
    for number in (1, 2):
        said = f"{marker(audience)} in entry {number}"
        LiveEntry.objects.create(article=story, headline=said, text=f"<p>{said}</p>", is_key=True)
    Byline.objects.create(article=story, author=author)
    story.tags.add(tag)
    if before is not None:
        RelatedLink.objects.create(article=story, story=before)
    return story


def make_reply(discussion: Discussion, audience: str, author: Member) -> Reply:
    """A reply that quotes the hidden part."""
    reply: Reply = Reply.objects.write(
        discussion, None, text=f"As it says: {reply_marker(audience)}", posted_at=timezone.now(), author=author,
        status=Reply.Status.PUBLISHED,
    )  # fmt: skip
    return reply


def make_issue(letter: Letter, story: Article) -> Issue:
    """An issue about a patrons' story that carries the whole text for those who may read it."""
    terms = {**asdict(story.terms(SiteRules.current()))}
    terms["live_from"] = story.live_from.isoformat() if story.live_from else None
    notice = StoryNotice(
        story_id=story.pk,
        headline=story.headline,
        standfirst=story.standfirst,
        teaser_html=story.teaser,
        path=story.get_absolute_url(),
        terms=terms,
        body_html=f"<p>{marker(story.audience)}</p>",
        carries=Letter.Carries.WHOLE,
    )
    return Issue.objects.create(
        letter=letter, subject=story.headline, story_id=story.pk, state=Issue.State.SENDING, send_at=timezone.now(),
        content={"intro_html": "", "stories": [asdict(notice)]},
    )  # fmt: skip


Paths = Callable[[World], list[str]]


def lend() -> PreviewLink:
    """The link by which somebody may read a story that is scheduled. No walk of readers comes to that one."""
    now = timezone.now()
    story = make_article(slug="to-come", headline="To come", published_at=now + timedelta(days=1))
    return PreviewLink.objects.create(article=story, label="Counsel", expires_at=now + timedelta(days=7))


def each_story(name: str) -> Paths:
    """The address `name` of every story."""
    return lambda world: [reverse(name, args=[s.published_on, s.slug]) for s in world.stories.values()]


def each_stream(world: World) -> list[str]:
    """Every story's live entries: the newest, those from one on, and what came since."""
    paths = each_story("live")(world)
    first = {story.pk: story.live_entries.earliest("pk").pk for story in world.stories.values()}
    asked = zip(paths, first.values(), strict=True)
    more = [f"{path}{query}" for path, pk in asked for query in ("?after=0", f"?after={pk}", f"?from={pk}")]
    return paths + more


def each_discussion(name: str) -> Paths:
    """The address `name` of every discussion."""
    return lambda world: [reverse(name, args=[found.pk]) for found in world.discussions.values()]


def each_reply(name: str) -> Paths:
    """The address `name` of every reply."""
    return lambda world: [reverse(name, args=[found.pk]) for found in world.replies.values()]


def one(name: str, arguments: Callable[[World], list[object]] = lambda world: []) -> Paths:
    """A single address."""
    return lambda world: [reverse(name, args=arguments(world))]


ADDRESSES: dict[str, Paths] = {
    "front": one("front"),
    "story": each_story("story"),
    "rest": each_story("rest"),
    "live": each_stream,
    "archive": lambda world: ["/archive/", *(f"/archive/{timezone.localdate():{form}}/" for form in ("%Y", "%Y/%-m"))],
    "tag": one("tag", lambda world: [world.tag.slug]),
    "author": one("author", lambda world: [world.author.slug]),
    "series": one("series", lambda world: [world.series.slug]),
    "corrections": one("corrections"),
    "preview": lambda world: [reverse("preview", args=[token_of(world.lent)]), reverse("preview", args=["forged"])],
    "corrections_feed": one("corrections_feed"),
    "place": lambda world: [world.section.get_absolute_url(), world.page.get_absolute_url()],
    "search": lambda world: [
        "/search/", "/search/?q=open", *(f"/search/?q={marker(audience)}" for audience in world.stories)
    ],
    "feed": one("feed"),
    "json_feed": one("json_feed"),
    "section_feed": one("section_feed", lambda world: [world.section.slug]),
    "series_feed": one("series_feed", lambda world: [world.series.slug]),
    "section_json_feed": one("section_json_feed", lambda world: [world.section.slug]),
    "series_json_feed": one("series_json_feed", lambda world: [world.series.slug]),
    "author_feed": one("author_feed", lambda world: [world.author.slug]),
    "author_json_feed": one("author_json_feed", lambda world: [world.author.slug]),
    "tag_feed": one("tag_feed", lambda world: [world.tag.slug]),
    "tag_json_feed": one("tag_json_feed", lambda world: [world.tag.slug]),
    "own_feed": one("own_feed", lambda world: ["forged"]),  # one that reads: tests/articles/test_own_feed.py
    "own_json_feed": one("own_json_feed", lambda world: ["forged"]),
    "story_card": lambda world: [story_card(story, SiteRules.current()) for story in world.stories.values()],
    "site_card": lambda world: [site_card(SiteRules.current())],
    "opensearch": one("opensearch"),
    "sitemap": one("sitemap"),
    "sitemap_site": one("sitemap_site"),
    "sitemap_month": one("sitemap_month", lambda world: [f"{timezone.localdate():%Y-%m}"]),
    "news_sitemap": one("news_sitemap"),
    "robots": one("robots"),
    "healthz": one("healthz"),
    "readyz": one("readyz"),
    "account": one("account"),
    "account_profile": one("account_profile"),
    "account_export": one("account_export"),
    "account_erase": one("account_erase"),
    "account_feed": one("account_feed"),
    "account_feed_stop": one("account_feed_stop"),
    "account_erased": one("account_erased"),
    "give_story": one("give_story"),
    "gift_link": one("gift_link", lambda world: [world.gift.token]),
    "gift_made": one("gift_made", lambda world: [world.gift.token]),
    "gift_revoke": one("gift_revoke", lambda world: [world.gift.token]),
    "staff_invitation": one("staff_invitation", lambda world: [signing.dumps(world.invitation.pk, salt=SALT)]),
    "membership": one("membership"),
    "membership_terms": lambda world: ["/membership/terms/", "/membership/terms/?version=nobody"],
    "hardship": one("hardship"),
    "join": one("join"),
    "welcome": lambda world: ["/membership/welcome/", "/membership/welcome/?session_id=cs_nobody"],
    "membership_support": one("membership_support"),
    "membership_gift": one("membership_gift"),
    "membership_redeem": one("membership_redeem"),
    "portal": one("portal"),
    "pause": one("pause"),
    "stripe_webhook": one("stripe_webhook"),
    "stripe_webhook_typed": one("stripe_webhook_typed"),
    "topics": one("topics"),
    "topic": one("topic", lambda world: [world.topic.slug]),
    "topics_past": lambda world: ["/topics/past/autumn/", "/topics/past/nobody/"],
    "propose": one("propose"),
    "topic_follow": one("topic_follow", lambda world: [world.topic.slug]),
    "topics_mine": one("topics_mine"),
    "topic_mails": lambda world: [
        following.stop_link(world.replies["everyone"].author_id or 0), reverse("topic_mails", args=["forged"])
    ],
    "vote": one("vote", lambda world: [world.vote.slug]),
    "letters": one("letters"),
    "letters_choose": one("letters_choose"),
    "letters_asked": one("letters_asked"),
    "sign_up_here": one("sign_up_here"),
    "mail_events": one("mail_events", lambda world: ["mailgun"]),
    "letter_confirm": lambda world: [links.confirm_link(world.asked), reverse("letter_confirm", args=["forged"])],
    "letter_leave": lambda world: [links.leave_link(world.asked), reverse("letter_leave", args=["forged"])],
    "letter_never": lambda world: [links.never_link(world.asked), reverse("letter_never", args=["forged"])],
    "letters_mine": lambda world: [links.mine_link(world.asked), reverse("letters_mine", args=["forged"])],
    "letter": lambda world: [reverse("letter", args=[world.letter.slug])],
    "letter_web": lambda world: [contents.web_link(world.issue), reverse("letter_web", args=["forged"])],
    "letter_go": lambda world: [contents.go_link(world.issue, 0), reverse("letter_go", args=["forged", 0])],
    "letter_story": lambda world: [
        contents.story_link(world.issue, world.asked), reverse("letter_story", args=["forged"])
    ],
    "api_openapi": one("api_openapi"),
    "api_site": one("api_site"),
    "api_stories": lambda world: ["/api/v1/stories/", "/api/v1/stories/?tag=water&author=ada-ink&section=city"],
    "api_story": each_story("api_story"),
    "api_story_by_id": lambda world: [reverse("api_story_by_id", args=[s.pk]) for s in world.stories.values()],
    "api_sections": one("api_sections"),
    "api_authors": one("api_authors"),
    "api_author": one("api_author", lambda world: [world.author.slug]),
    "api_tags": one("api_tags"),
    "api_tag": one("api_tag", lambda world: [world.tag.slug]),
    "api_series_list": one("api_series_list"),
    "api_series": one("api_series", lambda world: [world.series.slug]),
    "api_pages": one("api_pages"),
    "api_page": one("api_page", lambda world: [world.page.path]),
    "api_unknown": lambda world: ["/api/", "/api/v1/nothing/"],
    "count_read": one("count_read"),
    "reply_page": each_discussion("reply_page"),
    "reply_feed": each_discussion("reply_feed"),
    "reply_write": lambda world: [reverse("reply_write", args=["story", s.pk]) for s in world.stories.values()],
    "reply": each_reply("reply"),
    "reply_edit": each_reply("reply_edit"),
    "reply_delete": each_reply("reply_delete"),
    "reply_react": each_reply("reply_react"),
    "reply_mute": each_reply("reply_mute"),
    "reply_report": each_reply("reply_report"),
    "reply_appeal": lambda world: [reverse("reply_appeal", args=[kind, 1]) for kind in ("ruling", "sanction")],
    "reply_follow": lambda world: [reverse("reply_follow", args=["story", s.pk]) for s in world.stories.values()],
    "reply_mine": one("reply_mine"),
    "reply_wishes": lambda world: [
        notices.wishes_link(world.replies["everyone"].author_id, ["answers"]), reverse("reply_wishes", args=["forged"])
    ],
    "reply_unfollow": lambda world: [
        *(notices.follow_link(one.author_id, one.discussion_id, None) for one in world.replies.values()),
        reverse("reply_unfollow", args=["forged"]),
    ],
}  # fmt: skip


def local(path: str) -> str:
    """An address without the site's origin."""
    return path.removeprefix("http://testserver")


def path_of(story: Article) -> str:
    """A story's public address, live or not."""
    return f"/{story.published_on:%Y/%m/%d}/{story.slug}/"
