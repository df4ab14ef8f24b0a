"""People move in: consent kept, paid days kept, nobody mailed, nobody's role touched; run again it changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError

from members.importers import patrons
from members.letters.joining import asking
from members.letters.sending import suppression
from members.models import (
    AuditEntry,
    Complimentary,
    Consent,
    Grant,
    Letter,
    LetterSubscription,
    Mailing,
    Member,
    StripeCustomer,
    Subscription,
    Suppression,
)
from members.money.giving import support
from members.money.keeping.standing import standing_of
from newsroom import erasing
from tests.factories import Cast, MemberFactory
from tests.members.importers.tables import (
    GHOST,
    JETPACK,
    PATREON,
    SUBSTACK,
    ghost,
    make_letter,
    make_tiers,
    patron,
    run,
    substack,
    table,
)

pytestmark = pytest.mark.django_db
MAY = datetime(2024, 5, 1, 9, tzinfo=UTC)
PAID = datetime(2026, 12, 1, 8, tzinfo=UTC)


def rows() -> dict[str, tuple[datetime | None, bool]]:
    """Who is on the letter's list: since when confirmed, and whether they left."""
    found = LetterSubscription.objects.order_by("pk")
    return {row.email: (row.confirmed_at, row.left_at is not None) for row in found}


def everything() -> list[Any]:
    """What an import may write, as it stands."""
    kinds = (Member, LetterSubscription, Consent, Complimentary, Grant, Suppression, AuditEntry, Mailing)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def test_substack_subscribers_keep_their_consent_and_their_own_doings_count_more(
    now: datetime, tmp_path: Path, capsys: Any, cast: Cast
) -> None:
    letter = make_letter()
    asking.join_confirmed(letter, cast.member, wording="Yes", asked_on="/", now=now)
    left: Member = MemberFactory(email="left@example.org")
    asking.join_confirmed(letter, left, wording="Yes", asked_on="/", now=now)
    asking.leave(LetterSubscription.objects.get(member=left), now)
    suppression.suppress("spared@example.org", "asked", now=now)
    asking.ask(letter, "asked@example.org", asked_on="/letters/", now=now)
    Mailing.objects.all().delete()
    text = table(
        SUBSTACK,
        substack("New.Reader@Example.org"),
        substack("newreader@example.org"),  # dots count: another address
        substack("NEW.READER@example.org"),
        substack("gone@example.org", email_disabled="TRUE"),
        substack(cast.member.email, email_disabled="true"),
        substack("left@example.org"),
        substack("spared@example.org"),
        substack("asked@example.org"),
        substack(cast.editor.email),
        substack("payer@example.org", active_subscription="true", plan="yearly"),
        substack("no-address"),
        substack("bin@mailinator.com"),
        substack("future@example.org", created_at="2031-01-01"),
        substack("odd@example.org", created_at="01/05/2024"),
    )
    path, options = tmp_path / "a.csv", ("--from", "substack", "--letter", "daily")
    before = everything()
    dry = run(path, text, *options, "--dry-run", capsys=capsys)
    assert everything() == before
    told = run(path, text, *options, "--report", tmp_path / "report.txt", capsys=capsys)
    assert dry.partition("This was")[0] == told.partition("The whole report")[0]
    assert rows() == {
        "member@example.org": (now, False), "left@example.org": (now, True), "asked@example.org": (now, False),
        "New.Reader@example.org": (MAY, False), "newreader@example.org": (MAY, False),
        "gone@example.org": (None, True), cast.editor.email: (MAY, False), "payer@example.org": (MAY, False),
        "future@example.org": (now, False), "odd@example.org": (now, False),
    }  # fmt: skip
    proof = Consent.objects.filter(subscription__email="New.Reader@example.org").order_by("pk")
    where = "imported from Substack, 2026-11-03"
    assert list(proof.values_list("act", "at", "where")) == [("asked", MAY, where), ("confirmed", MAY, where)]
    assert LetterSubscription.objects.get(email=cast.editor.email).member == cast.editor
    for line in (
        "6  subscribers of “The Daily”", "line 4, NEW.READER@example.org: came before", "line 12, no-address: This is",
        "line 13, bin@mailinator.com: a mailbox made to be", "line 15, odd@example.org: “01/05/2024”",
        "1  columns that have no place here: first_payment_at", "1  subscribers who pay there",
        "1  addresses that are spared here",
        "1  subscribers who left there and asked for it here: they keep it",
    ):  # fmt: skip
        assert line in told
        assert line in (tmp_path / "report.txt").read_text()
    assert (tmp_path / "report.txt").read_text().startswith("People from Substack: a.csv, 2026-11-03\n")
    settled = everything()
    assert "Nothing new." in run(path, text, *options, capsys=capsys)
    assert everything() == settled
    make_tiers()
    payer = substack("payer@example.org", active_subscription="true", plan="yearly", expiry="2027-05-01T00:00:00.000Z")
    with pytest.raises(CommandError, match="“yearly”"):
        run(path, table(SUBSTACK, payer), *options, "--tier", "founding=patron", capsys=capsys)
    told = run(path, table(SUBSTACK, payer), *options, "--tier", "friend", "--grace-days", "0", capsys=capsys)
    row = Complimentary.objects.get(legacy_key__startswith="substack-")
    assert "payer" not in str(row.legacy_key)  # it stays when the account is erased
    assert (row.kind, row.ends_at, row.reason) == ("elsewhere", datetime(2027, 5, 1, tzinfo=UTC), "Substack · yearly")
    assert "1  patrons who pay there and read here" in told
    later = table(SUBSTACK, substack("newreader@example.org", email_disabled="true"), substack("gone@example.org"))
    run(path, later, *options, capsys=capsys)
    assert rows()["newreader@example.org"][1]
    assert rows()["gone@example.org"][1]
    assert not Mailing.objects.exists()


