"""Odd texts and odd audiences of Ghost: nothing breaks the run, nothing opens by mistake."""

import json
from datetime import datetime
from typing import Any

import pytest

from articles.importers.ghost.contents import Contents, moment
from articles.importers.ghost.files import OldFiles
from articles.importers.ghost.offers import Tiers
from articles.importers.ghost.writing import OldSite, Writer
from articles.importers.media import OldMedia
from articles.importers.report import ImportReport
from articles.models import Picture
from members.models import Price, Tier
from tests.articles.importers.ghost_exports import SITE, card, element, lexical, paragraph, said

DEEP = 2000


@pytest.fixture
def writer(now: datetime) -> Writer:
    """Writes a text of the old site."""
    report = ImportReport()
    return Writer(OldSite(SITE, OldMedia(report), OldFiles(report, now)), "A story")


def deep() -> str:
    """A Lexical text nested deeper than anything is read."""
    return '{"root": {"children": [' + '{"type": "x", "children": [' * DEEP + "]}" * DEEP + "]}}"


def wide() -> dict[str, Any]:
    """One nested deeper than it is walked."""
    inner = said("deep")
    for _turn in range(400):
        inner = element("unknown", inner)
    return inner


ODD = {
    "broken Lexical": ({"lexical": '{"root": ', "html": "<p>Kept</p>"}, "<p>Kept</p>"),
    "empty Lexical": ({"lexical": lexical(), "mobiledoc": "null", "html": "<p>Kept</p>"}, "<p>Kept</p>"),
    "no document": ({"lexical": "[1]", "mobiledoc": '{"sections": {}}', "html": "<p>Kept</p>"}, "<p>Kept</p>"),
    "too deep to read": ({"lexical": deep(), "html": "<p>Kept</p>"}, "<p>Kept</p>"),
    "too deep to walk": ({"lexical": lexical(wide()), "html": "<p>Kept</p>"}, "<p>Kept</p>"),
    "wrong types": (
        {"lexical": json.dumps({"root": {"children": [{"type": 1, "children": 2}, 3, {"text": 4, "format": "x"}]}}),
         "html": 12},
        "<p>4</p>",
    ),
    "scripts": (
        {"lexical": lexical(paragraph(element("link", said("go"), url="javascript:alert(1)")),
                            card("button", buttonText="<img onerror=x>Go", buttonUrl="data:text/html,x"),
                            card("callout", calloutText='<p onclick="x">Hi</p><iframe src="javascript:1"></iframe>'))},
        '<p>go</p>\n<p>&lt;img onerror=x&gt;Go</p>\n<aside data-box="fact"><p>Hi</p></aside>',
    ),
    "no addresses": (
        {"html": '<p>a<img src="data:image/png;base64,AAAA"><a href="http://[">b</a></p>'
                 '<figure class="kg-card kg-gallery-card"><img src="http://["></figure>'
                 '<div class="kg-card kg-audio-card"><audio src="javascript:x"></audio></div>'},
        "<p>ab</p>",
    ),
    "spelled tokens": ({"html": "<p>x&#xe000;7&#xe001;y</p>"}, "<p>xy</p>"),
    "unclosed": ({"html": "<div><p>One<p>Two <strong>bold</div><blockquote>Said"}, None),
    "a lone card": ({"html": '<div class="kg-card kg-callout-card"><div class="kg-callout-text">a<br>b</div></div>'},
                    '<aside data-box="fact"><p>a<br>b</p></aside>'),
    "a note twice": (
        {"html": '<p>a<a href="#n">1</a> b<a href="#n">1</a> c <a href="#m">2</a></p><div class="footnotes"><ol>'
                 '<li id="n"><p>One</p><p>more</p></li><li id="o">Unnamed</li></ol></div>'},
        '<p>a<span data-footnote="">One more</span> b<span data-footnote="">One more</span> c '
        '<a href="#m" rel="noopener">2</a></p>\n<ol><li>Unnamed</li></ol>',
    ),
    "nothing": ({"html": "<!-- only a note -->\x00"}, ""),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ODD)
