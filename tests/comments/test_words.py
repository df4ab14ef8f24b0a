"""The lists of words: folding, replacing, what is odd about them; and the desk's page of them."""

import itertools
import random
import string
import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comments.models import Reply
from comments.moderation import lists, trials, words
from comments.moderation.rules import REPLACED
from comments.moderation.words import Action, Term, WordList, terms_in
from members.models import AuditEntry, SiteRules
from tests.comments.conftest import say
from tests.factories import MemberFactory

NONE = dict.fromkeys(Action, "")
LOOK_ALIKE = dict(zip("aceopxyijsdqwv", "асеорхуіјѕԁԛԝѵ", strict=True))
DIGITS = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"}


def held(*terms: str) -> WordList:
    """These terms as a list."""
    return WordList([Term(term, Action.HOLD) for term in terms])


def found(text: str, *terms: str) -> list[str]:
    """What of `text` these terms meet."""
    return [text[hit.start : hit.end] for hit in held(*terms).hits(text)]


@pytest.mark.parametrize(
    ("term", "text", "met"),
    [
        ("swamp", "Drain the SWÄMP!", ["SWÄMP"]),
        ("swamp", "ｓｗａｍｐ 𝐬𝐰𝐚𝐦𝐩 ⓢⓦⓐⓜⓟ ѕwаmр ꜱᴡᴀᴍᴘ", ["ｓｗａｍｐ", "𝐬𝐰𝐚𝐦𝐩", "ⓢⓦⓐⓜⓟ", "ѕwаmр", "ꜱᴡᴀᴍᴘ"]),
        (
            "swamp",
            "sw\u00ada\u200bm\u200dp, s̷w̷a̷m̷p̷ $w4mp @swamp",
            ["sw\u00ada\u200bm\u200dp", "s̷w̷a̷m̷p̷", "$w4mp", "@swamp"],
        ),
        ("swamp", "a s w a m p; the s w a m p s and s.W.@.m.p", ["s w a m p", "s.W.@.m.p"]),
        ("swamp", "swamps swam p swampy", []),
        ("swamp*", "swamps, Swampy swam p", ["swamps", "Swampy"]),
        ("free money", "FREE\n\n «money» free, money! free good money", ["FREE\n\n «money", "free, money"]),
        ("free mon*", "free monies and free lunch", ["free monies"]),
        ("hello", "he11o h3llo", ["he11o", "h3llo"]),
        ("1488", "1488 14 88 l488 bigi488", ["1488"]),
        ("a$$", "ass a$$ as", ["ass", "a$$"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("ёлка", "елка ЁЛКА", ["елка", "ЁЛКА"]),
        ("कीचड़", "कीचड़ में", ["कीचड़"]),
        ("क", "की", []),  # a vowel sign is no accent
        ("!!!", "what!!!", []),
        ("*", "anything", []),
    ],
)
def test_a_term_meets_whole_words_however_they_are_dressed(term: str, text: str, met: list[str]) -> None:
    assert found(text, term) == met


def test_all_terms_are_found_in_one_pass_the_longest_first_where_several_begin() -> None:
    terms = ("free", "free money", "money now", "free money now", "fr*")
    assert found("free money now", *terms) == ["free money now", "free money", "free", "free", "money now"]


latin = st.text(string.ascii_lowercase, min_size=1, max_size=12)
clothes = st.lists(st.sampled_from(["as it is", "upper", "wide", "accent", "alike", "digit", "joiner"]), min_size=1)


@given(st.lists(latin, min_size=1, max_size=3), clothes, st.sampled_from([" ", "\n", ", ", " — ", "…\t"]))
def test_a_blocked_term_stays_blocked_under_case_accents_look_alikes_and_spaces(
    term: list[str], clothes: list[str], between: str
) -> None:
    dress = itertools.cycle(clothes)
    text = between.join("".join(_dressed(letter, next(dress)) for letter in word) for word in term)
    if any(word.isdigit() for word in text.split(between)):
        return  # a word all of digits is a number
    assert found(f"«?{text}!?.", " ".join(term)), text


def _dressed(letter: str, how: str) -> str:
    """A letter in disguise."""
    match how:
        case "upper":
            return letter.upper()
        case "wide":
            return chr(ord(letter) + 0xFEE0)
        case "accent":
            return unicodedata.normalize("NFC", f"{letter}\u0301")
        case "joiner":
            return f"{letter}\u200d"
        case "digit":
            return DIGITS.get(letter, letter)[0]
        case "alike":
            return LOOK_ALIKE.get(letter, letter)
        case _:
            return letter


@given(st.text(st.sampled_from("abl o10@$*é\n.ß\u0301\u200dа"), max_size=40), latin)
def test_replacing_changes_nothing_outside_of_what_it_meets(text: str, instead: str) -> None:
    rules = SiteRules(replaced_words=f"a b = {instead}\nlo*\nbo = {instead} {instead}")
    hits = [hit for hit in words.list_of(rules).hits(text) if hit.term.action is Action.REPLACE]
    printed = words.replaced(text, rules)
    kept, place = [], 0
    for hit in hits:
        if hit.start >= place:
            kept.append(text[place : hit.start])
            place = hit.end
    rest = printed
    for part in [*kept, text[place:]]:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
    assert hits or printed == text


def test_replacing_prints_what_the_list_says_or_asterisks() -> None:
    rules = SiteRules(replaced_words="damn = darn\nfree money\nswamp*=wetland\nswamps = wetlands")
    text = "  DAMN it,\r\nfree  mönéy & Swampy  swamps\u200d. Undamned "
    assert words.replaced(text, rules) == "  darn it,\r\n****  ***** & wetland  wetlands. Undamned "
    assert words.replaced("nothing", SiteRules()) == "nothing"


def test_no_text_and_no_list_makes_a_look_long() -> None:
    """Work counted, not time: how often the tree is gone down, for lists and texts made to be slow."""
    deep = held(*(" ".join(["the"] * number) for number in range(1, lists.MOST_WORDS + 1)), "t*", "th*", "the*")
    assert len(deep.hits("the " * 750)) == 750 * (lists.MOST_WORDS + 3) - sum(range(lists.MOST_WORDS))
    same_start = held(*(f"the word{number}" for number in range(5_000)))
    assert not same_start.hits("the " * 750)
    assert not held("a").hits("x" * 100_000)
    assert words.replaced("damn " * 5_000, SiteRules(replaced_words="damn")) == "damn " * 5_000  # refused unread


def test_a_list_is_compiled_once_for_each_state() -> None:
    rules = SiteRules(held_words="swamp", blocked_words="slur")
    assert words.list_of(rules) is words.list_of(SiteRules(held_words="swamp", blocked_words="slur"))
    rules.held_words = "marsh"
    assert [hit.term.action for hit in words.list_of(rules).hits("slur in a marsh, no swamp")] == [
        "blocked_words",
        "held_words",
    ]


def test_faults_and_oddities_are_named_in_sentences() -> None:
    assert lists.faults("!!!\n" + "a " * 11 + "\n" + "x" * 201, Action.HOLD) == [
        "“!!!” holds no letter or digit.",
        "“a a a a a a a a a a a …” is longer than 10 words.",
        f"“{'x' * 40} …” is longer than 200 letters.",
    ]
    assert lists.oddities({**NONE, Action.HOLD: "swamp\nbog", Action.BLOCK: "slur*"}) == ([], 0)
    for typed, told in (
        ({Action.HOLD: "swamp\nSwämp"}, "“swamp” stands 2 times in the list of what is held."),
        ({Action.HOLD: "swamps\nswamp*"}, "“swamps” is caught by “swamp*” already."),
        ({Action.HOLD: "green swamp\nswamp"}, "“green swamp” is caught by “swamp” already."),
        ({Action.HOLD: "swamp", Action.BLOCK: "swamp"}, "“swamp” is never held: “swamp” is refused first."),
        ({Action.BLOCK: "swamp", Action.REPLACE: "swamp=bog"}, "“swamp” is never refused: “swamp” is replaced first."),
        (
            {Action.BLOCK: "bog", Action.REPLACE: "swamp=a bog"},
            "What is printed instead of “swamp” holds “bog”, which is listed itself.",
        ),
        ({Action.REPORT: "a*"}, "“a*” catches every word that begins so."),
    ):
        assert lists.oddities({**NONE, **typed}) == ([told], 0)
    assert lists.oddities({**NONE, Action.HOLD: "swamp*", Action.BLOCK: "swamp"})[0] == []  # swamps are held
    many = "\n".join(f"word{number}\nword{number}" for number in range(30))
    assert (len(lists.oddities({**NONE, Action.HOLD: many})[0]), lists.oddities({**NONE, Action.HOLD: many})[1]) == (
        12,
        18,
    )


def page(client: Any, do: str = "", **typed: Any) -> Any:
    """What the desk's page answers: looked at, or posted with these boxes beside what is stored."""
    address = reverse("admin:comments_words")
    if not do:
        return client.get(address)
    now_listed = lists.of_site(SiteRules.current())
    boxes = {str(action): text for action, text in now_listed.items()}
    return client.post(address, {"seen": lists.stamp(now_listed), **boxes, **typed, "do": do})


@pytest.mark.django_db
class TestThePage:
    """Four boxes, a text to try, the newest replies to look back at."""

    def test_the_lists_are_stored_tidied_audited_in_numbers_and_live(
        self, cast: Any, signed_in: Any, story: Any
    ) -> None:
        client = signed_in(cast.moderator)
        SiteRules.objects.update_or_create(pk=1, defaults={"held_words": "old\nkept", "hold_first_replies": 0})
        with CaptureQueriesContext(connection) as asked:
            typed = {"held_words": "  kept \r\n\r\n free   money \r\nnew", "replaced_words": "damn=darn"}
            answer = page(client, "save", **typed)
        assert any("pg_notify" in query["sql"] and "site" in query["sql"] for query in asked)
        assert answer.status_code == 302
        rules = SiteRules.objects.get()
        assert (rules.held_words, rules.replaced_words) == ("kept\nfree money\nnew", "damn=darn")
        entry = AuditEntry.objects.get()
        assert entry.changes == {"held_words": ["2", "3 (+2 −1)"], "replaced_words": ["0", "1 (+1 −0)"]}
        assert entry.by == cast.moderator
        shown = page(client).content.decode()
        assert "Held: 3 words, 2 new, 1 gone." in shown
        writer = signed_in(MemberFactory())
        writer.post(f"/replies/to/story/{story.pk}/", {"comment": "a NEW thing, damn"})
        assert Reply.objects.get().comment == "a NEW thing, darn"
        assert (Reply.objects.get().status, Reply.objects.get().rule) == ("held", "held_word")
        page(client, "save")
        assert AuditEntry.objects.count() == 1  # nothing had changed

    def test_a_line_that_cannot_be_listed_and_work_that_is_old_are_refused_with_the_text_kept(
        self, cast: Any, signed_in: Any
    ) -> None:
        client = signed_in(cast.publisher)
        answer = page(client, "save", held_words="fine\n!!!")
        assert answer.status_code == 422
        assert "“!!!” holds no letter or digit." in answer.content.decode()
        seen = lists.stamp(NONE)
        SiteRules.objects.update_or_create(pk=1, defaults={"held_words": "meanwhile"})
        answer = page(client, "save", held_words="mine", seen=seen)
        said = answer.content.decode()
        assert answer.status_code == 422
        assert "meanwhile (held)" in said
        assert "\nmine</textarea>" in said
        assert SiteRules.objects.get().held_words == "meanwhile"
        again = {"held_words": "mine", "seen": answer.context["form"].data["seen"]}
        assert page(client, "save", **again).status_code == 302

    def test_a_text_is_tried_on_what_is_typed_and_every_rule_says_what_it_would(
        self, cast: Any, signed_in: Any
    ) -> None:
        client = signed_in(cast.moderator)
        typed = {"held_words": "swamp", "replaced_words": "damn = <b>darn</b>"}
        answer = page(client, "try", **typed, text="The $wamp, damn! <script>", author="new")
        trial = answer.context["trial"]
        assert [said.name for said in trial.said if said.verdict] == ["Held word", "First replies"]
        assert [said.name for said in trial.said if said.decides] == ["Held word"]
        assert len(trial.said) == 17
        shown = answer.content.decode()
        assert "The $wamp, &lt;b&gt;darn&lt;/b&gt;! &lt;script&gt;" in shown
        assert "It is held for a moderator." in shown
        for author, rule in (("known", ""), ("patron", "new_member"), ("doubted", "doubted"), ("trusted", "trusted")):
            assert trials.put("fine", author, SiteRules(), timezone.now()).verdict.rule == rule
        assert not SiteRules.objects.filter(held_words="swamp").exists()
        assert not AuditEntry.objects.exists()

    def test_the_newest_replies_are_looked_at_under_what_is_typed_and_nothing_is_written(
        self, cast: Any, signed_in: Any, story: Any, django_assert_max_num_queries: Any, monkeypatch: Any
    ) -> None:
        SiteRules.objects.update_or_create(pk=1, defaults={"held_words": "bog"})
        for number, said in enumerate(("the slur", "the swamp", "the swamp again", "the bog", "fine", "damn", "")):
            say(story, said, at=timezone.now() - timedelta(minutes=number), display_name="x")
        client = signed_in(cast.moderator)
        before = list(Reply.objects.order_by("pk").values())
        with django_assert_max_num_queries(8):
            answer = page(
                client, "look", held_words="swamp", blocked_words="slur", replaced_words="damn", reported_words="fine"
            )
        back = answer.context["look_back"]
        assert (back.number, back.replaced) == (6, 1)
        assert back.outcomes == {"show": 2, "report": 1, "hold": 2, "refuse": 1}
        assert {each.reply.comment: (each.stored.rule, each.typed.rule) for each in back.otherwise} == {
            "the slur": ("", "blocked_word"),
            "the swamp": ("", "held_word"),
            "the swamp again": ("", "held_word"),
            "the bog": ("held_word", ""),
            "fine": ("", "reported_word"),
            "damn": ("", "replaced_word"),
        }
        assert list(Reply.objects.order_by("pk").values()) == before
        monkeypatch.setattr(trials, "LOOKED_AT", 2)
        assert page(client, "look").context["look_back"].number == 2

    def test_ten_thousand_terms_are_shown_checked_and_stored(self, cast: Any, signed_in: Any, monkeypatch: Any) -> None:
        letters = random.Random(7)
        terms = sorted({"".join(letters.choices(string.ascii_lowercase, k=9)) for _term in range(10_000)})
        client = signed_in(cast.moderator)
        assert page(client, "save", held_words="\n".join(terms)).status_code == 302
        assert f'<span class="words-number">{len(terms)}</span>' in page(client).content.decode()
        assert len(terms_in(SiteRules.objects.get().held_words, Action.HOLD)) == len(terms)
        monkeypatch.setattr(lists, "MOST_TERMS", 2)
        assert page(client, "save", held_words="one\ntwo", blocked_words="three").status_code == 422


@pytest.mark.django_db
def test_its_author_sees_a_replaced_word_before_posting_and_reads_why_afterwards(story: Any, signed_in: Any) -> None:
    SiteRules(pk=1, hold_first_replies=0, replaced_words="damn = darn").save()
    client, path = signed_in(MemberFactory()), reverse("reply_write", args=["story", story.pk])
    preview = client.post(path, {"comment": "damn it", "do": "preview"}).content.decode()
    assert "<p>darn it</p>" in preview
    assert "damn it</textarea>" in preview
    client.post(path, {"comment": "damn it"})
    page = client.get(reverse("reply_mine")).content.decode()
    for part in ("darn it", "Published", REPLACED):
        assert part in page
    edit = reverse("reply_edit", args=[Reply.objects.get().pk])
    assert "<p>darn, darn</p>" in client.post(edit, {"comment": "damn, damn", "do": "preview"}).content.decode()
