"""Where a text is cut, and how its nodes become what readers see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.editor import clean_story
from articles.models import Picture
from articles.nodes import Body, Shown, StoryLink, plain_text, render, source

DIVIDER = '<hr data-paywall="here">'
P1, P2, P3 = "<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>"
LIST = "<ul><li><p>a</p></li><li><p>b</p></li></ul>"
TABLE = "<table><tbody><tr><td>1</td></tr></tbody></table>"
QUOTE = '<figure data-quote="block"><blockquote><p>Said.</p></blockquote></figure>'
SOLO_PICTURE = '<figure data-picture="k"></figure>'


@pytest.mark.parametrize(
    ("html", "opening"),
    [
        (P1 + DIVIDER + P2 + P3, P1),
        (DIVIDER + P1, ""),
        (P1 + P2 + P3 + DIVIDER, P1 + P2 + P3),
        (P1 + DIVIDER + P2 + DIVIDER + P3, P1),
        (P1 + P2 + P3, P1 + P2),
        (P1 + P2 + P3 + P1, P1 + P2),
        (P1 + QUOTE + LIST + P2 + P3, P1 + QUOTE + LIST + P2),
        (P1 + P2, P1),
        (P1, ""),
        ("", ""),
        (P1 + LIST, P1),
        (LIST + TABLE, ""),
        (P1 + P2 + "<p> </p>", P1),
        (P1 + P2 + SOLO_PICTURE, P1 + P2),
        (P1 + f"<ul><li>a</li><li>{DIVIDER}b</li></ul>" + P2, P1),
        (P1 + f"<blockquote><p>x</p>{DIVIDER}<p>y</p></blockquote>" + P2, P1),
        ("loose <em>words</em> " + P1 + P2, "<p>loose <em>words</em> </p>" + P1),
    ],
)
def test_the_opening_is_what_stands_before_the_cut(html: str, opening: str) -> None:
    body = Body(html)
    assert source(body.opening) == opening
    assert "data-paywall" not in source(body.blocks)


pieces = st.sampled_from([P1, P2, P3, LIST, TABLE, QUOTE, SOLO_PICTURE, "<h2>Head</h2>", "loose "])


@given(st.lists(pieces, max_size=8))
def test_without_a_divider_the_opening_is_never_the_whole_text(parts: list[str]) -> None:
    body = Body(clean_story("".join(parts)))
    assert not body.blocks or len(body.opening) < len(body.blocks)


@given(st.lists(pieces, max_size=8), st.lists(pieces, max_size=8))
def test_nothing_behind_the_divider_is_in_the_opening(before: list[str], after: list[str]) -> None:
    body = Body(clean_story("".join(before) + DIVIDER + "<p>SECRET</p>" + "".join(after)))
    assert "SECRET" not in source(body.opening)
    assert "SECRET" in source(body.rest)


@given(st.text(max_size=300))
def test_any_text_is_cut_without_an_error(text: str) -> None:
    body = Body(clean_story(text))
    render(body.blocks, Shown())


def test_headings_have_one_id_each_over_the_whole_text() -> None:
    html = source(Body("<h2>Who pays?</h2><p>x</p><h2>Who pays?</h2><h2>Continue</h2><h3>Хто платить</h3>").blocks)
    for name in ("who-pays", "who-pays-2", "continue-2", "хто-платить"):
        assert html.count(f'id="{name}"') == 1


def test_picture_shows_caption_and_credit_and_vanishes_when_unknown() -> None:
    shown = Picture(
        key="k", file="pictures/a.jpg", width=1200, height=800, alt='A "quay"', caption="<b>", credit="Amira"
    )
    html = render(
        Body('<figure data-picture="k"></figure><p>x</p><figure data-picture="gone"></figure>').blocks,
        Shown({"k": shown}),
    )
    assert 'alt="A &quot;quay&quot;"' in html
    assert "&lt;b&gt;" in html
    assert '<span class="credit">Amira</span>' in html
    assert html.count("<figure") == 1


def test_read_also_is_a_link_while_its_story_is_live_and_nothing_else() -> None:
    html = '<p>x</p><aside data-read-also="5"></aside><aside data-read-also="6"></aside>'
    shown = render(Body(html).blocks, Shown(stories={5: StoryLink("/a/", "Fish & ships")}))
    assert '<a href="/a/">Fish &amp; ships</a>' in shown
    assert shown.count("<aside") == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "not a url", ""])
def test_embed_of_anything_but_a_web_address_is_left_out(url: str) -> None:
    assert render(Body(clean_story(f'<p>x</p><figure data-embed="{url}"></figure>')).blocks, Shown()) == "<p>x</p>"


def test_embed_is_a_link_and_loads_nothing_from_elsewhere() -> None:
    html = render(Body('<figure data-embed="https://video.example/1?a=1&b=2"></figure>').blocks, Shown())
    assert '<a href="https://video.example/1?a=1&amp;b=2" rel="external noopener">' in html
    assert "iframe" not in html
    assert "src=" not in html


def test_links_elsewhere_say_so_and_paid_ones_too() -> None:
    html = (
        '<p><a href="https://example.org/">out</a> <a href="/own/">in</a> <a href="http://testserver/x/">ours</a></p>'
    )
    shown = render(Body(html).blocks, Shown())
    assert shown.count('rel="external noopener"') == 1
    assert 'rel="sponsored nofollow noopener"' in render(Body(html).blocks, Shown(links_are_paid=True))


def test_wide_table_can_be_scrolled_by_keyboard_and_aligns_numbers() -> None:
    head = "<caption>Costs</caption><thead><tr><th>Quay</th><th>2024</th></tr></thead>"
    html = f"<table>{head}<tbody><tr><td>South</td><td>1.4</td></tr></tbody></table>"
    shown = render(Body(html).blocks, Shown())
    assert '<div class="table-scroll" role="region" tabindex="0" aria-label="Costs">' in shown
    assert shown.count('class="is-number"') == 2


def test_plain_text_keeps_words_apart_and_leaves_insets_out() -> None:
    silent = '<aside data-read-also="1">no</aside><figure data-embed="u">no</figure>'
    html = f"<p>a<br>b</p><ul><li>c</li><li>d</li></ul>{silent}"
    assert plain_text(Body(html).blocks) == "a b c d"