def test_an_odd_text_keeps_its_words_and_nothing_else(kind: str, writer: Writer) -> None:
    row, wanted = ODD[kind]
    found = writer.body(row)
    if wanted is not None:
        assert found == wanted
    assert not any(word in found for word in ("script:", "onclick", "<img", "data:", "\ue000"))
    assert not Picture.objects.exists()
    if kind == "unclosed":
        assert all(word in found for word in ("One", "Two", "bold", "Said"))


LOW, HIGH = Tier(pk=1, name="Low", rank=1), Tier(pk=2, name="High", rank=2)
READERS = [
    ("public", [], "everyone", None, ""),
    (None, [], "everyone", None, ""),
    ("members", [], "members", None, ""),
    ("paid", [], "patrons", None, ""),
    ("tiers", ["low"], "patrons", LOW, "was not for High: higher tiers include the lower ones here"),
    ("tiers", ["low", "high"], "patrons", LOW, ""),
    ("tiers", ["high"], "patrons", HIGH, ""),
    ("tiers", ["high", "gone"], "patrons", HIGH, "was for tiers the export does not name"),
    ("tiers", [], "patrons", HIGH, "was for tiers the export does not name"),
    ("filter:status:free,status:-free", [], "members", None, ""),
    ("status:-free", [], "patrons", None, ""),
    ("filter:product:high", [], "patrons", HIGH, ""),
    ("tiers:[low, high]", [], "patrons", LOW, ""),
    ("product:gone", [], "patrons", HIGH, "was for tiers the export does not name"),
    ("none", [], "patrons", None, "was for “none”"),
    ("label:vip", [], "patrons", None, "was for “label:vip”"),
]  # fmt: skip


@pytest.mark.parametrize(("visibility", "products", "audience", "tier", "remark"), READERS)
def test_who_could_read_it_there_can_read_it_here(
    visibility: str | None, products: list[str], audience: str, tier: Tier | None, remark: str
) -> None:
    contents = Contents()
    contents.products_of["1"] = [(place, key) for place, key in enumerate(products)]
    tiers = Tiers(contents, ImportReport())
    tiers.by_id = tiers.by_slug = {"low": LOW, "high": HIGH}
    shown = tiers.shown_to({"id": 1, "visibility": visibility})
    assert (shown.audience, shown.tier) == (audience, tier)
    assert shown.remark.startswith(remark)
    assert bool(shown.remark) == bool(remark)


@pytest.mark.django_db
def test_ghost_4_keeps_prices_in_a_table_of_their_own() -> None:
    contents, report = Contents(), ImportReport()
    contents.products = {
        "p1": {"id": "p1", "name": "Default", "slug": "default", "monthly_price_id": "m", "yearly_price_id": "y"},
        "p2": {"id": "p2", "name": "Nothing", "slug": "nothing"},
    }
    contents.prices = {
        "m": {"id": "m", "amount": 500, "currency": "eur", "interval": "month"},
        "y": {"id": "y", "amount": 5000, "currency": "eur", "interval": "year"},
    }
    for _turn in range(2):
        Tiers(contents, report).bring()
    assert list(Price.objects.order_by("unit_amount").values_list("tier__slug", "unit_amount", "currency")) == [
        ("default", 500, "EUR"), ("default", 5000, "EUR")
    ]  # fmt: skip
    assert list(Tier.objects.values_list("slug", "rank", "product_id")) == [("default", 1, None)]


def test_moments_come_in_every_form_ghost_wrote_them() -> None:
    wanted = "2018-01-05 09:00:00+00:00"
    for value in ("2018-01-05T09:00:00.000Z", "2018-01-05 09:00:00", 1515142800000, "2018-01-05T10:00:00+01:00"):
        assert str(moment(value) and moment(value).astimezone(moment(1).tzinfo)) == wanted  # type: ignore[union-attr]
    for value in (None, "", "soon", "0000-00-00 00:00:00", 10**20, True, [], "0001-01-01T00:00:00Z"):
        assert moment(value) is None
