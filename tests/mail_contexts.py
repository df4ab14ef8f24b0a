"""For every mail of the house the contexts its callers give it, one for each turn it can take.

A new mail gets its line here: `tests/newsroom/test_mail.py` takes every field away once, and whoever wrote the mail
learns which of them it cannot do without.
"""

from typing import Any

TIER = {"tier": "Friend", "deal": "5 € a month"}
GIFT = {"code": "ABCD", "tier": "Friend", "months": 3, "giver": "Ann", "message": "For you", "until": "3 May 2027"}
STAFF = {"kind": "join", "name": "Ada", "email": "ada@example.org", **TIER}
REPLY = {"kind": "answers", "name": "Bo", "text": "Yes.", "quoted": "> Yes.", "url": "https://a.org/1"}
ON_OWN = {**REPLY, "kind": "own_stories"}
UNDER = {"title": "Quays", "url": "https://a.org/", "replies": [REPLY], "more": 2, "stop": "https://a.org/s",
         "is_branch": False}  # fmt: skip
TALK = {"decisions": [], "stories": [], "count": 1, "contact": "desk@example.org", "mine": "https://a.org/mine",
        "leave": "https://a.org/l", "stops": [{"kind": "answers", "url": "https://a.org/x"}]}  # fmt: skip
RULED = {"what": "hidden", "headline": "Your reply is hidden", "effect": "Nobody sees it.", "how": "Looked at.",
         "reference": "R-1", "reason": "Insult", "message": "Please do not.", "url": "", "words": "You fool",
         "quoted": "> You fool", "appeal": "https://a.org/a", "title": "Quays"}  # fmt: skip
APPEALED = {"what": "dismissed", "reference": "A-1", "against": "R-1", "reason": "It stands.", "title": ""}
REPORTED = {"what": "left", "reference": "M-1", "title": "Quays"}
WAITING = {"held": 2, "reported": 1, "illegal": 1, "appeals": 1, "stories": [{"title": "Quays", "held": 2}],
           "oldest": "3 November, 9:00", "queue": "https://a.org/q", "reports": "https://a.org/r",
           "appeals_path": "https://a.org/a", "leave": "https://a.org/l", "mine": "https://a.org/m"}  # fmt: skip
STORY = {"place": 0, "kicker": "City", "headline": "Quay sinks", "standfirst": "Whole.", "note": "Read this.",
         "body_html": "<p>Mud.</p>", "text": "Mud.", "is_whole": True, "link": "https://a.org/go"}  # fmt: skip
ISSUE = {"subject": "Quay sinks", "preheader": "", "letter": "Morning", "intro_html": "<p>Hi.</p>", "intro": "Hi.",
         "publisher": "The Post Ltd", "contact": "desk@example.org", "content_language": "en", "web": "https://a.org/w",
         "leave": "https://a.org/l", "mine": "https://a.org/m", "is_shortened": False}  # fmt: skip
PLACE = {"title": "Quays", "url": "https://a.org/t", "votes": 3}
FATE = {**PLACE, "is_winner": True, "is_declined": False}
STEP = {"kind": "published", "title": "Quays", "url": "https://a.org/t", "reason": "", "joined": None, "due": "",
        "story": {"headline": "Quay sinks", "standfirst": "Whole.", "url": "https://a.org/s"}, "votes": 3,
        "question": "What next?", "closes": "3 November",
        "vote_url": "https://a.org/topics/", "mine": "https://a.org/m", "leave": "https://a.org/l"}  # fmt: skip

COUNTED = {"question": "What next?", "ballots": 4, "vote_url": "https://a.org/topics/", "mine": "https://a.org/m",
           "leave": "https://a.org/l"}  # fmt: skip
