"""Two accounts of one person: everything moves once, nothing is lost, and who may not is refused."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Appeal, Discussion, Follow, Mute, Notice, NoticeWishes, Reaction, Reply, Report
from comments.moderation import sanctions
from members.models import (
    AccessRequest,
    AuditEntry,
    Choice,
    Gift,
    Grant,
    Letter,
    LetterSubscription,
    Mailing,
    Member,
    MeteredView,
    OfflinePayment,
    Payment,
    Price,
    Round,
    StripeCustomer,
    Subscription,
)
from newsroom import merging
from tests.factories import Cast, MemberFactory, TierFactory, make_article, make_option, make_patron
from tests.members.money.till import Till
from tests.members.relations import relations

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def pair(cast: Cast, now: datetime) -> tuple[Member, Member]:
    """The account that stays, and the other."""
    return MemberFactory(email="keep@example.org", name=""), MemberFactory(email="other@example.org", name="Olga O.")


def merged(cast: Cast, keep: Member, other: Member) -> bool:
    is_new = merging.merge(keep, other, by=cast.manager, now=timezone.now())
    keep.refresh_from_db()
    other.refresh_from_db()
    return is_new


def test_every_relation_to_a_member_is_decided() -> None:
    assert set(relations()) == merging.HANDLED
    parts = [*merging.FOLLOWS, *merging.ONCE, *merging.GONE, *merging.STAYS, *merging.BY_HAND]
    assert len(parts) == len(merging.HANDLED), "named twice"


def test_the_other_account_is_emptied_and_its_address_is_free(cast: Cast, pair: tuple[Member, Member]) -> None:
    keep, other = pair
    assert merged(cast, keep, other)
    assert (keep.name, keep.email) == ("Olga O.", "keep@example.org")
    assert (other.name, other.is_active, other.merged_into) == ("", False, keep)
    assert other.email.endswith("@invalid.invalid")
    assert AuditEntry.objects.get(verb="merge accounts").by == cast.manager
    assert set(Mailing.objects.filter(key__startswith="merged-").values_list("email", flat=True)) == {
        "keep@example.org", "other@example.org",
    }  # fmt: skip


def test_twice_is_once(cast: Cast, pair: tuple[Member, Member]) -> None:
    assert merged(cast, *pair)
    assert not merged(cast, *pair)
    assert AuditEntry.objects.filter(verb="merge accounts").count() == 1
    assert Mailing.objects.filter(key__startswith="merged-").count() == 2


def test_access_of_both_is_the_one_accounts(cast: Cast, pair: tuple[Member, Member], now: datetime) -> None:
    keep, other = make_patron(pair[0]), make_patron(pair[1], rank=2)
    tier = TierFactory(slug="tier-1", name="Tier 1", rank=1)
    OfflinePayment.objects.create(
        member=other, tier=tier, amount=500, currency="EUR", method="bank", received_on=now.date(),
        starts_at=now, ends_at=now + timedelta(days=3),
    )  # fmt: skip
    payment = Payment.objects.create(
        payment_intent="pi_1", member=other, kind="gift", amount=500, currency="EUR", paid_at=now, fetched_at=now
    )
    Gift.objects.create(
        payment=payment, tier=tier, months=1, code_hash="x", expires_at=now, redeemed_by=other,
        redeemed_at=now,
    )  # fmt: skip
    Grant.objects.rebuild(other)
    merged(cast, keep, other)
    assert Grant.objects.rank_of(keep, now) == 2
    assert not Grant.objects.filter(member=other).exists()
    assert Grant.objects.filter(member=keep).count() == 4
    assert keep.payments.get() == payment


def test_what_both_did_counts_once(cast: Cast, pair: tuple[Member, Member], now: datetime) -> None:
    keep, other = pair
    held = Round.objects.create(slug="r", question="What?", closes_at=now + timedelta(days=9))
    later = Round.objects.create(slug="s", question="And then?", closes_at=now + timedelta(days=9))
    options = [make_option(held, f"T{n}", proposed_by=other) for n in (1, 2)]
    for member, option in zip((keep, other), options, strict=True):
        Choice.objects.create(ballot=held.ballots.create(member=member), option=option)
    later.ballots.create(member=other)
    for member, stories in ((keep, (1, 2)), (other, (2, 3))):
        MeteredView.objects.bulk_create(
            MeteredView(member=member, story_id=story, period="2026-11") for story in stories
        )
    AccessRequest.objects.create(member=keep, message="mine")
    AccessRequest.objects.create(member=other, message="mine too")
    merged(cast, keep, other)
    assert held.ballots.get().choices.get().option == options[0]
    assert later.ballots.get().member == keep
    assert sorted(keep.metered_views.values_list("story_id", flat=True)) == [1, 2, 3]
    assert keep.access_requests.filter(settled_at=None).get().message == "mine"
    assert keep.access_requests.count() == 2
    assert keep.topics.count() == 2


def test_replies_and_recommendations_move_and_nobody_recommends_themselves(
    cast: Cast, pair: tuple[Member, Member], now: datetime
) -> None:
    keep, other = pair
    talk = Discussion.objects.create(story=make_article())
    said = {}
    for name, author in (("keep", keep), ("other", other), ("third", cast.member)):
        text = "The same words" if author != cast.member else "Other words"
        said[name] = Reply.objects.write(
            talk, None, text=text, posted_at=now, author=author, status=Reply.Status.PUBLISHED
        )
    for reply, members in (("keep", [other]), ("other", [keep, cast.patron]), ("third", [keep, other, cast.patron])):
        for member in members:
            Reaction.objects.create(reply=said[reply], member=member)
        Reply.objects.filter(pk=said[reply].pk).update(score=len(members) + 5)  # five came with an import
    merged(cast, keep, other)
    assert keep.replies.count() == 2
    scores = {name: Reply.objects.get(pk=reply.pk).score for name, reply in said.items()}
    assert scores == {"keep": 5, "other": 6, "third": 7}
    assert Reaction.objects.filter(member=keep).count() == 1


def test_what_both_followed_muted_reported_and_were_told_is_there_once(
    cast: Cast, pair: tuple[Member, Member], now: datetime
) -> None:
    keep, other = pair
    talk = Discussion.objects.create(story=make_article())
    root, mine = (
        Reply.objects.write(talk, None, text=text, posted_at=now, author=author, status="published")
        for text, author in (("Root", cast.patron), ("Mine", keep))
    )
    for member, branches in ((keep, (None, root)), (other, (None, root, mine))):
        Follow.objects.bulk_create(Follow(member=member, discussion=talk, branch=branch) for branch in branches)
        Mute.objects.create(member=member, muted=cast.patron)
        Mute.objects.create(member=cast.writer, muted=member)
        Report.objects.create(reply=root, member=member, reason="spam")
        NoticeWishes.objects.create(member=member, answers="daily" if member == keep else "never")
        Notice.objects.create(member=member, kind="followed", about=f"reply-{root.pk}", reply=root, due_at=now)
        ban = sanctions.impose(member, "ban", by=cast.moderator, now=now)
        Appeal.objects.create(member=member, sanction=ban, text="Why?")
    Mute.objects.create(member=keep, muted=other)
    Mute.objects.create(member=other, muted=keep)
    Notice.objects.create(member=other, kind="answers", about=f"reply-{mine.pk}", reply=mine, due_at=now)
    merged(cast, keep, other)
    assert set(Follow.objects.values_list("member", "branch")) == {
        (keep.pk, None), (keep.pk, root.pk), (keep.pk, mine.pk),
    }  # fmt: skip
    assert set(Mute.objects.values_list("member", "muted")) == {
        (keep.pk, cast.patron.pk), (cast.writer.pk, keep.pk),
    }  # fmt: skip
    assert Report.objects.get().member == keep
    assert NoticeWishes.objects.values_list("member", "answers").get() == (keep.pk, "daily")
    told = keep.notices.values_list("about", flat=True)
    assert f"reply-{root.pk}" in told
    assert f"reply-{mine.pk}" not in told  # nobody is told what they wrote themselves
    assert (keep.sanctions.count(), keep.appeals.count()) == (2, 2)
    assert not other.notices.exists()


def test_wishes_of_the_other_account_alone_come_along(cast: Cast, pair: tuple[Member, Member]) -> None:
    keep, other = pair
    NoticeWishes.objects.create(member=other, answers="never")
    merged(cast, keep, other)
    assert NoticeWishes.objects.get().member == keep


def test_letters_are_united_and_consent_stays_with_its_address(cast: Cast, pair: tuple[Member, Member]) -> None:
    keep, other = pair
    now = timezone.now()
    daily, weekly = (Letter.objects.create(slug=slug, name=slug) for slug in ("daily", "weekly"))
    for member, letter in ((keep, daily), (other, daily), (other, weekly)):
        LetterSubscription.objects.create(
            letter=letter, member=member, email=member.email, confirmed_at=now, wording="Yes"
        )
    merged(cast, keep, other)
    getting = LetterSubscription.objects.receiving().filter(member=keep)
    assert set(getting.values_list("letter__slug", "email")) == {
        ("daily", "keep@example.org"), ("weekly", "other@example.org"),
    }  # fmt: skip
    assert LetterSubscription.objects.filter(member=keep, wording="Yes").count() == 3


def test_a_code_to_the_others_address_signs_in_to_the_one_account(
    cast: Cast, pair: tuple[Member, Member], mailoutbox: list[Any], client: Client
) -> None:
    keep, other = pair
    client.force_login(other)
    merged(cast, keep, other)
    assert client.get("/account/").status_code == 302  # signed out
    assert EmailAddress.objects.get(email="other@example.org").user == keep
    client.post("/letters/discover/", {"email": "Other@example.org"}, **HERE)
    assert mailoutbox[-1].to == ["other@example.org"]
    found = re.search(r"^ +(\d{6})$", mailoutbox[-1].body, re.MULTILINE)
    assert found
    client.post("/accounts/login/code/confirm/", {"code": found[1]})
    assert client.session["_auth_user_id"] == str(keep.pk)
    keep.refresh_from_db()
    assert keep.email == "keep@example.org"


def test_the_customer_who_pays_stays_in_use(cast: Cast, pair: tuple[Member, Member], now: datetime) -> None:
    keep, other = pair
    unused = StripeCustomer.objects.create(member=keep, stripe_id="cus_keep")
    paying = StripeCustomer.objects.create(member=other, stripe_id="cus_other")
    Subscription.objects.create(
        customer=paying, stripe_id="sub_1", price=Price.objects.first(), status="active", started_at=now, fetched_at=now
    )
    merged(cast, keep, other)
    unused.refresh_from_db()
    assert StripeCustomer.objects.in_use().get() == paying
    assert (unused.member, unused.superseded_at) == (keep, now)


def test_both_paying_is_flagged_and_nothing_is_refunded_by_itself(till: Till, cast: Cast) -> None:
    keep, other = till.patron(), till.patron("tier-2")
    merging.merge(keep, other, by=cast.manager, now=timezone.now())
    till.fake.delivery.resend(everything=True)
    till.deliver()
    till.advance(31)
    assert till.rank(keep) == 2
    rows = Subscription.objects.filter(customer__member=keep)
    assert rows.standing().count() == 2
    assert rows.exclude(needs_review="").count() == 1
    assert not Payment.objects.filter(amount_refunded__gt=0).exists()
    assert keep.payments.count() == 4  # both renewed


def test_an_open_checkout_of_the_other_is_closed_and_one_that_was_paid_still_counts(till: Till, cast: Cast) -> None:
    keep, other = MemberFactory(), MemberFactory()
    session, paid = till.join(other), till.join(MemberFactory())
    merging.merge(keep, other, by=cast.manager, now=timezone.now())
    till.run_jobs()
    assert till.fake.state.objects[session]["status"] == "expired"
    second = MemberFactory()
    late = till.join(second)
    till.fake.pay(late)
    merging.merge(keep, second, by=cast.manager, now=timezone.now())
    till.deliver()
    assert till.has_access(keep)
    assert till.fake.state.objects[paid]["status"] == "open"


@pytest.mark.parametrize("who", ["itself", "staff", "superuser", "erased", "part of another", "desk, by a manager"])
def test_who_cannot_be_merged_is_refused_with_a_sentence(cast: Cast, pair: tuple[Member, Member], who: str) -> None:
    keep, other = pair
    if who == "itself":
        other = keep
    elif who == "staff":
        other = cast.writer
    elif who == "superuser":
        Member.objects.filter(pk=other.pk).update(is_superuser=True)
    elif who == "erased":
        Member.objects.filter(pk=other.pk).update(erased_at=timezone.now())
    elif who == "part of another":
        Member.objects.filter(pk=other.pk).update(merged_into=cast.member)
    else:
        keep = cast.publisher
    with pytest.raises(merging.MergeError):
        merging.merge(keep, other, by=cast.manager, now=timezone.now())
    assert not Mailing.objects.exists()
    if who == "desk, by a manager":  # every address of it would open the desk: whoever hires may do it
        assert merging.merge(cast.writer, other, by=cast.publisher, now=timezone.now())


def test_the_page_shows_both_and_only_a_post_acts(client: Client, cast: Cast, pair: tuple[Member, Member]) -> None:
    keep, other = pair
    make_patron(other)
    path = f"/admin/members/member/{keep.pk}/merge/"
    client.force_login(cast.moderator)
    assert client.get(path).status_code == 403
    assert client.post(path, {"with": other.pk}).status_code == 403
    client.force_login(cast.manager)
    assert client.get(path).status_code == 200
    assert client.get(f"{path}?with=nobody@example.org").status_code == 404
    page = client.get(f"{path}?with=OTHER@example.org").content.decode()
    for part in ("keep@example.org", "other@example.org", "reads as Tier 1 until", "Make them one account"):
        assert part in page
    assert page.count("<h1") == 1
    other.refresh_from_db()
    assert other.is_active
    for _click in range(2):
        answer = client.post(path, {"with": other.pk})
        assert (answer.status_code, answer["Location"]) == (303, f"/admin/members/member/{keep.pk}/change/")
    assert client.post(path, {"with": cast.writer.pk}).status_code == 409
    assert not ProcrastinateJob.objects.filter(task_name__endswith="expire_checkout").exists()
