"""The desk's front page: who stands where, how it will look at a later hour, the brief and the banner.

Dragging posts the same form as the buttons do. Every change is a POST of its own and live at once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from articles import arranging
from articles.arranging import ROOM, ArrangingError
from articles.desk.base import DeskAdmin, respond
from articles.desk.fields import MomentField, said, zone_name
from articles.desk.rights import may_link_to
from articles.desk.story.preview import as_seen_by
from articles.front import Front, Place, front_page
from articles.models import Article, FrontSlot
from articles.models.article import UNSEEN_BY_LISTS
from members.models import SiteRules
from members.models.rules import BannerLevel
from members.topics.rounds import glance

ARRANGE = "articles.arrange_front"
OFFERED = 40
PLACE_URL = "admin:articles_frontslot_changelist"


def whereabouts() -> list[tuple[str, str]]:
    """Every place there is, as forms name it and as people do."""
    seconds = range(1, ROOM[FrontSlot.Place.SECOND] + 1)
    strip = range(1, ROOM[FrontSlot.Place.STRIP] + 1)
    return [
        ("lead-1", _("Lead")),
        *((f"second-{n}", _("Second, place %(n)d") % {"n": n}) for n in seconds),
        *((f"strip-{n}", _("Its section's strip, place %(n)d") % {"n": n}) for n in strip),
    ]


class PlaceForm(forms.Form):
    """A story and where it goes; shape and pin where they were asked for."""

    story = forms.IntegerField(min_value=1)
    where = forms.ChoiceField(choices=whereabouts, label=gettext_lazy("Where"))
    shape = forms.ChoiceField(choices=FrontSlot.Shape.choices, required=False, label=gettext_lazy("Shape"))
    until = MomentField(required=False, label=gettext_lazy("Hold until"))


class BriefForm(forms.Form):
    """Today in brief."""

    prefix = "brief"
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=600,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("A sentence or two about other news; may hold links."),
    )
    until = MomentField(label=gettext_lazy("Until"), required=False)


class BannerForm(forms.Form):
    """The urgent banner."""

    prefix = "banner"
    text = forms.CharField(label=gettext_lazy("Text"), required=False, max_length=200)
    level = forms.ChoiceField(label=gettext_lazy("How urgent"), choices=BannerLevel.choices)
    url = forms.URLField(label=gettext_lazy("Leads to"), required=False, assume_scheme="https")
    starts = MomentField(label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: at once."))
    until = MomentField(label=gettext_lazy("Until"), required=False)


@admin.register(FrontSlot)
class FrontDesk(DeskAdmin):
    """The front page as the desk arranges it. Slots have no forms of their own."""

    def get_urls(self) -> list[Any]:
        """The page and its verbs; nothing of the admin's lists and forms."""
        wrap = self.admin_site.admin_view
        verbs = {
            "place": self.place,
            "move": self.move,
            "clear": self.clear,
            "brief": self.brief,
            "banner": self.banner,
        }
        return [
            path("", wrap(self.changelist_view), name="articles_frontslot_changelist"),
            path("preview/", wrap(self.preview), name="articles_frontslot_preview"),
            *(path(f"{name}/", wrap(view), name=f"articles_frontslot_{name}") for name, view in verbs.items()),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may arrange it."""
        return request.user.has_perm(ARRANGE)

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Places are filled on the page itself."""
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @method_decorator(require_safe)
    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """The page: places, stories to put into them, brief and banner."""
        return self._page(request)

    @method_decorator(require_safe)
    def preview(self, request: Any) -> HttpResponse:
        """The public front page as it will stand at `?at=`; private. A time gone by is now."""
        self._must(request)
        at = max(_moment(request.GET.get("at", "")) or request.now, request.now)
        page = front_page(
            sections=request.furniture.sections,
            vote=glance.at(at),
            rules=request.furniture.rules,
            now=at,
        )
        seen = as_seen_by(request, "anonymous")
        seen.now = at
        return render(seen, "admin/articles/front/preview.html", {"front": page, "at": at, "said": said(at)})

    @method_decorator(require_POST)
    def place(self, request: Any) -> HttpResponse:
        """Put a story into a place, in a shape, until a moment."""

        def run(story: Article, form: dict[str, Any], who: dict[str, Any]) -> str:
            at, position = _where(form["where"])
            shape, until = form["shape"] or None, form["until"]
            slot = arranging.place(story, at=at, position=position, shape=shape, until=until, **who)
            return _placed(slot, story, request.now)

        return self._arrange(request, run)

    @method_decorator(require_POST)
    def move(self, request: Any) -> HttpResponse:
        """Put a story elsewhere, with the shape and pin it has: what dragging does."""

        def run(story: Article, form: dict[str, Any], who: dict[str, Any]) -> str:
            at, position = _where(form["where"])
            return _placed(arranging.move(story, at=at, position=position, **who), story, request.now)

        return self._arrange(request, run)

    @method_decorator(require_POST)
    def clear(self, request: Any) -> HttpResponse:
        """Take a story out; its place fills by itself."""

        def run(story: Article, form: dict[str, Any], who: dict[str, Any]) -> str:
            arranging.clear(story, **who)
            return _("“%(story)s” is out. The place fills by itself.") % {"story": story}

        return self._arrange(request, run)

    @method_decorator(require_POST)
    def brief(self, request: Any) -> HttpResponse:
        """Set or take down today in brief; a refusal keeps what was typed."""
        form = BriefForm(_unless_down(request))
        return self._announce(
            request, form, lambda data: arranging.set_brief(data["text"], until=data["until"], **_who(request))
        )

    @method_decorator(require_POST)
    def banner(self, request: Any) -> HttpResponse:
        """Set or take down the banner; a refusal keeps what was typed."""
        form = BannerForm(_unless_down(request))
        return self._announce(request, form, lambda data: arranging.set_banner(**data, **_who(request)))

    def _must(self, request: HttpRequest) -> None:
        if not request.user.has_perm(ARRANGE):
            raise PermissionDenied(ARRANGE)

    def _arrange(self, request: Any, run: Callable[[Article, dict[str, Any], dict[str, Any]], str]) -> HttpResponse:
        """Find the story, do the verb, back to the page with what happened or why not."""
        self._must(request)
        form = PlaceForm(request.POST)
        form.is_valid()
        data: dict[str, Any] = {"where": "", "shape": "", "until": None, **form.cleaned_data}
        stories = (may_link_to(request) | Article.objects.filter(front_slot__isnull=False)).select_related("section")
        story = get_object_or_404(stories.defer(*UNSEEN_BY_LISTS), pk=data.get("story", 0))
        try:
            if wrong := {name for name in form.errors if name in request.POST}:
                raise ArrangingError(form.errors[sorted(wrong)[0]][0])
            messages.success(request, run(story, data, _who(request)))
        except ArrangingError as refusal:
            messages.error(request, str(refusal))
        return respond(redirect(PLACE_URL))

    def _announce(self, request: Any, form: forms.Form, run: Callable[[dict[str, Any]], None]) -> HttpResponse:
        self._must(request)
        try:
            if form.is_valid():
                run(form.cleaned_data)
                messages.success(
                    request, _("Done. Every page shows it.") if form.cleaned_data["text"] else _("Taken down.")
                )
                return respond(redirect(PLACE_URL))
        except ArrangingError as refusal:
            form.add_error(None, str(refusal))
        return self._page(request, form, status=422)

    def _page(self, request: Any, bound: forms.Form | None = None, status: int = 200) -> HttpResponse:
        self._must(request)
        rules, now = SiteRules.current(), request.now
        page = front_page(sections=request.furniture.sections, vote=None, rules=rules, now=now)
        slots = list(FrontSlot.objects.holding(now).select_related("story", "section", "placed_by").defer(*_unseen()))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Front page"),
            "parts": parts_of(page, {slot.story_id: slot for slot in slots}),
            "waiting": [slot for slot in slots if not slot.story.is_live(now)],
            "offered": offered(request.GET.get("q", ""), page, among=may_link_to(request)),
            "q": request.GET.get("q", ""),
            "where": whereabouts(),
            "shapes": FrontSlot.Shape.choices,
            "brief_form": bound if isinstance(bound, BriefForm) else BriefForm(initial=_brief(rules, now)),
            "banner_form": bound if isinstance(bound, BannerForm) else BannerForm(initial=_banner(rules)),
            "standing": standing(rules, now),
            "zone": zone_name(),
            "now": now,
        }
        return TemplateResponse(request, "admin/articles/front/page.html", context, status=status)


