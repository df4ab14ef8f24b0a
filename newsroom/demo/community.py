"""Loads the demo's people and what they do: accounts, patrons, rules, tiers, topics, votes, replies, letters."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone

from articles.models import Article, Section
from comments.models import Discussion, Reply
from members.gate import Audience
from members.letters.joining import asking, proof
from members.models import (
    Ballot,
    Choice,
    Consent,
    Grant,
    Letter,
    LetterSubscription,
    Member,
    MenuItem,
    OfflinePayment,
    Price,
    Round,
    SiteRules,
    Tier,
)
from newsroom.demo.people import Person

METER_LIMIT, METER_LIMIT_MEMBERS = 3, 6
REASONS = {  # of held replies, as the rules say them
    "links": "It has many links.",
    "new_member": "It is among the first replies of this account.",
    "held_word": "It uses a word from the list.",
    "doubted": "Several replies of this account were refused.",
    "young": "For the moment, replies of young accounts are read first.",
}
SUBSCRIBED = 24  # of the demo's people, and as many addresses without an account
PERIOD_DAYS = {"month": 30, "year": 365}


def load_rules(paper: dict[str, Any], brief_path: str) -> None:
    """The publisher's decisions: name, brief, appeal, and the gate switched on."""
    site, brief, appeal = paper["site"], paper["brief"], paper["appeal"]
    SiteRules.objects.update_or_create(
        pk=1,
        defaults={
            "name": site["name"],
            "tagline": site["tagline"],
            "description": site["description"],
            "publisher": site["publisher"],
            "contact_email": "desk@example.org",
            "brief": f'{brief["text"]} <a href="{brief_path}">{brief["link_text"]}</a>',
            "meter_limit": METER_LIMIT,
            "meter_limit_members": METER_LIMIT_MEMBERS,
            "hold_first_replies": 1,
            "appeal_title": appeal["heading"],
            "appeal_text": appeal["text"],
        },
    )


def load_menu(rows: list[dict[str, Any]], pages: list[dict[str, Any]]) -> None:
    """Menu entries, and the footer's pages."""
    for position, row in enumerate(rows):
        place = row.get("place", MenuItem.Place.MENU)
        MenuItem.objects.create(place=place, label=row["label"], path=row["url"], position=position)
    for position, page in enumerate(page for page in pages if page.get("in_footer")):
        path = "/".join(filter(None, [page.get("parent"), page["slug"]]))
        MenuItem.objects.create(place=MenuItem.Place.FOOTER, label=page["title"], path=f"/{path}/", position=position)


def load_tiers(rows: list[dict[str, Any]], currency: str) -> None:
    """Tiers with monthly and yearly prices; Stripe's ids come from `stripe_setup`."""
    for row in rows:
        tier = Tier.objects.create(
            slug=row["slug"],
            name=row["name"],
            rank=row["rank"],
            description=row["description"],
            perks="\n".join(row["perks"]),
            is_recommended=row["recommended"],
            trial_days=row.get("trial_days", 0),
        )
        for interval in PERIOD_DAYS:
            Price.objects.create(tier=tier, currency=currency, interval=interval, unit_amount=row[interval])


def make_account(email: str, name: str, **fields: Any) -> Member:
    """An account whose address is confirmed."""
    member: Member = Member.objects.create_user(email, name=name, **fields)
    EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    return member


def load_staff(people: Iterable[Person]) -> None:
    """Journalists, each in their desk groups."""
    for person in people:
        member = make_account(person.email, person.name, is_staff=True)
        member.groups.set(Group.objects.filter(name__in=person.groups))


def load_members(rows: list[dict[str, Any]], now: datetime) -> dict[str, Member]:
    """Readers by key; those with a tier support the paper by bank transfer, so Stripe need not know them."""
    people = {}
    for row in rows:
        joined = now - timedelta(days=row.get("since_days", 20))
        member = people[row.get("key", row["email"])] = make_account(row["email"], row["name"], joined_at=joined)
        if "tier" in row:
            record_support(member, row, now)
    return people


