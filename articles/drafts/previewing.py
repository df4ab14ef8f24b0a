"""Reading a story that is not out as if it were. Nothing is stored, nothing counted, no gate is opened:
the gate decides on the stored terms with `now` as their moment."""

import dataclasses
from datetime import datetime

from django.utils import timezone

from articles.models import Article
from articles.reading import Reading, read
from articles.shelved import told_of
from members.gate import Allowance, Reader
from members.models import SiteRules

NOBODY = -1  # no account has this key
INVITED = Reader(member_id=NOBODY, on_staff=True)  # whom the newsroom lets read the whole text, wherever it is cut


def as_if_out(article: Article, now: datetime) -> Article:
    """The row in memory with the address and date it would get now. Never to be saved."""
    article.published_at = article.published_at or now
    article.published_on = article.published_on or timezone.localdate(article.published_at)
    article.slug = article.slug or f"preview-{article.pk}"
    return article


def read_as(article: Article, reader: Reader, *, rules: SiteRules, now: datetime) -> Reading:
    """What this reader would be given of a story loaded `for_reading` if it were out."""
    terms = dataclasses.replace(article.terms(rules), live_from=now)
    allowance = Allowance(switched_on=rules.meter_is_on, left=1)
    return read(told_of(article), terms, reader=reader, allowance=allowance, rules=rules, now=now)
