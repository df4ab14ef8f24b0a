"""The permission matrix: every address of the desk for articles, members and replies × every role × every state.

The walk finds the addresses by itself: a new one fails here until somebody says who may open it. And the limits
that rest on the story: whose it is, and which section it is in.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLResolver, reverse

from articles.models import (
    Article,
    Author,
    Byline,
    FrontSlot,
    LiveEntry,
    PreviewLink,
    RelatedLink,
    Revision,
    SectionLimit,
    StoryNote,
    WorkingCopy,
)
from members.models import AuditEntry, SiteRules
from newsroom.groups import EDITORS, MEMBERSHIP_MANAGERS, MODERATORS, PUBLISHERS, WRITERS
from tests.articles.test_desk import TEXT, draft, form_of, signed_in, stored
from tests.factories import ArticleFactory, Cast, MemberFactory, SectionFactory, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
APPS = ("articles_", "members_", "comments_", "staff_")
ROLES = {
    "writer": WRITERS,
    "editor": EDITORS,
    "publisher": PUBLISHERS,
    "moderator": MODERATORS,
    "manager": MEMBERSHIP_MANAGERS,
}
LETTERS = {"writer": "w", "editor": "e", "publisher": "p", "moderator": "m", "manager": "a"}
OUTSIDE = ("member", "nobody")
NOWHERE = "999999"
NONE = 999999

# Model → who sees its list and its rows, who adds, who deletes: writer, editor, publisher, moderator, manager (a).
MODELS: dict[str, tuple[str, str, str]] = {
    "articles_article": ("wep", "wep", "ep"),
    "articles_author": ("wep", "ep", ""),
    "articles_document": ("wep", "wep", ""),
    "articles_embedhost": ("ep", "p", "p"),
    "articles_missedaddress": ("ep", "", "ep"),
    "articles_page": ("wep", "ep", ""),
    "articles_picture": ("wep", "wep", ""),
    "articles_redirect": ("ep", "ep", "ep"),
    "articles_revision": ("wep", "", ""),
    "articles_section": ("wep", "ep", ""),
    "articles_series": ("wep", "ep", ""),
    "articles_tag": ("wep", "wep", ""),
    "comments_appeal": ("pm", "", ""),
    "comments_discussion": ("pm", "", ""),
    "comments_reply": ("pm", "", ""),
    "comments_report": ("pm", "", ""),
    "comments_sanction": ("pm", "pm", ""),
    "members_accessrequest": ("pa", "", ""),
    "members_apikey": ("p", "p", ""),
    "members_auditentry": ("ep", "", ""),
    "members_checkoutattempt": ("pa", "", ""),
    "members_complimentary": ("pa", "pa", ""),
    "members_gift": ("pa", "", ""),
    "members_grant": ("pa", "", ""),
    "members_issue": ("ep", "ep", ""),
    "members_letter": ("pa", "p", ""),
    "members_lettersubscription": ("pa", "", ""),
    "members_mailing": ("pa", "", ""),
    "members_member": ("pma", "", ""),
    "members_menuitem": ("p", "p", "p"),
    "members_offlinepayment": ("pa", "pa", ""),
    "members_payment": ("pa", "", ""),
    "members_price": ("pa", "", ""),
    "members_reconcilerun": ("pa", "", ""),
    "members_round": ("ep", "p", ""),
    "members_siterules": ("p", "", ""),
    "members_stripecustomer": ("pa", "pa", ""),
    "members_stripeevent": ("pa", "", ""),
    "members_subscription": ("pa", "", ""),
    "members_suppression": ("pa", "pa", ""),
    "members_supportway": ("pa", "pa", "pa"),
    "members_terms": ("pa", "p", ""),
    "members_tier": ("pa", "pa", ""),
    "members_topic": ("wep", "ep", ""),
}
PAGES = ("changelist", "add", "change", "delete", "history")

LEADS_ON = {"members_siterules_changelist"}  # one row: its list leads to its form
OF_ITS_OWN = {"members_auditentry_change": 404}  # without such a row

# Address → method, arguments, who may; and what it answers them when there is no such row.
OTHERS: dict[str, tuple[str, list[Any], str, int]] = {
    "articles_article_dead_links": ("get", [], "wep", 200),
    "articles_article_drop_working_copy": ("post", [], "wepma", 404),  # one's own texts alone: there are none
    "articles_article_look_again": ("post", [NONE], "wep", 404),
    "articles_article_lookup": ("get", [], "wep", 200),
    "articles_article_new_working_copy": ("post", [], "wep", 303),
    "articles_article_several": ("get", ["publish"], "ep", 200),
    "articles_document_lookup": ("get", [], "wep", 200),
    "articles_document_upload": ("post", [], "wep", 400),
    "articles_embed_lookup": ("get", [], "wep", 200),
    "articles_frontslot_banner": ("post", [], "ep", 422),
    "articles_frontslot_brief": ("post", [], "ep", 303),
    "articles_frontslot_changelist": ("get", [], "ep", 200),
    "articles_frontslot_clear": ("post", [], "ep", 404),
    "articles_frontslot_move": ("post", [], "ep", 404),
    "articles_frontslot_place": ("post", [], "ep", 404),
    "articles_frontslot_preview": ("get", [], "ep", 200),
    "articles_gate": ("get", [], "ep", 200),
    "articles_gate_why": ("get", [], "wepma", 200),
    "articles_missedaddress_forget": ("post", [NONE], "ep", 404),
    "articles_missedaddress_lead": ("post", [], "ep", 422),
    "articles_missedaddress_paste": ("get", [], "ep", 200),
    "articles_picture_lookup": ("get", [], "wep", 200),
    "articles_picture_several": ("post", [], "wep", 303),
    "articles_picture_upload": ("post", [], "wep", 400),
    "articles_series_parts": ("post", [NONE], "ep", 404),
    "articles_tag_lookup": ("get", [], "wep", 200),
    "comments_appeal_settle": ("post", [NONE], "pm", 404),
    "comments_discussion_steer": ("post", [NONE, "close"], "pm", 404),
    "comments_figures": ("get", [], "pm", 200),
    "comments_reply_conduct": ("get", [NONE], "pm", 404),
    "comments_reply_decide": ("post", [NONE, "approve"], "pm", 404),
    "comments_reply_several": ("post", ["approve"], "pm", 303),
    "comments_reply_undo": ("post", [], "pm", 303),
    "comments_report_settle": ("post", [NONE, "settle"], "pm", 404),
    "comments_sanction_impose": ("post", [NONE], "pm", 404),
    "comments_sanction_lift": ("post", [NONE], "pm", 404),
    "comments_words": ("get", [], "pm", 200),
    "members_accessrequest_decline": ("post", [NONE], "pa", 404),
    "members_accessrequest_give": ("post", [NONE], "pa", 404),
    "members_apikey_revoke": ("post", [NONE], "p", 404),
    "members_auditentry_export": ("get", [], "ep", 200),
    "members_complimentary_do": ("post", [NONE, "end"], "pa", 404),
    "members_mailing_again": ("post", [NONE], "pa", 404),
    "members_mailing_issue": ("get", [NONE], "pa", 404),
    "members_mailing_letter": ("get", [NONE], "pa", 404),
    "members_mailing_letters": ("get", [], "pa", 200),
    "members_issue_do": ("post", [NONE, "pause"], "ep", 404),
    "members_issue_mail": ("get", [NONE], "ep", 404),
    "members_issue_preview": ("get", [NONE], "ep", 404),
    "members_issue_send": ("post", [NONE], "ep", 404),
    "members_issue_test": ("post", [NONE], "ep", 404),
    "members_member_merge": ("get", [NONE], "pa", 404),
    "members_member_money": ("get", [NONE], "pa", 404),
    "members_money": ("get", [], "pa", 200),
    "members_money_ask": ("post", [], "pa", 303),
    "members_money_code": ("post", [NONE], "pa", 404),
    "members_money_do": ("post", [NONE, "mend"], "pa", 404),
    "members_money_elsewhere": ("get", [], "pa", 200),
    "members_money_link": ("post", [], "pa", 303),
    "members_money_notices": ("get", [], "pa", 200),
    "members_money_orphans": ("get", [], "pa", 200),
    "members_money_prices": ("post", [], "pa", 303),
    "members_money_retry": ("post", [], "pa", 303),
    "members_offlinepayment_do": ("post", [NONE, "end"], "pa", 404),
    "members_payment_do": ("post", [NONE, "refund"], "pa", 404),
    "members_payment_refund": ("get", [NONE], "pa", 404),
    "members_revenue": ("get", [], "pa", 200),
    "members_revenue_months": ("get", [], "pa", 200),
    "members_revenue_payments": ("get", [], "pa", 200),
    "members_staffinvitation_change": ("get", [NONE], "p", 302),
    "members_staffinvitation_changelist": ("get", [], "p", 200),
    "members_round_export": ("get", [NONE], "ep", 404),
    "members_stripecustomer_do": ("post", [NONE, "look"], "pa", 404),
    "members_stripeevent_do": ("post", [NONE, "retry"], "pa", 404),
    "members_subscription_do": ("post", [NONE, "sync"], "pa", 404),
    "members_suppression_lift": ("post", [NONE], "pa", 404),
    "members_tier_do": ("post", [NONE, "stripe"], "pa", 404),
    "members_tier_price": ("post", [NONE], "pa", 404),
    "members_tier_retire": ("post", [NONE, NONE], "pa", 404),
    "members_topic_do": ("post", [NONE, "admit"], "ep", 404),
    "members_topic_effect": ("get", [], "wep", 200),
    "members_topic_queue": ("get", [], "ep", 200),
    "staff_invite": ("post", [], "p", 422),
    "staff_invite_again": ("post", [NONE], "p", 404),
    "staff_let_go": ("post", [NONE], "p", 404),
    "staff_person": ("get", [NONE], "p", 404),
    "staff_roles": ("post", [NONE], "p", 404),
    "staff_sections": ("post", [NONE], "p", 404),
    "staff_uninvite": ("post", [NONE], "p", 404),
}

# A story's own addresses: method, and what each role is answered in what is not approved yet, and in the rest.
# Roles: a writer on a story of their own, on somebody else's, editor, publisher. 302: shown the preview instead.
# Everybody who writes may look on and speak (notes); a note that blocks is settled by its author or an editor.
STATES = ("draft", "ready", "scheduled", "live", "withdrawn")
Answers = tuple[int, int, int, int]
ALL: Answers = (200, 200, 200, 200)
CHANGERS = ((303, 403, 303, 303), (403, 403, 303, 303))
LOOKERS = ((200, 403, 200, 200), (403, 403, 200, 200))
EDITORS_ALONE = ((403, 403, 303, 303), (403, 403, 303, 303))
STORY: dict[str, tuple[str, tuple[Answers, Answers]]] = {
    "change": ("get", ((200, 302, 200, 200), (302, 302, 200, 200))),
    "preview": ("get", (ALL, ALL)),
    "versions": ("get", (ALL, ALL)),
    "compare": ("get", (ALL, ALL)),
    "history": ("get", (ALL, ALL)),
    "heartbeat": ("post", (ALL, ALL)),
    "notes": ("get", (ALL, ALL)),
    "notes post": ("post", ((303, 303, 303, 303), (303, 303, 303, 303))),
    "note_resolve": ("post", EDITORS_ALONE),
    "note_reopen": ("post", EDITORS_ALONE),
    "suggestions": ("get", (ALL, ALL)),
    "suggestions post": ("post", ((404, 403, 404, 404), (403, 403, 404, 404))),  # naming no story
    "out": ("get", ((302, 302, 302, 302), ALL)),
    "links": ("get", LOOKERS),
    "links post": ("post", ((422, 403, 422, 422), (403, 403, 422, 422))),  # without saying for whom
    "link_revoke": ("post", CHANGERS),
    "working_copy": ("post", CHANGERS),
    "clash": ("get", ((302, 403, 302, 302), (403, 403, 302, 302))),  # nothing unsaved: on to the form
    "coverage": ("get", LOOKERS),
    "coverage post": ("post", LOOKERS),  # an empty entry comes back
    "coverage_start": ("post", CHANGERS),
    "coverage_end": ("post", CHANGERS),
    "coverage_entry": ("get", LOOKERS),
    "coverage_mark": ("post", CHANGERS),
    "coverage_remove": ("post", CHANGERS),
    "switch": ("post", CHANGERS),
    "switch lead": ("post", EDITORS_ALONE),
    "delete": ("get", ((403, 403, 200, 200), (403, 403, 403, 403))),
    "submit": ("post", CHANGERS),
    "publish": ("post", EDITORS_ALONE),
    "schedule": ("post", EDITORS_ALONE),
    "unschedule": ("post", EDITORS_ALONE),
    "withdraw": ("post", EDITORS_ALONE),
    "restore": ("post", EDITORS_ALONE),
    "review": ("post", EDITORS_ALONE),
    "clear": ("post", ((403, 403, 403, 303), (403, 403, 403, 303))),
    "lift": ("post", EDITORS_ALONE),
    "restore_version": ("post", CHANGERS),
}
IN_STATE: dict[tuple[str, str], Answers] = {("out", "withdrawn"): (302, 302, 302, 302)}
SENT = {"notes post": {"text": "Who says so?"}}
PRIVATE = {"add_and"}  # tested by its own sentence below
NAMES_ROLES = "It is open to people with the role:"


def names(patterns: Any) -> Iterator[str]:
    """The names of the desk's addresses for our three apps."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif pattern.name and pattern.name.startswith(APPS):
            yield pattern.name