def record_support(member: Member, row: dict[str, Any], now: datetime) -> None:
    """An offline payment for each month or year since the member joined, the last one covering now."""
    tier = Tier.objects.get(slug=row["tier"])
    interval = row.get("interval", "month")
    price = tier.prices.get(interval=interval)
    period = timedelta(days=PERIOD_DAYS[interval])
    begins = now - timedelta(days=row["since_days"])
    while begins <= now:
        OfflinePayment.objects.create(
            member=member,
            tier=tier,
            amount=price.unit_amount,
            currency=price.currency,
            method=OfflinePayment.Method.BANK,
            reference=f"transfer, {member.name}",
            received_on=timezone.localdate(begins),
            starts_at=begins,
            ends_at=begins + period,
        )
        begins += period
    Grant.objects.rebuild(member)


def load_ballots(now: datetime) -> None:
    """A few patrons have voted in the open round; everybody differs."""
    vote = Round.objects.open(now).get()
    options = list(vote.options.order_by("pk"))
    voters = Member.objects.patrons(now).order_by("pk")[: len(options) * 2]
    for number, member in enumerate(voters):
        ballot = Ballot.objects.create(round=vote, member=member, cast_at=now - timedelta(hours=7 * number + 1))
        for step in range(number % vote.choices_per_ballot + 1):
            Choice.objects.create(ballot=ballot, option=options[(number + 2 * step) % len(options)])


def load_replies(rows: list[dict[str, Any]], people: dict[str, Member], now: datetime) -> None:
    """Replies in the order of the file; held ones wait on the desk."""
    written: dict[str, Reply] = {}
    for row in rows:
        story = Article.objects.get(slug=row["story"])
        discussion, _is_new = Discussion.objects.get_or_create(story=story)
        parent = written.get(row.get("reply_to", ""))
        posted_at = min((story.published_at or now) + timedelta(minutes=row["minutes_after"]), now)
        author = people.get(row["member"]) or Member.objects.get(email=row["member"])
        written[row["id"]] = Reply.objects.write(
            discussion,
            parent,
            author=author,
            text=row["text"],
            posted_at=posted_at,
            status=Reply.Status.HELD if row.get("held") else Reply.Status.PUBLISHED,
            rule=row.get("held", ""),
            reason=REASONS[row["held"]] if "held" in row else "",
            announced_at=None if row.get("held") else posted_at,
        )


def load_letters(site_name: str, now: datetime) -> None:
    """The letters readers can ask for, and a few dozen who confirmed them, with the proof. Nobody is mailed."""
    every, section = Letter.Digest.DAILY, Section.objects.filter(slug="city").first() or Section.objects.first()
    morning = Letter.objects.create(
        slug="morning", name=f"{site_name} in the morning", digest=every, digest_at=time(7), is_default=True,
        description="What happened overnight and what the day brings.",
        about="Ten stories at most, each with its first paragraph. Three minutes with the coffee.",
    )  # fmt: skip
    city = Letter.objects.create(
        slug="city-alerts", name=f"{section.name if section else site_name}, as it happens", sends_new_stories=True,
        section_ids=[section.pk] if section else [], description="Each new story, the moment it is out.", position=1,
    )  # fmt: skip
    patrons = Letter.objects.create(
        slug="patrons", name="The patrons’ letter", audience=Audience.PATRONS, position=2,
        description="What your money made possible, four times a year.",
    )  # fmt: skip
    people = list(Member.objects.filter(is_staff=False).order_by("pk")[:SUBSCRIBED])
    paying = set(Member.objects.patrons(now).values_list("pk", flat=True))
    for place, member in enumerate(people):
        for letter in (morning, *([city] if place % 3 == 0 else []), *([patrons] if member.pk in paying else [])):
            subscribe(letter, member.email, member, now - timedelta(days=3 * place + 2))
    for place in range(SUBSCRIBED):
        subscribe(morning if place % 4 else city, f"reader{place}@example.org", None, now - timedelta(days=place + 1))


def subscribe(letter: Letter, email: str, member: Member | None, at: datetime) -> None:
    """A wish confirmed a quarter of an hour after it was made, with both lines of its proof."""
    confirmed = at + timedelta(minutes=15)
    row = LetterSubscription.objects.create(
        letter=letter, email=email, member=member, asked_at=at, asked_on="/letters/", wording=asking.wording(letter),
        confirmed_at=confirmed,
    )  # fmt: skip
    proof.note(row, Consent.Act.ASKED, where="/letters/", wording=row.wording, now=at)
    proof.note(row, Consent.Act.CONFIRMED, where="/letters/confirm/", wording=row.wording, now=confirmed)
