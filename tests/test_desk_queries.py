"""The desk's pages cost the same at any number of rows: every list at most 12 queries, every form at most 15.

Each model of ours on the desk has its row in `ROWS`; one that is missing fails here.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import models as articles
from comments import models as comments
from members import models as members
from newsroom import furniture
from newsroom.groups import WRITERS
from tests.factories import AuthorFactory, Cast, MemberFactory, SectionFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db

LIST, FORM = 12, 15
FEW, MORE = 2, 20
number = count(1)
Maker = Callable[[], Any]


def _story() -> articles.Article:
    story = make_article(section=SectionFactory(slug=f"section-{next(number)}"), lead_picture=_picture())
    articles.Byline.objects.create(article=story, author=AuthorFactory(portrait=_picture()))
    articles.Revision.objects.create(article=story, verb="save", content={}, made_by=MemberFactory())
    return story


def _picture() -> articles.Picture:
    return articles.Picture.objects.create(file=f"pictures/{next(number)}.jpg", width=1200, height=800, alt="A boat")


def _reply() -> Any:
    discussion = comments.Discussion.objects.create(story=_story())
    parent: Any = None
    for status in (comments.Reply.Status.PUBLISHED, comments.Reply.Status.HELD):
        parent = comments.Reply.objects.write(
            discussion, parent, text=f"Said {next(number)}", posted_at=timezone.now(), author=MemberFactory(),
            status=status,
        )  # fmt: skip
    return parent


def _customer() -> members.StripeCustomer:
    return members.StripeCustomer.objects.create(member=MemberFactory(), stripe_id=f"cus_{next(number)}")


def _tier() -> members.Tier:
    place = next(number)
    return TierFactory(slug=f"tier-{place}", name=f"Tier {place}", rank=place)


def _payment() -> members.Payment:
    now = timezone.now()
    return members.Payment.objects.create(
        payment_intent=f"pi_{next(number)}", member=MemberFactory(), kind=members.Payment.Kind.values[0], amount=500,
        currency="EUR", paid_at=now, fetched_at=now,
    )  # fmt: skip


def _span() -> dict[str, Any]:
    now = timezone.now()
    return {"member": MemberFactory(), "tier": _tier(), "starts_at": now, "ends_at": now + timedelta(days=30)}


def _letter() -> members.Letter:
    place = next(number)
    return members.Letter.objects.create(slug=f"letter-{place}", name=f"Letter {place}")


def _issue() -> members.Issue:
    """A draft with a story, beside one on its way with copies."""
    content = {"intro": "", "intro_html": "", "stories": [{"story_id": _story().pk, "carries": "teaser", "note": ""}]}
    sent = members.Issue.objects.create(letter=_letter(), subject="An issue", state="sending", send_at=timezone.now())
    members.Mailing.objects.create(key=f"of-issue-{next(number)}", issue=sent, email="a@example.org", template="x")
    return members.Issue.objects.create(letter=_letter(), subject="A draft", content=content, made_by=MemberFactory())


def _round() -> members.Round:
    held = members.Round.objects.create(
        slug=f"round-{next(number)}", question="What next?", closes_at=timezone.now() + timedelta(days=9)
    )
    _topic(held)
    return held


def _topic(held: members.Round | None = None) -> members.Topic:
    place = next(number)
    topic = members.Topic.objects.create(
        slug=f"topic-{place}", title=f"Topic {place}", proposed_by=MemberFactory(), assigned_to=MemberFactory()
    )
    if held is not None:
        members.Option.objects.create(round=held, topic=topic)
    return topic


def _gift() -> members.Gift:
    return members.Gift.objects.create(
        payment=_payment(), tier=_tier(), months=3, code_hash=f"hash-{next(number)}",
        expires_at=timezone.now() + timedelta(days=365), redeemed_by=MemberFactory(),
    )  # fmt: skip


def _subscription() -> members.Subscription:
    now, place = timezone.now(), next(number)
    price = members.Price.objects.create(tier=_tier(), currency="CHF", unit_amount=place, interval="month")
    return members.Subscription.objects.create(
        stripe_id=f"sub_{place}", customer=_customer(), price=price, status="active", started_at=now, fetched_at=now
    )


def _mailing() -> members.Mailing:
    return members.Mailing.objects.create(
        key=f"key-{next(number)}", member=MemberFactory(), email="a@example.org", template="members/receipt"
    )


def _event() -> members.StripeEvent:
    return members.StripeEvent.objects.create(
        stripe_id=f"evt_{next(number)}", type="invoice.paid", created=timezone.now(), status="parked"
    )


ROWS: dict[Any, Maker] = {
    articles.Article: _story,
    articles.Author: lambda: AuthorFactory(member=MemberFactory(), portrait=_picture()),
    articles.Document: lambda: articles.Document.objects.create(
        title="Minutes", file="documents/minutes.pdf", kind="pdf", media_type="application/pdf"
    ),
    articles.EmbedHost: lambda: articles.EmbedHost.objects.create(name="Charts", host=f"c{next(number)}.example.org"),
    articles.FrontSlot: lambda: _slot(),
    articles.MissedAddress: lambda: articles.MissedAddress.objects.create(path=f"/gone-{next(number)}/"),
    articles.Page: lambda: articles.Page.objects.create(title="A page", path=f"page-{next(number)}"),
    articles.Picture: lambda: _picture(),
    articles.Redirect: lambda: articles.Redirect.objects.create(old_path=f"/old-{next(number)}/", new_path="/new/"),
    articles.Revision: lambda: _story().revisions.get(),
    articles.Section: lambda: SectionFactory(slug=f"section-{next(number)}"),
    articles.Series: lambda: articles.Series.objects.create(name="A series", slug=f"series-{next(number)}"),
    articles.Tag: lambda: articles.Tag.objects.create(name="A tag", slug=f"tag-{next(number)}"),
    comments.Appeal: lambda: comments.Appeal.objects.create(
        member=MemberFactory(), text="Why?", ruling=comments.Ruling.objects.create(
            reply=_reply(), verb="remove", before="published", after="removed", by=MemberFactory()
        )
    ),
    comments.Discussion: lambda: comments.Discussion.objects.create(story=_story()),
    comments.Reply: _reply,
    comments.Report: lambda: comments.Report.objects.create(
        reply=_reply(), member=MemberFactory(), reason=comments.Report.Reason.values[0]
    ),
    comments.Sanction: lambda: comments.Sanction.objects.create(
        member=MemberFactory(), kind=comments.Sanction.Kind.values[0], decided_by=MemberFactory()
    ),
    members.AccessRequest: lambda: members.AccessRequest.objects.create(
        member=MemberFactory(), settled_by=MemberFactory(), given=members.Complimentary.objects.create(**_span())
    ),
    members.ApiKey: lambda: members.ApiKey.objects.create(
        name="An app", prefix=f"nk_{next(number)}", digest=f"{next(number)}", tier=_tier(), made_by=MemberFactory()
    ),
    members.AuditEntry: lambda: members.AuditEntry.objects.note("save", by=MemberFactory(), subject=MemberFactory()),
    members.CheckoutAttempt: lambda: members.CheckoutAttempt.objects.create(
        member=MemberFactory(), kind=members.CheckoutAttempt.Kind.values[0], price=_subscription().price, amount=500,
        currency="EUR", expires_at=timezone.now(),
    ),
    members.Complimentary: lambda: members.Complimentary.objects.create(**_span(), granted_by=MemberFactory()),
    members.Gift: _gift,
    members.Grant: lambda: members.Grant.objects.create(
        **_span(), source=members.Grant.Source.values[0], source_id=next(number)
    ),
    members.Issue: lambda: _issue(),
    members.Letter: _letter,
    members.LetterSubscription: lambda: members.LetterSubscription.objects.create(
        letter=_letter(), member=MemberFactory(), email="a@example.org"
    ),
    members.Mailing: _mailing,
    members.Member: lambda: MemberFactory(),
    members.MenuItem: lambda: members.MenuItem.objects.create(place="menu", label="About", path="/about/"),
    members.OfflinePayment: lambda: members.OfflinePayment.objects.create(
        **_span(), amount=500, currency="EUR", method=members.OfflinePayment.Method.values[0],
        received_on=timezone.localdate(), recorded_by=MemberFactory(),
    ),
    members.Payment: _payment,
    members.Price: lambda: _subscription().price,
    members.ReconcileRun: lambda: members.ReconcileRun.objects.create(
        ended_at=timezone.now(), drifts=["payment pi_1 is not in the ledger"], failures=["events: Stripe is away"]
    ),
    members.Round: _round,
    members.SiteRules: lambda: members.SiteRules.objects.get_or_create(pk=1),
    members.StaffInvitation: lambda: members.StaffInvitation.objects.create(
        email=f"new{next(number)}@example.org", role=Group.objects.get(name=WRITERS), made_by=MemberFactory(),
        expires_at=timezone.now() + timedelta(days=7),
    ),
    members.StripeCustomer: _customer,
    members.StripeEvent: _event,
    members.Subscription: _subscription,
    members.Suppression: lambda: members.Suppression.objects.create(
        email=f"spared{next(number)}@example.org", reason="desk", by=MemberFactory()
    ),
    members.SupportWay: lambda: members.SupportWay.objects.create(label=f"Way {next(number)}"),
    members.Terms: lambda: members.Terms.objects.create(
        version=f"v{next(number)}", text="We agree.", in_force_from=timezone.now()
    ),
    members.Tier: _tier,
    members.Topic: lambda: _topic(_round()),
}  # fmt: skip
WITHOUT_FORM = {articles.FrontSlot}  # places are filled on their page
NAMES = {model._meta.label: model for model in ROWS}


@pytest.fixture(autouse=True)
def trusted() -> Iterator[None]:
    """The furniture is kept, as in a process whose listener is connected."""
    furniture.snapshot.trusted = True
    yield
    furniture.snapshot.trusted = False


@pytest.fixture
def chief(client: Client, cast: Cast, now: datetime) -> Client:
    """Somebody who may see every page."""
    cast.publisher.is_superuser = True
    cast.publisher.save()
    client.force_login(cast.publisher)
    return client


def test_every_model_on_the_desk_has_its_row() -> None:
    own = {model for model in admin.site._registry if model._meta.app_label in ("articles", "comments", "members")}
    assert own == set(ROWS), "Add the model with a maker of its rows."


@pytest.mark.parametrize("label", NAMES)
def test_a_list_costs_the_same_at_any_number_of_rows(label: str, chief: Client) -> None:
    model, make = NAMES[label], ROWS[NAMES[label]]
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for _row in range(FEW):
        make()
    few = _cost(chief, path)
    for _row in range(MORE):
        make()
    more = _cost(chief, path)
    assert len(more) <= len(few), "\n".join(more[len(few) - 3 :])
    assert len(more) <= LIST, "\n".join(more)


@pytest.mark.parametrize("label", [label for label in NAMES if NAMES[label] not in WITHOUT_FORM])
def test_a_form_stays_within_its_budget(label: str, chief: Client) -> None:
    model, make = NAMES[label], ROWS[NAMES[label]]
    for _row in range(MORE):
        make()
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    cost = _cost(chief, path)
    assert len(cost) <= FORM, "\n".join(cost)


def _cost(client: Client, path: str) -> list[str]:
    """The queries of the second request to `path`: the first fills what lives as long as the process."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, follow=True)
    assert answer.status_code == 200, path
    return [query["sql"][:250] for query in queries]