def browser(cast: Cast, who: str) -> Client:
    """A browser, signed in unless nobody is."""
    return Client() if who == "nobody" else signed_in(getattr(cast, who))


def wrong(answer: Any, wanted: int, where: str, *, is_somebodys: bool = True) -> list[str]:
    """What to complain of. A refusal names roles that may, never the asker's own; unless nobody may."""
    said = [] if answer.status_code == wanted else [f"{where}: {answer.status_code} instead of {wanted}"]
    if answer.status_code == 403 and is_somebodys:
        page, role = answer.content.decode(), ROLES.get(where.split()[0], "")
        said += [] if NAMES_ROLES in page else [f"{where}: refused without saying who may"]
        said += [f"{where}: sent to one's own role"] if f"<strong>{role}</strong>" in page else []
    return said


def test_every_address_of_the_desk_is_in_the_matrix() -> None:
    known = {f"{model}_{page}" for model in MODELS for page in PAGES} | set(OTHERS)
    known |= {f"articles_article_{view.split()[0]}" for view in (*STORY, *PRIVATE)}
    assert set(names(admin.site.get_urls())) == known


@pytest.mark.parametrize("who", [*LETTERS, *OUTSIDE])
def test_every_list_and_every_other_address_opens_to_its_roles_alone(who: str, cast: Cast) -> None:
    client, complaints = browser(cast, who), []
    letter = LETTERS.get(who, "")
    for model, (see, add, delete) in MODELS.items():
        asked = [("changelist", [], see, 200), ("add", [], add, 200), ("delete", [NOWHERE], delete, 302)]
        for page, arguments, roles, status in [*asked, ("change", [NOWHERE], see, 302)]:
            name = f"{model}_{page}"
            status = 302 if name in LEADS_ON else OF_ITS_OWN.get(name, status)
            wanted = 302 if who in OUTSIDE else status if letter and letter in roles else 403
            answer = client.get(reverse(f"admin:{name}", args=arguments))
            complaints += wrong(answer, wanted, f"{who} {name}", is_somebodys=bool(roles))
    for name, (method, arguments, roles, status) in OTHERS.items():
        wanted = 302 if who in OUTSIDE else status if letter in roles else 403
        answer = getattr(client, method)(reverse(f"admin:{name}", args=arguments))
        complaints += wrong(answer, wanted, f"{who} {name}")
    assert not complaints


