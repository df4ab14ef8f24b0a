"""Letters as they arrive: the real bytes read back by a parser, their headers, text and HTML."""

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from lxml import html as lxml_html

from members.gate import ANONYMOUS, Audience
from members.letters.issues import rendering, texts
from members.letters.issues.rendering import Press, preview
from members.models import Issue, Letter, LetterSubscription, SiteRules
from tests.factories import MemberFactory
from tests.mail_contexts import CONTEXTS
from tests.members.letters.printed import copy_for, issue_of, mailing_to, marker, notice, parsed, part, patron_of

pytestmark = pytest.mark.django_db
BODY = """<p>One <a href="/2026/11/03/quays/">of ours</a>,
<a href="https://else.example/a">else</a>, <a href="#n1">1</a>.</p>
<h2>What next</h2><ul><li>First thing</li><li>Second thing with many words, so many that the line has to be broken
somewhere in the middle</li></ul><ol start="3"><li>Third</li></ol><blockquote><p>Mud &amp; silt.</p></blockquote>
<figure><img src="https://track.example/p.gif"><figcaption>A picture's caption</figcaption></figure>
<figure data-quote="pull"><blockquote><p>Nobody owns it.</p></blockquote><figcaption>The mayor</figcaption></figure>
<iframe src="https://track.example/"></iframe><script>alert(1)</script><p style="color:red" onclick="x()">Last.</p>
<table><tr><th>Year</th><td>2026</td></tr></table>"""


@pytest.fixture
def letter(db: None, now: Any) -> Letter:
    SiteRules.objects.create(
        pk=1, name="The Lantern", publisher="Lantern Press, Quay 1", contact_email="desk@example.org"
    )
    return Letter.objects.create(slug="daily", name="The Daily")