# -- Pages that are no list and no form ----------------------------------------------------------------------------


def _home() -> str:
    """Drafts, what is ready, scheduled, late and out, dead links and unsaved texts."""
    now = timezone.now()
    publisher = members.Member.objects.get(email="publisher@example.org")
    for status, when in (("draft", None), ("ready", now - timedelta(hours=1)), ("ready", now + timedelta(days=1))):
        make_article(status=status, published_at=when, live_from=None, created_by=publisher)
    make_article(published_at=now + timedelta(hours=2))
    _reply()
    articles.WorkingCopy.objects.create(member=publisher, content={"headline": "Unsaved"})
    articles.MissedAddress.objects.create(path=f"/gone-{next(number)}/", times=9)
    _dead()
    _topic(_round())
    return reverse("admin:index")


def _draft_issue() -> str:
    """One draft that holds one story more at each call, of one tier more, with another that is new."""
    _issue()
    draft = members.Issue.objects.filter(state="draft").order_by("pk").first()
    assert draft is not None
    draft.content["stories"].append({"story_id": _story().pk, "carries": "whole", "note": "Read this."})
    draft.save()
    _tier()
    _story()
    return reverse("admin:members_issue_change", args=[draft.pk])


def _issue_on_its_way() -> str:
    _issue()
    sent = members.Issue.objects.filter(state="sending").order_by("pk").first()
    assert sent is not None
    members.Mailing.objects.create(
        key=f"more-{next(number)}", issue=sent, email="b@example.org", template="x", status="accepted"
    )
    members.AuditEntry.objects.note("letter.pause", by=MemberFactory(), subject=sent)
    return reverse("admin:members_issue_change", args=[sent.pk])


