"""Who may do what with a story on the desk. Every view that shows or changes one asks here.

A story is somebody's own when they began it or sign it. Without `edit_any_article` only one's own are changed;
somebody limited to sections works with the stories of these, and with their own that are in none yet.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Exists, ExpressionWrapper, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.desk.states import UNPUBLISHED, state_of
from articles.models import Article, Byline, SectionLimit

VIEW, CHANGE, DELETE = "articles.view_article", "articles.change_article", "articles.delete_article"
PUBLISH, WITHDRAW, EDIT_ANY = "articles.publish_article", "articles.withdraw_article", "articles.edit_any_article"
REVIEW, CLEAR = "articles.review_article", "articles.clear_legal"


def own(member: Any) -> Q:
    """The stories `member` began or signs."""
    return Q(created_by=member) | Q(pk__in=Byline.objects.filter(author__member=member).values("article"))


def within(member: Any) -> Q:
    """The stories of the sections `member` is limited to, and their own without a section; all without a limit."""
    limits = SectionLimit.objects.filter(member=member)
    return ~Exists(limits) | Q(section__in=limits.values("section")) | Q(section=None) & own(member)


def marked(stories: Any, member: Any) -> Any:
    """Each story with `is_own` and `is_within`, in the same query: what the questions below look at."""
    return stories.annotate(is_own=_as_fact(own(member)), is_within=_as_fact(within(member)))


def stories_within(request: HttpRequest) -> Any:
    """The stories this member may see on the desk; none without the permission."""
    if not request.user.has_perm(VIEW):
        return Article.objects.none()
    return Article.objects.filter(within(request.user))


def may_link_to(request: HttpRequest) -> Any:
    """The stories this member may point to from another: those they may see, and what readers know anyway."""
    if not request.user.has_perm(VIEW):
        return Article.objects.none()
    return Article.objects.filter(
        within(request.user) | Q(status=Article.Status.PUBLISHED, live_from__lte=timezone.now())
    )


def changes_any(request: HttpRequest) -> bool:
    """Whether this member changes every story they see, whatever its state. No query."""
    return all(request.user.has_perm(permission) for permission in (CHANGE, PUBLISH, EDIT_ANY))


def read_only_because(missing: str) -> str:
    """Why somebody who may see a story may not change it, from what `lacking` said."""
    if missing == PUBLISH:
        return _("Only editors change a story that is approved, out or withdrawn. This is how it looks.")
    return _("This story is somebody else’s: you may read it, editors may change it.")


def sections_open_to(member: Any) -> Q:
    """The sections `member` may file stories under, as a condition on sections: their limits, all without one."""
    limits = SectionLimit.objects.filter(member=member)
    return ~Exists(limits) | Q(pk__in=limits.values("section"))


def may_see(request: HttpRequest, article: Article | None) -> bool:
    """Whether this member may look at the story: everybody who writes may, within their sections."""
    return request.user.has_perm(VIEW) and (article is None or _facts(request, article)["is_within"])


def may_change(request: HttpRequest, article: Article | None, now: datetime) -> bool:
    """Writers change their own drafts and what is ready; what is approved or withdrawn only those who may publish."""
    return not lacking(request, article, now)


def lacking(request: HttpRequest, article: Article | None, now: datetime) -> str:
    """The permission this member would need to change the story; empty where nothing is missing."""
    if not request.user.has_perm(CHANGE):
        return CHANGE
    if article is None or article.pk is None:
        return ""
    if state_of(article, now) not in UNPUBLISHED and not request.user.has_perm(PUBLISH):
        return PUBLISH
    facts = _facts(request, article)
    if not facts["is_within"] or not (facts["is_own"] or request.user.has_perm(EDIT_ANY)):
        return EDIT_ANY
    return ""


def may_file_under(request: HttpRequest, section_id: int | None) -> bool:
    """Whether this member may put a story into the section. One query."""
    limits = set(SectionLimit.objects.filter(member=request.user.pk).values_list("section_id", flat=True))
    return not limits or section_id is None or section_id in limits


def ask_to_see(request: HttpRequest, article: Article) -> None:
    """Raise PermissionDenied, naming the permission, unless this member may look at the story."""
    if not may_see(request, article):
        raise refused(request, VIEW)


def ask_to_change(request: HttpRequest, article: Article) -> None:
    """Raise PermissionDenied, naming what is missing, unless this member may change the story."""
    missing = lacking(request, article, timezone.now())
    if missing:
        raise refused(request, missing)


def refused(request: HttpRequest, missing: str) -> PermissionDenied:
    """The refusal for want of `missing`; to somebody who has it, what else is in the way: a limit to sections."""
    if request.user.has_perm(missing):
        return PermissionDenied(_("Your work is limited to other sections. A publisher may change that."))
    return PermissionDenied(missing)


def _as_fact(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _facts(request: HttpRequest, article: Article) -> dict[str, bool]:
    """`is_own` and `is_within`, as loaded with the story, else in one query that the story then remembers."""
    if "is_own" not in article.__dict__:
        row = marked(Article.objects.filter(pk=article.pk), request.user).values("is_own", "is_within").first()
        article.__dict__ |= row or {"is_own": False, "is_within": False}
    return {"is_own": article.__dict__["is_own"], "is_within": article.__dict__["is_within"]}
