"""The faults of django-comments-xtd 2.10 by their numbers in `comments.md`: none of them is ours.

Where another module of these tests holds a fault down in full, the test here is the short form of it. Faults 17 to
23, of cost, are in `test_known_costs.py`; 19 is in `test_concurrency.py`.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_comments_xtd.models import XtdComment
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.desk.buttons import VERBS
from comments.models import Discussion, NoticeWishes, Reaction, Reply, Report, Sanction
from comments.moderation import verbs
from comments.notices import links, telling
from comments.threads import reading
from comments.writing import editing, posting
from members.models import Mailing, SiteRules
from tests.comments.conftest import SAME_ORIGIN, discussion_of, poster, say
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db
HIDDEN = "zz-hidden-marker"


def write(client: Client, story: Any, text: str = "hello", **more: Any) -> Any:
    """Post `text` as the form does."""
    return client.post(f"/replies/to/story/{story.pk}/", {"comment": text, **more})


def statuses() -> dict[str, str]:
    """Each text with its status."""
    return dict(Reply.objects.values_list("comment", "status"))


def count_of(story: Any) -> int:
    """What a page would print."""
    return Discussion.objects.with_count().get(story=story).count


# Moderation integrity


def test_fault_01_saving_a_parent_leaves_the_childrens_decisions_alone(story: Any, cast: Any) -> None:
    root = say(story, "root", by=cast.member)
    rejected = say(story, "rejected", under=root, status=Reply.Status.REJECTED)
    say(story, "grandchild", under=rejected)
    before = statuses()
    root.save()
    editing.edit(root, by=poster(cast.member), text="root", rules=SiteRules.current(), now=timezone.now())
    verbs.reject(root, by=cast.moderator, now=timezone.now())
    verbs.restore(root, by=cast.moderator, now=timezone.now())
    assert statuses() == before
    assert not pre_save.has_listeners(Reply)


def test_fault_02_counts_are_fresh_after_saves_and_a_hide_show_cycle(story: Any, cast: Any) -> None:
    root = say(story, "root")
    child = say(story, "child", under=root)
    say(story, "grandchild", under=child)
    say(story, "held", status=Reply.Status.HELD)
    for _again in range(3):
        root.save()
    assert count_of(story) == 3
    verbs.reject(child, by=cast.moderator, now=timezone.now())
    assert count_of(story) == Reply.objects.visible().published().count() == 1
    verbs.restore(child, by=cast.moderator, now=timezone.now())
    assert count_of(story) == 3


def test_fault_03_a_reply_cannot_answer_one_under_another_story(story: Any, signed_in: Any, open_rules: Any) -> None:
    elsewhere = say(make_article(), "elsewhere")
    discussion_of(story)
    response = write(signed_in(MemberFactory()), story, reply_to=elsewhere.pk)
    assert response.status_code == 422
    assert "hello" in response.content.decode()
    assert "hello" not in statuses()


def test_fault_04_nothing_answers_what_is_not_seen(story: Any, signed_in: Any, open_rules: Any) -> None:
    held = say(story, "held", status=Reply.Status.HELD)
    rejected = say(story, "rejected", status=Reply.Status.REJECTED)
    under_rejected = say(story, "under rejected", under=rejected)
    removed = say(story, "removed", status=Reply.Status.REMOVED)
    for parent in (held, rejected, under_rejected, removed):
        assert write(signed_in(MemberFactory()), story, reply_to=parent.pk).status_code == 422
    assert write(signed_in(MemberFactory()), story, reply_to=10**12).status_code == 422
    assert "hello" not in statuses()


@pytest.mark.django_db(transaction=True)
def test_fault_05_below_the_deepest_level_a_reply_hangs_beside_the_one_it_answers() -> None:
    story, rules = make_article(), SiteRules(hold_first_replies=0)
    parent = None
    for level in range(7):
        reply = posting.post(
            discussion_of(story),
            story.terms(rules),
            by=poster(MemberFactory()),
            text=f"level {level}",
            reply_to=parent.pk if parent else None,
            rules=rules,
            now=timezone.now(),
        )
        assert reply.depth == min(level + 1, 5)
        assert reply.reply_to == parent
        if parent is not None and parent.depth == 5:
            assert reply.path[:-8] == parent.path[:-8]
        parent = reply
    assert XtdComment.objects.count() == Reply.objects.count() == 7
    rows = reading.read_page(Discussion.objects.with_count().get(), member_id=None, now=timezone.now()).rows
    assert [row.reply.comment for row in rows] == [f"level {level}" for level in range(7)]
    assert rows[6].answered == parent.reply_to.shown_name  # type: ignore[union-attr]  # the loop ran


def test_fault_06_what_is_not_seen_is_in_no_count_list_or_feed(story: Any) -> None:
    rejected = say(story, "rejected", status=Reply.Status.REJECTED)
    say(story, f"{HIDDEN} below", under=rejected)
    say(story, f"{HIDDEN} held", status=Reply.Status.HELD)
    say(story, "seen")
    discussion = discussion_of(story)
    assert count_of(story) == 1
    for address in (f"/replies/in/{discussion.pk}/", f"/replies/feed/{discussion.pk}/"):
        page = Client().get(address).content.decode()
        assert "seen" in page
        assert HIDDEN not in page


def test_fault_07_approval_tells_whoever_is_answered_and_only_once(story: Any, cast: Any) -> None:
    answer = say(story, "answer", under=say(story, "first"), status=Reply.Status.HELD)
    Reply.objects.filter(pk=answer.pk).update(announced_at=None)
    rejected = say(story, "no", under=answer.reply_to, status=Reply.Status.HELD)
    verbs.approve(answer, by=cast.moderator, now=timezone.now())
    verbs.approve(answer, by=cast.moderator, now=timezone.now())
    verbs.reject(rejected, by=cast.moderator, now=timezone.now())
    jobs = ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered")
    assert [job.args["reply_id"] for job in jobs] == [answer.pk]
    telling.tell_answered(answer.pk)
    telling.tell_answered(answer.pk)
    assert Mailing.objects.count() == 1


def test_fault_08_the_same_twice_is_one_row(story: Any, signed_in: Any, open_rules: Any) -> None:
    client = signed_in(MemberFactory())
    assert write(client, story).headers["Location"] == write(client, story).headers["Location"]
    assert Reply.objects.count() == 1


def test_fault_09_removing_leaves_a_stub_and_the_branch_rejecting_hides_it(story: Any, cast: Any) -> None:
    root = say(story, "root text")
    say(story, "child text", under=root)
    address = f"/replies/in/{root.discussion_id}/"
    verbs.remove(root, by=cast.moderator, now=timezone.now())
    page = Client().get(address).content.decode()
    assert "root text" not in page
    assert "Removed by a moderator" in page
    assert "child text" in page
    assert count_of(story) == 1
    verbs.restore(root, by=cast.moderator, now=timezone.now())
    verbs.reject(root, by=cast.moderator, now=timezone.now())
    assert "child text" not in Client().get(address).content.decode()
    assert count_of(story) == 0
    verbs.restore(root, by=cast.moderator, now=timezone.now())
    assert count_of(story) == 2


def test_fault_10_a_moderator_who_is_no_superuser_uses_every_control_and_a_writer_none(
    story: Any, cast: Any, signed_in: Any
) -> None:
    assert not cast.moderator.is_superuser
    writer, moderator = signed_in(cast.writer), signed_in(cast.moderator)
    root = say(story, "open")
    for verb, button in VERBS.items():
        reply = say(story, f"to {verb}", status=button.before[0], under=root)
        if button.when_reported:
            Report.objects.create(reply=reply, member=cast.member, reason="spam")
        if verb == "unpin":
            Discussion.objects.update(pinned=reply)
        Reply.objects.filter(pk=reply.pk).update(is_featured=verb == "unfeature")
        address = reverse("admin:comments_reply_decide", args=[reply.pk, verb])
        before = as_stored(reply)
        assert writer.post(address).status_code == 403
        assert as_stored(reply) == before
        page = moderator.get(reverse("admin:comments_reply_change", args=[reply.pk])).content.decode()
        assert address in page, verb
        assert moderator.post(address).status_code in (302, 303)
        assert as_stored(reply) != before, verb


def as_stored(reply: Reply) -> list[Any]:
    """What a verb may change."""
    rows = Reply.objects.filter(pk=reply.pk).values("status", "is_featured", "discussion__pinned")
    return [*rows, reply.reports.unsettled().count()]


# Privacy and security


def test_fault_11_nobody_learns_who_reported_or_recommended(story: Any, cast: Any, signed_in: Any) -> None:
    author = MemberFactory()
    reply = say(story, "said", by=author)
    reporter, fan = MemberFactory(name="Rita Reporter"), MemberFactory(name="Fanny Fan")
    Report.objects.create(reply=reply, member=reporter, reason="hate", note="secret note")
    Reaction.objects.create(reply=reply, member=fan)
    for client in (Client(), signed_in(cast.member), signed_in(author)):
        for address in (f"/replies/in/{reply.discussion_id}/", f"/replies/feed/{reply.discussion_id}/"):
            page = client.get(address).content.decode()
            assert not re.search("Rita|Fanny|secret note|1 report", page)


def test_fault_12_no_address_or_hash_of_one_is_printed(story: Any) -> None:
    import hashlib

    member = MemberFactory(email="nadia@example.org", name="")
    reply = say(story, "said", by=member)
    imported = Reply.objects.write(
        reply.discussion, None, text="long ago", posted_at=timezone.now(), display_name="Old Reader", status="published"
    )
    assert (imported.user_email, imported.user_name, imported.ip_address, imported.user_url) == ("", "", None, "")
    page = Client().get(f"/replies/in/{reply.discussion_id}/").content.decode()
    assert "Old Reader" in page
    assert "nadia" not in page
    assert hashlib.md5(b"nadia@example.org").hexdigest() not in page
    assert "gravatar" not in page


@pytest.mark.parametrize(
    "name", ["comments-xtd-confirm", "comments-xtd-mute", "comments-xtd-api-create", "comments-post-comment"]
)
def test_fault_13_the_packages_addresses_do_not_resolve(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
    with pytest.raises(NoReverseMatch):
        reverse(name, args=["key"])


def test_fault_13_our_links_are_short_signed_and_act_only_when_asked_to(story: Any, settings: Any) -> None:
    member = MemberFactory()
    path = links.wishes_link(member.pk, ["answers"]).removeprefix(settings.SITE_URL)
    assert len(path) <= 200
    assert Client().get(path).status_code == 200
    assert not NoticeWishes.objects.exists(), "to open it changes nothing"
    for forged in (f"{path[:-3]}x/", path.replace("wishes/", "wishes/x")):
        Client().post(forged)
        assert not NoticeWishes.objects.exists()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-one-by-now" * 3, [settings.SECRET_KEY]
    for _again in range(2):
        assert Client().post(path).status_code in (200, 303)
        assert NoticeWishes.objects.get().answers == "never"


def test_fault_14_an_anonymous_post_sends_no_mail(story: Any) -> None:
    response = write(Client(**SAME_ORIGIN), story, email="victim@example.org", followup="on")
    assert response.status_code == 303
    assert not mail.outbox
    assert not Mailing.objects.exists()
    assert not Reply.objects.exists()


def test_fault_15_a_posted_name_or_address_is_ignored(story: Any, signed_in: Any, open_rules: Any) -> None:
    member = MemberFactory(name="Nadia")
    write(signed_in(member), story, name="The Editor", email="victim@example.org", url="http://spam.example")
    reply = Reply.objects.get()
    assert reply.shown_name == "Nadia"
    assert (reply.user, reply.user_name, reply.user_email, reply.user_url) == (None, "", "", "")


def test_fault_16_there_are_limits_bans_and_a_word_list(story: Any, signed_in: Any, open_rules: Any) -> None:
    open_rules.held_words, open_rules.blocked_words = "swamp", "slur"
    open_rules.save()
    client = signed_in(MemberFactory())
    assert write(client, story, "a slur").status_code == 422
    write(client, story, "the swamp")
    assert statuses() == {"the swamp": "held"}
    for number in range(2):
        write(client, story, f"more {number}")
    refused = write(client, story, "too much")
    assert refused.status_code == 429
    assert "too much" in refused.content.decode()
    for kind in ("ban", "mute"):
        member = MemberFactory()
        Sanction.objects.create(member=member, kind=kind)
        assert write(signed_in(member), story, "let me").status_code == 403


# Plain bugs


def test_faults_24_and_25_no_template_loads_the_packages_tags() -> None:
    root = Path(__file__).resolve().parents[2] / "templates"
    loads = re.compile(r"{%\s*load\s[^%]*\b(?:comments_xtd|comments)\b")
    assert not [path for path in root.rglob("*.html") if loads.search(path.read_text(encoding="utf-8"))]


def test_fault_26_a_report_returns_to_the_reply_and_never_off_the_site(story: Any, signed_in: Any) -> None:
    reply = say(story, "said")
    data = {"reason": "spam", "next": "https://evil.example/"}
    response = signed_in(MemberFactory()).post(f"/replies/{reply.pk}/report/", data)
    assert response.headers["Location"] == f"/replies/{reply.pk}/#reply-{reply.pk}"


def test_fault_27_a_page_open_for_three_hours_still_posts(story: Any, signed_in: Any, open_rules: Any) -> None:
    client = signed_in(MemberFactory())
    page = client.get(f"/replies/to/story/{story.pk}/").content.decode()
    assert "timestamp" not in page
    assert "security_hash" not in page
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        assert write(client, story, "slow thoughts").status_code == 303
    assert "csrfmiddlewaretoken" not in Client().get(f"/replies/in/{discussion_of(story).pk}/").content.decode()


def test_fault_28_every_door_writes_a_row_in_all_tables(story: Any, signed_in: Any, open_rules: Any) -> None:
    from comments.importers.replies import ImportedReply, import_replies

    write(signed_in(MemberFactory()), story)
    rows = [ImportedReply("wp-1", "", "Old Reader", timezone.now(), "<p>long ago</p>", "published")]
    import_replies(story, rows, is_open=True, now=timezone.now())
    assert XtdComment.objects.count() == Reply.objects.count() == 2
    assert not Reply.objects.filter(is_public=True).exists()


@pytest.mark.usefixtures("kept_furniture")
def test_fault_29_unseen_replies_are_on_no_address(story: Any, signed_in: Any, cast: Any) -> None:
    rejected = say(story, f"{HIDDEN} rejected", status=Reply.Status.REJECTED)
    unseen = [
        rejected,
        say(story, f"{HIDDEN} held", status=Reply.Status.HELD),
        say(story, f"{HIDDEN} below", under=rejected),
    ]
    names = ("reply", "reply_edit", "reply_delete", "reply_react", "reply_report", "reply_mute")
    for client in (Client(**SAME_ORIGIN), signed_in(cast.member), signed_in(cast.patron), signed_in(cast.writer)):
        for reply in unseen:
            for name in names:
                address = reverse(name, args=[reply.pk])
                for response in (client.get(address), client.post(address, {"comment": "x", "reason": "spam"})):
                    assert response.status_code in ((404, 405) if name == "reply_react" else (404,))
                    assert HIDDEN not in response.content.decode()
            for address in (f"/replies/in/{reply.discussion_id}/?branch={reply.pk}", f"/replies/to/story/{story.pk}/"):
                page = client.get(address, {"to": reply.pk, "branch": reply.pk}).content.decode()
                assert HIDDEN not in page
    assert not Reaction.objects.exists()


def test_fault_30_the_packages_permissions_open_nothing(story: Any, cast: Any, signed_in: Any) -> None:
    from django.contrib.auth.models import Permission

    reply = say(story, "held", status=Reply.Status.HELD)
    cast.member.is_staff = True
    cast.member.save()
    cast.member.user_permissions.set(Permission.objects.filter(codename="can_moderate"))
    button = reverse("admin:comments_reply_decide", args=[reply.pk, "approve"])
    assert signed_in(cast.member).post(button).status_code == 403
    assert statuses() == {"held": "held"}


def test_fault_31_the_target_is_the_addresss_and_a_form_for_another_is_refused(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    other = make_article()
    client = signed_in(MemberFactory())
    for posted in ({"object_pk": other.pk}, {"content_type": "articles.page"}):
        response = write(client, story, "misled", **posted)
        assert response.status_code == 422
        assert "misled" in response.content.decode()
    assert not Reply.objects.exists()
    write(client, story, "led", content_type="articles.article", object_pk=story.pk)
    assert Reply.objects.get().discussion.story == story
