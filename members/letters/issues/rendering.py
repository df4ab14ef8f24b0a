"""A letter in print: each variant of an issue is rendered once, each copy of it only gets its own links.

A variant is which stories stand open, which of them by a link of the reader's own, and a language: a handful for any
number of readers. Personal links are marks in it, which no text can hold by chance; a copy replaces them. So a
hundred thousand copies cost a hundred thousand joins of strings.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _

from members.gate import Reader
from members.letters.issues import contents, texts
from members.letters.joining import links
from members.letters.joining.entitled import may_get
from members.models import Issue, Letter, LetterSubscription, Mailing, Member, SiteRules
from newsroom import mail

CLIPPED_AT = 100_000  # octets of HTML; Gmail hides what is past 102 kB
TOKEN = 180  # octets a personal link may be longer than its mark
THEIRS = "token"  # where a recipient's own stands in an address that is the same for all
AHEAD = 100  # recipients looked up at once
LEAVE, MINE = -1, -2  # places in `Sheet`s that are no story's
LOWER = {Letter.Carries.WHOLE: Letter.Carries.TEASER, Letter.Carries.TEASER: Letter.Carries.LINES}


@dataclass(frozen=True, slots=True)
class Variant:
    """What a copy is made of: places of its stories, of those open to its reader, of those by a link of their own."""

    stories: tuple[int, ...]
    opened: frozenset[int]
    own_links: frozenset[int]
    language: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rendered variant: text and HTML cut at their personal links; every second piece is the place of a link."""

    subject: str
    text: tuple[str | int, ...]
    html: tuple[str | int, ...]

    def filled(self, link: Callable[[int], str]) -> mail.Rendered:
        """With every link put in."""
        text = "".join(link(piece) if isinstance(piece, int) else piece for piece in self.text)
        html = "".join(link(piece) if isinstance(piece, int) else piece for piece in self.html)
        return mail.Rendered(self.subject, text, html)


