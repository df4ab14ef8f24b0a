"""What a letter carries for one recipient, cut by the gate, and the links in it.

The gate is asked when the copy is made, with the standing the recipient has then; what a recipient may not read
is not in the mail. Links of a letter are signed and lead to pages of ours alone. One to a story everybody may read
is the same in every copy (its clicks are counted in sum); one to a gated story that its recipient may read is
theirs, and opens that story for them for two weeks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from members.gate import ANONYMOUS, NO_METER, Allowance, Decision, Reader, Terms, decide
from members.models import Issue, LetterSubscription, Member

WEB_SALT = "newsroom.letters.web"
STORY_SALT = "newsroom.letters.story"
OPENS_FOR = timedelta(days=14)
MOMENTS = ("live_from", "archived_at")
SPENT = Allowance(switched_on=True)  # with nothing left: what costs a view is not for everybody
Story = dict[str, Any]  # of `Issue.content["stories"]`, see `making.StoryNotice`


def stories_of(issue: Issue) -> list[Story]:
    """All stories an issue was made with, those taken back included: the place of each is its number in links."""
    found: list[Story] = issue.content.get("stories", [])
    return found


def shown(issue: Issue, now: datetime) -> Iterator[tuple[int, Story]]:
    """The stories readers may know of now, each with its place; a withdrawn one and one not yet out are left out."""
    for place, story in enumerate(stories_of(issue)):
        if not story.get("withdrawn") and terms_of(story).is_live(now):
            yield place, story


def is_empty(issue: Issue, now: datetime) -> bool:
    """Whether nothing is left to send: it was taken back, or it had stories and has none any more."""
    return issue.withdrawn_at is not None or (bool(stories_of(issue)) and not any(shown(issue, now)))


def first_story(issue: Issue) -> Story:
    """The story an issue about one story carries. Raises IndexError for an issue without one."""
    return stories_of(issue)[0]


def terms_of(story: Mapping[str, Any]) -> Terms:
    """The terms a story was sent with. Raises KeyError or TypeError for one without them."""
    values: Mapping[str, Any] = story["terms"]
    moments = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in MOMENTS}
    return Terms(**{**values, **moments})


def is_open_to(reader: Reader, story: Mapping[str, Any], now: datetime) -> bool:
    """Whether the gate lets `reader` read the story in a letter of theirs; a letter costs no metered view."""
    return decide(terms_of(story), reader, NO_METER, now) is Decision.READ


def is_for_everybody(story: Mapping[str, Any], now: datetime) -> bool:
    """Whether a stranger reads it on the site, without a metered view: such a story needs no link of one's own."""
    return decide(terms_of(story), ANONYMOUS, SPENT, now) is Decision.READ


def recipient(member: Member | None) -> Reader:
    """Who a copy is for, as the gate sees them: staff as what they are besides, for mail leaves the house.

    `member`: loaded with standing; None for an address without an account.
    """
    return replace(member.as_reader(), on_staff=False) if member else ANONYMOUS


def may_read(issue: Issue, subscription: LetterSubscription, now: datetime, story: Story | None = None) -> bool:
    """Whether the recipient may read a story of the issue (the first where none is named) now."""
    pk = subscription.member_id
    known = Member.objects.with_standing(now).filter(pk=pk).first() if pk else None
    return is_open_to(recipient(known), story or first_story(issue), now)


def one_click(leave: str) -> dict[str, str]:
    """The headers by which a mail program stops a mail at one press (RFC 8058). `leave`: the address it posts to."""
    return {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def web_link(issue: Issue) -> str:
    """The letter as a page: the same address for everybody, for ever."""
    return settings.SITE_URL + reverse("letter_web", args=[_web_token(issue)])


def go_link(issue: Issue, place: int) -> str:
    """To the story at `place`, counted in sum: the same address for everybody."""
    return settings.SITE_URL + reverse("letter_go", args=[_web_token(issue), place])


def story_link(issue: Issue, subscription: LetterSubscription, story: Story | None = None) -> str:
    """Opens the story (the first where none is named) for this recipient, for two weeks."""
    return story_address(recipient_token(issue.pk, subscription.pk), (story or first_story(issue))["story_id"])


def recipient_token(issue_id: int, subscription_id: int, signer: signing.TimestampSigner | None = None) -> str:
    """Names issue and recipient, for all links of one copy. `signer`: kept by who makes thousands."""
    return (signer or story_signer()).sign(f"{issue_id}.{subscription_id}")


def story_signer() -> signing.TimestampSigner:
    """Signs the links of recipients."""
    return signing.TimestampSigner(salt=STORY_SALT)


def story_address(token: str, story_id: int) -> str:
    """The address by which the recipient of `token` opens one of the issue's stories.

    Which one is not signed: the token is good for every story of its issue, as far as the gate lets its recipient.
    """
    return settings.SITE_URL + reverse("letter_story", args=[f"{story_id}~{token}"])


def issue_of(token: str) -> int:
    """The issue a web link names; 0 for a forged one."""
    try:
        return int(signing.Signer(salt=WEB_SALT).unsign(token))
    except signing.BadSignature:
        return 0


def recipient_of(token: str) -> tuple[Issue, LetterSubscription, Story] | None:
    """Issue, subscription and story a story link names; None when forged, expired, or about a story not in it."""
    story_id, _tilde, signed = token.partition("~")
    try:
        issue_id, _dot, subscription_id = story_signer().unsign(signed, max_age=OPENS_FOR).partition(".")
    except signing.BadSignature:
        return None
    issue = Issue.objects.select_related("letter").filter(pk=int(issue_id)).first()
    subscription = LetterSubscription.objects.select_related("member").filter(pk=int(subscription_id)).first()
    if issue is None or subscription is None:
        return None
    story = next((each for each in stories_of(issue) if str(each["story_id"]) == story_id), None)
    return (issue, subscription, story) if story else None


def own_path(story: Mapping[str, Any]) -> str:
    """Where the story stands on our own site; the front page for anything that is no path of ours."""
    path = str(story.get("path", ""))
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else "/"


def _web_token(issue: Issue) -> str:
    return signing.Signer(salt=WEB_SALT).sign(str(issue.pk))
