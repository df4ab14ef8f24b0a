"""Who gets a letter, in number and by kind, and for whom the gate cuts a story in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from articles.drafts.previewing import NOBODY
from members.gate import ANONYMOUS, NO_METER, Audience, Decision, Reader, Terms, decide
from members.letters.joining.entitled import may_get
from members.letters.sending import suppression
from members.models import Letter, Member, Tier

LAPSED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of reader: its name in addresses, in words, and as the gate sees it."""

    slug: str
    label: str
    reader: Reader


def kinds(now: datetime, tiers: Iterable[Tier] | None = None) -> list[Kind]:
    """Every kind of reader a letter may have: without account, member, patron of each tier, lapsed. One query."""
    if tiers is None:
        tiers = Tier.objects.filter(is_active=True).order_by("rank")
    patrons = [
        Kind(f"tier-{tier.pk}", tier.name, Reader(NOBODY, tier.rank, opens_archive=tier.opens_archive))
        for tier in tiers
    ]
    return [
        Kind("address", _("Without account"), ANONYMOUS),
        Kind("member", _("Member"), Reader(NOBODY)),
        *patrons,
        Kind("lapsed", _("Lapsed patron"), Reader(NOBODY, patron_until=now - LAPSED)),
    ]


def cut_for(terms: Terms, letter: Letter, among: Iterable[Kind], now: datetime) -> list[str]:
    """The kinds of readers of the letter who get this story only to its cut. No query."""
    readers = [kind for kind in among if may_get(letter, kind.reader, now)]
    return [kind.label for kind in readers if decide(terms, kind.reader, NO_METER, now) is not Decision.READ]


def how_many(letter: Letter, now: datetime) -> int:
    """How many would get an issue now: confirmed, not left, not spared, of the letter's audience. One query."""
    rows = suppression.without_spared(letter.subscriptions.receiving())
    if letter.audience == Audience.MEMBERS:
        rows = rows.filter(member__isnull=False)
    elif letter.audience == Audience.PATRONS:
        rank = letter.minimum_tier.rank if letter.minimum_tier else 1
        patrons = Member.objects.filter(
            grants__starts_at__lte=now, grants__ends_at__gt=now, grants__tier__rank__gte=rank
        )
        rows = rows.filter(member__in=patrons.values("pk"))
    return rows.count()
