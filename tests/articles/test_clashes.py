"""Two people, one story: no text is lost silently, and nobody writes over what they have not seen.

`HYPOTHESIS_PROFILE=long` plays a thousand random interleavings through the real desk instead of thirty.
"""

import json
import os
import uuid
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from articles.models import Article, Revision, WorkingCopy
from articles.publishing import save_draft
from tests.articles.test_desk import TEXT, draft, form_of, signed_in, stored
from tests.articles.test_writing import change, keep, opened
from tests.factories import AuthorFactory, make_article

pytestmark = pytest.mark.django_db
INTERLEAVINGS = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 30
MINE = "choice-"


def clash_of(cast: Any) -> tuple[Article, Client, dict[str, Any], Any]:
    """The editor opened the story, the writer saved it, the editor saves: story, editor, what was sent, the answer."""
    story = draft(headline="As it was", full_text=TEXT)
    save_draft(story, by=cast.writer, now=story.saved_at)
    mine, theirs = signed_in(cast.editor), signed_in(cast.writer)
    sent = opened(mine, story, headline="Mine entirely", full_text=TEXT.replace("paper", "newspaper"), kicker="Quay")
    stored(theirs.post(change(story), form_of(theirs, story, headline="Theirs entirely", shows_appeal="on")))
    return story, mine, {**sent, "shows_appeal": "on"}, mine.post(change(story), {**sent, "shows_appeal": "on"})


def resent(page: Any, **choices: str) -> dict[str, Any]:
    """What the clash page sends: my fields, its own, and the choices."""
    context = page.context
    own = {"seen": context["article"].edition, "working_key": context["key"], "_settle": "1"}
    return {**dict(context["mine"]), **own, **{f"choice-{name}": choice for name, choice in choices.items()}}


def test_a_clash_shows_both_texts_and_keeps_mine(cast: Any) -> None:
    story, _client, _sent, page = clash_of(cast)
    assert page.status_code == 409
    shown = page.content.decode()
    assert "Somebody saved this story after you opened it: Wanda Writer" in shown
    assert '<mark><span class="desk-hidden">[only here: </span>Theirs' in shown
    assert '<mark><span class="desk-hidden">[only here: </span>Mine' in shown
    assert {found.name: found.choice for found in page.context["differences"]} == {
        "headline": "",  # both changed it: nothing is ticked
        "kicker": "mine",  # only I did
        "full_text": "mine",
    }
    assert Article.objects.get().headline == "Theirs entirely"
    assert WorkingCopy.objects.get(article=story).content["headline"] == "Mine entirely"


def test_choices_are_stored_field_by_field_and_what_is_not_kept_is_set_aside(cast: Any) -> None:
    _story, client, _sent, page = clash_of(cast)
    chosen = resent(page, headline="theirs", kicker="mine", full_text="mine")
    stored(client.post(change(page.context["article"]), chosen))
    story = Article.objects.get()
    assert (story.headline, story.kicker) == ("Theirs entirely", "Quay")
    assert "newspaper" in story.full_text
    aside = Revision.objects.get(verb="aside")
    assert aside.content["headline"] == "Mine entirely"
    assert not WorkingCopy.objects.exists()
    latest = Revision.objects.order_by("-made_at", "-pk")[0]
    assert latest.verb == "save"


def test_an_open_choice_stores_nothing_and_asks_again(cast: Any) -> None:
    story, client, _sent, page = clash_of(cast)
    again = client.post(change(story), resent(page, kicker="mine"))
    assert again.status_code == 409
    assert "Mine entirely" in again.content.decode()
    assert Article.objects.get().headline == "Theirs entirely"


def test_a_choice_on_a_story_that_moved_on_again_asks_again(cast: Any) -> None:
    story, client, _sent, page = clash_of(cast)
    third = signed_in(cast.publisher)
    stored(third.post(change(story), form_of(third, story, headline="A third one")))
    again = client.post(change(story), resent(page, headline="mine", kicker="mine", full_text="mine"))
    assert again.status_code == 409
    assert Article.objects.get().headline == "A third one"


