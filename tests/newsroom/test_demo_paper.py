"""The demo paper's files are whole: they parse, what they name exists, and only the editor's markup occurs."""

import tomllib
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from newsroom.demo.drawing import SCENES, draw, portrait
from newsroom.demo.people import COLLEAGUES, PEOPLE

PAPER = Path(__file__).parents[2] / "newsroom" / "demo" / "paper"
AUDIENCES = ("everyone", "metered", "members", "patrons")
PLAIN = {"p", "h2", "h3", "strong", "em", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote"}
ATTRIBUTES = {
    "a": [{"href"}],
    "figure": [{"data-quote"}, {"data-picture"}, {"data-gallery"}, {"data-embed"}, {"data-file"}],
    "span": [{"data-footnote"}],
    "aside": [{"data-read-also"}, {"data-box"}],
    "hr": [{"data-paywall"}],
    "figcaption": [set()],
} | {tag: [set()] for tag in PLAIN}
BLOCKS = {"p", "h2", "h3", "ul", "ol", "table", "figure", "aside", "hr"}


@cache
def paper() -> dict[str, Any]:
    """paper.toml."""
    return tomllib.loads((PAPER / "paper.toml").read_text("utf-8"))


@cache
def pictures() -> dict[str, Any]:
    """pictures.toml."""
    return tomllib.loads((PAPER / "pictures.toml").read_text("utf-8"))


@cache
def desk() -> dict[str, Any]:
    """desk.toml."""
    return tomllib.loads((PAPER / "desk.toml").read_text("utf-8"))


@cache
def stories() -> dict[str, tuple[dict[str, Any], Any]]:
    """Slug -> front matter and parsed body."""
    found = {}
    for path in sorted((PAPER / "stories").glob("*.html")):
        _, front, body = path.read_text("utf-8").split("+++\n", 2)
        found[path.stem] = (tomllib.loads(front), lxml.html.fragment_fromstring(body, create_parent="div"))
    return found


def slugs(kind: str, key: str = "slug") -> set[str]:
    """The keys of one table of paper.toml."""
    return {row[key] for row in paper()[kind]}


def each_story() -> list[Any]:
    """One test case per story."""
    return [pytest.param(slug, id=slug) for slug in stories()]


@pytest.mark.parametrize("slug", each_story())
def test_a_story_names_only_what_exists(slug: str) -> None:
    front, body = stories()[slug]
    assert front["headline"]
    assert front["standfirst"]
    assert front["dateline"]
    assert front["tags"]
    assert front["section"] in slugs("sections")
    assert front["audience"] in AUDIENCES
    assert {byline["author"] for byline in front["bylines"]} <= slugs("authors")
    assert front.get("picture") is None or front["picture"] in pictures()
    assert front.get("series") is None or (front["series"] in slugs("series") and front["part"] > 0)
    assert front.get("minimum_tier") is None or front["minimum_tier"] in slugs("tiers")
    options = {option["slug"] for round_ in paper()["rounds"] for option in round_["options"]}
    assert front.get("topic") is None or front["topic"] in options
    for link in front.get("related", []):
        assert link["kind"] in ("read-also", "background", "source", "document", "elsewhere")
        assert link["story"] in stories() if "story" in link else link["url"].startswith("https://example.org/")
        assert "story" in link or (link["title"] and link["publisher"])
    assert set(body.xpath(".//aside/@data-read-also")) <= set(stories()) - {slug}
    assert set(body.xpath(".//figure/@data-picture")) <= set(pictures())
    assert {key for keys in body.xpath(".//figure/@data-gallery") for key in keys.split()} <= set(pictures())
    assert set(body.xpath(".//figure/@data-file")) <= {row["key"] for row in desk()["files"]}
    assert set(body.xpath(".//figure/@data-embed")) <= {row["url"] for row in desk()["cards"]}
    assert front.get("withdrawn", {}).get("leads_to", slug) in stories()


@pytest.mark.parametrize("slug", each_story())
def test_a_correction_comes_after_its_story_and_before_now(slug: str) -> None:
    front, _ = stories()[slug]
    for correction in front.get("corrections", []):
        assert correction["kind"] in ("correction", "clarification", "update", "note", "retraction")
        assert correction["text"]
        age = correction.get("minutes_ago", correction.get("days_ago", 0) * 24 * 60)
        assert 0 < age < front["minutes_ago"]


def assert_only_our_markup(body: Any) -> None:
    """Fail on a tag, an attribute or a loose text that the editor would not store."""
    assert not (body.text or "").strip()
    for child in body:
        assert child.tag in BLOCKS
        assert not (child.tail or "").strip()
    for node in body.iterdescendants():
        assert node.tag in ATTRIBUTES, node.tag
        assert set(node.attrib) in ATTRIBUTES[node.tag], (node.tag, dict(node.attrib))
        assert node.get("data-quote") in (None, "block", "pull")
        assert node.get("data-box") in (None, "fact")
        assert node.tag == "td" or len(node) or node.text or node.tag in ("hr", "figure", "aside"), node.tag
        assert not {'"', "'", "--", "..."} & {*(node.text or ""), *(node.tail or "")}


@pytest.mark.parametrize("slug", each_story())
def test_a_story_uses_only_the_editors_markup(slug: str) -> None:
    _, body = stories()[slug]
    assert_only_our_markup(body)
    for quote in body.xpath(".//figure[@data-quote='block']"):
        assert quote.xpath("blockquote/p")
        assert quote.xpath("figcaption/a/@href")


@pytest.mark.parametrize("slug", each_story())
def test_a_gated_story_has_one_divider_between_two_blocks(slug: str) -> None:
    front, body = stories()[slug]
    assert len(body.xpath(".//hr")) == (0 if front["audience"] == "everyone" else 1)
    for divider in body.xpath(".//hr"):
        assert divider.get("data-paywall") == "here"
        assert divider.getparent() is body
        assert 2 <= len(divider.xpath("preceding-sibling::p")) <= 4
        assert len(divider.xpath("following-sibling::p")) >= 3


def test_the_lead_is_open_and_shows_everything_a_story_can_have() -> None:
    front, body = min(stories().values(), key=lambda story: abs(story[0]["minutes_ago"] - 7))
    assert front["minutes_ago"] == 7
    assert front["audience"] == "everyone"
    assert front["picture"]
    assert body.xpath(".//figure[@data-quote='block']//a")
    assert body.xpath(".//aside[@data-read-also]")
    assert len({link["kind"] for link in front["related"]}) >= 4


def test_the_paper_names_only_what_exists() -> None:
    assert {author["portrait"] for author in paper()["authors"] if "portrait" in author} <= set(pictures())
    assert paper()["brief"]["story"] in stories()
    assert stories()[paper()["brief"]["story"]][0]["minutes_ago"] > 0
    assert "{from_price}" in paper()["appeal"]["text"]
    assert [tier["rank"] for tier in paper()["tiers"]] == [1, 2, 3]
    assert [tier["recommended"] for tier in paper()["tiers"]].count(True) == 1
    assert {member.get("tier") for member in paper()["members"]} <= slugs("tiers") | {None}
    addresses = [person["email"] for person in (*paper()["members"], *paper()["authors"])]
    assert len(set(addresses)) == len(addresses)
    assert all(a.endswith("@example.org") for a in addresses)
    for page in paper()["pages"]:
        assert page.get("parent") is None or page["parent"] in slugs("pages")
        assert_only_our_markup(lxml.html.fragment_fromstring(page["body"], create_parent="div"))


def test_the_past_round_led_to_its_story() -> None:
    past = next(round_ for round_ in paper()["rounds"] if round_["slug"] == "last-spring")
    winner = max(past["options"], key=lambda option: option["votes"])
    assert winner["winner"]
    assert stories()[winner["story"]][0]["topic"] == winner["slug"]
    assert stories()[winner["story"]][0]["minutes_ago"] < past["closed_days_ago"] * 24 * 60
    assert len(next(r for r in paper()["rounds"] if "closes_in_days" in r)["options"]) == 5


def test_a_reply_follows_its_story_and_what_it_answers() -> None:
    seen: dict[str, dict[str, Any]] = {}
    for reply in paper()["replies"]:
        front, _ = stories()[reply["story"]]
        assert reply["id"] not in seen
        assert reply["member"] in slugs("members", "key")
        assert reply["text"]
        assert 0 < reply["minutes_after"] < front["minutes_ago"]
        if "reply_to" in reply:
            parent = seen[reply["reply_to"]]
            assert parent["story"] == reply["story"]
            assert parent["minutes_after"] < reply["minutes_after"]
            assert "held" not in parent
        seen[reply["id"]] = reply


def test_nobody_replies_before_they_have_an_account() -> None:
    since = {member["key"]: member["since_days"] * 24 * 60 for member in paper()["members"]}
    for reply in paper()["replies"]:
        front, _ = stories()[reply["story"]]
        assert front["minutes_ago"] - reply["minutes_after"] <= since[reply["member"]], reply["id"]


def test_the_paper_shows_every_kind_of_story() -> None:
    fronts = [front for front, _ in stories().values()]
    audiences = Counter(front["audience"] for front in fronts)
    assert len(fronts) >= 32
    assert 0.5 < audiences["everyone"] / len(fronts) < 0.7
    assert all(audiences[kind] >= least for kind, least in (("metered", 5), ("members", 3), ("patrons", 4)))
    assert min(Counter(front["section"] for front in fronts)[section] for section in slugs("sections")) >= 3
    assert {front.get("status", "live") for front in fronts} == {"live", "draft", "ready"}
    assert sum(front["minutes_ago"] == -3 for front in fronts) == 1
    assert sorted("leads_to" in front["withdrawn"] for front in fronts if "withdrawn" in front) == [False, True]
    assert sorted(front["coverage"] for front in fronts if "coverage" in front) == ["ended", "running"]
    assert sum("goes_out" in front for front in fronts) >= 3
    assert sum("embargo" in front and front["status"] == "ready" for front in fronts) == 1
    assert any(front.get("search_headline") and front.get("social_headline") for front in fronts)
    assert any(front.get("republished_from") and front.get("canonical_url") for front in fronts)
    kinds = {correction["kind"] for front in fronts for correction in front.get("corrections", [])}
    assert kinds >= {"correction", "clarification", "update", "retraction"}
    assert any(author.get("is_guest") for author in paper()["authors"])
    assert any(author.get("is_agency") for author in paper()["authors"])
    assert any(front.get("minimum_tier") for front in fronts)
    assert any(front.get("public_interest") for front in fronts)
    assert sorted(front["part"] for front in fronts if "series" in front) == [1, 2, 3]
    assert len({front["headline"] for front in fronts}) == len(fronts)


def test_one_story_holds_everything_a_text_can_show() -> None:
    front, body = stories()["low-note-on-the-east-basin"]
    assert front["audience"] == "everyone"
    (gallery,) = body.xpath(".//figure/@data-gallery")
    assert len(gallery.split()) == 5
    assert len(body.xpath(".//span[@data-footnote]")) == 2
    assert len(body.xpath(".//figure[@data-embed]")) == len(body.xpath(".//figure[@data-file]")) == 2
    assert body.xpath(".//aside[@data-read-also]")


def test_the_desk_names_only_what_exists() -> None:
    staff = {person.email for person in (*PEOPLE, *COLLEAGUES)}
    for row in (*desk()["entries"], *desk()["slots"], *desk()["notes"], *desk()["previews"], *desk()["plans"]):
        assert row["story"] in stories()
    assert {row["by"] for table in ("notes", "previews", "unsaved") for row in desk()[table]} <= staff
    assert {row["picture"] for row in desk()["rights"]} <= set(pictures())
    assert {slug for row in desk()["limits"] for slug in row["sections"]} <= slugs("sections")
    assert {row["member"] for row in desk()["limits"]} <= staff
    assert not {row["email"] for row in desk()["invitations"]} & staff
    for row in desk()["dead"]:
        assert row["url"] in [link.get("url") for link in stories()[row["story"]][0]["related"]]


def test_live_entries_come_after_their_story_and_only_under_live_ones() -> None:
    counted = Counter(entry["story"] for entry in desk()["entries"])
    assert counted["quay-vote-live"] == 25
    assert sum(entry.get("is_key", False) for entry in desk()["entries"] if entry["story"] == "quay-vote-live") == 3
    for entry in desk()["entries"]:
        front, _ = stories()[entry["story"]]
        assert front["coverage"]
        assert entry.get("changed_minutes_ago", 0) < entry["minutes_ago"] < front["minutes_ago"]
        assert_only_our_markup(lxml.html.fragment_fromstring(entry["text"], create_parent="div"))


def test_texts_use_real_quotation_marks() -> None:
    for slug, (front, _) in stories().items():
        assert not {'"', "'"} & set(front["headline"] + front["standfirst"]), slug
    for reply in paper()["replies"]:
        assert not {'"', "'"} & set(reply["text"]), reply["id"]


def test_every_scene_is_known_and_used() -> None:
    assert {picture["scene"] for picture in pictures().values()} == set(SCENES) | {"portrait"}


def test_pictures_say_what_they_show_but_for_the_one_the_desk_warns_of() -> None:
    assert [key for key, picture in pictures().items() if not picture["alt"]] == ["crane-five"]
    assert [slug for slug, (front, _) in stories().items() if front.get("picture") == "crane-five"] == [
        "crane-for-sale"
    ]
    assert stories()["crane-for-sale"][0]["status"] == "draft"
    for key, picture in pictures().items():
        if key == "crane-five":
            continue
        assert len(picture["alt"]) > 20, key
        assert picture["credit"], key
        assert picture["scene"] == "portrait" or (picture["caption"] and len(picture["alt"]) > 60), key
        assert all(0 <= share <= 1 for share in picture.get("focal", [0.5, 0.5])), key


@pytest.mark.parametrize("scene", [*sorted(SCENES), "portrait"])
def test_a_picture_drawn_twice_is_the_same_and_another_seed_is_another_picture(scene: str) -> None:
    first, again, other = (draw(scene, seed, (180, 120)) for seed in (5, 5, 6))
    assert first.mode == "RGB"
    assert first.size == (180, 120)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_no_two_pictures_of_the_paper_are_alike() -> None:
    drawn = {key: draw(p["scene"], p["seed"], (90, 60)).reduce(5).tobytes() for key, p in pictures().items()}
    for (one, a), (other, b) in combinations(drawn.items(), 2):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a) > 5, (one, other)


def test_a_picture_is_neither_flat_nor_grey() -> None:
    for scene in SCENES:
        small = draw(scene, 1, (90, 60))
        assert len(small.quantize(64).getcolors() or []) > 40
        assert max(high - low for low, high in small.convert("HSV").getextrema()[1:]) > 90, scene


def test_a_portrait_is_square_by_default() -> None:
    assert portrait(1).size == (900, 900)


def test_the_membership_desks_table_names_only_tiers_and_people_that_can_be() -> None:
    found = tomllib.loads((PAPER / "money.toml").read_text("utf-8"))
    people = [*found["guests"], *found["requests"], *found["lives"]]
    emails = [row["email"] for row in [*people, *paper()["members"]]]
    assert len(set(emails)) == len(emails)
    assert all(email.endswith("@example.org") for email in emails)
    assert {row["tier"] for row in [*found["guests"], *found["lives"]]} <= slugs("tiers")
    assert {row.get("act", "pay") for row in found["lives"]} == {"pay", "decline", "cancel", "pause", "switch"}