def _issue_preview() -> str:
    return _draft_issue().replace("change", "preview")


def _dead() -> str:
    story, long_ago = _story(), timezone.now() - timedelta(days=30)
    articles.OutgoingLink.objects.create(article=story, url="https://example.org/", failing_since=long_ago)
    return reverse("admin:articles_article_dead_links")


def _front() -> str:
    slot = _slot()
    make_article(published_at=timezone.now() + timedelta(hours=2), section=slot.section)
    return reverse("admin:articles_frontslot_changelist")


def _slot() -> articles.FrontSlot:
    story = _story()
    return articles.FrontSlot.objects.create(
        place="strip", section=story.section, position=1, story=story, placed_by=MemberFactory()
    )


def _staff() -> str:
    person = MemberFactory(group=WRITERS)
    for _turn in range(2):
        articles.SectionLimit.objects.create(member=person, section=SectionFactory(slug=f"limit-{next(number)}"))
    ROWS[members.StaffInvitation]()
    return reverse("admin:members_staffinvitation_changelist")


def _person() -> str:
    _staff()
    person = members.Member.objects.filter(groups__name=WRITERS).order_by("pk").last()
    assert person is not None
    for _turn in range(3):
        members.AuditEntry.objects.note("staff.roles", by=MemberFactory(), subject=person)
    return reverse("admin:staff_person", args=[person.pk])