def test_both_texts_go_into_the_editor_unsaved(cast: Any) -> None:
    story, client, _sent, page = clash_of(cast)
    form = client.post(change(story), resent(page, headline="mine", kicker="mine", full_text="both"))
    assert form.status_code == 200
    text = form.context["adminform"].form["full_text"].value()
    assert "newspaper" in text
    assert "in the paper" in text
    assert "Both texts are in the editor" in form.content.decode()
    assert Article.objects.get().headline == "Theirs entirely"
    assert "newspaper" in WorkingCopy.objects.get().content["full_text"]


def test_rows_are_chosen_as_a_whole_and_survive_what_was_removed(cast: Any) -> None:
    story = draft()
    ann, bo, cy = (AuthorFactory(name=name) for name in ("Ann", "Bo", "Cy"))
    story.bylines.create(author=ann, position=1)
    story.bylines.create(author=bo, position=2)
    mine, theirs = signed_in(cast.editor), signed_in(cast.publisher)
    rows = {"bylines-TOTAL_FORMS": "3", "bylines-2-author": cy.pk, "bylines-2-position": "3", "shows_appeal": "on"}
    sent = opened(mine, story, **rows)
    stored(theirs.post(change(story), form_of(theirs, story, **{"bylines-0-DELETE": "on", "shows_appeal": "on"})))
    page = mine.post(change(story), sent)
    assert [found.name for found in page.context["differences"]] == ["bylines"]
    stored(mine.post(change(story), resent(page, bylines="mine")))
    assert [byline.author.name for byline in story.bylines.order_by("position")] == ["Ann", "Bo", "Cy"]
    page = signed_in(cast.publisher).post(change(story), sent | {"written_by": cast.publisher.pk})
    stored(signed_in(cast.publisher).post(change(story), resent(page, bylines="theirs")))
    assert story.bylines.count() == 3


def test_a_kept_text_on_an_older_edition_goes_to_the_two_texts(cast: Any) -> None:
    story = make_article(headline="As it is")
    client, other = signed_in(cast.editor), signed_in(cast.publisher)
    sent = opened(client, story, headline="For later")
    keep(client, story, sent)
    stored(other.post(change(story), form_of(other, story, headline="Corrected")))
    offer = client.get(change(story)).context["writing"]["offered"]
    assert offer.back == reverse("admin:articles_article_clash", args=[story.pk])
    page = client.get(offer.back)
    assert "For later" in page.content.decode()
    assert client.get(f"{change(story)}?copy={sent['working_key']}").status_code == 302
    choices = {found.name: "mine" for found in page.context["differences"]}
    stored(client.post(change(story), resent(page, **choices)))
    assert Article.objects.get().headline == "For later"
    assert not WorkingCopy.objects.exists()


def test_a_form_that_does_not_say_what_it_saw_overwrites_nothing(cast: Any) -> None:
    story, client = draft(headline="As it was"), signed_in(cast.editor)
    stored(client.post(change(story), form_of(client, story, headline="Stored")))
    sent = form_of(client, story, headline="Blind")
    del sent["seen"]
    assert client.post(change(story), sent).status_code == 409
    assert Article.objects.get().headline == "Stored"


def test_publishing_what_somebody_else_changed_asks_first(cast: Any) -> None:
    story, client, sent, _page = clash_of(cast)
    answer = client.post(reverse("admin:articles_article_publish", args=[story.pk]), sent)
    assert answer.status_code == 409
    assert Article.objects.get().status == Article.Status.DRAFT


