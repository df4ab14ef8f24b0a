"""WordPress markup becomes what our own editor would have written."""

from collections.abc import Iterable

import pytest

from articles.importers.bodies import Converted, FoundPicture, convert
from articles.importers.media import is_file_name, key_of, original, stem_of
from articles.importers.texts import plain, slug_of

SITE = "https://old.example.org"
IMAGE = '<img src="https://old.example.org/wp-content/uploads/quay.jpg" alt="The quay">'

BLOCK = '<figure data-quote="block"><blockquote>'
END = "</figcaption></figure>"


class Album:
    """Knows two pictures; a key is the address."""

    def __init__(self) -> None:
        self.asked: list[FoundPicture] = []

    def key(self, found: FoundPicture) -> str:
        """The picture's key."""
        self.asked.append(found)
        return f"key-{len(self.asked)}"

    def gallery(self, ids: list[int]) -> Iterable[FoundPicture]:
        """A gallery; without ids both."""
        return [FoundPicture(f"{SITE}/{number}.jpg", "", "", number) for number in ids or [1, 2]]


def converted(markup: str) -> Converted:
    """The markup, with an album of its own."""
    return convert(markup, Album(), SITE)


def html(markup: str) -> str:
    """The markup's story HTML."""
    return converted(markup).html


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("One.\n\nTwo\nlines.", "<p>One.</p>\n<p>Two<br>lines.</p>"),
        ("One.\r\n\r\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("Before\n<ul>\n<li>x</li>\n</ul>\nafter", "<p>Before</p>\n<ul>\n<li>x</li>\n</ul>\n<p>after</p>"),
        ("<h1>Big</h1>text<h5>Small</h5>", "<h2>Big</h2>\n<p>text</p>\n<h3>Small</h3>"),
        ("<b>bold</b> <i>it</i> <del>no</del> <kbd>k</kbd>",
         "<p><strong>bold</strong> <em>it</em> <s>no</s> <code>k</code></p>"),
        ("He said <q>no</q>.", "<p>He said “no”.</p>"),
        ("<dl><dt>Quay</dt><dd>A wall.</dd></dl>", "<p><strong>Quay</strong></p>\n<p>A wall.</p>"),
        ("<address>Mill Street 9\nVarnholm</address>", "<p>Mill Street 9<br>Varnholm</p>"),
        ("<div><div>Loose</div>words</div>", "<p>Loose</p>\n<p>words</p>"),
        ("<blockquote>One.\n\nTwo.</blockquote>", "<blockquote><p>One.</p><p>Two.</p></blockquote>"),
        ("<p>&nbsp;</p><p></p><h2> </h2>Text", "<p>Text</p>"),
        ("<pre>  a\n\n  b</pre>", "<pre>  a\n\n  b</pre>"),
        ("Fun <img class='wp-smiley' src='/s.gif' alt=':-)'> fact", "<p>Fun :-) fact</p>"),
        ("<table><tr><td>1</td><td></td></tr></table>",
         "<table><tbody><tr><td>1</td><td></td></tr></tbody></table>"),
        ('<ol start="8"><li>eight<ol><li>below</li></ol></li></ol>',
         '<ol start="8"><li>eight<ol><li>below</li></ol></li></ol>'),
        ('<a href="https://example.com/"><h3>Card</h3></a>',
         '<h3><a href="https://example.com/" rel="noopener">Card</a></h3>'),
        ("", ""),
    ],
)  # fmt: skip
def test_classic_markup_becomes_story_html(markup: str, wanted: str) -> None:
    assert html(markup) == wanted


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        (
            '<!-- wp:quote --><blockquote><p>It moves.</p><cite>Ida <a href="/b">B</a></cite></blockquote>',
            f'{BLOCK}<p>It moves.</p></blockquote><figcaption>Ida <a href="/b" rel="noopener">B</a>{END}',
        ),
        ('<figure class="wp-block-pullquote"><blockquote><p>So it is.</p><cite>Ida</cite></blockquote></figure>',
         '<figure data-quote="pull"><blockquote><p>So it is.</p></blockquote><figcaption>Ida</figcaption></figure>'),
        ('<figure class="wp-block-pullquote"><blockquote><p>So it is.</p></blockquote></figure>',
         '<figure data-quote="pull"><blockquote><p>So it is.</p></blockquote></figure>'),
        ("<blockquote>It moves.\n<cite>Ida</cite></blockquote>",
         f"{BLOCK}<p>It moves.</p></blockquote><figcaption>Ida</figcaption></figure>"),
    ],
)  # fmt: skip
def test_quotation_keeps_its_source(markup: str, wanted: str) -> None:
    assert html(markup) == wanted