def test_jetpack_says_who_confirmed_and_a_table_that_does_not_needs_somebody_to_say_it(
    now: datetime, tmp_path: Path, capsys: Any
) -> None:
    make_letter()
    said = ("Subscribed", "Not confirmed", "Not subscribed", "Not sending", "Spam", "Perhaps")
    people = [
        {"Email": f"r{place}@example.org", "Email subscription": word, "Since": "May 1, 2024"}
        for place, word in enumerate(said)
    ]
    path, options = tmp_path / "a.csv", ("--from", "jetpack", "--letter", "daily")
    told = run(path, table(JETPACK, *people, separator=";"), *options, "--accounts", capsys=capsys)
    assert rows() == {"r0@example.org": (MAY.replace(hour=0), False), "r2@example.org": (None, True)}
    reasons = Suppression.objects.order_by("email").values_list("email", "reason")
    assert list(reasons) == [("r3@example.org", "bouncing"), ("r4@example.org", "complained")]
    assert list(Member.objects.values_list("email", "is_staff")) == [("r0@example.org", False)]
    own: Member = MemberFactory(email="own@example.org")
    asking.join_confirmed(Letter.objects.create(slug="b", name="B"), own, wording="Yes", asked_on="/", now=now)
    paused = {"Email": "own@example.org", "Email subscription": "Not sending"}
    assert "ask for it here: they go on" in run(path, table(JETPACK, paused), *options, capsys=capsys)
    assert LetterSubscription.objects.receiving().filter(email="own@example.org").exists()
    assert "1  subscribers who never confirmed" in told
    assert "r5@example.org: “Perhaps”" in told
    with pytest.raises(CommandError, match="--all-confirmed"):
        run(path, "email\nx@example.org\n", *options, capsys=capsys)
    run(path, "email\nx@example.org\n", *options, "--all-confirmed", capsys=capsys)
    assert rows()["x@example.org"] == (now, False)
    Letter.objects.filter(slug="daily").update(audience="members")
    for wrong, why in (
        ((*options, "--all-confirmed"), "--accounts"), (("--from", "jetpack"), "There are: b, daily"),
        (("--from", "jetpack", "--letter", "no"), "no letter “no”"), ((*options, "--grace-days", "-1"), "0 to 366"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=why):
            run(path, "email\ny@example.org\n", *wrong, capsys=capsys)
    assert "y@example.org" not in rows()


def test_an_active_patron_reads_to_the_day_paid_and_a_newer_table_follows_what_changed(
    now: datetime, tmp_path: Path, capsys: Any, cast: Cast
) -> None:
    make_tiers()
    path, options = tmp_path / "a.csv", ("--from", "patreon", "--tier", "gold=patron", "--grace-days", "7")
    roles = list(cast.editor.groups.values_list("name"))
    people = [
        patron("Ann@example.org", 1), patron("year@example.org", 2, Charge_Frequency="annual", Next_Charge_Date=""),
        patron("ends@example.org", 3, Access_Expiration="2026-11-20"), patron(cast.editor.email, 4, Tier="Friend"),
        patron("declined@example.org", 5, Patron_Status="Declined patron"),
        patron("free@example.org", 6, Patron_Status=""),
        patron("dateless@example.org", 7, Next_Charge_Date="", Last_Charge_Date=""),
        patron("stale@example.org", 8, Next_Charge_Date="2026-10-01"),
        patron("slip@example.org", 9, Next_Charge_Date="2126-12-01"), patron("left@example.org", 10),
        patron("ann@second.example.org", 1),
    ]  # fmt: skip
    unknown = table(PATREON, patron("x@example.org", 99, Tier="Diamond"), patron("y@example.org", 98, Tier=""))
    with pytest.raises(CommandError, match=r"“Diamond” \(1\), “no tier at all” \(1\)"):
        run(path, unknown, *options, capsys=capsys)
    with pytest.raises(CommandError, match=r"no tier “nope”.*friend, patron"):
        run(path, unknown, "--from", "patreon", "--tier", "nope", capsys=capsys)
    assert not Complimentary.objects.filter(legacy_key__isnull=False).exists()
    told = run(path, table(PATREON, *people), *options, capsys=capsys)
    grace = timedelta(days=7)
    ends = {row.member.email: row.ends_at for row in Complimentary.objects.elsewhere().select_related("member")}
    assert ends == {
        "ann@example.org": PAID + grace, cast.editor.email: PAID + grace, "left@example.org": PAID + grace,
        "year@example.org": datetime(2027, 11, 1, 8, tzinfo=UTC) + grace,
        "ends@example.org": datetime(2026, 11, 20, tzinfo=UTC) + grace,
    }  # fmt: skip
    ann = Member.objects.get(email="ann@example.org")
    assert ann.name == ""
    assert not ann.has_usable_password()
    assert Grant.objects.rank_of(ann, now) == 3
    assert standing_of(ann, now).sentences == ["Thank you for your support: Patron until 8 December."]
    assert list(cast.editor.groups.values_list("name")) == roles
    assert "editor@example.org works here" in told
    assert [word in told for word in ("nothing says until when", "newer one will say", "2126-12-01?")] == [True] * 3
    settled = everything()
    run(path, table(PATREON, *people), *options, capsys=capsys)
    assert everything() == settled
    assert not Mailing.objects.exists()

    erasing.erase(Member.objects.get(email="left@example.org"), now=now)
    by_hand = Complimentary.objects.get(legacy_key="patreon-3")
    support.end_complimentary(by_hand, by=cast.manager, now=now + timedelta(minutes=1))
    payer: Member = MemberFactory(email="twice@example.org")
    customer = StripeCustomer.objects.create(member=payer, stripe_id="cus_1")
    Subscription.objects.create(customer=customer, stripe_id="sub_1", status="active", started_at=now, fetched_at=now)
    later = [
        patron("ann@new.example.org", 1, Next_Charge_Date="2027-01-01", Tier="Friend"),  # another address there
        patron("year@example.org", 2, Patron_Status="Former patron", Access_Expiration="2026-11-15"),
        patron("ends@example.org", 3), patron(cast.editor.email, 4, Last_Charge_Status="Declined"),
        patron("left@example.org", 10), patron(payer.email, 11),
    ]  # fmt: skip
    with time_machine.travel(now + timedelta(days=1), tick=False):
        told = run(path, table(PATREON, *later), *options, capsys=capsys)
    found = {row.legacy_key: row for row in Complimentary.objects.elsewhere().select_related("tier")}
    assert found["patreon-1"].ends_at == datetime(2027, 1, 1, tzinfo=UTC) + grace
    assert found["patreon-1"].tier.slug == "friend"
    assert found["patreon-1"].member == ann
    assert found["patreon-2"].ends_at == datetime(2026, 11, 15, tzinfo=UTC)  # what is paid stays open, no grace
    assert found["patreon-3"].ends_at == now + timedelta(minutes=1)
    assert "access the desk ended" in told
    assert found["patreon-4"].ends_at == now + timedelta(days=1)
    assert "had their account here erased" in told
    assert "twice@example.org pays here by now, and there as well" in told
    assert not Member.objects.filter(email__in=["left@example.org", "ann@new.example.org"]).exists()


def test_ghost_members_get_accounts_their_letter_and_what_they_were_given(
    now: datetime, tmp_path: Path, capsys: Any, cast: Cast
) -> None:
    make_letter()
    make_tiers()
    text = table(
        GHOST,
        ghost("Grace@example.org", 1, name="  Grace\tHopper ", labels="vip, early", note="Do not show"),
        ghost("guest@example.org", 2, complimentary_plan="true", tiers="Friend,Patron", labels="vip"),
        ghost("quiet@example.org", 3, subscribed_to_emails="false", name="quiet@example.org"),
        ghost(cast.member.email, 4, name="Somebody Else", complimentary_plan="true"),
        ghost("gone@example.org", 5, deleted_at="2025-01-01"),
        ghost("grace@EXAMPLE.org", 6),
    )
    path, options = tmp_path / "a.csv", ("--from", "ghost", "--tier", "friend", "--letter", "daily")
    told = run(path, text, *options, capsys=capsys)
    assert {name: str(member.joined_at.date()) for member in Member.objects.filter(name="Grace Hopper")
            for name in [member.email]} == {"grace@example.org": "2024-01-15"}  # fmt: skip
    assert Member.objects.get(email="quiet@example.org").name == ""
    assert Member.objects.get(pk=cast.member.pk).name == "Mina Member"
    given = Complimentary.objects.filter(legacy_key__isnull=False).values_list("legacy_key", "tier__slug", "kind")
    assert sorted(given) == [("ghost-g2", "patron", "complimentary"), ("ghost-g4", "friend", "complimentary")]
    assert rows()["quiet@example.org"] == (None, True)
    assert rows()["Grace@example.org"][1] is False
    assert not Member.objects.filter(email="gone@example.org").exists()
    assert "2  label “vip”" in told
    assert "2  guests, until 2027-11-03" in told
    assert "Do not show" not in str(everything())
    settled = everything()
    run(path, text, *options, capsys=capsys)
    assert everything() == settled
    assert not Mailing.objects.exists()


def test_an_import_killed_between_batches_is_completed_by_the_next(
    now: datetime, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiers()
    monkeypatch.setattr("members.importers.run.BATCH", {"patreon": 2})
    text = table(PATREON, *(patron(f"p{place}@example.org", place) for place in range(5)))
    options = ("--from", "patreon", "--tier", "friend")
    real, calls = patrons.bring, []

    def dies(*args: Any) -> None:
        calls.append(1)
        real(*args)
        if len(calls) == 2:
            raise KeyboardInterrupt  # after the batch's rows, before their commit

    monkeypatch.setattr(patrons, "bring", dies)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "a.csv", text, *options, capsys=capsys)
    assert Complimentary.objects.count() == Grant.objects.count() == Member.objects.count() == 2
    half = text[: text.rindex("Two") + 2]
    with pytest.raises(CommandError, match=r"breaks at line 10: .* run this again"):
        run(tmp_path / "a.csv", half, *options, capsys=capsys)
    assert Complimentary.objects.count() == Grant.objects.count() == 4
    told = run(tmp_path / "a.csv", text[: text.rindex("p4@") + 10], *options, capsys=capsys)
    assert "line 10, p4@example: it has other cells" in told
    run(tmp_path / "a.csv", text, *options, capsys=capsys)
    assert Complimentary.objects.count() == Grant.objects.count() == 5