class Desk:
    """Two editors at one story, as their browsers would have it; every text they ever sent."""

    def __init__(self, clients: list[Client], members: list[Any], story: Article) -> None:
        self.clients, self.members, self.story = clients, members, story
        self.seen: list[int | None] = [None, None]
        self.pages: list[Any] = [None, None]
        self.keys = ["", ""]
        self.texts = ["", ""]
        self.sent: list[str] = []
        self.numbers = count()

    def play(self, who: int, move: str) -> None:
        """One move of one person; those that need an open form open it first."""
        if move == "open" or self.seen[who] is None:
            story = Article.objects.get(pk=self.story.pk)
            self.seen[who], self.texts[who], self.keys[who] = story.edition, story.full_text, str(uuid.uuid4())
        if move in ("save", "overwrite"):
            self.submit(who, overwrite=move == "overwrite")
        elif move in ("mine", "theirs", "both") and self.pages[who] is not None:
            self.settle(who, move)

    def form(self, who: int) -> dict[str, Any]:
        """The form with some words more than it had."""
        word = f"word{next(self.numbers)}of{self.story.pk}"
        self.sent.append(word)
        self.texts[who] += f"<p>{word}</p>"
        rows = {f"{name}-{mark}_FORMS": "0" for name in ("bylines", "related_links") for mark in ("TOTAL", "INITIAL")}
        own = {"working_key": self.keys[who], "written_by": self.members[who].pk, "seen": self.seen[who]}
        fields = {"headline": "The quay", "full_text": self.texts[who], "audience": "everyone", "kind": "news"}
        return {**rows, **own, **fields}

    def submit(self, who: int, *, overwrite: bool) -> None:
        """Press Save; on a clash the person has the answer page before them."""
        before, sent = Article.objects.get(pk=self.story.pk).edition, self.form(who)
        answer = self.clients[who].post(change(self.story), sent | ({"seen": before} if overwrite else {}))
        self.judge(who, answer, before, is_choice=overwrite)

    def settle(self, who: int, choice: str) -> None:
        """Choose on the clash page."""
        page = self.pages[who]
        choices = {found.name: "mine" if choice == "both" and found.name != "full_text" else choice
                   for found in page.context["differences"]}  # fmt: skip
        before = Article.objects.get(pk=self.story.pk).edition
        self.seen[who] = page.context["article"].edition
        answer = self.clients[who].post(change(self.story), resent(page, **choices))
        self.judge(who, answer, before, is_choice=False)

    def judge(self, who: int, answer: Any, before: int, *, is_choice: bool) -> None:
        """Nothing was stored over an edition its author had not seen without being asked."""
        after = Article.objects.get(pk=self.story.pk).edition
        if answer.status_code == 303:
            assert after == before + 1
            assert is_choice or self.seen[who] == before
            self.seen[who] = self.pages[who] = None  # a new form follows
        elif answer.status_code == 409:
            assert after == before
            self.pages[who] = answer
        else:  # both texts are in the editor
            assert answer.status_code == 200
            assert after == before
            self.pages[who], self.seen[who] = None, before  # they write on there
            self.texts[who] = answer.context["adminform"].form["full_text"].value()
            self.keys[who] = json.loads(answer.context["writing"]["about"])["key"]

    def everything(self) -> str:
        """All that is stored of texts, and the pages people have before them."""
        rows = (Revision.objects.filter(article=self.story), WorkingCopy.objects.filter(article=self.story))
        texts = [json.dumps(list(found.values_list("content", flat=True))) for found in rows]
        texts.append(Article.objects.get(pk=self.story.pk).full_text)
        return "".join(texts + [page.content.decode() for page in self.pages if page is not None])


MOVES = st.sampled_from(["open", "save", "save", "overwrite", "mine", "theirs", "both"])


@pytest.mark.slow
@pytest.mark.usefixtures("kept_furniture")
@settings(
    max_examples=INTERLEAVINGS,
    deadline=None,
    phases=[Phase.generate],  # the moves are few; shrinking them costs minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=st.lists(st.tuples(st.integers(0, 1), MOVES), min_size=3, max_size=9))
def test_no_text_is_lost_in_any_order_of_two_editors(cast: Any, moves: list[tuple[int, str]]) -> None:
    members = [cast.editor, cast.publisher]
    desk = Desk([signed_in(member) for member in members], members, draft())
    for who, move in moves:
        desk.play(who, move)
        kept = desk.everything()
        lost = [word for word in desk.sent if word not in kept]
        assert not lost, moves
