"""Publishing: the verbs that take a story from draft to readers, and back.

Each keeps a revision and an audit entry and names the stale keys. Whether a change of status may happen is
decided by the database: a conditional update that two people cannot both win. Permissions are the desk's.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import IntegrityError, models, transaction
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.text import Truncator, slugify
from django.utils.translation import gettext as _

from articles import link_cards
from articles.editor import clean_story
from articles.models import Article, Picture, Revision
from articles.nodes import Body, Shown, embed_addresses, picture_keys, plain_text, read_also_ids, render, source
from articles.related import note_read_also
from members.gate import Audience
from members.letters import issues
from members.models import AuditEntry, Member, SiteRules
from newsroom.caching import purge

ONE_DAY = timedelta(hours=24)
TEASER_TEXT_LENGTH = 500
SEARCHED_CHARACTERS = 200_000  # PostgreSQL keeps no position beyond that and refuses a vector over 1 MB
SEARCH_CONFIGS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
DECIDED_BY_VERBS = ("status", "edition", "announced_at", "live_from", "withdrawn_at", "withdrawal_reason")
FROZEN = ("published_on", "slug")
Status = Article.Status


class PublishError(Exception):
    """The story cannot take this step. The message is fit to show on the desk."""


def derive(article: Article) -> None:
    """Store what follows from the text: teaser, plain teaser, word count, search vector, pictures, links.

    Saves the whole story. Purges nothing and keeps no revision: the verbs do.
    """
    article.full_text = clean_story(article.full_text)
    body = Body(article.full_text)
    article.teaser = source(body.opening)
    article.teaser_text = Truncator(plain_text(body.opening)).chars(TEASER_TEXT_LENGTH)
    text = plain_text(body.blocks)
    article.word_count = len(text.split())
    with transaction.atomic():
        article.save()
        article.pictures.set(Picture.objects.filter(key__in=picture_keys(body.blocks)))
        note_read_also(article, read_also_ids(body.blocks))
        link_cards.want(embed_addresses(body.blocks))
        _index(article, text)


def save_draft(article: Article, *, by: Member | None, now: datetime) -> None:
    """Keep the story as it stands, whatever its status, without telling anybody. A new one becomes a row."""
    _check_terms(article)
    with transaction.atomic():
        _agree(article)
        article.created_by = article.created_by or by
        _keep(article, "save", by=by, now=now)


def submit(article: Article, *, by: Member | None, now: datetime) -> None:
    """Hand the draft to the editors. Raises PublishError when it is no draft or has no headline."""
    _check_terms(article)
    with transaction.atomic():
        _move(article, Q(status=Status.DRAFT), _("Only a draft can be handed in."), status=Status.READY)
        _keep(article, "submit", by=by, now=now)


def publish(article: Article, *, by: Member | None, now: datetime) -> None:
    """Let readers see the story now, or when its embargo ends; its address freezes. A past date stays.

    Raises PublishError when it is already live or something it needs is missing. Tells the world where due.
    """
    past = article.published_at is not None and article.published_at <= now
    _approve(article, "publish", at=article.published_at if past and article.published_at else now, by=by, now=now)


def schedule(article: Article, *, at: datetime, by: Member | None, now: datetime) -> None:
    """Let readers see the story from `at`. Nothing has to run then. Raises PublishError for a past moment."""
    if at <= now:
        raise PublishError(_("That moment has passed. Choose a later one, or publish now."))
    _approve(article, "schedule", at=at, by=by, now=now)


def unschedule(article: Article, *, by: Member | None, now: datetime) -> None:
    """Take a scheduled story back to the editors before readers see it. Raises PublishError once it is live."""
    with transaction.atomic():
        scheduled = Q(status=Status.PUBLISHED, live_from__gt=now)
        _move(
            article,
            scheduled,
            _("Only a scheduled story can be taken back."),
            status=Status.READY,
            published_at=None,
            live_from=None,
            published_on=article.published_on if article.announced_at else None,
        )
        _keep(article, "unschedule", by=by, now=now)


def withdraw(article: Article, *, reason: str, by: Member | None, now: datetime) -> None:
    """Take a published story away from everybody; its address says so with `reason`. Raises PublishError."""
    if not reason.strip():
        raise PublishError(_("Say why. Readers see the reason at the story’s address."))
    with transaction.atomic():
        _move(
            article,
            Q(status=Status.PUBLISHED),
            _("Only a published story can be withdrawn."),
            status=Status.WITHDRAWN,
            withdrawn_at=now,
            withdrawal_reason=reason.strip()[:300],
        )
        issues.stop_story(article.pk)
        _keep(article, "withdraw", by=by, now=now, reason=reason)


def restore(article: Article, *, by: Member | None, now: datetime) -> None:
    """Put a withdrawn story back where it was. Raises PublishError when it was not withdrawn."""
    with transaction.atomic():
        _move(
            article,
            Q(status=Status.WITHDRAWN),
            _("Only a withdrawn story can be restored."),
            status=Status.PUBLISHED,
            withdrawn_at=None,
            withdrawal_reason="",
        )
        _keep(article, "restore", by=by, now=now)


def correct(article: Article, *, by: Member | None, now: datetime, stamp: bool) -> None:
    """Save a story that is out: readers see it at once, nobody is mailed, no feed gets a new item.

    `stamp` shows "updated" with the time. A changed embargo counts. Raises PublishError for a story that is
    not published.
    """
    _check_ready(article)
    with transaction.atomic():
        _agree(article)
        if article.status != Status.PUBLISHED or article.published_at is None:
            raise PublishError(_("Only a published story can be corrected. Save this one as a draft."))
        article.live_from = max(filter(None, (article.published_at, article.embargo_until)))
        article.updated_at = now if stamp else article.updated_at
        _keep(article, "correct", by=by, now=now)


def announce(article: Article, *, now: datetime) -> bool:
    """Tell the world once: stale keys and letters. False if somebody already did, or it is not live.

    What was published more than 24 h ago is claimed silently: importers and the demo set `announced_at`
    themselves, and a deploy or a backdated story mails nobody.
    """
    with transaction.atomic():
        if not Article.objects.live(now).unannounced().filter(pk=article.pk).update(announced_at=now):
            return False
        article.refresh_from_db()
        purge(*article.cache_keys())
        if article.published_at is not None and article.published_at > now - ONE_DAY:
            _tell_letters(article)
    return True


def search_config(language: str) -> str:
    """PostgreSQL's text search configuration for a language code; `simple` where it has none."""
    return SEARCH_CONFIGS.get(language.split("-")[0].lower(), "simple")