class Press:
    """Makes the copies of one issue, as of `now`. Kept for a slice of some seconds or minutes, then made anew.

    `learn` looks up a page of recipients in three queries, and whether a story was withdrawn meanwhile; `copy` of
    one that was not learned does so for it and the next of the issue.
    """

    def __init__(self, issue: Issue, now: datetime) -> None:
        self.issue, self.now = issue, now
        self._rules = SiteRules.current()
        self._sheets: dict[Variant, Sheet] = {}
        self._people: dict[int, Member] = {}
        self._rows: dict[int, LetterSubscription] = {}
        self._signer = contents.story_signer()
        self._sender = mail.sender_of(issue.letter.from_name or self._rules.name)
        self._take(issue)

    def learn(self, mailings: Iterable[Mailing]) -> None:
        """Look up who these copies are for. Replaces what was learned before, so that memory stays as it is."""
        page = list(mailings)
        self._rows = LetterSubscription.objects.in_bulk([each.subscription_id for each in page if each.subscription_id])
        people = {row.member_id for row in self._rows.values()} | {each.member_id for each in page}
        found = Member.objects.with_standing(self.now).filter(pk__in=people - {None})
        self._people = {member.pk: member for member in found}
        fresh = Issue.objects.only("content", "withdrawn_at").filter(pk=self.issue.pk).first()
        if fresh is not None and (fresh.content, fresh.withdrawn_at) != (self.issue.content, self.issue.withdrawn_at):
            self.issue.content, self.issue.withdrawn_at = fresh.content, fresh.withdrawn_at
            self._take(self.issue)

    def copy(self, mailing: Mailing) -> EmailMultiAlternatives | str:
        """The message of one recipient, or in a few words why they get none.

        A mailing without a subscription is a trial: its member's copy, with links that stop nothing.
        Raises mail.MissingField and what a misshapen issue raises: then nobody should get it.
        """
        if mailing.subscription_id not in self._rows and mailing.member_id not in self._people:
            self.learn([mailing, *self._next(mailing)])
        row = self._rows.get(mailing.subscription_id or 0)
        member = self._people.get((row.member_id if row else mailing.member_id) or 0)
        reader = contents.recipient(member)
        why = self._refusal(mailing, row, member, reader)
        if why:
            return why
        variant = self._variant(reader, row, (member and member.language) or settings.LANGUAGE_CODE)
        sheet = self._sheets.get(variant) or self._sheets.setdefault(variant, self._sheet(variant))
        own = self._own_links(row)
        headers = headers_of(self.issue, own(LEAVE) if row else "", variant.language)
        return mail.message_of(
            sheet.filled(own),
            to=mailing.email,
            sender=self._sender,
            reply_to=self.issue.letter.reply_to,
            headers={**headers, "Message-ID": mail.message_id(mailing.key)},
        )

    def _next(self, mailing: Mailing) -> Iterable[Mailing]:
        """Those most likely asked for after this one."""
        queued = Mailing.objects.queued().filter(issue=self.issue, pk__gt=mailing.pk or 0)
        return queued.only("subscription_id", "member_id").order_by("pk")[:AHEAD]

    def _take(self, issue: Issue) -> None:
        """Begin anew with the issue's stories as they are."""
        self._sheets.clear()
        self._stories = dict(contents.shown(issue, self.now))
        self._gated = {place for place, each in self._stories.items() if not contents.is_for_everybody(each, self.now)}
        self._addresses = {
            place: contents.story_address(THEIRS, self._stories[place]["story_id"]) for place in self._gated
        }
        self._is_empty = contents.is_empty(issue, self.now)

    def _refusal(self, mailing: Mailing, row: LetterSubscription | None, member: Member | None, reader: Reader) -> str:
        """Why this reader gets none; nothing where they do."""
        if self._is_empty:
            return _("the story was taken back")
        if mailing.subscription_id is not None and (row is None or not row.is_receiving):
            return _("has left the letter")
        if member is not None and not member.is_active:
            return _("the account is closed")
        if row is None or may_get(self.issue.letter, reader, self.now):
            return ""
        return _("no patron any more") if reader.lapsed else _("not among those the letter is for")

    def _variant(self, reader: Reader, row: LetterSubscription | None, language: str) -> Variant:
        opened = frozenset(
            place for place, story in self._stories.items() if contents.is_open_to(reader, story, self.now)
        )
        return Variant(tuple(self._stories), opened, opened & self._gated if row else frozenset(), language)

    def _sheet(self, variant: Variant) -> Sheet:
        nonce = secrets.token_hex(8)
        marks = {place: f"own{nonce}{place + 2}end" for place in (LEAVE, MINE, *variant.own_links)}
        rendered = rendered_issue(self.issue, self._rules, self._stories, variant, marks)
        cut = re.compile(f"own{nonce}(\\d+)end")
        return Sheet(rendered.subject, _pieces(cut, rendered.text), _pieces(cut, rendered.html))

    def _own_links(self, row: LetterSubscription | None) -> Callable[[int], str]:
        """The links of one recipient, by place."""
        if row is None:
            return lambda place: settings.SITE_URL + reverse("letters")
        token = contents.recipient_token(self.issue.pk, row.pk, self._signer)
        made = {LEAVE: links.leave_link(row, self.issue), MINE: links.mine_link(row)}

        def link(place: int) -> str:
            return made.get(place) or self._addresses[place].replace(THEIRS, token)

        return link


def preview(issue: Issue, reader: Reader, now: datetime, language: str = "") -> mail.Rendered:
    """The letter as `reader` would get it, with links that stop and open nothing; its subject may be empty yet.

    Nothing is read of the issue but what it holds. Raises what `Press.copy` raises.
    """
    stories = dict(contents.shown(issue, now))
    opened = frozenset(place for place, story in stories.items() if contents.is_open_to(reader, story, now))
    variant = Variant(tuple(stories), opened, frozenset(), language or settings.LANGUAGE_CODE)
    letters = settings.SITE_URL + reverse("letters")
    named = copy(issue)
    named.subject = issue.subject.strip() or "…"
    rendered = rendered_issue(named, SiteRules.current(), stories, variant, {LEAVE: letters, MINE: letters})
    return rendered if issue.subject.strip() else replace(rendered, subject="")