def _record() -> str:
    members.AuditEntry.objects.note("story.save", by=MemberFactory(name="Ada"), subject=_story(), reason="tides")
    return f"{reverse('admin:members_auditentry_changelist')}?q=tides&who=ada&group=writing"


def _one() -> articles.Article:
    """The one story whose pages are counted."""
    found: articles.Article = articles.Article.objects.filter(slug="the-one").first() or make_article(slug="the-one")
    return found


def _told(view: str) -> str:
    return reverse(f"admin:articles_article_{view}", args=[_one().pk])


def _versions() -> str:
    names = {"full_text": f"<p>{next(number)}</p>", "tags": [], "bylines": [], "headline": f"H {next(number)}"}
    articles.Revision.objects.create(article=_one(), verb="save", content=names, made_by=MemberFactory())
    return _told("versions")


def _compare() -> str:
    tag = articles.Tag.objects.create(name="T", slug=f"t-{next(number)}")
    content = {
        "tags": [tag.pk],
        "bylines": [{"author_id": AuthorFactory().pk, "role": "", "position": n} for n in range(3)],
        "related_links": [{"story_id": make_article().pk, "title": "", "url": "", "position": 0, "kind": ""}],
        "section_id": SectionFactory(slug=f"s-{next(number)}").pk,
        "lead_picture_id": _picture().pk,
    }
    articles.Revision.objects.create(article=_one(), verb="save", content=content, made_by=MemberFactory())
    return _told("compare")


def _notes() -> str:
    link = articles.PreviewLink.objects.create(
        article=_one(), label="Counsel", expires_at=timezone.now() + timedelta(days=1), made_by=MemberFactory()
    )
    articles.StoryNote.objects.create(
        article=_one(), text="Who says so?", by=MemberFactory(), preview_link=link, resolved_by=MemberFactory()
    )
    return _told("notes")


def _links() -> str:
    _notes()
    return _told("links")


def _suggested() -> str:
    story = make_article(section=SectionFactory(slug=f"s-{next(number)}"))
    articles.RelatedLink.objects.create(article=story, story=_one())
    return _told("suggestions")


def _coverage() -> str:
    members.SiteRules.objects.update_or_create(pk=1, defaults={"live_coverage": True})
    furniture.snapshot.drop(["site"])
    articles.LiveEntry.objects.create(article=_one(), text="<p>It begins.</p>", made_by=MemberFactory())
    return _told("coverage")


def _preview() -> str:
    articles.Byline.objects.create(article=_one(), author=AuthorFactory(portrait=_picture()))
    articles.RelatedLink.objects.create(article=_one(), story=_story())
    _notes()
    return _told("preview")