def _approve(article: Article, verb: str, *, at: datetime, by: Member | None, now: datetime) -> None:
    _check_ready(article)
    live_from = max(filter(None, (at, article.embargo_until)))
    not_out = ~Q(status=Status.WITHDRAWN) & ~Q(status=Status.PUBLISHED, live_from__lte=now)
    with transaction.atomic():
        day = _frozen_day(article, now) or timezone.localdate(at, timezone.get_default_timezone())
        slug = _free_slug(article, day)
        try:
            with transaction.atomic():
                _move(
                    article,
                    not_out,
                    _("This story is out already, or was withdrawn."),
                    status=Status.PUBLISHED,
                    published_at=at,
                    live_from=live_from,
                    published_on=day,
                    slug=slug,
                )
        except IntegrityError as taken:
            raise PublishError(_("Another story took this address just now. Try once more.")) from taken
        _keep(article, verb, by=by, now=now)
        if live_from <= now:
            announce(article, now=now)


def _frozen_day(article: Article, now: datetime) -> date | None:
    """The date in its address once readers have seen it there; a merely scheduled story has none yet."""
    seen = article.announced_at is not None or (article.live_from is not None and article.live_from <= now)
    return article.published_on if seen else None


def _free_slug(article: Article, day: date) -> str:
    """Its slug, or one made from the headline, with a number where another story of that day has it."""
    wanted = (article.slug or slugify(article.headline, allow_unicode=True))[:180].strip("-_") or _("story")
    others = Article.objects.filter(published_on=day, slug__startswith=wanted).exclude(pk=article.pk)
    taken = set(others.values_list("slug", flat=True))
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def _move(article: Article, condition: Q, refusal: str, **fields: Any) -> None:
    """Change the stored status if `condition` still holds there, and the instance with it."""
    if article.pk is None:
        article.save()
    if not Article.objects.filter(condition, pk=article.pk).update(**fields):
        raise PublishError(refusal)
    for name, value in fields.items():
        setattr(article, name, value)
    _agree(article)


