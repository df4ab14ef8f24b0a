"""What the lists of the story form offer: one query for all of them."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import gettext as _

from articles.desk.rights import sections_open_to
from articles.models import Article, Author, Picture, Section, Series
from members.gate import ReplyRight
from members.models import Tier, Topic

LATEST = 100  # topics and pictures: the rest is found by the pickers
NOTHING = ("", "—")
Choice = tuple[Any, Any]


@dataclass(frozen=True)
class Offered:
    """Choices of each list as (key, name), in the order people look for them."""

    sections: list[Choice] = field(default_factory=list)
    tiers: list[Choice] = field(default_factory=list)
    series: list[Choice] = field(default_factory=list)
    topics: list[Choice] = field(default_factory=list)
    pictures: list[Choice] = field(default_factory=list)
    authors: list[Choice] = field(default_factory=list)


def offered(request: Any) -> Offered:
    """The choices, looked up once a request."""
    if not hasattr(request, "desk_choices"):
        request.desk_choices = _look_up(request.user)
    found: Offered = request.desk_choices
    return found


def not_to_choose(request: Any, article: Article | None) -> set[str]:
    """The story's fields a newsroom has nothing to choose for, or has not switched on."""
    found, rules = offered(request), request.furniture.rules
    needed = {
        "minimum_tier": found.tiers or (article and article.minimum_tier_id),
        "series": found.series or (article and article.series_id),
        "topic": found.topics or (article and article.topic_id),
        "language": len(settings.LANGUAGES) > 1 or (article and article.language),
        "coverage": rules.live_coverage,
        "legal_flag": rules.legal_step,
    }
    needed["series_part"] = needed["series"]
    return {name for name, is_needed in needed.items() if not is_needed}


def fill(form: Any, request: Any, article: Article | None) -> None:
    """Give the lists of a story form class their choices."""
    found, fields = offered(request), form.base_fields
    lists = {
        "section": found.sections,
        "minimum_tier": found.tiers,
        "series": found.series,
        "topic": found.topics,
        "lead_picture": found.pictures,
    }
    for name, choices in lists.items():
        if name in fields:
            key = getattr(article, f"{name}_id") if article else None
            chosen = getattr(article, name) if key and all(key != known for known, _name in choices) else ""
            fields[name].choices = with_chosen(choices, key, chosen)
            fields[name].known = {key: getattr(article, name)} if key else {}
    fields["reply_right"].choices = [("", _("As everywhere on the site")), *ReplyRight.choices]
    if "language" in fields:
        fields["language"].widget = forms.Select(choices=languages(article, settings.LANGUAGES, settings.LANGUAGE_CODE))


def with_chosen(choices: list[Choice], key: Any, name: Any) -> list[Choice]:
    """`choices` after “none”, with the story's own where it is not among them: an old topic, a closed tier."""
    chosen = [] if key is None or any(key == known for known, _name in choices) else [(key, str(name))]
    return [NOTHING, *chosen, *choices]


def languages(article: Article | None, choices: list[tuple[str, Any]], site_language: str) -> list[Choice]:
    """The site's own first and empty, then the others, then what an imported story says."""
    names = dict(choices)
    others = [(code, name) for code, name in choices if code != site_language]
    own = article.language if article else ""
    strange = [(own, own)] if own and own not in names else []
    same = [(own, names[own])] if own and own == site_language else []
    return [("", names.get(site_language, site_language)), *same, *others, *strange]


def _look_up(member: Any) -> Offered:
    text: Any = TextField()
    nothing = Value("", output_field=text)

    def rows(queryset: Any, what: str, name: Any, note: Any = nothing, place: Any = 0) -> Any:
        place = place if isinstance(place, F) else Value(place)
        return (
            queryset.order_by()
            .annotate(what=Value(what, output_field=text), said=Cast(name, text), note=note, place=place)
            .values_list("what", "pk", "said", "note", "place")
        )

    kind = Case(
        When(is_agency=True, then=Value("agency")), When(is_guest=True, then=Value("guest")), default=nothing,
        output_field=text,
    )  # fmt: skip
    found = rows(Section.objects.filter(sections_open_to(member)), "sections", "name", place=F("position")).union(
        rows(Tier.objects.filter(is_active=True), "tiers", "name", place=F("rank")),
        rows(Series.objects.all(), "series", "name"),
        rows(Topic.objects.filter(pk__in=_latest(Topic.objects.public(), "-proposed_at")), "topics", "title"),
        rows(Picture.objects.filter(pk__in=_latest(Picture.objects.all(), "-added_at")), "pictures", _called()),
        rows(Author.objects.all(), "authors", "name", kind),
        all=True,
    )
    lists: dict[str, list[Any]] = {}
    for what, key, name, note, place in found:
        lists.setdefault(what, []).append((place, name.casefold(), key, name, note))
    sorted_lists = {what: sorted(entries) for what, entries in lists.items()}
    authors = sorted_lists.pop("authors", [])
    plain = {what: [(key, name) for _place, _folded, key, name, _note in rows] for what, rows in sorted_lists.items()}
    plain["pictures"] = sorted(plain.get("pictures", []), reverse=True)
    return Offered(**plain, authors=_grouped(authors))


def _latest(queryset: Any, order: str) -> Any:
    return queryset.order_by(order).values("pk")[:LATEST]


def _called() -> Any:
    """A picture's alternative text, else its key."""
    return Coalesce(NullIf("alt", Value("")), "key", output_field=TextField())


def _grouped(authors: list[Any]) -> list[Choice]:
    """Our own people first; guests and agencies under their names."""
    by_kind: dict[str, list[Choice]] = {}
    for _place, _folded, key, name, kind in authors:
        by_kind.setdefault(kind, []).append((key, name))
    groups = [(_("Guests"), by_kind.get("guest")), (_("Agencies"), by_kind.get("agency"))]
    return [*by_kind.get("", []), *[(title, rows) for title, rows in groups if rows]]