def story_at(state: str, now: datetime, **fields: Any) -> Article:
    """A story in this state, with one of everything that hangs on it."""
    if state in ("draft", "ready"):
        story = draft(status=state, **fields)
    else:
        when = now + timedelta(hours=1 if state == "scheduled" else -1)
        status = "withdrawn" if state == "withdrawn" else "published"
        story = make_article(status=status, published_at=when, full_text=TEXT, **fields)
    Revision.objects.create(article=story, verb="save", content={"headline": "Before"})
    StoryNote.objects.create(article=story, text="Not before Friday.", blocks=True)
    PreviewLink.objects.create(article=story, label="Counsel", expires_at=now + timedelta(days=1))
    LiveEntry.objects.create(article=story, text="<p>It begins.</p>")
    return story


def arguments_of(view: str, story: Article) -> list[Any]:
    """What its address names."""
    below: dict[str, Any] = {
        "restore_version": story.revisions,
        "note_resolve": story.notes,
        "note_reopen": story.notes,
        "link_revoke": story.preview_links,
        "coverage_entry": story.live_entries,
        "coverage_mark": story.live_entries,
        "coverage_remove": story.live_entries,
    }
    if view in below:
        return [story.pk, below[view].get().pk]
    return {"switch": [story.pk, "close-replies"], "switch lead": [story.pk, "lead"]}.get(view, [story.pk])


