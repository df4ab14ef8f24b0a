"""The members of an archive: every twentieth is a patron by a gift of the desk."""

from collections.abc import Iterator
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.utils import timezone

from members.models import Complimentary, Grant, Member, Tier
from newsroom.demo.archive.rows import batch, copy, key, last_number, reserve

BATCH = 20_000
START, DOMAIN = "reader-", "@archive.example"
PATRON_EVERY = 20
GIVEN_FOR = timedelta(days=400)
FIRST = ("Ada", "Bo", "Clara", "Dag", "Eva", "Finn", "Greta", "Hugo", "Ida", "Jon", "Kaja", "Liv", "Mats", "Nora")
LAST = ("Holm", "Berg", "Lind", "Dahl", "Vik", "Strand", "Moe", "Lund", "Aas", "Krogh", "Falk", "Bakke", "Rud")


def make_members(count: int) -> Iterator[int]:
    """Go on until there are `count`; says after each batch how many there are. They cannot sign in: no such mail."""
    tier = Tier.objects.order_by("rank").first() or Tier.objects.create(slug="supporter", name="Supporter", rank=1)
    while True:
        with batch():
            begin = there() + 1
            end = min(count, begin + BATCH - 1)
            if begin <= end:
                _make(begin, end, tier)
        yield max(end, begin - 1)
        if end >= count or begin > end:
            return


def there() -> int:
    """How many there are."""
    return last_number(Member.objects.filter(email__endswith=DOMAIN), "email", START)


def email_of(number: int) -> str:
    """The address of member `number`."""
    return f"{key(START, number)}{DOMAIN}"


def _make(begin: int, end: int, tier: Tier) -> None:
    """Accounts with confirmed addresses; gifts of the desk, and the grants that follow from them."""
    now = timezone.now()
    keys = dict(zip(range(begin, end + 1), reserve(Member, end - begin + 1), strict=True))
    accounts = (
        (pk, email_of(number), f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}", "!archive", now)
        for number, pk in keys.items()
    )
    copy(Member, ("id", "email", "name", "password", "joined_at"), accounts)
    addresses = ((pk, email_of(number), True, True) for number, pk in keys.items())
    copy(EmailAddress, ("user_id", "email", "verified", "primary"), addresses)
    patrons = [pk for number, pk in keys.items() if number % PATRON_EVERY == 0]
    given = list(zip(patrons, reserve(Complimentary, len(patrons)), strict=True))
    when = (now, now + GIVEN_FOR)
    gifts = ((pk, member, tier.pk, *when, "archive") for member, pk in given)
    copy(Complimentary, ("id", "member_id", "tier_id", "starts_at", "ends_at", "reason"), gifts)
    grants = ((member, tier.pk, *when, Grant.Source.COMPLIMENTARY, pk, "archive") for member, pk in given)
    copy(Grant, ("member_id", "tier_id", "starts_at", "ends_at", "source", "source_id", "reason"), grants)
