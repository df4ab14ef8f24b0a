"""kill -9 of senders at random moments: nobody gets a letter twice, nobody is forgotten, and nothing is claimed."""

import os
import random
import signal
import time

import pytest

from members.letters.sending import steering
from members.models import Issue, Mailing
from tests.factories import MemberFactory
from tests.mailsink import sink
from tests.members.letters.outgoing import connect, make_issue, send, senders
from tests.members.money.workers import our_database, until

READERS, KILLS = 400, 6
EVERYBODY = {f"reader{number}@letters.example" for number in range(READERS)}
SLOW = 0.004  # seconds the server thinks about a text: most kills hit a copy that is being handed over


def by_state() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for email, status in Mailing.objects.values_list("email", "status"):
        found.setdefault(status, set()).add(email)
    return found


@pytest.mark.django_db(transaction=True)
def test_killed_senders_send_nobody_twice_and_forget_nobody(settings: object) -> None:
    issue = make_issue(READERS)
    chance = random.Random(os.environ.get("KILL_SEED"))
    with sink() as post:
        post.tell(slow=SLOW)
        with senders(issue, post, {**os.environ, "DATABASE_URL": our_database()}) as working:
            assert working.stdout
            for kill in range(1, KILLS + 1):
                reached = kill * READERS // (KILLS + 1)
                until(lambda reached=reached: post.number() >= reached)  # type: ignore[misc]  # bound at once
                time.sleep(chance.random() / 50)
                for _sender in range(2):  # the one whose turn it is, and the one that waits for it
                    os.kill(int(working.stdout.readline()), signal.SIGKILL)
            assert working.wait(60) == 0
        assert Issue.objects.get().state == "sent"
        taken, found = post.counts(), by_state()
        unsure = found.pop("unsure", set())
        assert set(taken.values()) == {1}, "Somebody got it twice."
        assert set(found) == {"accepted"}
        assert found["accepted"] <= set(taken), "Something is called accepted that was not."
        assert found["accepted"] | unsure == EVERYBODY, "Somebody is forgotten."
        assert len(unsure) <= KILLS
        print(f"{len(unsure)} unsure after {KILLS} kills, {len(unsure & set(taken))} of them taken")
        if unsure:  # by a person's wish the last of them get it, those that had it twice
            connect(settings, post)
            assert steering.send_again(issue, by=MemberFactory(), now=issue.made_at) == len(unsure)
            assert send(issue).state == "sent"
            assert set(post.counts()) == EVERYBODY
            assert by_state() == {"accepted": EVERYBODY}