def _out() -> str:
    make_article(status="ready", live_from=None)
    _one().tags.add(articles.Tag.objects.create(name="T", slug=f"t-{next(number)}"))
    return _told("out")


def _several() -> str:
    _story()
    keys = articles.Article.objects.values_list("pk", flat=True)
    query = "&".join(f"story={key}" for key in keys)
    return f"{reverse('admin:articles_article_several', args=['publish'])}?{query}"


def _lookup() -> str:
    _story()
    return reverse("admin:articles_article_lookup")


def _parts() -> str:
    series, _is_new = articles.Series.objects.get_or_create(slug="tides", defaults={"name": "Tides"})
    make_article(series=series, section=SectionFactory(slug=f"s-{next(number)}"))
    return reverse("admin:articles_series_change", args=[series.pk])


def _payer() -> members.Member:
    """The one member whose money is counted: more of everything at each call."""
    member, now, place = members.Member.objects.filter(email="payer@example.org").first(), timezone.now(), next(number)
    member = member or MemberFactory(email="payer@example.org")
    customer, _new = members.StripeCustomer.objects.get_or_create(member=member, defaults={"stripe_id": "cus_payer"})
    row = _subscription()
    members.Subscription.objects.filter(pk=row.pk).update(customer=customer, needs_review="odd", ended_at=now)
    members.Payment.objects.create(
        payment_intent=f"pi_of_{place}", member=member, subscription=row, kind="invoice", amount=500, currency="EUR",
        period_start=now, period_end=now + timedelta(days=30), paid_at=now, fetched_at=now, livemode=False,
        billing_email="other@example.org",
    )  # fmt: skip
    members.CheckoutAttempt.objects.create(
        member=member, kind="donate", amount=500, currency="EUR", expires_at=now, session_id=f"cs_{place}"
    )
    gift = _gift()
    members.Gift.objects.filter(pk=gift.pk).update(redeemed_by=member, redeemed_at=now, delivered_at=now)
    given = members.Complimentary.objects.create(**{**_span(), "member": member})
    members.OfflinePayment.objects.create(
        **{**_span(), "member": member}, amount=500, currency="EUR", method="bank", received_on=timezone.localdate()
    )
    members.Grant.objects.rebuild(member)
    members.StripeEvent.objects.create(
        stripe_id=f"evt_of_{place}", type="invoice.paid", created=now, status="parked", customer_id="cus_payer",
        error="No member is linked to cus_payer.",
    )  # fmt: skip
    members.Mailing.objects.create(key=f"w-{place}", member=member, email=member.email, template="members/welcome")
    members.AuditEntry.objects.note("give access", by=MemberFactory(), subject=given)
    return member


def _money() -> str:
    _payer()
    return f"{reverse('admin:members_money')}?q=payer@example.org"


def _money_start() -> str:
    _payer()
    ROWS[members.ReconcileRun]()
    return reverse("admin:members_money")


def _money_namesakes() -> str:
    MemberFactory(name="Ada Payer")
    return f"{reverse('admin:members_money')}?q=payer"


def _timeline() -> str:
    return reverse("admin:members_member_money", args=[_payer().pk])


def _orphans() -> str:
    place, now = next(number), timezone.now()
    members.StripeEvent.objects.create(
        stripe_id=f"evt_o{place}", type="invoice.paid", created=now, status="parked",
        error=f"No member is linked to cus_o{place}.",
    )  # fmt: skip
    return reverse("admin:members_money_orphans")


def _elsewhere() -> str:
    place, now = next(number), timezone.now()
    members.Complimentary.objects.create(
        member=MemberFactory(), tier=_tier(), kind="elsewhere", legacy_key=f"patreon-{place}",
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=30),
    )  # fmt: skip
    return reverse("admin:members_money_elsewhere")


def _revenue() -> str:
    _payer()
    return reverse("admin:members_revenue")


def _census() -> str:
    _story()
    _tier()
    return reverse("admin:articles_gate")


