"""Keeping a story: what follows from its text, a version, an entry in the record, the stale keys.

The verbs of `publishing` and `reviewing` end here. What only they write is taken from the row under its lock,
so that saving an old copy undoes none of it.
"""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchVector
from django.db import models, transaction
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import JSONObject
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from articles.attachments import link_cards
from articles.editor import clean_story
from articles.links import outgoing
from articles.models import Article, Byline, OutgoingLink, Picture, RelatedLink, Revision
from articles.nodes import Body, embed_addresses, picture_keys, plain_text, read_also_ids, source
from articles.related import note_read_also
from members.models import AuditEntry, Member
from newsroom.caching import purge

TEASER_TEXT_LENGTH = 500
SEARCHED_CHARACTERS = 200_000  # PostgreSQL keeps no position beyond that and refuses a vector over 1 MB
SEARCH_CONFIGS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
DECIDED_BY_VERBS = (
    "status", "edition", "announced_at", "live_from", "withdrawn_at", "withdrawal_reason", "withdrawal_answer",
    "withdrawal_target", "reviewed_at", "reviewed_by_id", "legal_cleared_at", "legal_cleared_by_id",
)  # fmt: skip
FROZEN = ("published_on", "slug")
WORDS = ("headline", "standfirst", "full_text", "lead_picture_id")
APPROVALS = ("reviewed_at", "reviewed_by_id", "legal_cleared_at", "legal_cleared_by_id")


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
    article.search = _vector(article, text)
    with transaction.atomic(savepoint=False):
        article.save()
        del article.search  # an expression is no value: the next save leaves the stored vector alone
        shown, read_also, related, noted = _noted(article)
        if set(shown) != set(picture_keys(body.blocks)):
            article.pictures.set(Picture.objects.filter(key__in=picture_keys(body.blocks)))
        note_read_also(article, read_also_ids(body.blocks), had=read_also)
        link_cards.want(embed_addresses(body.blocks))
        outgoing.note_links(article, [*outgoing.addresses(body.blocks), *related], had=noted)


def keep(
    article: Article,
    verb: str,
    *,
    by: Member | None,
    now: datetime,
    reason: str = "",
    changes: Any = None,
    before: Revision | None = None,
) -> None:
    """Derive, keep a revision and an audit entry, and name the keys of now and of the version before.

    The caller has locked the row with `agree`: two savers never get the same edition. `before` saves reading the
    last version again. Changed words take the approvals back. Raises PublishError where the embargo would end
    sooner than the version before said.
    """
    before = before or last_version(article)
    take_back(article, before)
    if verb != "lift":
        refuse_lifting(article, before, now)
    article.edition += 1
    writer = (by.pk if by else None) if before is None or words_changed(article, before) else words_by(before)
    derive(article)
    rows = _rows_of(article)
    keys = article.cache_keys(authors=[row["author_id"] for row in rows["bylines"]], tags=rows["tags"])
    purge(*keys, *(before.content.get("keys", []) if before else []))
    content = {**_fields_of(article), **rows, "keys": keys, "words_by": writer}  # it must leave its old section too
    Revision.objects.create(article=article, verb=verb, content=content, made_at=now, made_by=by)
    AuditEntry.objects.note(f"story.{verb}", by=by, subject=article, reason=reason[:300], changes=changes)


def agree(article: Article) -> None:
    """Lock the row and take from it what only the verbs write, so that saving an old copy undoes none of it."""
    stored = Article.objects.select_for_update().filter(pk=article.pk).values(*DECIDED_BY_VERBS, *FROZEN).first() or {}
    frozen = stored.get("published_on") is not None
    for name, value in stored.items():
        if name in DECIDED_BY_VERBS or frozen:
            setattr(article, name, value)
    if frozen and article.published_at is None:
        article.published_at = article.live_from


def move(article: Article, condition: Q, refusal: str, **fields: Any) -> None:
    """Change the stored status if `condition` still holds there, and the instance with it. The row stays locked.

    Raises PublishError(refusal) where it does not hold.
    """
    if article.pk is None:
        article.save()
    agree(article)
    claim(article, condition, refusal, **fields)


def claim(article: Article, condition: Q, refusal: str, **fields: Any) -> None:
    """As `move`, for a row that `agree` has locked already."""
    if not Article.objects.filter(condition, pk=article.pk).update(**fields):
        raise PublishError(refusal)
    for name, value in fields.items():
        setattr(article, name, value)