CONTEXTS: dict[str, list[dict[str, Any]]] = {
    "comments/answer": [{"name": "Bo", "title": "Quays", "text": "Yes.", "url": "https://a.org/"}],
    "comments/moderation": [WAITING, {**WAITING, "illegal": 0}, {**WAITING, "illegal": 0, "held": 0, "stories": []},
                            {**WAITING, "illegal": 0, "held": 0, "reported": 0, "stories": []}],
    "comments/notices": [
        {**TALK, "stories": [UNDER]},
        {**TALK, "stories": [{**UNDER, "more": 0, "is_branch": True, "replies": [REPLY, ON_OWN]}]},
        {**TALK, "stories": [{**UNDER, "more": 0, "replies": [{**REPLY, "kind": "followed"}]}]},
        {**TALK, "stories": [UNDER, UNDER]},
        {**TALK, "decisions": [RULED]},
        {**TALK, "decisions": [{**RULED, "what": "published", "url": "https://a.org/1", "appeal": ""}, APPEALED]},
        {**TALK, "decisions": [REPORTED], "stories": [UNDER]},
    ],
    "comments/report": [{"reference": "M-1", "url": "https://a.org/"}],
    "members/access_declined": [{"text": "Not this time."}],
    "members/access_given": [{"tier": "Friend", "until": "3 May 2027"}],
    "members/address_changed": [{}],
    "members/cancelled": [{**TIER, "ends_on": "3 May", "is_trial": is_trial} for is_trial in (True, False)],
    "members/card_expiring": [{**TIER, "last4": "4242", "until": "30 November"}],
    "members/checkout_failed": [{}],
    "members/donation_thanks": [{"amount": "5 €", "on": "3 May"}],
    "members/ended": [{**TIER, "ended_on": "3 May", "is_unpaid": is_unpaid} for is_unpaid in (True, False)],
    "members/gift_code": [GIFT, {**GIFT, "giver": "", "message": ""}],
    "members/gift_receipt": [
        {"amount": "15 €", "tier": "Friend", "months": 3, "recipient": to, "delivered_on": "3 May", "is_now": is_now,
         "code": "" if to else "ABCD", "until": "3 May 2027"}
        for to, is_now in (("", True), ("bo@example.org", True), ("bo@example.org", False))
    ],
    "members/gift_reminder": [GIFT],
    "members/invoice_link": [{"amount": "5 €", "url": "https://a.org/", "name": "Ann"}],
    "members/issue": [
        {**ISSUE, "stories": [STORY]},
        {**ISSUE, "stories": [STORY, {**STORY, "is_whole": False}, {**STORY, "is_whole": False, "text": ""}],
         "is_shortened": True},
    ],
    "members/issue_test": [{"subject": "Quay sinks", "text": "Mud.", "html": "<p>Mud.</p>"}],
    "members/letter_confirm": [
        {"letter": "Morning", "link": "https://a.org/c", "never": "https://a.org/n", "days": 7}
    ],
    "members/merged": [{"kept": "a@example.org", "other": "b@example.org"}],
    "members/move_card": [
        {"platform": platform, "tier": "Friend", "until": "3 May", "email": "a@example.org"}
        for platform in ("Patreon", "")
    ],
    "members/paused": [{**TIER, "open_until": "3 May", "resumes_on": "3 June"}],
    "members/payment_confirm": [{**TIER, "amount": "5 €", "hosted_url": "https://a.org", "until": "3 May"}],
    "members/payment_failed": [{**TIER, "amount": "5 €", "hosted_url": "https://a.org", "until": "3 May"}],
    "members/payment_mended": [TIER],
    "members/plan_changed": [
        {**TIER, "from_day": "3 May", "until_tier": "Friend"}, {**TIER, "from_day": "", "renews_on": "3 May"},
    ],
    "members/refunded": [
        {"refunded": "2 €", "amount": "5 €", "paid_on": "3 May", "is_whole": is_whole, "ends": is_whole}
        for is_whole in (True, False)
    ],
    "members/renewal_soon": [
        {**TIER, "until": "", "renews_on": "3 May", "next_amount": "50 €", "discount": "SPRING", "has_card": True}
    ],
    "members/rests": [TIER],
    "members/resumed": [{**TIER, "renews_on": "3 May", "is_open": False}],
    "members/staff_invitation": [{"link": "https://a.org/i", "by": "Paula", "role": "Editors", "days": 7}],
    "members/staff_money": [
        STAFF, {"kind": "cancel", "ends_on": "3 May", "reason": "other", **TIER, "name": "Ada"},
        {"kind": "failed", "amount": "5 €", "until": "3 May"},
        {"kind": "failed", "dispute": "lost", "email": "a@b.c"},
        {"kind": "gift", "gives": "donation", "amount": "5 €"},
        {"kind": "gift", "gives": "gift", "months": "3", **TIER},
        {"kind": "gift"},
    ],
    "members/topic_result": [
        {**COUNTED, "has_voted": has_voted, "winners": winners, "decisions": decisions}
        for has_voted, winners, decisions in (
            (True, [PLACE], [FATE, {**FATE, "is_winner": False}, {**FATE, "is_winner": False, "is_declined": True}]),
            (False, [PLACE, dict(PLACE)], [FATE]),
            (True, [], [{**FATE, "is_winner": False}]),
        )
    ],
    "members/topic_step": [
        STEP, {**STEP, "kind": "in_vote", "story": {}}, {**STEP, "kind": "assigned", "story": {}, "due": "March 2027"},
        {**STEP, "kind": "merged", "story": {}, "joined": {"title": "Piers", "url": "https://a.org/p"}},
        {**STEP, "kind": "declined", "story": {}, "reason": "Others told it."},
    ],
    "members/trial_ending": [
        {**TIER, "until": "3 May", "renews_on": "3 May", "next_amount": "4 €", "discount": "SPRING",
         "has_card": has_card}
        for has_card in (True, False)
    ],
    "members/undone": [{**TIER, "renews_on": "3 May", "next_amount": "5 €"}],
    "members/welcome": [
        {**TIER, "renews_on": "3 May", "free_until": free, "discount": "SPRING", "next_amount": "4 €",
         "terms": "2026-11", "accepted_at": "today"}
        for free in ("", "3 May")
    ],
}  # fmt: skip
UNUSED = {  # given by callers, said nowhere
    "members/issue_test": {"site_name"},
    "members/issue": {"stories.place"}, "comments/notices": {"leave"}, "members/cancelled": {"tier", "deal"},
    "members/ended": {"tier", "deal"}, "members/gift_reminder": {"message"}, "members/invoice_link": {"name"},
    "members/payment_confirm": {"tier", "deal"}, "members/payment_failed": {"tier", "deal"}, "members/paused": {"tier"},
    "members/renewal_soon": {"deal", "until", "has_card"}, "members/trial_ending": {"renews_on"},
}  # fmt: skip
