"""For whom a letter is: the gate is asked, as of a story. Who may not get it yet is told the way."""

from datetime import datetime

from members.gate import ANONYMOUS, NO_METER, Audience, Decision, Reader, Terms, decide
from members.models import Letter, LetterSubscription, Member


def decision(letter: Letter, reader: Reader, now: datetime) -> Decision:
    """What the gate says of the letter to this reader; staff as what they are besides."""
    rank = letter.minimum_tier.rank if letter.minimum_tier else 1
    terms = Terms(0, letter.audience, live_from=now, minimum_rank=rank)
    return decide(terms, Reader(reader.member_id, reader.rank), NO_METER, now)


def may_get(letter: Letter, reader: Reader, now: datetime) -> bool:
    """Whether the letter is for this reader now."""
    return decision(letter, reader, now) is Decision.READ


def reader_at(row: LetterSubscription, now: datetime) -> Reader:
    """Who reads what goes to this subscription: its member with their standing, or nobody we know. One query."""
    return Member.objects.with_standing(now).get(pk=row.member_id).as_reader() if row.member_id else ANONYMOUS


def is_for_everybody(letter: Letter) -> bool:
    """Whether nobody needs so much as an account for it."""
    return letter.audience == Audience.EVERYONE
