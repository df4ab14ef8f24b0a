"""Custom fields of the old site as fields of ours, as whoever runs the import says."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from articles.importers.report import ImportReport
from articles.importers.texts import plain
from articles.models import Article

ADDRESSES = ("republished_url", "canonical_url")
OURS = ("standfirst", "kicker", "dateline", "search_headline", "social_headline", "republished_from", *ADDRESSES)
USED = ("footnotes", "enclosure", "patreon-level")  # read by us, or WordPress's own


class FieldError(Exception):
    """A mapping that cannot be used. The message is fit to show."""


def mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`theirs=ours` as a mapping. Raises FieldError."""
    found = {}
    for pair in pairs:
        theirs, _equals, ours = (part.strip() for part in pair.partition("="))
        if not theirs or ours not in OURS:
            raise FieldError(
                f"--field {pair}: “{ours}” is no field that can be filled. Say theirs=ours, ours being one of: "
                f"{', '.join(OURS)}."
            )
        found[theirs] = ours
    return found


def fill(article: Article, meta: Mapping[str, str], fields: Mapping[str, str], report: ImportReport) -> None:
    """Set the story's fields from the item's; what is asked for nowhere is counted by name."""
    for theirs, ours in fields.items():
        value = plain(meta.get(theirs, ""))
        if value:
            _set(article, ours, value, theirs, report)
    for theirs in meta:
        if theirs not in fields and theirs not in USED and not theirs.startswith("_"):
            report.skipped[f"custom fields called “{theirs}” (--field {theirs}=… brings them)"] += 1


def _set(article: Article, ours: str, value: str, theirs: str, report: ImportReport) -> None:
    longest: int | None = getattr(Article._meta.get_field(ours), "max_length", None)
    if ours in ADDRESSES:
        try:
            URLValidator(schemes=["http", "https"])(value)
        except ValidationError:
            report.note(article.headline, f"has no web address in its field “{theirs}”: “{value[:100]}”")
            return
    if longest is not None and len(value) > longest:
        report.note(article.headline, f"has more than {longest} characters in its field “{theirs}”: cut")
        value = value[:longest]
    setattr(article, ours, value)