def as_stored(story: Article) -> list[Any]:
    """The story and all that hangs on it, as rows."""
    below = (Revision, StoryNote, PreviewLink, LiveEntry, WorkingCopy, RelatedLink, FrontSlot)
    rows: list[Any] = [list(Article.objects.filter(pk=story.pk).values())]
    for model in below:
        key = "story" if model is FrontSlot else "article"
        rows.append(list(model.objects.filter(**{key: story.pk}).order_by("pk").values()))  # type: ignore[attr-defined]  # each has objects
    return [*rows, AuditEntry.objects.count()]


WHO = [("writer", 0), ("writer", 1), ("editor", 2), ("publisher", 3)]
WHO += [(who, 4) for who in ("moderator", "manager", *OUTSIDE)]


@pytest.fixture
def every_step(db: None) -> None:
    """The newsroom has switched on all there is."""
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True, live_coverage=True)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("who", "place"), WHO)
def test_every_view_of_a_story_answers_as_role_and_state_say(
    who: str, place: int, state: str, cast: Cast, now: datetime
) -> None:
    client, complaints = browser(cast, who), []
    story, before = None, []
    for view, (method, answers) in STORY.items():
        if story is None:
            story = story_at(state, now, created_by=cast.writer if place == 0 else cast.editor)
            before = as_stored(story)
        wanteds = IN_STATE.get((view, state), answers[state not in ("draft", "ready")])
        wanted = wanteds[place] if place < 4 else 302 if who in OUTSIDE else 403
        path = reverse(f"admin:articles_article_{view.split()[0]}", args=arguments_of(view, story))
        answer = getattr(client, method)(path, SENT.get(view, {}))
        complaints += wrong(answer, wanted, f"{who} {view} {state}", is_somebodys=set(wanteds) != {403})
        if method == "get" or wanted in (302, 403, 404, 422):
            complaints += [] if as_stored(story) == before else [f"{who} {view} {state}: acted"]
        else:
            story = None  # the next one begins anew
    assert not complaints


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("state", STATES)
def test_asking_for_an_address_that_acts_does_nothing(state: str, cast: Cast, now: datetime) -> None:
    client, story = signed_in(cast.publisher), story_at(state, now, created_by=cast.publisher)
    before = as_stored(story)
    for view, (method, _answers) in STORY.items():
        if method == "post":
            path = reverse(f"admin:articles_article_{view.split()[0]}", args=arguments_of(view, story))
            assert client.get(path, SENT.get(view, {})).status_code == (200 if " post" in view else 405), view
    for name, (method, arguments, _roles, _status) in OTHERS.items():
        if method == "post":
            assert client.get(reverse(f"admin:{name}", args=arguments)).status_code == 405, name
    assert as_stored(story) == before