def rendered_issue(
    issue: Issue, rules: SiteRules, stories: dict[int, contents.Story], variant: Variant, marks: dict[int, str]
) -> mail.Rendered:
    """One variant, short enough for mail programs: of one too long the longest stories become shorter, and it says so.

    `marks`: what stands for the links of the recipient, by place. Raises mail.MissingField.
    """
    carried = {place: _carried(story, place in variant.opened) for place, story in stories.items()}
    shortened = False
    while True:
        shown = [_shown(issue, place, story, carried[place], marks) for place, story in stories.items()]
        context = {**_frame(issue, rules, marks), "stories": shown, "is_shortened": shortened}
        rendered = mail.render("members/issue", context, variant.language)
        longest = max(shown, key=lambda each: len(each["body_html"]), default=None)
        is_long = len(rendered.html.encode()) + TOKEN * len(marks) > CLIPPED_AT
        if not is_long or longest is None or not longest["body_html"]:
            return rendered
        carried[longest["place"]] = LOWER[Letter.Carries(carried[longest["place"]])]
        shortened = True


def headers_of(issue: Issue, leave: str, language: str) -> dict[str, str]:
    """The headers of a letter, by the standards of bulk mail.

    List-Id (RFC 2919) names the letter; List-Unsubscribe (RFC 2369) with List-Unsubscribe-Post (RFC 8058) stops it at
    one press; Content-Language (RFC 3282); Auto-Submitted (RFC 3834, 5.1) on what nobody wrote by hand: new stories
    and digests. No Precedence: RFC 2076 (3.9) discourages it, and who answers automatically looks at List-Id.
    """
    letter = issue.letter
    name = mail.one_line(letter.name)
    phrase = name.replace("\\", "\\\\").replace('"', '\\"')
    said = f'"{phrase}"' if name.isascii() else Header(name, "utf-8", maxlinelen=1000).encode()
    automatic = {"Auto-Submitted": "auto-generated"} if issue.story_id or issue.period else {}
    return {
        **(contents.one_click(leave) if leave else {}),
        "List-Id": f"{said} <{letter.slug}.{mail.host()}>",
        "Content-Language": language,
        **automatic,
    }


def _frame(issue: Issue, rules: SiteRules, marks: dict[int, str]) -> dict[str, Any]:
    """What stands around the stories."""
    intro = texts.for_mail(issue.content.get("intro_html", ""))
    return {
        "subject": mail.one_line(issue.subject),
        "preheader": mail.one_line(issue.preheader),
        "letter": issue.letter.name,
        "intro_html": intro,
        "intro": texts.plain(intro),
        "site_name": rules.name,
        "publisher": rules.publisher or rules.name,
        "contact": rules.contact_email,
        "content_language": settings.LANGUAGE_CODE,
        "web": contents.web_link(issue),
        "leave": marks[LEAVE],
        "mine": marks[MINE],
    }


def _carried(story: contents.Story, is_open: bool) -> str:
    """How much of a story this copy holds: what the desk asked for, whole only where the gate opens it."""
    wanted = Letter.Carries(story.get("carries") or Letter.Carries.TEASER)
    may_be_whole = is_open and bool(story.get("body_html"))
    return Letter.Carries.TEASER if wanted is Letter.Carries.WHOLE and not may_be_whole else wanted


def _shown(issue: Issue, place: int, story: contents.Story, carried: str, marks: dict[int, str]) -> dict[str, Any]:
    """A story as the templates show it."""
    part = {Letter.Carries.WHOLE: "body_html", Letter.Carries.TEASER: "teaser_html"}.get(Letter.Carries(carried))
    body = texts.for_mail(story[part], among_others=len(contents.stories_of(issue)) > 1) if part else ""
    return {
        "place": place,
        "kicker": story.get("kicker", ""),
        "headline": story["headline"],
        "standfirst": story["standfirst"],
        "note": story.get("note", ""),
        "body_html": body,
        "text": texts.plain(body),
        "is_whole": carried == Letter.Carries.WHOLE,
        "link": marks.get(place) or contents.go_link(issue, place),
    }


def _pieces(cut: re.Pattern[str], rendered: str) -> tuple[str | int, ...]:
    """Text, place, text, place, …, text."""
    return tuple(int(piece) - 2 if odd % 2 else piece for odd, piece in enumerate(cut.split(rendered)))
