"""Exports of a lighthouse's newspaper, as Ghost 6, 3 and 1 wrote them. Every construct once."""

import json
from pathlib import Path
from typing import Any

SITE = "https://old.example.org"
HERE = "__GHOST_URL__"
LAMP, FOG, KEEP, DRAFT, LATER, MAIL, GOLD, SILVER, ODD, ABOUT, INNER = (f"{number:024x}" for number in range(1, 12))
ANNA, BENE, CHIP, NEWS, LIGHT, HIDDEN = (f"{number:024x}" for number in range(101, 107))
FREE, LOW, HIGH = (f"{number:024x}" for number in range(201, 204))


def said(text: str, form: int = 0) -> dict[str, Any]:
    """A run of text."""
    return {"type": "extended-text", "text": text, "format": form, "detail": 0, "mode": "normal", "style": ""}


def element(kind: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Lexical node with others in it."""
    return {"type": kind, "children": list(children), "direction": "ltr", "version": 1, **more}


def paragraph(*children: dict[str, Any] | str) -> dict[str, Any]:
    """A paragraph."""
    return element("paragraph", *(said(child) if isinstance(child, str) else child for child in children))


def lexical(*nodes: dict[str, Any]) -> str:
    """A Lexical document, as a post's row holds it."""
    return json.dumps({"root": element("root", *nodes)})


def card(kind: str, **values: Any) -> dict[str, Any]:
    """A card."""
    return {"type": kind, "version": 1, **values}


EVERY_CARD = lexical(
    paragraph("The lamp is ", said("new", 1), " and ", said("bright", 3), said("²", 64), ".", card("linebreak")),
    element("extended-heading", said("How it shines"), tag="h2"),
    element("extended-heading", said("In detail"), tag="h5"),
    paragraph(element("link", said("before"), url=f"{HERE}/fog-horn/", rel=None)),
    element(
        "list",
        element("listitem", said("oil"), value=1),
        element("listitem", element("list", element("listitem", said("whale")), listType="number", start=3), value=2),
        listType="bullet",
    ),
    element("extended-quote", said("Keep it burning.")),
    element("aside", said("Burning for all.")),
    card("image", src=f"{HERE}/content/images/size/w1000/2026/01/lamp.jpg", alt="A lamp", caption="<b>The</b> lamp"),
    card(
        "gallery",
        images=[
            {"row": 0, "src": f"{HERE}/content/images/2026/01/one.jpg", "alt": "One"},
            {"row": 0, "src": f"{HERE}/content/images/2026/01/two.jpg", "alt": "Two"},
        ],
        caption="Both lamps",
    ),
    card("bookmark", url="https://lamps.example/history", metadata={"title": "Lamps & oil", "description": "Of old"}),
    card("embed", url="https://www.youtube.com/watch?v=dQw4w9WgXcQ", embedType="video", html="<iframe></iframe>"),
    card("callout", calloutEmoji="💡", calloutText="<p>Oil is <strong>dear</strong></p>", backgroundColor="blue"),
    card("toggle", heading="Why?", content="<p>Because of ships.</p>"),
    card("markdown", markdown="Fat **oil**[^1] here\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1]: See *Pliny*."),
    card("html", html='<p onclick="x()">By <u>hand</u></p><script>alert(1)</script>'),
    card("html", html="<p>Only members saw this</p>", visibility={"web": {"nonMember": False}, "email": {}}),
    card("button", buttonText="Buy oil", buttonUrl="https://oil.example/"),
    card("file", src=f"{HERE}/content/files/2026/01/plan.pdf", fileTitle="The plan", fileName="plan.pdf"),
    card("file", src=f"{HERE}/content/files/2026/01/plan.zip", fileTitle="All plans", fileName="plan.zip"),
    card("audio", src=f"{HERE}/content/media/2026/01/horn.mp3", title="The horn"),
    card("video", src=f"{HERE}/content/media/2026/01/beam.mp4", caption="The beam"),
    card("header", header="Set apart", subheader="and below", buttonEnabled=True, buttonUrl="#/portal/signup/x",
         buttonText="Join"),
    card("product", productTitle="A wick", productDescription="<p>Long</p>", productButtonEnabled=False),
    card("call-to-action", textValue="<p>Come and see</p>", showButton=False, hasSponsorLabel=False),
    card("codeblock", code="if x < 1:\n    shine()", language="python"),
    card("horizontalrule"),
    card("paywall"),
    card("email", html="<p>Dear {first_name}</p>"),
    card("email-cta", html="<p>Only in mail</p>"),
    card("signup", header="Sign up", labels=[]),
    card("transistor", accentColor="#000"),
    paragraph("After the wall."),
)  # fmt: skip


def post(key: str, slug: str, title: str, **more: Any) -> dict[str, Any]:
    """A post's row."""
    usual = {
        "id": key, "uuid": f"uuid-{slug}", "title": title, "slug": slug, "mobiledoc": None, "lexical": None,
        "html": f"<p>{title}, in words.</p><p>More of it.</p><p>The end.</p>", "feature_image": None, "featured": 0,
        "type": "post", "status": "published", "locale": None, "visibility": "public", "custom_excerpt": None,
        "created_at": "2026-01-01T10:00:00.000Z", "published_at": "2026-01-02T23:30:00.000Z", "canonical_url": None,
    }  # fmt: skip
    return {**usual, **more}


def tables() -> dict[str, list[dict[str, Any]]]:
    """The tables of a Ghost 6 export."""
    return {
        "benefits": [{"id": "b1", "name": "A lamp at night", "slug": "lamp"}],
        "newsletters": [
            {"id": "n1", "name": "The beam", "slug": "beam", "description": "Weekly", "status": "active"},
            {"id": "n2", "name": "Old", "slug": "old", "status": "archived"},
        ],
        "posts": [
            post(LAMP, "lamp", "The lamp & the oil", lexical=EVERY_CARD, html="<p>old</p>", visibility="members",
                 feature_image=f"{HERE}/content/images/2026/01/tower.jpg", custom_excerpt="About oil.", featured=1,
                 codeinjection_head="<script></script>"),
            post(FOG, "fog-horn", "Fog horn", visibility="paid", canonical_url="https://elsewhere.example/fog"),
            post(KEEP, "keeper", "The keeper", html=HTML, canonical_url=f"{HERE}/keeper/"),
            post(DRAFT, "draft", "Half a thought", status="draft", published_at=None, html=""),
            post(LATER, "later", "Tomorrow", status="scheduled", published_at="2031-01-01T10:00:00.000Z"),
            post(MAIL, "mail", "By mail", status="sent"),
            post(GOLD, "gold", "For gold", visibility="tiers"),
            post(SILVER, "silver", "For silver", visibility="product:low,product:high"),
            post(ODD, "odd", "For odd ones", visibility="label:vip"),
            post(ABOUT, "about", "About us", type="page", feature_image=f"{HERE}/content/images/2026/01/us.jpg"),
            post(INNER, "inner", "For members", type="page", visibility="members"),
        ],
        "posts_authors": [
            {"id": "1", "post_id": LAMP, "author_id": BENE, "sort_order": 1},
            {"id": "2", "post_id": LAMP, "author_id": ANNA, "sort_order": 0},
            {"id": "3", "post_id": FOG, "author_id": ANNA, "sort_order": 0},
        ],
        "posts_meta": [
            {"id": "1", "post_id": LAMP, "feature_image_alt": "A tower", "feature_image_caption": "<i>The</i> tower",
             "meta_title": "Lamp, oil", "og_title": "Look at this lamp", "email_only": 0},
            {"id": "2", "post_id": MAIL, "email_only": 1},
        ],
        "posts_products": [
            {"id": "1", "post_id": GOLD, "product_id": HIGH, "sort_order": 0},
        ],
        "posts_tags": [
            {"id": "1", "post_id": LAMP, "tag_id": LIGHT, "sort_order": 0},
            {"id": "2", "post_id": LAMP, "tag_id": NEWS, "sort_order": 1},
            {"id": "3", "post_id": LAMP, "tag_id": HIDDEN, "sort_order": 2},
        ],
        "products": [
            {"id": FREE, "name": "Free", "slug": "free", "type": "free", "active": 1, "visibility": "public"},
            {"id": HIGH, "name": "High", "slug": "high", "type": "paid", "active": 1, "visibility": "public",
             "currency": "usd", "monthly_price": 900, "yearly_price": 9000, "trial_days": 7},
            {"id": LOW, "name": "Low", "slug": "low", "type": "paid", "active": 1, "visibility": "none",
             "currency": "usd", "monthly_price": 500, "yearly_price": 5000},
        ],
        "products_benefits": [{"id": "1", "product_id": HIGH, "benefit_id": "b1", "sort_order": 0}],
        "settings": [
            {"key": "title", "value": "The Lighthouse"},
            {"key": "description", "value": "Light for all"},
            {"key": "timezone", "value": "America/New_York"},
            {"key": "navigation", "value": json.dumps([
                {"label": "Home", "url": "/"}, {"label": "News", "url": f"{HERE}/tag/news/"},
                {"label": "About", "url": f"{SITE}/about/"}, {"label": "Elsewhere", "url": "https://x.example/"},
            ])},
            {"key": "secondary_navigation", "value": "[]"},
        ],
        "tags": [
            {"id": NEWS, "name": "News", "slug": "news", "description": "What is new", "visibility": "public"},
            {"id": LIGHT, "name": "Light", "slug": "light", "description": None, "visibility": "public"},
            {"id": HIDDEN, "name": "#hidden", "slug": "hash-hidden", "visibility": "internal"},
        ],
        "users": [
            {"id": ANNA, "name": "Anna Lind", "slug": "anna", "email": "anna@old.example.org", "bio": "Keeps the lamp.",
             "profile_image": f"{HERE}/content/images/2026/01/anna.jpg"},
            {"id": BENE, "name": "Bene", "slug": "bene", "email": "bene@old.example.org", "bio": None},
        ],
    }  # fmt: skip


HTML = """
<!--kg-card-begin: markdown--><p>The keeper<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup> sleeps
by day.</p><!--kg-card-end: markdown-->
<figure class="kg-card kg-image-card kg-card-hascaption"><a href="https://a.example/"><img class="kg-image"
 src="__GHOST_URL__/content/images/2026/01/keeper.jpg" alt="A man"></a><figcaption>The man</figcaption></figure>
<figure class="kg-card kg-gallery-card"><div class="kg-gallery-container"><div class="kg-gallery-row">
<div class="kg-gallery-image"><img src="/content/images/2026/01/a.jpg" alt="A"></div>
<div class="kg-gallery-image"><img src="/content/images/2026/01/b.jpg" alt="B"></div></div></div></figure>
<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="__GHOST_URL__/lamp/">
<div class="kg-bookmark-title">The lamp</div></a></figure>
<figure class="kg-card kg-embed-card"><blockquote class="twitter-tweet"><a href="https://a.example">x</a>
<a href="https://twitter.com/keeper/status/12345">day</a></blockquote><script></script></figure>
<div class="kg-card kg-callout-card"><div class="kg-callout-emoji">!</div>
<div class="kg-callout-text">He is &lt;asleep&gt;</div></div>
<div class="kg-card kg-toggle-card"><div class="kg-toggle-heading"><h4 class="kg-toggle-heading-text">When?</h4></div>
<div class="kg-toggle-content"><p>At noon.</p></div></div>
<div class="kg-card kg-button-card"><a href="https://b.example/" class="kg-btn">Wake him</a></div>
<div class="kg-card kg-file-card"><a class="kg-file-card-container" href="/content/files/rules.pdf">
<div class="kg-file-card-title">Rules</div></a></div>
<div class="kg-card kg-audio-card"><audio src="/content/media/snore.mp3"></audio>
<div class="kg-audio-title">Snore</div></div>
<blockquote class="kg-blockquote-alt">Sleep well.</blockquote>
<div class="kg-card kg-signup-card"><form>Sign up</form></div>
<!--kg-gated-block:begin nonMember:false memberSegment:"status:-free" --><p>For payers</p><!--kg-gated-block:end-->
<pre><code>a
  b</code></pre>
<hr class="footnotes-sep"><section class="footnotes"><ol><li id="fn1" class="footnote-item"><p>Of the
<a href="/lamp/">lamp</a>. <a href="#fnref1" class="footnote-backref">↩︎</a></p></li></ol></section>
"""

MOBILEDOC = json.dumps({
    "version": "0.3.1",
    "atoms": [["soft-return", "", {}]],
    "cards": [
        ["image", {"src": "/content/images/2018/01/old.jpg", "alt": "Old", "caption": "Old lamp"}],
        ["card-markdown", {"markdown": "Some *old* words\n\n- one\n- two"}],
        ["code", {"code": "a < b"}], ["hr", {}], ["paywall", {}], ["nft", {"url": "https://nft.example/"}],
    ],
    "markups": [["em"], ["a", ["href", "/other/", "rel", "noopener"]], ["strong"]],
    "sections": [
        [1, "h1", [[0, [], 0, "Old & odd"]]],
        [1, "p", [[0, [], 0, "An "], [0, [0, 2], 1, "old"], [0, [], 1, " lamp"], [1, [], 0, 0], [0, [1], 1, "there"]]],
        [10, 0], [10, 1], [3, "ol", [[[0, [], 0, "first"]], [[0, [], 0, "second"]]]], [10, 2], [10, 3], [10, 4],
        [10, 5],
        [1, "aside", [[0, [], 0, "Well said"]]], [1, "blockquote", [[0, [], 0, "Quoted"]]], ["nonsense"], [10, 99],
    ],
})  # fmt: skip


def export(data: dict[str, Any], version: str = "6.0.1") -> dict[str, Any]:
    """Tables as Ghost wraps them."""
    return {"db": [{"meta": {"exported_on": 1700000000000, "version": version}, "data": data}]}


def write(path: Path, data: dict[str, Any] | None = None, **more: Any) -> Path:
    """An export in a file: Ghost 6's, or these tables."""
    path.write_text(json.dumps(export(data if data is not None else tables(), **more)), encoding="utf-8")
    return path


def ghost_1() -> dict[str, Any]:
    """What Ghost 1 wrote: one author, pages by a flag, relative addresses, times without a zone."""
    old = {"visibility": "public", "locale": None, "status": "published", "published_at": "2018-01-05 09:00:00"}
    return {
        "posts": [
            {"id": "5a", "uuid": "u-1", "title": "Old", "slug": "old", "mobiledoc": MOBILEDOC, "html": "", "page": 0,
             "author_id": "1", "feature_image": "/content/images/2018/01/top.jpg", **old},
            {"id": "5b", "uuid": "u-2", "title": "Who", "slug": "tag", "html": "<p>We</p>", "page": 1, "author_id": "1",
             **old},
        ],
        "posts_tags": [{"id": "1", "post_id": "5a", "tag_id": "9", "sort_order": 0}],
        "tags": [{"id": "9", "name": "Old", "slug": "old", "visibility": "public"}],
        "users": [{"id": "1", "name": "Ghost", "slug": "ghost"}],
        "settings": [{"key": "permalinks", "value": "/:year/:month/:day/:slug/"},
                     {"key": "activeTimezone", "value": "Asia/Tokyo"}],
    }  # fmt: skip