def last_version(article: Article) -> Revision | None:
    """The version before the one to come; None for a new or an imported story. One query."""
    return Revision.objects.filter(article_id=article.pk).order_by("-made_at", "-pk").first() if article.pk else None


def words_changed(article: Article, before: Revision | None) -> bool:
    """Whether headline, standfirst, text or lead picture differ from the version before."""
    if before is None:
        return False
    article.full_text = clean_story(article.full_text)
    return any(getattr(article, name) != before.content.get(name) for name in WORDS)


def words_by(version: Revision | None) -> int | None:
    """The key of who last changed the words, as a version noted it."""
    found: int | None = version.content.get("words_by") if version else None
    return found


def take_back(article: Article, before: Revision | None) -> None:
    """Changed words were read by nobody: neither the review nor the lawyer's word counts for them."""
    if words_changed(article, before):
        for name in APPROVALS:
            setattr(article, name, None)


def refuse_lifting(article: Article, before: Revision | None, now: datetime) -> None:
    """Raise PublishError where an embargo still to end would end sooner than the version before said."""
    said = before.content.get("embargo_until") if before else None
    refuse_sooner(datetime.fromisoformat(said) if said else None, article.embargo_until, now)


def refuse_sooner(held_until: datetime | None, wanted: datetime | None, now: datetime) -> None:
    """Raise PublishError where `wanted` would end an embargo that still holds until `held_until`."""
    if held_until is None or held_until <= now:
        return
    if wanted is None or wanted < held_until.replace(second=0, microsecond=0):  # pickers know minutes
        raise PublishError(_("The embargo holds. Lift or shorten it by “Lift the embargo”, with a reason."))


def search_config(language: str) -> str:
    """PostgreSQL's text search configuration for a language code; `simple` where it has none."""
    return SEARCH_CONFIGS.get(language.split("-")[0].lower(), "simple")


def _noted(article: Article) -> tuple[list[Any], ...]:
    """What is kept of its links: pictures' keys, *read also* stories, related addresses, outgoing ones. One query."""
    links = RelatedLink.objects.filter(article=OuterRef("pk")).order_by("position", "pk")
    parts = (
        Picture.objects.filter(stories=OuterRef("pk")).values("key"),
        links.filter(in_body=True).values("story_id"),
        links.exclude(url="").values("url"),
        OutgoingLink.objects.filter(article=OuterRef("pk")).values("url"),
    )
    row = Article.objects.values_list(*(ArraySubquery(part) for part in parts)).get(pk=article.pk)
    return tuple(found or [] for found in row)


def _fields_of(article: Article) -> dict[str, Any]:
    stored = [field for field in article._meta.concrete_fields if field.name != "search"]
    return {field.attname: field.value_from_object(article) for field in stored}


def _rows_of(article: Article) -> dict[str, Any]:
    """What hangs on the story: bylines, tags, related links set by hand. One query."""

    def rows(found: Any, *names: str) -> ArraySubquery:
        return ArraySubquery(found.values(json=JSONObject(**{name: name for name in names})))

    bylines = Byline.objects.filter(article=OuterRef("pk")).order_by("position", "pk")
    links = RelatedLink.objects.filter(article=OuterRef("pk"), in_body=False).order_by("position", "pk")
    tags = Article.tags.through.objects.filter(article=OuterRef("pk")).order_by("tag_id").values("tag_id")
    signed, tagged, related = Article.objects.values_list(
        rows(bylines, "author_id", "role", "position"),
        ArraySubquery(tags),
        rows(links, "kind", "story_id", "url", "title", "publisher", "position"),
    ).get(pk=article.pk)
    return {"bylines": signed or [], "tags": tagged or [], "related_links": related or []}


def _vector(article: Article, text: str) -> Any:
    """The search vector in the story's language: headline, then standfirst, then text."""
    config = search_config(article.story_language)
    parts = (("A", article.headline), ("B", article.standfirst), ("C", text[:SEARCHED_CHARACTERS]))
    vectors = [
        SearchVector(Value(said, output_field=models.TextField()), config=config, weight=weight)
        for weight, said in parts
    ]
    return vectors[0] + vectors[1] + vectors[2]