@pytest.mark.parametrize("verb", ["publish", "schedule", "submit"])
def test_a_new_story_goes_only_where_its_writer_may_send_it(verb: str, cast: Cast) -> None:
    path = reverse("admin:articles_article_add_and", args=[verb])
    for who, wanted in {"writer": 303 if verb == "submit" else 403, "editor": 303, "moderator": 403}.items():
        assert browser(cast, who).post(path).status_code == wanted
    assert not Article.objects.exists()


def test_a_story_somebody_signs_is_theirs_too(cast: Cast) -> None:
    story = draft(created_by=cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    client = signed_in(cast.writer)
    assert client.get(path).status_code == 302
    assert client.post(path, {"headline": "Mine"}).status_code == 403
    Byline.objects.create(article=story, author=Author.objects.create(name="W", slug="w", member=cast.writer))
    stored(client.post(path, form_of(client, story, headline="Ours")))
    assert Article.objects.get().headline == "Ours"


@pytest.fixture
def limited(cast: Cast) -> Any:
    """An editor limited to the city."""
    SectionLimit.objects.create(member=cast.editor, section=SectionFactory(slug="city"))
    return cast.editor


def test_a_limit_to_sections_holds_on_every_face_of_a_story(limited: Any, cast: Cast, now: datetime) -> None:
    inside = draft(headline="Inside", section=SectionFactory(slug="city"))
    outside = draft(headline="Outside", section=SectionFactory(slug="sport"), created_by=limited)
    homeless = draft(headline="Homeless", section=None)
    own = draft(headline="Own", section=None, created_by=limited)
    client = signed_in(limited)
    listed = client.get(reverse("admin:articles_article_changelist")).content.decode()
    found = client.get(reverse("admin:articles_article_lookup")).json()["results"]
    for story, wanted in ((inside, True), (own, True), (outside, False), (homeless, False)):
        assert (f">{story.headline}<" in listed) is wanted
        assert (story.pk in [row["key"] for row in found]) is wanted
        for view in ("change", "preview", "versions"):
            path = reverse(f"admin:articles_article_{view}", args=[story.pk])
            assert client.get(path).status_code == (200 if wanted else 403), (story, view)
        path = reverse("admin:articles_article_publish", args=[story.pk])
        assert client.post(path).status_code == (303 if wanted else 403)
    assert set(Article.objects.live(now).values_list("headline", flat=True)) == {"Inside", "Own"}


def test_a_live_story_of_another_section_may_be_linked_to(limited: Any) -> None:
    story = make_article(section=SectionFactory(slug="sport"))
    found = signed_in(limited).get(reverse("admin:articles_article_lookup")).json()["results"]
    assert [row["key"] for row in found] == [story.pk]


def test_nobody_files_a_story_outside_their_sections(limited: Any) -> None:
    city, sport = SectionFactory(slug="city"), SectionFactory(slug="sport")
    story = draft(section=city)
    client = signed_in(limited)
    path = reverse("admin:articles_article_change", args=[story.pk])
    assert "Sport" not in client.get(path).content.decode()
    refused = client.post(path, form_of(client, story, section=sport.pk, headline="Typed"))
    assert refused.status_code == 200
    assert "Typed" in refused.content.decode()
    several = reverse("admin:articles_article_several", args=["move"])
    said = client.post(several, {"story": [story.pk], "section": sport.pk}, follow=True).content.decode()
    assert "limited to other sections" in said
    assert Article.objects.get().section == city


def test_who_has_no_limit_works_everywhere(cast: Cast) -> None:
    SectionLimit.objects.create(member=MemberFactory(), section=SectionFactory(slug="city"))
    story: Article = ArticleFactory(section=SectionFactory(slug="sport"))
    path = reverse("admin:articles_article_change", args=[story.pk])
    assert signed_in(cast.editor).get(path).status_code == 200
