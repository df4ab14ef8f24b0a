"""The gate's two pages on the desk: who may read what, and why a reader sees a wall. Both only look."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.desk.gate import asked, census, facts
from articles.desk.gate.asked import People
from articles.desk.gate.census import SPANS
from articles.desk.gate.facts import Facts
from articles.desk.gate.warnings import Warned, warnings
from articles.desk.gate.why import Setting, Why, kinds_of
from articles.desk.rights import VIEW
from articles.models import Article, SectionLimit

SEE = "articles.arrange_front"  # editors and publishers


def gate_urls(site: Any) -> list[URLPattern]:
    """The pages behind `site`'s door; each view asks for the permission itself."""
    return [
        path("articles/gate/", site.admin_view(gate), name="articles_gate"),
        path("articles/gate/why/", site.admin_view(why), name="articles_gate_why"),
    ]


def may_see_census(member: Any) -> bool:
    """Whether this member of staff may see how open the paper is: editors and publishers."""
    return bool(member.has_perm(SEE))


@require_safe
def gate(request: Any) -> HttpResponse:
    """Who may read what: the census, of `?section=` and the last `?months=`, and what is odd about the gate."""
    if not may_see_census(request.user):
        raise PermissionDenied(SEE)
    found = facts.gathered(request.furniture.rules, request.now)
    context = {**_tables(request, found), **_form(request, found), "warned": _mendable(request, warnings(found))}
    return _page(request, "census", _("Who may read what"), context)


@require_safe
def why(request: Any) -> HttpResponse:
    """Why `?reader=` (or a reader `?as=`) sees what they see of `?story=`."""
    if not (request.user.has_perm(VIEW) or asked.may_see_members(request)):
        raise PermissionDenied(VIEW)
    stories = asked.stories_meant(request, request.GET.get("story", ""))
    text = request.GET.get("reader", "") if asked.may_see_members(request) else ""
    people = asked.people_meant(text, request.now)
    context = {"stories": stories, "people": people, **_form(request, None)}
    if stories.one is not None:
        context |= _answer(request, stories.one, people)
    return _page(request, "why", _("Why does this reader see this wall?"), context)


def gate_warnings(request: Any) -> list[Warned]:
    """What the desk's home says of the gate, to who may see the census: an hour old at most."""
    if not may_see_census(request.user):
        return []
    return warnings(facts.kept(request.furniture.rules, request.now))


def _page(request: Any, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": title, "sees_census": may_see_census(request.user), **context}
    return render(request, f"admin/articles/gate/{name}.html", shown)


def _tables(request: Any, found: Facts) -> dict[str, Any]:
    """The census as rows, cut to what was asked for and to the sections this member works in."""
    limits = SectionLimit.objects.filter(member=request.user.pk).values_list("section_id", flat=True)
    mine = frozenset(limits)
    names = {section.pk: section.name for section in found.sections if not mine or section.pk in mine}
    months, section = request.GET.get("months", ""), request.GET.get("section", "")
    span = int(months) if months in map(str, SPANS) else 0
    dated = {"month": f"last-{span}"} if span else {}
    whole = found.census.among(mine).of_last(span)
    of_one = whole.of_section(section)
    narrowed = {} if of_one is whole else {**dated, "section": section}
    return {
        "columns": census.columns(found.census),
        "total": census.row_of(_("All"), whole.groups, **dated),
        "sections": census.by_section(whole, names, **dated),
        "of_one": census.row_of(_("All"), of_one.groups, **(narrowed or dated)),
        "periods": census.by_period(of_one, **(narrowed or dated)),
        "offered": names,
        "section": section if narrowed else "",
        "span": span,
        "spans": [(n, census.span_label(n)) for n in SPANS],
    }


def _form(request: Any, found: Facts | None) -> dict[str, Any]:
    """What the form of "why" offers: typical readers, and members to who may see them."""
    tiers = found.tiers if found else facts.tiers_at(request.now)
    return {
        "kinds": kinds_of(tiers),
        "kind": request.GET.get("as", ""),
        "may_see_members": asked.may_see_members(request),
    }


def _answer(request: Any, story: Article, people: People) -> dict[str, Any]:
    setting = Setting.of(story, request.furniture.rules, request.now)
    if people.text and people.one is None:
        return {"story": story}
    kind = setting.kind(request.GET.get("as", ""))
    told: Why = setting.of_member(people.one) if people.one is not None else setting.of_kind(kind)
    return {"story": story, "member": people.one, "kind": kind.name, "why": told, "everybody": setting.everybody()}


def _mendable(request: Any, warned: list[Warned]) -> list[tuple[Warned, bool]]:
    """Each with whether this member may go where it is mended."""
    return [(each, request.user.has_perm(each.needs)) for each in warned]
