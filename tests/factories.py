"""Makes rows as the product itself would leave them. Times are relative to `timezone.now()`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import slugify

from articles import models as articles
from members import models as members
from members.gate import Audience
from newsroom.groups import EDITORS, MEMBERSHIP_MANAGERS, MODERATORS, PUBLISHERS, WRITERS

AGES = timedelta(days=400)


class MemberFactory(factory.django.DjangoModelFactory):
    """A member with a free account."""

    class Meta:
        model = members.Member
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"reader{n}@example.org")
    name = factory.Sequence(lambda n: f"Reader {n}")
    password = "!"

    @factory.post_generation
    def group(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        """`MemberFactory(group=EDITORS)` makes a journalist."""
        if create and extracted:
            self.is_staff = True
            self.save(update_fields=["is_staff"])
            self.groups.add(Group.objects.get(name=extracted))


class TierFactory(factory.django.DjangoModelFactory):
    """A tier with its monthly and yearly price."""

    class Meta:
        model = members.Tier
        skip_postgeneration_save = True
        django_get_or_create = ("slug",)

    slug = "supporter"
    name = "Supporter"
    rank = 1

    @factory.post_generation
    def prices(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """5 € a month and 50 € a year for rank 1, the double for rank 2, and so on."""
        for interval, amount in (("month", 500), ("year", 5000)):
            members.Price.objects.get_or_create(
                tier=self,
                currency="EUR",
                interval=interval,
                defaults={"unit_amount": amount * self.rank, "stripe_id": f"price_{self.slug}_{interval}"},
            )


def make_patron(member: members.Member, rank: int = 1) -> members.Member:
    """Give the member access of a tier of `rank` for a year, as the desk would."""
    tier = TierFactory(slug=f"tier-{rank}", name=f"Tier {rank}", rank=rank)
    now = timezone.now()
    members.Complimentary.objects.create(
        member=member, tier=tier, starts_at=now - timedelta(days=30), ends_at=now + AGES, reason="a friend"
    )
    members.Grant.objects.rebuild(member)
    return member


class SectionFactory(factory.django.DjangoModelFactory):
    """A section with its name."""

    class Meta:
        model = articles.Section
        skip_postgeneration_save = True
        django_get_or_create = ("slug",)

    slug = "city"
    name = factory.LazyAttribute(lambda section: section.slug.title())

    @factory.post_generation
    def name_row(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Its place in the one table of names."""
        if create:
            articles.Name.objects.get_or_create(path=self.slug, defaults={"section": self})


class AuthorFactory(factory.django.DjangoModelFactory):
    """An author."""

    class Meta:
        model = articles.Author
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Writer {n}")
    slug = factory.Sequence(lambda n: f"writer-{n}")


OPENING = "<p>What everybody may read.</p>"
HIDDEN = "<p>What only some may read.</p>"


class ArticleFactory(factory.django.DjangoModelFactory):
    """A live story published an hour ago, its teaser made as the publishing verb makes it."""

    class Meta:
        model = articles.Article
        skip_postgeneration_save = True

    headline = factory.Sequence(lambda n: f"Story {n}")
    slug = factory.Sequence(lambda n: f"story-{n}")
    standfirst = "What it is about."
    section = factory.SubFactory(SectionFactory)
    full_text = f'{OPENING}<hr data-paywall="here">{HIDDEN}'
    audience = Audience.EVERYONE
    status = articles.Article.Status.PUBLISHED
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    published_on = factory.LazyAttribute(
        lambda story: timezone.localdate(story.published_at) if story.published_at else None
    )
    live_from = factory.LazyAttribute(lambda story: story.published_at)
    announced_at = factory.LazyAttribute(lambda story: story.published_at)

    @factory.post_generation
    def derive(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """What the verb derives from the text."""
        if create:
            from articles.publishing import derive

            derive(self)


def make_article(audience: str = Audience.EVERYONE, **fields: Any) -> articles.Article:
    """A live story for `audience`."""
    article: articles.Article = ArticleFactory(audience=audience, **fields)
    return article


@dataclass(frozen=True)
class Cast:
    """Everybody the product knows."""

    member: members.Member
    patron: members.Member
    writer: members.Member
    editor: members.Member
    publisher: members.Member
    moderator: members.Member
    manager: members.Member

    @classmethod
    def make(cls) -> "Cast":
        """All of them, saved."""
        return cls(
            member=MemberFactory(email="member@example.org", name="Mina Member"),
            patron=make_patron(MemberFactory(email="patron@example.org", name="Pat Patron")),
            writer=MemberFactory(email="writer@example.org", name="Wanda Writer", group=WRITERS),
            editor=MemberFactory(email="editor@example.org", name="Edgar Editor", group=EDITORS),
            publisher=MemberFactory(email="publisher@example.org", name="Paula Publisher", group=PUBLISHERS),
            moderator=MemberFactory(email="moderator@example.org", name="Moe Moderator", group=MODERATORS),
            manager=MemberFactory(email="manager@example.org", name="Max Manager", group=MEMBERSHIP_MANAGERS),
        )


def make_option(
    round_: members.Round, title: str = "Quays", *, votes: int | None = None, **fields: Any
) -> members.Option:
    """A topic on the ballot of a round; `votes` and `is_winner` of one that is counted."""
    is_winner = fields.pop("is_winner", False)
    values = {
        "slug": slugify(title, allow_unicode=True),
        "case": f"Why {title}.",
        "status": members.Topic.Status.IN_VOTE,
    }
    topic = members.Topic.objects.create(title=title, votes=votes, **{**values, **fields})
    return members.Option.objects.create(round=round_, topic=topic, votes=votes, is_winner=is_winner)
