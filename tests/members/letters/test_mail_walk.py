"""A marker past the teaser of every story, in every kind of letter, for every kind of reader: nothing leaks."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from members.gate import Audience, Reader
from members.letters.issues import contents, making
from members.letters.issues.rendering import Press, preview
from members.models import Issue, Letter, Member
from newsroom import mail
from newsroom.groups import EDITORS
from tests.factories import MemberFactory
from tests.members.letters.printed import issue_of, mailing_to, marker, notice, parsed, part, patron_of

pytestmark = pytest.mark.django_db
TERMS: dict[str, dict[str, Any]] = {
    "everyone": {"audience": Audience.EVERYONE},
    "metered": {"audience": Audience.METERED},
    "members": {"audience": Audience.MEMBERS},
    "patrons": {"audience": Audience.PATRONS},
    "dear": {"audience": Audience.PATRONS, "minimum_rank": 20},
    "interest": {"audience": Audience.PATRONS, "public_interest": True},
    "unknown": {"audience": "unheard of"},
    "tocome": {"audience": Audience.EVERYONE, "live_from": None},
}
FREE = {"everyone", "metered", "interest"}
READS = {
    "address": FREE,
    "member": FREE | {"members"},
    "lapsed": FREE | {"members"},
    "low": FREE | {"members", "patrons"},
    "high": FREE | {"members", "patrons", "dear"},
    "staff": FREE | {"members"},  # as what they are besides: mail leaves the house
}
ON_THE_SITE = {**READS, "address": set(), "staff": set(TERMS) - {"tocome"}}


@pytest.fixture
def readers(now: Any) -> dict[str, Member | None]:
    editor = MemberFactory()
    editor.groups.add(Group.objects.get(name=EDITORS))
    return {"address": None, "member": MemberFactory(), "lapsed": patron_of(10, lapsed=True), "low": patron_of(10),
            "high": patron_of(20), "staff": editor}  # fmt: skip


def issues() -> list[Issue]:
    """Of each kind: about one new story, a digest of all, one of all put together by hand."""
    told = [notice(name, story_terms["audience"], terms=story_terms) for name, story_terms in TERMS.items()]
    letter = Letter.objects.create(slug="new", name="New", sends_new_stories=True, carries=Letter.Carries.WHOLE)
    for each in told:
        if each.headline.endswith(("members", "patrons", "tocome")):  # the others stand in the next two
            making.queue_for_story(each)
    digest = Letter.objects.create(slug="digest", name="Digest", digest="daily", digest_at="07:00")
    composed = Letter.objects.create(slug="hand", name="By hand", from_name="The editor")
    return [
        *Issue.objects.filter(letter=letter),
        issue_of(digest, *told, period="2026-11-03", preheader="Eight stories"),
        issue_of(composed, *told, intro_html="<p>Good morning.</p>"),
    ]


def issues_of_many() -> list[Issue]:
    """Those with all the stories."""
    return [issue for issue in Issue.objects.order_by("pk") if len(contents.stories_of(issue)) > 1]


def seen_in(text: str) -> set[str]:
    return {name for name in TERMS if marker(name) in text}


def test_no_letter_carries_what_its_reader_may_not_read(readers: dict[str, Member | None], now: Any) -> None:
    for issue in issues():
        held = {BY_HEADLINE[story["headline"]] for story in contents.stories_of(issue)}
        press = Press(issue, timezone.now())
        for who, member in readers.items():
            made = press.copy(mailing_to(issue, member))
            if held == {"tocome"}:
                assert made == "the story was taken back"
                continue
            assert not isinstance(made, str), (who, made)
            message = parsed(made)
            may = READS[who] & held
            assert seen_in(part(message, "plain")) == may, (who, issue)
            assert seen_in(part(message, "html")) == may, (who, issue)
            assert not seen_in(str(message.items())), who
            assert "tocome" not in part(message, "plain") + part(message, "html") + str(message.items())


def test_a_preview_shows_each_kind_of_reader_what_they_would_get(readers: dict[str, Member | None], now: Any) -> None:
    issue = issue_of(Letter.objects.create(slug="a", name="A"), *(notice(n, terms=t) for n, t in TERMS.items()))
    for who, rank in (("address", 0), ("low", 10), ("high", 20)):
        shown = preview(issue, Reader(member_id=1 if rank else None, rank=rank), now)
        assert seen_in(shown.text) == seen_in(shown.html) == READS[who]
    issue.subject = ""
    assert preview(issue, Reader(), now).subject == ""  # a draft may have none yet; a copy is refused
    with pytest.raises(mail.MissingField, match="subject"):
        Press(issue, now).copy(mailing_to(issue))


def test_the_page_of_a_letter_is_cut_for_who_looks_at_it(
    readers: dict[str, Member | None], now: Any, client: Client
) -> None:
    about = {story["headline"]: issue for issue in issues() for story in contents.stories_of(issue)[:1]}
    one_of_each = [about["Quay sinks: tocome"], *issues_of_many()]
    for who, member in readers.items():
        browser = Client()
        if member is not None:
            browser.force_login(member)
        for issue in one_of_each:
            held = {BY_HEADLINE[story["headline"]] for story in contents.stories_of(issue)}
            answer = browser.get(contents.web_link(issue))
            assert answer.status_code == (410 if held == {"tocome"} else 200)
            said = answer.content.decode() + str(answer.headers)
            assert seen_in(said) == ON_THE_SITE[who] & held, (who, issue)
            assert "tocome" not in said


BY_HEADLINE = {f"Quay sinks: {name}": name for name in TERMS}
