"""What people type, tidied and printed: quotations, links, and nothing else."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.writing.texts import printable, quoted, tidy, to_html

LINK = '<a href="{0}" rel="ugc nofollow">{0}</a>'
ALLOWED = {"p": set(), "br": set(), "blockquote": set(), "a": {"href", "rel"}}
PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "https://example.org/", "http://x.y/?a=1&b=\"'<",
        "javascript:alert(1)", "data:text/html,", "&lt;b&gt;", "<!--", "]]>", "> ", "\n", "\n\n", "\u202e", "\0",
        "\ud800", ")",
    ]
)  # fmt: skip


class Seen(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.text += data


@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12).map("".join))
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    tidied = tidy(text)
    seen = Seen(to_html(tidied))
    for tag, attributes in seen.tags:
        assert attributes.keys() <= ALLOWED[tag]
        if tag == "a":
            assert str(attributes["href"]).startswith(("http://", "https://"))
            assert attributes["rel"] == "ugc nofollow"
    marks = str.maketrans("", "", "> \n\t")
    assert "".join(seen.text.translate(marks).split()) == "".join(tidied.translate(marks).split())
    printable(tidied).encode()


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("> said\n> so\nno", "<blockquote><p>said<br>so</p></blockquote><p>no</p>"),
        ("> one\n>\n> two", "<blockquote><p>one</p><p>two</p></blockquote>"),
        ("yes\n>> > deep", "<p>yes</p><blockquote><p>deep</p></blockquote>"),
        (">" * 1000 + " deep", "<blockquote><p>deep</p></blockquote>"),
        (">\n> ", ""),
        ("see https://a.example/b_(c), or", f"<p>see {LINK.format('https://a.example/b_(c)')}, or</p>"),
        ("(https://a.example/b).", f"<p>({LINK.format('https://a.example/b')}).</p>"),
        ("example.org javascript://x ftp://y", "<p>example.org javascript://x ftp://y</p>"),
        ("> https://a.example/", f"<blockquote><p>{LINK.format('https://a.example/')}</p></blockquote>"),
        ("1 < 2 & <b>", "<p>1 &lt; 2 &amp; &lt;b&gt;</p>"),
    ],
)
def test_quotations_links_and_paragraphs_are_the_only_markup(text: str, markup: str) -> None:
    assert to_html(text) == markup


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\u200b\u200d", "\u3164 \u2800\u115f", "\ufeff\u2060", "\u0301\u0301", "\0\ud800"]
)
def test_what_nobody_can_see_is_nothing(text: str) -> None:
    assert tidy(text) == ""


def test_letters_of_every_script_stay_and_towers_of_marks_fall() -> None:
    kept = "Xin chào Việt Nam, שָׁלוֹם, नमस्ते, สวัสดี, 👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿"
    assert tidy(kept) == kept
    assert len(tidy("z" + "\u0335" * 500 + "algo")) < 12
    assert tidy("a\u202eb\r\n\r\n\r\n\r\nc") == "ab\n\nc"


def test_a_quotation_leaves_out_what_it_quotes_itself() -> None:
    assert quoted("> they said\n\nI say\n\nso") == "> I say\n>\n> so"
    assert quoted("> only a quotation") == "> only a quotation"
