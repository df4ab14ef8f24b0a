"""What a letter carries for one recipient, cut by the gate, and the links in it.

The gate is asked when the mail is made, with the rank the recipient has then; what a recipient may not read
is not in the mail. A letter's link opens its story for the recipient, as far as the gate lets them.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.html import strip_tags

from members.gate import ANONYMOUS, NO_METER, Decision, Terms, decide
from members.letters.joining import links
from members.models import Issue, LetterSubscription, Mailing, Member

WEB_SALT = "newsroom.letters.web"
STORY_SALT = "newsroom.letters.story"
OPENS_FOR = timedelta(days=14)
MOMENTS = ("live_from", "archived_at")


def first_story(issue: Issue) -> dict[str, Any]:
    """The story an issue about one story carries. Raises IndexError for an issue without one."""
    story: dict[str, Any] = issue.content["stories"][0]
    return story


def terms_of(issue: Issue) -> Terms:
    """The terms the issue was made with. Raises KeyError or TypeError for an issue without them."""
    values: Mapping[str, Any] = first_story(issue)["terms"]
    moments = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in MOMENTS}
    return Terms(**{**values, **moments})


def may_read(issue: Issue, subscription: LetterSubscription, now: datetime) -> bool:
    """Whether the gate lets the recipient read the issue's story now; a letter costs no metered view."""
    member = subscription.member
    known = Member.objects.with_standing(now).get(pk=member.pk).as_reader() if member else ANONYMOUS
    return decide(terms_of(issue), replace(known, on_staff=False), NO_METER, now) is Decision.READ


def letter_of(mailing: Mailing, now: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """Template context and mail headers of one copy: an issue's, or those of a mail whose context says `leave`."""
    issue, subscription = mailing.issue, mailing.subscription
    if issue is None or subscription is None:
        return {}, one_click(mailing.context["leave"]) if "leave" in mailing.context else {}
    carried = first_story(issue)
    story = {name: value for name, value in carried.items() if name not in ("body_html", "terms")}
    opens = may_read(issue, subscription, now)
    whole = carried.get("body_html", "") if opens else ""
    body, leave = whole or story["teaser_html"], links.leave_link(subscription)
    context = {
        "letter": issue.letter.name,
        "story": story,
        "body": body,
        "text": plain(body),
        "is_whole": bool(whole),
        "link": story_link(issue, subscription),
        "web": web_link(issue),
        "leave": leave,
    }
    return context, {**one_click(leave), "List-Id": f"{issue.letter.name} <{issue.letter.slug}.{_host()}>"}


def one_click(leave: str) -> dict[str, str]:
    """The headers by which a mail program stops a mail at one press (RFC 8058). `leave`: the address it posts to."""
    return {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def plain(html: str) -> str:
    """The paragraphs of a letter as text."""
    broken = re.sub(r"</(p|h[1-6]|li|blockquote|figcaption)>", r"</\1>\n\n", html)
    return re.sub(r"\n{3,}", "\n\n", unescape(strip_tags(broken))).strip()


def story_link(issue: Issue, subscription: LetterSubscription) -> str:
    """Opens the story for this recipient, for two weeks."""
    token = signing.dumps({"i": issue.pk, "s": subscription.pk}, salt=STORY_SALT)
    return settings.SITE_URL + reverse("letter_story", args=[token])


def web_link(issue: Issue) -> str:
    """The letter as a page."""
    return settings.SITE_URL + reverse("letter_web", args=[signing.dumps(issue.pk, salt=WEB_SALT)])


def issue_of(token: str) -> int:
    """The issue a web link names; 0 for a forged one."""
    try:
        return int(signing.loads(token, salt=WEB_SALT))
    except signing.BadSignature:
        return 0


def recipient_of(token: str) -> tuple[Issue, LetterSubscription] | None:
    """Issue and subscription a story link names; None when forged, expired, withdrawn or left."""
    try:
        value = signing.loads(token, salt=STORY_SALT, max_age=OPENS_FOR)
    except signing.BadSignature:
        return None
    issue = Issue.objects.select_related("letter").filter(pk=value["i"]).first()
    subscription = LetterSubscription.objects.select_related("member").filter(pk=value["s"]).first()
    return (issue, subscription) if issue and subscription else None


def _host() -> str:
    return settings.SITE_URL.partition("://")[2].partition(":")[0] or "localhost"
