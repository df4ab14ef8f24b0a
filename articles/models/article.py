"""The story."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.editor import StoryHTMLField
from articles.models import gathered
from articles.models.author import Byline
from articles.models.listing import follows
from articles.models.picture import Picture
from articles.models.section import Section, Series, Tag, Tagging
from members.gate import Audience, ReplyRight, Terms
from members.models import SiteRules, Tier, Topic

AGING = timedelta(days=30)
UNSEEN_BY_LISTS = ("full_text", "teaser", "search")


def bylines_in_order() -> "Prefetch[Any]":
    """What loads bylines in their order, with authors and portraits, in one query."""
    return Prefetch("bylines", Byline.objects.select_related("author__portrait").order_by("position", "pk"))


class ArticleQuerySet(models.QuerySet["Article"]):
    """Words for stories. Lists never load the text."""

    def live(self, now: datetime) -> Self:
        """Those readers may know of: approved, and past their time and embargo."""
        return self.filter(status=Article.Status.PUBLISHED, live_from__lte=now)

    def scheduled(self, now: datetime) -> Self:
        """Approved, their time yet to come."""
        return self.filter(status=Article.Status.PUBLISHED, live_from__gt=now)

    def unapproved(self) -> Self:
        """Drafts and what is ready: nobody let them go out yet."""
        return self.filter(status__in=[Article.Status.DRAFT, Article.Status.READY])

    def late(self, now: datetime) -> Self:
        """Their planned time has passed and nobody approved them."""
        return self.unapproved().filter(published_at__lte=now)

    def aging(self, now: datetime) -> Self:
        """Not approved and not touched for thirty days."""
        return self.unapproved().filter(saved_at__lt=now - AGING)

    def unreviewed(self) -> Self:
        """Handed in, and approved by no second person yet."""
        return self.filter(status=Article.Status.READY, reviewed_at=None)

    def uncleared(self) -> Self:
        """Flagged for a lawyer, not cleared, not out."""
        return self.unapproved().filter(legal_flag=True, legal_cleared_at=None)

    def without_alt(self) -> Self:
        """Those that show a picture without alternative text, withdrawn ones apart."""
        silent = Picture.objects.without_alt()
        shown = Article.pictures.through.objects.filter(picture__in=silent).values("article")
        kept = self.exclude(status=Article.Status.WITHDRAWN)
        return kept.filter(Q(lead_picture__in=silent) | Q(pk__in=shown))

    def unannounced(self) -> Self:
        """Those the world was not told of."""
        return self.filter(announced_at=None)

    def in_section(self, section: Section) -> Self:
        """Those of one section."""
        return self.filter(section=section)

    def newest_first(self) -> Self:
        """By time of publication, the key breaking ties: what keyset pages rest on."""
        return self.order_by("-published_at", "-pk")

    def in_series_order(self) -> Self:
        """By part, then by time: how a series is read."""
        return self.order_by(F("series_part").asc(nulls_last=True), "published_at", "pk")

    def before(self, moment: datetime, pk: int) -> Self:
        """What follows the story (`moment`, `pk`) in a list of newest first."""
        return self.filter(follows("published_at", moment, "pk", pk))

    def for_feed(self, most: int) -> list["Article"]:
        """The first `most`, with all that a feed tells of them beside their texts. Two queries."""
        return list(self.for_lists().annotate(tag_list=gathered.tags())[:most])

    def page(self, most: int) -> list["Article"]:
        """The first `most`, with all that a list shows. Two queries."""
        return list(self.for_lists()[:most])

    def in_month(self, year: int, month: int) -> Self:
        """Those of one month of the site's calendar."""
        zone = timezone.get_default_timezone()
        next_year, next_month = (year + 1, 1) if month == 12 else (year, month + 1)
        end = datetime(next_year, next_month, 1, tzinfo=zone)
        return self.filter(published_at__gte=datetime(year, month, 1, tzinfo=zone), published_at__lt=end)

    def in_year(self, year: int) -> Self:
        """Those of one year of the site's calendar."""
        start = datetime(year, 1, 1, tzinfo=timezone.get_default_timezone())
        return self.filter(published_at__gte=start, published_at__lt=start.replace(year=year + 1))

    def of_month(self, first: date) -> Self:
        """Those whose addresses begin with the month that begins on `first`."""
        end = date(first.year + first.month // 12, first.month % 12 + 1, 1) if first.year < date.max.year else date.max
        return self.filter(published_on__gte=first, published_on__lt=end)

    def by_day(self) -> Self:
        """By the date of their addresses, the key breaking ties: the order of sitemaps."""
        return self.order_by("published_on", "pk")

    def behind(self, day: date, pk: int) -> Self:
        """What follows the story (`day`, `pk`) in the order of sitemaps."""
        return self.filter(published_on__gte=day).filter(Q(published_on__gt=day) | Q(pk__gt=pk))

    def ours(self) -> Self:
        """Those that search engines should know by our address."""
        return self.filter(canonical_url="")

    def news(self) -> Self:
        """Those that are the newsroom's own work: nobody paid for them to stand there."""
        return self.exclude(kind=Article.Kind.SPONSORED)

    def since(self, moment: datetime) -> Self:
        """Those published after `moment`."""
        return self.filter(published_at__gt=moment)

    def showing(self, picture: Picture) -> Self:
        """Those with `picture` at their head or in their text."""
        shown = Article.pictures.through.objects.filter(picture=picture).values("article")
        return self.filter(Q(lead_picture=picture) | Q(pk__in=shown)).defer(*UNSEEN_BY_LISTS)

    def without_text(self) -> Self:
        """With section, lead picture and tier, in the same query, and no text."""
        return self.defer(*UNSEEN_BY_LISTS).select_related("section", "lead_picture", "minimum_tier")

    def with_bylines(self) -> Self:
        """Each with its bylines, authors and their portraits, in one query more."""
        return self.prefetch_related(bylines_in_order())

    def for_lists(self) -> Self:
        """Without text, with section, lead picture, tier and bylines: two queries in all."""
        return self.without_text().with_bylines()

    def for_reading(self) -> Self:
        """With what its page shows of it, in one query: `tag_list`, `correction_list`, `translation_list` too."""
        shown = self.defer("search", "teaser").annotate(**gathered.everything())
        return shown.select_related("section", "lead_picture", "minimum_tier", "series", "topic")


class Article(models.Model):
    """A story. Address: `/yyyy/mm/dd/slug/`, frozen at first publication.

    `published_at` is the date readers see; `live_from` the later of it and the embargo: what makes the
    story visible, stored so that one index serves every list.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        READY = "ready", _("Ready")
        PUBLISHED = "published", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Answer(models.TextChoices):
        """What the address of a withdrawn story says."""

        NOTICE = "notice", _("A notice with the reason")
        REDIRECT = "redirect", _("Leads to another address")
        GONE = "gone", _("Gone, without a word")

    class Coverage(models.TextChoices):
        """Whether the story is told entry by entry while it happens."""

        NONE = "", _("No live entries")
        RUNNING = "running", _("Live now")
        ENDED = "ended", _("Live coverage has ended")

    class Kind(models.TextChoices):
        NEWS = "news", _("News")
        ANALYSIS = "analysis", _("Analysis")
        OPINION = "opinion", _("Opinion")
        INTERVIEW = "interview", _("Interview")
        SPONSORED = "sponsored", _("Sponsored")

    headline = models.CharField(max_length=200)
    search_headline = models.CharField(max_length=120, blank=True, help_text=_("Empty: the headline."))
    social_headline = models.CharField(max_length=120, blank=True, help_text=_("Empty: the headline."))
    kicker = models.CharField(max_length=80, blank=True)
    standfirst = models.TextField(blank=True)
    slug = models.SlugField(max_length=200, allow_unicode=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NEWS)
    section = models.ForeignKey(Section, null=True, blank=True, on_delete=models.PROTECT, related_name="articles")
    dateline = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=12, blank=True, help_text=_("Empty: the site's language."))
    original = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="translations")

    republished_from = models.CharField(max_length=120, blank=True, help_text=_("Who published it first."))
    republished_url = models.URLField(max_length=1000, blank=True)
    canonical_url = models.URLField(
        max_length=1000, blank=True, help_text=_("The address search engines should know it by; empty: ours.")
    )

    full_text = StoryHTMLField(_("text"), blank=True)
    teaser = models.TextField(blank=True, editable=False, help_text=_("What everybody may read; made on saving."))
    teaser_text = models.CharField(max_length=500, blank=True, editable=False)
    word_count = models.PositiveIntegerField(default=0, editable=False)
    search = SearchVectorField(null=True, editable=False)

    lead_picture = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="leading")
    authors: Any = models.ManyToManyField("Author", through=Byline, related_name="articles")
    tags: Any = models.ManyToManyField(Tag, through=Tagging, blank=True, related_name="articles")
    series = models.ForeignKey(Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles")
    series_part = models.PositiveSmallIntegerField(null=True, blank=True)
    topic = models.ForeignKey(Topic, null=True, blank=True, on_delete=models.SET_NULL, related_name="stories")
    pictures: Any = models.ManyToManyField(Picture, blank=True, editable=False, related_name="stories")

    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.EVERYONE)
    minimum_tier = models.ForeignKey(Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    public_interest = models.BooleanField(
        default=False, help_text=_("Open to everyone while live, whatever else says.")
    )
    reply_right = models.CharField(max_length=10, choices=ReplyRight.choices, blank=True)
    shows_appeal = models.BooleanField(default=True)
    coverage = models.CharField(max_length=7, choices=Coverage.choices, default=Coverage.NONE, blank=True)

    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    published_on = models.DateField(null=True, blank=True, editable=False, help_text=_("The date in its address."))
    published_at = models.DateTimeField(null=True, blank=True)
    embargo_until = models.DateTimeField(null=True, blank=True)
    live_from = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(null=True, blank=True, editable=False)
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawal_reason = models.CharField(max_length=300, blank=True, editable=False)
    withdrawal_answer = models.CharField(max_length=8, choices=Answer.choices, default=Answer.NOTICE, editable=False)
    withdrawal_target = models.CharField(max_length=1000, blank=True, editable=False)
    is_lead = models.BooleanField(default=False, help_text=_("First on the front page."))

    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    legal_flag = models.BooleanField(default=False, help_text=_("A lawyer looks at it before it goes out."))
    legal_cleared_at = models.DateTimeField(null=True, blank=True, editable=False)
    legal_cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    edition = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("How often it was kept: what a form in a browser was opened on.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    saved_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    feed_id = models.CharField(max_length=300, blank=True, editable=False, help_text=_("What old feeds called it."))

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        permissions = [
            ("publish_article", "Can publish and schedule stories"),
            ("withdraw_article", "Can withdraw stories"),
            ("edit_any_article", "Can change the stories of others"),
            ("review_article", "Can approve stories in review"),
            ("clear_legal", "Can clear stories legally"),
            ("arrange_front", "Can arrange the front page, the brief and the banner"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["published_on", "slug"], name="article_one_per_address"),
            models.CheckConstraint(
                condition=~Q(status="published")
                | Q(published_at__isnull=False, published_on__isnull=False, live_from__isnull=False) & ~Q(slug=""),
                name="article_approved_has_time",
            ),
            models.CheckConstraint(
                condition=Q(minimum_tier__isnull=True) | Q(audience=Audience.PATRONS),
                name="article_tier_for_patrons",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], condition=Q(status="published"), name="article_newest"),
            models.Index(
                fields=["section", "-published_at", "-id"],
                condition=Q(status="published"),
                name="article_by_section",
            ),
            models.Index(fields=["live_from"], condition=Q(status="published"), name="article_live_from"),
            models.Index(
                fields=["live_from"],
                condition=Q(status="published", announced_at=None),
                name="article_unannounced",
            ),
            models.Index(fields=["status", "-saved_at"], name="article_desk"),
            models.Index(fields=["-saved_at", "-id"], name="article_saved"),
            models.Index(
                fields=["published_on", "id"],
                include=["live_from"],
                condition=Q(status="published"),
                name="article_by_day",
            ),
            models.Index(
                fields=["section", "published_on"],
                include=["live_from", "published_at", "audience", "public_interest", "minimum_tier"],
                condition=Q(status="published"),
                name="article_census",
            ),
            GinIndex(fields=["search"], name="article_search"),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        """Its public address; a draft has none yet and answers with its preview on the desk."""
        if self.published_on is None:
            return reverse("admin:articles_article_preview", args=[self.pk])
        return story_path(self.published_on, self.slug)

    def is_live(self, now: datetime) -> bool:
        """Whether readers may know of it at `now`. The queryset's `live` rests on the same stored facts."""
        return self.status == self.Status.PUBLISHED and self.live_from is not None and self.live_from <= now

    @property
    def was_published(self) -> bool:
        """Whether its address is frozen."""
        return self.published_on is not None

    @property
    def minutes_to_read(self) -> int:
        """At 220 words a minute, at least one."""
        return max(1, round(self.word_count / 220))

    @property
    def story_language(self) -> str:
        """Its language, the site's where none is set."""
        return self.language or settings.LANGUAGE_CODE

    def terms(self, rules: SiteRules) -> Terms:
        """What the gate needs to know of it, as plain values. `minimum_tier` and `section` must be loaded."""
        published = self.status == self.Status.PUBLISHED
        archived_at = None
        if rules.archive_days is not None and self.published_at is not None:
            archived_at = self.published_at + timedelta(days=rules.archive_days)
        return Terms(
            story_id=self.pk,
            audience=self.audience,
            live_from=self.live_from if published else None,
            minimum_rank=self.minimum_tier.rank if self.minimum_tier else 1,
            public_interest=self.public_interest,
            archived_at=archived_at,
            archive_audience=rules.archive_audience,
            reply_right=self.reply_right or self.usual_reply_right(rules),
        )

    def usual_reply_right(self, rules: SiteRules) -> str:
        """Who may reply where the story itself does not say: as its section has it (must be loaded), or the site."""
        return (self.section.reply_right if self.section else "") or rules.reply_right

    def cache_keys(self, authors: Iterable[int] | None = None, tags: Iterable[int] | None = None) -> list[str]:
        """Every key that goes stale when it changes: the only such list. Keys of authors and tags already read
        save two queries."""
        keys = [f"article-{self.pk}", "front", "feed", "sitemap", "archive", "corrections", "moments"]
        if self.original_id:
            keys.append(f"article-{self.original_id}")  # its pages name each other
        if self.section_id:
            keys.append(f"section-{self.section_id}")
        if self.series_id:
            keys.append(f"series-{self.series_id}")
        if self.topic_id:
            keys.append(f"topic-{self.topic_id}")
        if authors is None:
            authors = [byline.author_id for byline in self.bylines.all()] if self.pk else []
        if tags is None:
            tags = [tag.pk for tag in self.tags.all()] if self.pk else []
        return keys + [f"author-{pk}" for pk in authors] + [f"tag-{pk}" for pk in tags]


def story_path(published_on: date, slug: str) -> str:
    """`/yyyy/mm/dd/slug/`."""
    return reverse("story", args=[published_on, slug])