def test_headers_are_those_of_bulk_mail_and_the_same_for_every_try(letter: Letter) -> None:
    letter.from_name, letter.reply_to = 'Ann "Quay" Öz', "ann@example.org"
    letter.save()
    issue, reader = issue_of(letter, notice("one"), story_id=None, period="2026-11-03"), MemberFactory(language="de")
    mailing = mailing_to(issue, reader)
    first, again = (parsed(Press(issue, issue.send_at).copy(mailing)) for _ in range(2))
    host = "testserver"
    own_link = re.compile(rf"<http://{host}/letters/leave/[^/]+/>")
    assert own_link.fullmatch(str(first["List-Unsubscribe"]).strip())
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["List-Id"] == f'"The Daily" <daily.{host}>'
    assert re.fullmatch(rf"<[0-9a-f]{{32}}@{host}>", first["Message-ID"])
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"] != parsed(copy_for(issue))["Message-ID"]
    assert parseaddr(str(first["From"])) == ('Ann "Quay" Öz', parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    assert (first["Reply-To"], first["To"]) == ("ann@example.org", reader.email)
    assert (first["Content-Language"], first["Auto-Submitted"]) == ("de", "auto-generated")
    assert parsed(copy_for(issue_of(letter, notice("two"))))["Auto-Submitted"] is None  # somebody wrote it
    assert first["Precedence"] is None
    assert [each.get_content_type() for each in first.iter_parts()] == ["text/plain", "text/html"]


def test_no_value_begins_a_header_of_its_own(letter: Letter) -> None:
    letter.name = letter.from_name = "Daily\r\nBcc: evil@example.org\x00\u2028X: y"
    issue = issue_of(letter, notice("one"), subject="Quay\nX-Evil: yes", preheader="a\r\nb")
    message = parsed(copy_for(issue))
    assert (message["Bcc"], message["X-Evil"], message["X"]) == (None, None, None)
    assert message["Subject"] == "Quay X-Evil: yes"
    assert str(message["List-Id"]).endswith("<daily.testserver>")
    letter.name = "Вісник «Набережна» та інші довгі слова для довгого заголовка листа"
    assert str(parsed(copy_for(issue))["List-Id"]).strip() == f"{letter.name} <daily.testserver>"


def test_words_stand_in_text_and_html_and_nothing_is_fetched_from_anywhere(letter: Letter) -> None:
    story = notice("one", body_html=BODY, note="Read this.", standfirst="")
    message = parsed(copy_for(issue_of(letter, story, intro_html='<p>Hello <a href="/about/">us</a>.</p>')))
    text, html = part(message, "plain"), part(message, "html")
    assert "One of ours (http://testserver/2026/11/03/quays/), else\n(https://else.example/a), 1." in text
    assert "- First thing\n- Second thing" in text
    assert "3. Third" in text
    assert "> Mud & silt." in text
    assert "> Nobody owns it.\n\nThe mayor" in text
    assert "Year | 2026" in text
    assert "Hello us (http://testserver/about/)." in text
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 80
    for gone in ("track.example", "alert(1)", "onclick", "caption", "<iframe", "<img", "color:red"):
        assert gone not in text + html, gone
    page = lxml_html.document_fromstring(html)
    assert [str(tag) for tag in page.xpath("//img|//link|//script|//iframe|//form|//object|//video")] == []
    assert not re.search(r"url\(|@import|src=", html)
    assert all(
        href.startswith(("http://testserver/", "mailto:", "https://else.example/")) for href in page.xpath("//@href")
    )
    assert "Lantern Press, Quay 1" in text
    assert "Lantern Press, Quay 1" in html
    assert text.count("/letters/leave/") == html.count("/letters/leave/") == 1
    assert "You get this because you asked for “The Daily” of The Lantern." in text


def test_the_html_is_for_mail_programs_of_all_kinds(letter: Letter) -> None:
    reader = MemberFactory(language="ar")
    made = copy_for(issue_of(letter, notice("one"), notice("two"), preheader="Two stories"), reader)
    html = part(parsed(made), "html")
    page = lxml_html.document_fromstring(html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert len(page.xpath("//h1")) == 1
    assert [each.get("style") for each in page.xpath("//h2[not(@style)]|//p[not(@style)]")] == []
    assert "max-width: 600px" in html
    assert "prefers-color-scheme: dark" in html
    assert page.xpath("string(//div[@class='preheader'])").strip() == "Two stories"
    assert {each.get("lang") for each in page.xpath("//div[@lang]")} == {settings.LANGUAGE_CODE}
    assert page.xpath("//div[contains(@class, 'story')][@dir='auto']")
    raw = made.message().as_bytes()
    assert max(len(line) for line in raw.splitlines()) <= 998


def test_a_letter_too_long_for_mail_programs_says_that_it_is_cut_short(letter: Letter, now: Any) -> None:
    word = f"<p>{'Schlick und Wasser. ' * 30}</p>"
    long = [notice(name, body_html=word * 90 + f"<p>{marker(name)}</p>") for name in ("one", "two")]
    short = notice("three")
    issue = issue_of(letter, *long, short)
    message = copy_for(issue)
    html = part(parsed(message), "html")
    assert len(html.encode()) <= rendering.CLIPPED_AT
    assert [marker(name) in html for name in ("one", "two", "three")].count(True) == 2
    assert marker("three") in html
    assert "too long for mail" in html
    assert "too long for mail" in str(message.body)
    many = issue_of(letter, *[notice(str(n), story=_Story(n), teaser_html=word * 4) for n in range(80)])
    assert len(preview(many, ANONYMOUS, now).html.encode()) <= rendering.CLIPPED_AT


def test_copies_differ_in_nothing_but_what_is_their_own(letter: Letter, now: Any) -> None:
    issue = issue_of(letter, notice("one"), notice("two", Audience.PATRONS))
    people = [patron_of(10), patron_of(10)]
    press = Press(issue, now)
    made = [press.copy(mailing_to(issue, who)) for who in people]
    bodies = [str(getattr(copy, "body", "")) for copy in made]
    assert len(press._sheets) == 1
    own = [set(re.findall(r"http://testserver\S+", body)) for body in bodies]
    assert len(own[0] - own[1]) == 3  # to leave, to one's own letters, and the patrons' story
    for link in own[0] - own[1]:
        bodies[0] = bodies[0].replace(link, "")
    for link in own[1] - own[0]:
        bodies[1] = bodies[1].replace(link, "")
    assert bodies[0] == bodies[1]
    assert not re.search(r"own[0-9a-f]{16}", str(made[0].message()))  # type: ignore[union-attr]


def test_a_trial_copy_stops_nothing_and_says_so_in_no_header(letter: Letter, now: Any) -> None:
    issue, editor = issue_of(letter, notice("one", Audience.PATRONS)), MemberFactory()
    mailing = mailing_to(issue, editor)
    mailing.subscription = None
    LetterSubscription.objects.all().delete()
    made = parsed(Press(issue, now).copy(mailing))  # type: ignore[arg-type]
    assert made["List-Unsubscribe"] is None
    assert "/letters/leave/" not in part(made, "html")
    assert marker("one") not in part(made, "html")


def test_mail_names_no_stranger(letter: Letter) -> None:
    emails = Path(settings.BASE_DIR) / "templates" / "emails"
    for template in emails.rglob("*.html"):
        assert not re.search(r"https?://|<img|src=|@import|url\(", template.read_text()), template
    assert texts.for_mail("<p>a</p><img src='x'>") == "<p>a</p>"
    assert texts.for_mail("Loose <figure><img></figure> &lt;b&gt;") == "Loose  &lt;b&gt;"
    assert texts.plain("") == ""
    assert "members/issue" in CONTEXTS
    assert not Issue.objects.exists()


class _Story:
    """Stands for a story that is not stored: only its key and address are asked."""

    def __init__(self, number: int) -> None:
        self.pk = number + 1

    def get_absolute_url(self) -> str:
        return f"/2026/11/03/story-{self.pk}/"