def parts_of(page: Front, slots: dict[int, FrontSlot]) -> list[dict[str, Any]]:
    """The page's parts as the desk shows them: a name and its places, each with the value of `where`."""
    lead = [page.lead] if page.lead else []
    parts: list[dict[str, Any]] = [
        {"name": _("Lead"), "places": _rows(lead, "lead", slots)},
        {"name": _("Second"), "places": _rows(page.seconds, "second", slots)},
    ]
    for strip in page.strips:
        parts.append(
            {"name": strip.section.name, "tone": strip.section.tone, "places": _rows(strip.places, "strip", slots)}
        )
    return [part for part in parts if part["places"]]


def _rows(places: list[Place], name: str, slots: dict[int, FrontSlot]) -> list[dict[str, Any]]:
    return [
        {
            "place": place,
            "where": f"{name}-{place.position}",
            "slot": slots.get(place.card.story.pk) if place.slot else None,
        }
        for place in places
    ]


def offered(words: str, page: Front, *, among: Any) -> list[Article]:
    """Approved ones of `among` without a place of their own, those to come first; with `words`, older ones too."""
    tops = [*filter(None, [page.lead]), *page.seconds, *(place for strip in page.strips for place in strip.places)]
    by_hand = [place.card.story.pk for place in tops if place.slot is not None]
    stories = among.filter(status=Article.Status.PUBLISHED).exclude(pk__in=by_hand).without_text()
    for word in words.split()[:8]:
        stories = stories.filter(headline__icontains=word)
    return list(stories.newest_first()[:OFFERED])


