"""Reads the replies of a WordPress export whose stories are here already. Moving the whole site in is
`import_wordpress`, which judges replies by the same rule and names them by the same keys."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from articles.importers.wordpress import wxr
from articles.importers.wordpress.wxr import WxrComment, WxrItem, WxrSite
from comments.importers.found import Found, OldPlace, OldReply, Passed
from comments.models import Reply

STATUSES = {"1": Reply.Status.PUBLISHED, "0": Reply.Status.HELD}


def read(path: Path, *, site: str = "") -> Iterator[Found]:
    """Posts and pages with their replies, in the file's order. The export names its site itself."""
    host = ""
    for thing in wxr.read(path):
        if isinstance(thing, WxrSite):
            host = urlsplit(thing.url).netloc
        elif isinstance(thing, WxrItem) and thing.comments:
            place = key_of(host, str(thing.post_id))
            yield OldPlace(place, (place, thing.link, f"/?p={thing.post_id}"), thing.takes_replies)
            yield from (reply_of(host, place, thing, comment) for comment in thing.comments)
        elif isinstance(thing, WxrItem):
            yield Passed("items without replies")


def reply_of(host: str, place: str, item: WxrItem, comment: WxrComment) -> OldReply:
    """One comment; under what was protected by a password it is held, whatever WordPress said."""
    status = Reply.Status.HELD if item.password else STATUSES.get(comment.approved, Reply.Status.HELD)
    return OldReply(
        key=key_of(host, f"comment-{comment.comment_id}"),
        place=place,
        parent=key_of(host, f"comment-{comment.parent}") if comment.parent else "",
        name=comment.author,
        at=comment.at,
        text=comment.text,
        status=status,
        left=why_left(comment),
    )


def why_left(comment: WxrComment) -> str:
    """Why a comment does not come, as the report says it; "" for one that does."""
    if comment.is_ping:
        return "pings (pingbacks and trackbacks)"
    if comment.approved not in STATUSES:
        return f"replies marked {comment.approved}"
    return "" if comment.at and comment.text else "replies without text or date"


def key_of(host: str, item: str) -> str:
    """The id by which a row of that site is known again."""
    return f"wordpress:{host}:{item}"[:200]