def test_block_markup_does_not_break_lines() -> None:
    assert html("<!-- wp:paragraph --><p>one\ntwo</p><!-- /wp:paragraph -->") == "<p>one\ntwo</p>"


def test_more_mark_is_the_divider_and_only_the_first_counts() -> None:
    assert html("A\n\n<!--more-->\n\nB\n\n<!--more Read on-->\n\nC") == (
        '<p>A</p>\n<hr data-paywall="here">\n<p>B</p>\n<p>C</p>'
    )


def test_pages_of_a_story_are_joined() -> None:
    assert html("One\n<!--nextpage-->\nTwo") == "<p>One</p>\n<p>Two</p>"


def test_columns_groups_and_covers_stand_one_after_another() -> None:
    markup = (
        '<!-- wp:columns --><div class="wp-block-columns"><!-- wp:column --><div><p>Left</p></div><!-- /wp:column -->'
        f"<!-- wp:column --><div><figure>{IMAGE}</figure></div><!-- /wp:column --></div><!-- /wp:columns -->"
        '<div class="wp-block-cover" style="background-image:url(https://x.example/sea.jpg)"><p>Over it</p></div>'
    )
    assert html(markup) == (
        '<p>Left</p>\n<figure data-picture="key-1"></figure>\n<figure data-picture="key-2"></figure>\n<p>Over it</p>'
    )


def test_picture_brings_alt_caption_and_id() -> None:
    album = Album()
    markup = (
        '<figure class="wp-block-image"><a href="/wp-content/uploads/quay.jpg">'
        '<img src="/wp-content/uploads/quay-300x200.jpg" alt="The quay" class="size-full wp-image-31"/></a>'
        "<figcaption>At <em>low</em> tide</figcaption></figure>"
    )
    assert convert(markup, album, SITE).html == '<figure data-picture="key-1"></figure>'
    address = f"{SITE}/wp-content/uploads/quay-300x200.jpg"
    assert album.asked == [FoundPicture(address, "The quay", "At low tide", 31)]


@pytest.mark.parametrize(
    "markup",
    [
        f'[caption id="a" width="9"]{IMAGE} At low tide[/caption]',
        f'[caption id="a" width="9" caption="At low tide"]{IMAGE}[/caption]',
        f"<figure>{IMAGE}<figcaption>At low tide</figcaption></figure>",
    ],
)
def test_caption_is_found_in_every_form(markup: str) -> None:
    album = Album()
    convert(markup, album, SITE)
    assert [found.caption for found in album.asked] == ["At low tide"]


def test_picture_in_a_sentence_is_lifted_before_it_and_the_words_stay() -> None:
    assert html(f"{IMAGE} Words.") == '<figure data-picture="key-1"></figure>\n<p>Words.</p>'


def test_link_of_a_picture_that_leads_elsewhere_stays() -> None:
    assert html(f'<a href="https://shop.example.com/">{IMAGE}</a>') == (
        '<figure data-picture="key-1"></figure>\n<p><a href="https://shop.example.com/" rel="noopener">The quay</a></p>'
    )


def test_galleries_of_both_kinds_become_pictures_in_order_with_their_caption() -> None:
    blocks = (
        '<figure class="wp-block-gallery"><ul>'
        f"<li><figure>{IMAGE}<figcaption>One</figcaption></figure></li><li><figure>{IMAGE}</figure></li>"
        "</ul><figcaption>Both of them</figcaption></figure>"
    )
    two = '<figure data-gallery="key-1 key-2"></figure>'
    assert html(blocks) == f"{two}\n<p>Both of them</p>"
    assert html('[gallery ids="4,5" columns="2"]') == two
    assert html("Text\n[gallery]\nmore") == f"<p>Text</p>\n{two}\n<p>more</p>"