def standing(rules: SiteRules, now: datetime) -> dict[str, str]:
    """What of brief and banner readers see now, in a sentence each."""
    found = {}
    begun = rules.banner_from is None or rules.banner_from <= now
    banner_ends = rules.banner_until is None or now < rules.banner_until
    if rules.banner and banner_ends:
        found["banner"] = (
            _("On every page now.") if begun else _("From %(at)s.") % {"at": said(rules.banner_from or now)}
        )
    if rules.brief and (rules.brief_until is None or now < rules.brief_until):
        hidden = "banner" in found and begun
        found["brief"] = _("Hidden while the banner stands.") if hidden else _("On every page now.")
    return found


def _placed(slot: FrontSlot, story: Article, now: datetime) -> str:
    if not story.is_live(now) and story.live_from is not None:
        return _("“%(story)s” takes its place %(moment)s.") % {"story": story, "moment": said(story.live_from)}
    if slot.pinned_until is not None:
        return _("“%(story)s” holds its place until %(moment)s.") % {"story": story, "moment": said(slot.pinned_until)}
    return _("“%(story)s” stands there now.") % {"story": story}


def _where(value: str) -> tuple[str, int]:
    place, _dash, position = value.partition("-")
    return place, int(position or 0)


def _who(request: Any) -> dict[str, Any]:
    return {"by": request.user, "now": request.now}


def _moment(text: str) -> datetime | None:
    form = forms.Form({"at": text})
    form.fields["at"] = MomentField(required=False)
    return form.cleaned_data["at"] if form.is_valid() else None


def _unless_down(request: Any) -> Any:
    """What was posted; with the button "take down" as if no text stood there."""
    if "down" not in request.POST:
        return request.POST
    posted = request.POST.copy()
    for name in ("brief-text", "banner-text"):
        posted[name] = ""
    return posted


def _brief(rules: SiteRules, now: datetime) -> dict[str, Any]:
    """The brief as it stands; a new one holds until midnight unless told otherwise."""
    midnight = timezone.localtime(now).replace(hour=23, minute=59, second=0, microsecond=0)
    stands = rules.brief and (rules.brief_until is None or rules.brief_until > now)
    return {"text": rules.brief if stands else "", "until": rules.brief_until if stands else midnight}


def _banner(rules: SiteRules) -> dict[str, Any]:
    return {
        "text": rules.banner,
        "level": rules.banner_level,
        "url": rules.banner_url,
        "starts": rules.banner_from,
        "until": rules.banner_until,
    }


def _unseen() -> list[str]:
    return [f"story__{name}" for name in UNSEEN_BY_LISTS]