def _why() -> str:
    member = _payer()
    viewed = members.MeteredView(member=member, story_id=_one().pk, period=f"{timezone.localtime():%Y-%m}")
    members.MeteredView.objects.bulk_create([viewed], ignore_conflicts=True)
    members.SiteRules.objects.update_or_create(pk=1, defaults={"meter_limit": 3, "archive_days": 30})
    articles.Article.objects.filter(slug="the-one").update(audience="metered")
    return f"{reverse('admin:articles_gate_why')}?story={_one().pk}&reader=payer@example.org"


def _words() -> str:
    place = next(number)
    members.SiteRules.objects.update_or_create(pk=1, defaults={"held_words": f"word{place}\nphrase {place}"})
    return reverse("admin:comments_words")


def _figures() -> str:
    reply = ROWS[comments.Reply]()
    comments.Ruling.objects.create(
        reply=reply, verb="approve", before="held", after="published", rule=f"rule-{next(number)}"
    )
    comments.Report.objects.create(reply=reply, member=MemberFactory(), reason="spam")
    return reverse("admin:comments_figures")


def _sent() -> members.Issue:
    """The one issue whose figures are counted: more copies and links at each call."""
    place, now = next(number), timezone.now()
    letter, _new = members.Letter.objects.get_or_create(slug="the-letter", defaults={"name": "The letter"})
    issue, _new = members.Issue.objects.get_or_create(
        letter=letter, subject="Out", defaults={"state": "sent", "send_at": now}
    )
    members.Issue.objects.create(letter=letter, subject=f"Out {place}", state="sent", send_at=now)
    members.IssueLink.objects.create(issue=issue, position=place, path="/")
    row = members.LetterSubscription.objects.create(letter=letter, email=f"s{place}@example.org", confirmed_at=now)
    members.Consent.objects.create(subscription=row, act="confirmed", at=now - timedelta(days=place % 200))
    for status in ("delivered", "complained", "unsure"):
        members.Mailing.objects.create(
            key=f"c-{place}-{status}", issue=issue, subscription=row, email=row.email, status=status,
            template="members/story",
        )  # fmt: skip
    return issue


def _mail_letters() -> str:
    _sent()
    _letter()
    return reverse("admin:members_mailing_letters")


def _mail_letter() -> str:
    return reverse("admin:members_mailing_letter", args=[_sent().letter_id])


def _mail_issue() -> str:
    return reverse("admin:members_mailing_issue", args=[_sent().pk])


PAGES: dict[str, tuple[Callable[[], str], int]] = {
    "home": (_home, 20),
    "a draft of a letter": (_draft_issue, 30),
    "an issue on its way": (_issue_on_its_way, 30),
    "preview of an issue": (_issue_preview, 30),
    "dead links": (_dead, 20),
    "front page": (_front, 20),
    "people": (_staff, 20),
    "a person": (_person, 20),
    "record": (_record, 60),
    "versions": (_versions, 100),
    "compare": (_compare, 4),
    "notes": (_notes, 50),
    "preview links": (_links, 20),
    "suggestions": (_suggested, 20),
    "coverage": (_coverage, 30),
    "preview": (_preview, 10),
    "after publishing": (_out, 10),
    "several": (_several, 50),
    "look-up": (_lookup, 20),
    "series": (_parts, 20),
    "money desk": (_money_start, 20),
    "can they read": (_money, 20),
    "namesakes": (_money_namesakes, 20),
    "timeline": (_timeline, 60),
    "customers of nobody": (_orphans, 20),
    "patrons who pay elsewhere": (_elsewhere, 20),
    "revenue": (_revenue, 20),
    "words": (_words, 20),
    "figures": (_figures, 20),
    "census": (_census, 20),
    "why": (_why, 20),
    "figures of letters": (_mail_letters, 20),
    "figures of a letter": (_mail_letter, 20),
    "figures of an issue": (_mail_issue, 20),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_whatever_stands_on_it(name: str, chief: Client) -> None:
    make, most = PAGES[name]
    for _row in range(FEW):
        path = make()
    few = _cost(chief, path)
    for _row in range(most):
        path = make()
    more = _cost(chief, path)
    assert len(more) <= len(few), "\n".join(more)
    assert len(more) <= LIST, "\n".join(more)


def test_the_form_of_a_story_with_everything_stays_within_its_budget(chief: Client) -> None:
    for make in (_notes, _versions, _preview, _suggested, _coverage, _parts):
        for _row in range(10):
            make()
    cost = _cost(chief, _told("change"))
    assert len(cost) <= FORM, "\n".join(cost)