def _agree(article: Article) -> None:
    """Lock the row and take from it what only the verbs write, so that saving an old copy undoes none of it."""
    stored = Article.objects.select_for_update().filter(pk=article.pk).values(*DECIDED_BY_VERBS, *FROZEN).first() or {}
    frozen = stored.get("published_on") is not None
    for name, value in stored.items():
        if name in DECIDED_BY_VERBS or frozen:
            setattr(article, name, value)
    if frozen and article.published_at is None:
        article.published_at = article.live_from


def _check_terms(article: Article) -> None:
    """What the database would refuse, in words."""
    if not article.headline.strip():
        raise PublishError(_("Give the story a headline."))
    if article.minimum_tier is not None and article.audience != Audience.PATRONS:
        raise PublishError(_("A minimum tier is only for patrons’ stories: choose “Patrons” or take the tier out."))


def _check_ready(article: Article) -> None:
    _check_terms(article)
    if not plain_text(Body(article.full_text).blocks):
        raise PublishError(_("Write the story before it goes out."))
    if article.minimum_tier is not None and not article.minimum_tier.is_active:
        raise PublishError(_("Nobody can join the tier this story asks for. Choose another."))


def _keep(article: Article, verb: str, *, by: Member | None, now: datetime, reason: str = "") -> None:
    """Derive, keep a revision and an audit entry, and name the keys of now and of the version before.

    `_agree` has locked the row and read its edition: two savers never get the same one.
    """
    article.edition += 1
    derive(article)
    before = Revision.objects.filter(article=article).order_by("-made_at", "-pk").first()
    keys = article.cache_keys()
    purge(*keys, *(before.content.get("keys", []) if before else []))
    Revision.objects.create(article=article, verb=verb, content=_content(article, keys), made_at=now, made_by=by)
    AuditEntry.objects.note(f"story.{verb}", by=by, subject=article, reason=reason[:300])


def _content(article: Article, keys: list[str]) -> dict[str, Any]:
    """The whole story as data, and the keys it had (a story that moves section must leave the old one)."""
    stored = [field for field in article._meta.concrete_fields if field.name != "search"]
    links = article.related_links.filter(in_body=False).order_by("position", "pk")
    return {
        **{field.attname: field.value_from_object(article) for field in stored},
        "bylines": list(article.bylines.order_by("position", "pk").values("author_id", "role", "position")),
        "tags": list(article.tags.order_by("pk").values_list("pk", flat=True)),
        "related_links": list(links.values("kind", "story_id", "url", "title", "publisher", "position")),
        "keys": keys,
    }


def _index(article: Article, text: str) -> None:
    """Fill the search vector in the story's language: headline, then standfirst, then text."""
    config = search_config(article.story_language)
    parts = (("A", article.headline), ("B", article.standfirst), ("C", text[:SEARCHED_CHARACTERS]))
    vectors = [
        SearchVector(Value(said, output_field=models.TextField()), config=config, weight=weight)
        for weight, said in parts
    ]
    Article.objects.filter(pk=article.pk).update(search=vectors[0] + vectors[1] + vectors[2])


def _tell_letters(article: Article) -> None:
    """Have the letters that send new stories send this one: its teaser, and a link the gate opens."""
    terms = article.terms(SiteRules.current())
    issues.queue_for_story(
        issues.StoryNotice(
            story_id=article.pk,
            headline=article.headline,
            standfirst=article.standfirst,
            teaser_html=render(Body(article.teaser).blocks, Shown()),
            path=article.get_absolute_url(),
            terms={
                "story_id": terms.story_id,
                "audience": terms.audience,
                "live_from": terms.live_from.isoformat() if terms.live_from else None,
                "minimum_rank": terms.minimum_rank,
                "public_interest": terms.public_interest,
                "archived_at": terms.archived_at.isoformat() if terms.archived_at else None,
                "archive_audience": terms.archive_audience,
                "reply_right": terms.reply_right,
            },
        )
    )
