"""Keys of the content API: made and taken back on the desk, kept as hashes, and the reader each of them reads as.

A key reads what everybody reads, or what a patron of its tier reads: an app or static site of the newsroom's own.
"""

import hashlib
import secrets
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from members.gate import ANONYMOUS, Reader
from members.models import ApiKey, AuditEntry, Member

MARK = "nk_"  # so that whoever finds one in a log or a repository knows what it is
SHOWN = 10  # characters of it the desk knows it by
NOBODY = 0  # the account a key with a tier reads as: one that no row has


def secret_for(key: ApiKey) -> str:
    """A new secret for a key that has none, 256 bits; `key` (unsaved) takes its hash and first characters.

    Nobody can be told it a second time: whoever saves `key` shows it at once.
    """
    secret = f"{MARK}{secrets.token_urlsafe(32)}"
    key.prefix, key.digest = secret[:SHOWN], digest_of(secret)
    return secret


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is long and random, so a plain SHA-256 is enough to hide it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_of(secret: str) -> ApiKey | None:
    """The valid key with this secret, its tier loaded; None for any other text. One query."""
    return ApiKey.objects.valid().select_related("tier").filter(digest=digest_of(secret)).first()


def reader_of(key: ApiKey) -> Reader:
    """Whom the gate sees: a patron of the key's tier, without a name, or anybody."""
    if key.tier is None:
        return ANONYMOUS
    return Reader(NOBODY, rank=key.tier.rank, opens_archive=key.tier.opens_archive, may_reply=False)


def note_use(key: ApiKey, *, today: date) -> None:
    """Keep the last day the key was used: one write a day."""
    if key.used_on != today:
        unseen = Q(used_on=None) | Q(used_on__lt=today)
        ApiKey.objects.filter(unseen, pk=key.pk).update(used_on=today)


def make(key: ApiKey, *, by: Member, now: datetime) -> str:
    """Store a new key with a secret of its own, which is returned. Effects: the row, the record."""
    secret = secret_for(key)
    key.made_by, key.made_at = by, now
    with transaction.atomic():
        key.save()
        AuditEntry.objects.note("add", by=by, subject=key, changes={"tier": [None, str(key.tier or "")]})
    return secret


def revoke(key: ApiKey, *, by: Member, now: datetime) -> bool:
    """Take the key back at once; whether it was valid until now. Effects: the row, the record."""
    with transaction.atomic():
        if not ApiKey.objects.valid().filter(pk=key.pk).update(revoked_at=now):
            return False
        AuditEntry.objects.note("revoke", by=by, subject=key)
        return True