@pytest.mark.parametrize(
    "markup",
    [
        "https://video.example.com/w?v=1&t=2",
        "[embed]https://video.example.com/w?v=1&amp;t=2[/embed]",
        '<iframe src="//video.example.com/w?v=1&amp;t=2"></iframe>',
        '[video src="https://video.example.com/w?v=1&amp;t=2"][/video]',
        '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\nhttps://video.example.com/w?v=1&amp;t=2\n</div></figure>',
        '<figure class="wp-block-video"><video controls src="https://video.example.com/w?v=1&amp;t=2"></video></figure>',
    ],
)
def test_what_is_shown_from_elsewhere_becomes_an_embed(markup: str) -> None:
    assert html(markup) == '<figure data-embed="https://video.example.com/w?v=1&amp;t=2"></figure>'


def test_caption_of_an_embed_follows_it() -> None:
    markup = (
        '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">https://v.example/1</div>'
        "<figcaption>The film</figcaption></figure>"
    )
    assert html(markup) == '<figure data-embed="https://v.example/1"></figure>\n<p>The film</p>'


def test_links_to_the_old_site_become_paths_and_files_stay() -> None:
    said = html(
        '<a href="https://old.example.org/2024/05/02/x/#y">a</a> <a href="https://old.example.org/wp-content/a.pdf">b</a>'
    )
    assert 'href="/2024/05/02/x/#y"' in said
    assert 'href="https://old.example.org/wp-content/a.pdf"' in said


def test_what_has_no_place_here_is_counted_by_name_and_harmless_blocks_are_not() -> None:
    found = converted(
        '<!-- wp:latest-posts {"postsToShow":3} /--><!-- wp:spacer /--><form><input></form>'
        '[donate amount="5"]<figure><img src="data:image/png;base64,x"></figure>'
    )
    assert found.left_out == {
        "block “latest-posts”": 1,
        "<form>": 1,
        "shortcode [donate], left as it stands": 1,
        "picture that has no address": 1,
    }
    assert "[donate" in found.html


def test_link_in_a_caption_is_told_of() -> None:
    found = converted(f'<figure>{IMAGE}<figcaption>By <a href="https://p.example/">Pia</a></figcaption></figure>')
    assert found.left_out == {"link in a caption, to https://p.example/": 1}


@pytest.mark.parametrize(
    "danger", ["<script>alert(1)</script>", '<p onclick="x()">', '<a href="javascript:x()">', "<style>p{}</style>"]
)
def test_nothing_that_runs_comes_along(danger: str) -> None:
    said = html(f"{danger}Word")
    assert "Word" in said
    assert not any(part in said for part in ("script", "onclick", "style", "alert"))


def test_words_survive_any_depth_of_boxes() -> None:
    assert html("<div>" * 1000 + "deep" + "</div>" * 1000) == "<p>deep</p>"


@pytest.mark.parametrize(
    ("alt", "is_name"),
    [("DSC_0042", True), ("IMG 17", True), ("harbour-at-night.jpg", True), ("Harbour at night", True),
     ("photo.PNG", True), ("Two men fish", False), ("", False)],
)  # fmt: skip
def test_alt_that_repeats_a_file_name_is_known(alt: str, is_name: bool) -> None:
    assert is_file_name(alt, "https://x.example/2020/harbour-at-night.jpg?w=300") is is_name


def test_sizes_of_one_file_are_one_picture() -> None:
    assert original("https://x.example/a.jpg?w=300&h=200") == "https://x.example/a.jpg"
    assert original("https://x.example/a.php?id=3") == "https://x.example/a.php?id=3"
    assert stem_of("https://x.example/quay-300x200.jpg") == stem_of("https://x.example/quay-scaled.jpg") == "quay"
    assert len(key_of("https://x.example/" + "a" * 400, "caption")) <= 200


def test_titles_keep_what_only_looks_like_markup() -> None:
    assert plain("a &lt; b <em>and</em>  c > d") == "a < b and c > d"
    assert slug_of("%", "Grüße aus Kiel", "x") == "grüße-aus-kiel"
    assert slug_of("what’s-on", "", "x") == "what-s-on"
