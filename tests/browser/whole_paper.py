"""A paper with one of everything that has a page, and the addresses of those pages by who looks at them."""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Correction
from comments.models import Appeal, Reply, Report, Sanction
from comments.notices import links as links_of_replies
from members.gate import Audience
from members.letters.joining import links
from members.models import Member, Round, SiteRules, Topic
from members.topics.loop.following import stop_link
from newsroom.groups import EDITORS, MODERATORS
from tests.factories import MemberFactory, TierFactory, make_article, make_option, make_patron
from tests.journeys.paper import make_open_story, make_picture
from tests.world import World, make_reply


@dataclass(frozen=True)
class WholePaper:
    """The world, a story that shows everything, and the people who look."""

    world: World
    rich: Article
    withdrawn: Article
    member: Member
    patron: Member
    editor: Member
    moderator: Member
    warned: Sanction

    @classmethod
    def make(cls) -> "WholePaper":
        """All of it, saved."""
        world = World.make()
        SiteRules.objects.filter(pk=1).update(brief="The bridge stays closed until Friday.", banner="Storm tonight.")
        for rank, name in enumerate(("Friend", "Patron"), start=1):
            TierFactory(
                slug=f"tier-{rank}", name=name, rank=rank, perks="Every story\nA vote", is_recommended=rank == 1
            )
        patron = make_patron(MemberFactory(name="Pat Patron"))
        stir(world, patron)
        return cls(
            world=world,
            rich=make_rich(world),
            withdrawn=make_withdrawn(),
            member=MemberFactory(name="Mina Member"),
            patron=patron,
            editor=MemberFactory(name="Edgar Editor", group=EDITORS),
            moderator=MemberFactory(name="Moe Moderator", group=MODERATORS),
            warned=Sanction.objects.get(),
        )

    def public(self) -> dict[str, str]:
        """What everybody can open: name → address."""
        world, stories = self.world, self.world.stories
        named = {name: reverse(name) for name in NAMED}
        gated = {f"story for {audience}": story.get_absolute_url() for audience, story in stories.items()}
        return named | gated | {
            "story": self.rich.get_absolute_url(),
            "section": world.section.get_absolute_url(),
            "author": reverse("author", args=[world.author.slug]),
            "tag": reverse("tag", args=[world.tag.slug]),
            "series": reverse("series", args=[world.series.slug]),
            "page": world.page.get_absolute_url(),
            "topic": reverse("topic", args=[world.topic.slug]),
            "past round": reverse("topics_past", args=["autumn"]),
            "search": f"{reverse('search')}?q=open",
            "gift link": reverse("gift_link", args=[world.gift.token]),
            "letter, leaving": links.leave_link(world.asked),
            "404": "/2026/01/02/nothing-here/",
            "410": self.withdrawn.get_absolute_url(),
        }  # fmt: skip

    def of_patrons(self) -> dict[str, str]:
        """What a patron sees otherwise than others."""
        story = self.world.stories[Audience.PATRONS]
        return {
            "story, open": story.get_absolute_url(),
            "replying": reverse("reply_write", args=["story", story.pk]),
            "reporting": reverse("reply_report", args=[self.world.replies[Audience.PATRONS].pk]),
            "muting": reverse("reply_mute", args=[self.world.replies[Audience.PATRONS].pk]),
            "following": reverse("reply_follow", args=["story", story.pk]),
            "own replies": reverse("reply_mine"),
            "a decision": reverse("reply_appeal", args=["sanction", self.warned.pk]),
            "no more mails": links_of_replies.wishes_link(self.patron.pk, ["answers"]),
            "account": reverse("account"),
            "ballot": reverse("topics"),
            "proposing": reverse("propose"),
            "own topics": reverse("topics_mine"),
            "following a topic": reverse("topic_follow", args=[self.world.topic.slug]),
            "no more mails about topics": stop_link(self.patron.pk),
        }

    def of_moderators(self) -> dict[str, str]:
        """Their rooms on the desk."""
        reply = self.world.replies[Audience.EVERYONE]
        lists = ("reply_changelist", "report_changelist", "appeal_changelist", "sanction_changelist", "sanction_add")
        rooms = ("discussion_changelist", "words", "figures")
        return {name: reverse(f"admin:comments_{name}") for name in (*lists, *rooms)} | {
            "one reply": reverse("admin:comments_reply_change", args=[reply.pk]),
            "somebody's conduct": reverse("admin:comments_reply_conduct", args=[reply.author_id]),
            "sanction": reverse("admin:comments_sanction_change", args=[self.warned.pk]),
        }

    def of_editors(self) -> dict[str, str]:
        """The desk."""
        return {
            "desk": reverse("admin:index"),
            "story form": reverse("admin:articles_article_change", args=[self.rich.pk]),
            "new story": reverse("admin:articles_article_add"),
            "stories": reverse("admin:articles_article_changelist"),
            "page form": reverse("admin:articles_page_change", args=[self.world.page.pk]),
            "pictures": reverse("admin:articles_picture_changelist"),
            "who may read what": reverse("admin:articles_gate"),
            "proposals": reverse("admin:members_topic_queue"),
            "what votes led to": reverse("admin:members_topic_effect"),
            "past round's desk": reverse("admin:members_round_change", args=[Round.objects.get(slug="winter").pk]),
            "why a wall": f"{reverse('admin:articles_gate_why')}?story={self.rich.pk}",
        }


NAMED = (
    "front", "membership", "membership_support", "membership_gift", "membership_redeem", "topics", "letters", "archive",
    "corrections", "account_login", "account_signup",
)  # fmt: skip


def stir(world: World, patron: Member) -> None:
    """Give moderators something to do: a report, a held reply, a sanction and the appeal against another."""
    Report.objects.create(reply=world.replies[Audience.EVERYONE], member=patron, reason="hate", note="Read it.")
    held = make_reply(world.discussions[Audience.EVERYONE], "held", MemberFactory(name="Hanna Held"))
    Reply.objects.filter(pk=held.pk).update(status=Reply.Status.HELD)
    warned = Sanction.objects.create(member=patron, kind="warn", reason="Off topic", note="Twice.")
    Appeal.objects.create(member=patron, sanction=warned, text="I was not.")


def make_rich(world: World) -> Article:
    """A story with everything a story page shows, corrections and replies to replies too."""
    stories = world.stories
    story = make_open_story(
        world.section, make_picture(), related=stories[Audience.METERED], read_also=stories[Audience.MEMBERS]
    )
    Correction.objects.create(article=story, text="The harbour has four cranes, not five.")
    discussion = story.discussion
    make_reply(discussion, "everyone", MemberFactory(name="Rita Reader"))
    past = Round.objects.create(
        slug="winter", question="And last winter?", opens_at=timezone.now() - timedelta(days=60),
        closes_at=timezone.now() - timedelta(days=30), closed_at=timezone.now() - timedelta(days=30), ballots_counted=3,
    )  # fmt: skip
    make_option(past, "Frost", slug="frost", status=Topic.Status.WON, votes=3, is_winner=True)
    return story


def make_withdrawn() -> Article:
    """A story whose address says why it is gone."""
    return make_article(
        slug="gone",
        status=Article.Status.WITHDRAWN,
        withdrawn_at=timezone.now(),
        withdrawal_reason="A source retracted.",
    )
