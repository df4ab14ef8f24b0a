"""A newsroom's whole WordPress site, in two files as WordPress splits them: one of every construct."""

from pathlib import Path

from tests.articles.importers.making import (
    SITE,
    UPLOADS,
    attachment,
    author,
    category,
    comment,
    entry,
    export,
    item,
)
from tests.articles.importers.oldsite import MP3, PDF, SVG, photograph

BLOCKS = f"""<!-- wp:paragraph -->
<p>The quay sinks.<sup data-fn="n1" class="fn"><a href="#n1" id="n1-link">1</a></sup></p>
<!-- /wp:paragraph --><!-- wp:more --><!--more--><!-- /wp:more -->
<!-- wp:gallery --><figure class="wp-block-gallery has-nested-images"><!-- wp:image {{"id":31}} -->
<figure class="wp-block-image"><img src="{UPLOADS}/2024/05/crane-300x200.jpg" alt="" class="wp-image-31"/>
<figcaption>Crane four</figcaption></figure><!-- /wp:image --><figure class="wp-block-image">
<img alt="The quay"
 src="https://i0.wp.com/old.example.org/wp-content/uploads/2024/05/quay.jpg?resize=300%2C200&amp;ssl=1"/>
</figure><figcaption>Both of them</figcaption></figure><!-- /wp:gallery -->
<!-- wp:file --><div class="wp-block-file"><object class="wp-block-file__embed" data="x"></object>
<a href="{UPLOADS}/2024/05/survey.pdf">The survey</a><a href="{UPLOADS}/2024/05/survey.pdf"
 class="wp-block-file__button" download>Download</a></div><!-- /wp:file -->
<!-- wp:audio --><figure class="wp-block-audio"><audio controls src="{UPLOADS}/2024/05/horn.mp3"></audio></figure>
<!-- /wp:audio --><!-- wp:paragraph --><p>See <a href="{UPLOADS}/2024/05/survey.pdf">page two</a> of it.</p>
<!-- /wp:paragraph --><!-- wp:block {{"ref":90}} /--><!-- wp:footnotes /-->"""

GATED = """<!-- wp:paragraph --><p>Open <!--more-->words.</p><!-- /wp:paragraph -->
<!-- wp:premium-content/logged-out-view --><p>Log in!</p><!-- /wp:premium-content/logged-out-view -->
<!-- wp:WALL--><p>Kept words.</p>"""

CLASSIC = f"""It moves[ref]Eleven millimetres, <a href="https://example.com/">says the survey</a>.[/ref] every year
((and nobody knows (yet) why)). Code is <code>f((a b))</code>.

[caption id="a" width="9"]<img src="{UPLOADS}/2024/05/drawing.svg" alt="A drawing"> Drawn by hand[/caption]

[playlist ids="34"]

[video mp4="{UPLOADS}/2024/05/film.mp4"][/video]

<!--nextpage-->

Two <a href="http://[url]/">ways</a> <img src="http://[url]/a.jpg"> to fail."""
NOTES = '[{"content":"In <em>May</em>.","id":"n1"}]'
SIGNED = [("author", "cap-olga", "olga"), ("author", "cap-maren", "maren")]
HARBOUR = ("category", "harbour", "Harbour")


def build(folder: Path) -> list[Path]:
    """The two files; what the second holds is named by the first."""
    first = export(
        folder / "one.xml",
        author(2, "maren", "Maren Holt"),
        author(3, "mholt", "maren holt"),
        category(5, "harbour", "Harbour"),
        category(6, "cranes", "Cranes", "harbour"),
        category(7, "about", "About"),
        category(8, "harbour-2", "HARBOUR"),
        item(9, "Team", "Who we are.", kind="page", slug="team", parent=10),
        item(
            11, "The quay", BLOCKS, slug="the-quay",
            terms=[("category", "cranes", "Cranes"), HARBOUR, *SIGNED],
            meta={"_thumbnail_id": "32", "footnotes": NOTES, "_yoast_wpseo_primary_category": "5", "place": "Varnholm",
                  "subtitle": "It sinks.", "mood": "grave", "_wp_old_slug": "quay-first"},
            comments=[comment(101, 0, "Ann", "Mine too."), comment(102, 101, "Ben", "And mine.")],
            more="<wp:is_sticky>1</wp:is_sticky>",
        ),
        item(12, "It moves", CLASSIC, slug="the-quay", terms=[("category", "harbour-2", "HARBOUR")], creator="mholt"),
        item(13, "About us, the section", "One.", slug="one", terms=[("category", "about", "About")]),
        item(14, "Later", '[gallery ids="32,31"]Soon.', slug="later", day="2031-01-01", status="future"),
        item(15, "Missed", "Was due.", slug="missed", day="2024-06-01", status="future"),
        item(16, "Between us", "Private.", slug="private", status="private"),
        item(17, "A pitch", "An idea.", slug="pitch", status="pitch"),
        item(19, "Paid", GATED.replace("WALL", "jetpack/paywall /"), slug="paid",
             meta={"_jetpack_newsletter_access": "subscribers"}),
        item(20, "Paid for", GATED.replace("WALL", "premium-content/subscriber-view"), slug="paid-for"),
        item(21, "By patrons", "All of it.", slug="by-patrons", meta={"patreon-level": "5"}),
        item(22, "Patrons", "A page.", slug="patrons", kind="page", meta={"patreon-level": "1"}),
        item(18, "Sticky too", "Stays.", slug="sticky", day="2024-05-03", more="<wp:is_sticky>1</wp:is_sticky>"),
    )  # fmt: skip
    second = export(
        folder / "two.xml",
        item(10, "About", "The paper.", kind="page", slug="about"),
        attachment(31, "2024/05/crane.jpg", alt="A crane at dusk", parent=11),
        attachment(32, "2024/05/quay-scaled.jpg", alt="The quay at low tide", caption="At low tide"),
        attachment(33, "2024/05/survey.pdf"),
        attachment(34, "2024/05/horn.mp3"),
        item(90, "Call", "<!-- wp:paragraph --><p>Write to us.</p><!-- /wp:paragraph -->", kind="wp_block"),
        item(91, "Olga", kind="guest-author", slug="cap-olga",
             meta={"cap-display_name": "Olga Vint", "cap-user_login": "olga", "cap-description": "Reads tides."}),
        entry(70, "", "Main menu", order=1, kind="page", object_id=10),
        entry(71, "Harbour", "Main menu", order=2, kind="category", object_id=5),
        entry(72, "The team", "Main menu", order=4, below=70, kind="page", object_id=9),
        entry(73, "Map", "Main menu", order=3, url="https://example.com/map"),
        entry(74, "Nothing", "Main menu", order=5, url="#"),
        entry(75, "By number", "Footer", order=1, url=f"{SITE}/?page_id=10"),
        entry(76, "Elsewhere", "Social links", order=1, url="https://example.com/us"),
    )  # fmt: skip
    return [first, second]


def uploads(folder: Path) -> Path:
    """A copy of its files; the drawing is a script, the film is not there."""
    place = folder / "backup" / "uploads" / "2024" / "05"
    place.mkdir(parents=True)
    for name, data in {
        "crane.jpg": photograph(), "quay-scaled.jpg": photograph("red"), "drawing.svg": SVG,
        "survey.pdf": PDF, "horn.mp3": MP3,
    }.items():  # fmt: skip
        (place / name).write_bytes(data)
    return folder / "backup"
