"""Every file of an export, in the order in which rows come back: what others name stands before them.

A model is in a part or in `STAYS`; `undecided` names one that is in neither, and a test refuses it.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q, QuerySet

from articles import models as articles
from comments import models as comments
from members import models as members
from newsroom.leaving import stays
from newsroom.leaving.ballots import Ballots
from newsroom.leaving.part import Part, Table


def settled_mails() -> "QuerySet[members.Mailing]":
    """Mails that went out or never will. Those about topics would say who voted."""
    waiting = [members.Mailing.Status.QUEUED, members.Mailing.Status.HANDING]
    return members.Mailing.objects.on_the_desk().exclude(status__in=waiting)


def _events() -> "QuerySet[Any]":
    return members.MailEvent.objects.filter(Q(mailing=None) | Q(mailing__in=settled_mails()))


def _sent_notices() -> "QuerySet[Any]":
    return comments.Notice.objects.exclude(sent_at=None)


PEOPLE: tuple[Part, ...] = (
    Table("members", members.Member, "People with an account.", {"password": stays.PASSWORD}),
    Table("roles", members.Member.groups.through, "Who belongs to which group of the desk."),
    Table("rights", members.Member.user_permissions.through, "What somebody may do beyond their groups."),
    Table("addresses", EmailAddress, "The e-mail addresses by which people sign in."),
    Table("invitations", members.StaffInvitation, "Invitations to the desk."),
)
PAPER: tuple[Part, ...] = (
    Table("pictures", articles.Picture, "Pictures; their files are under media/.", {"prepared_at": stays.UNPREPARED}),
    Table("documents", articles.Document, "Sounds and PDFs; their files are under media/."),
    Table("authors", articles.Author, "Who writes."),
    Table("sections", articles.Section, "Sections of the site."),
    Table("section_limits", articles.SectionLimit, "Writers who write for some sections only."),
    Table("pages", articles.Page, "Standing pages."),
    Table("names", articles.Name, "Which section or page lives at which first address."),
    Table("tags", articles.Tag, "Words that describe stories."),
    Table("series", articles.Series, "Series of stories."),
    Table("redirects", articles.Redirect, "Old addresses and where they lead."),
    Table("missed_addresses", articles.MissedAddress, "Addresses readers asked for and nobody answers."),
    Table("embed_hosts", articles.EmbedHost, "Hosts whose pages may be framed in stories."),
    Table("link_cards", articles.LinkPreview, "What pages elsewhere say of themselves."),
)
OFFERS: tuple[Part, ...] = (
    Table("rules", members.SiteRules, "The site's rules, set by the publisher.", {"backed_up_at": stays.NO_BACKUP}),
    Table("menu", members.MenuItem, "The menu and the footer."),
    Table("support_ways", members.SupportWay, "Other ways to support."),
    Table("tiers", members.Tier, "What patrons may join."),
    Table("prices", members.Price, "What a tier costs."),
    Table("terms", members.Terms, "The terms people joined under, by version."),
)
VOTES: tuple[Part, ...] = (
    Table("rounds", members.Round, "Votes on what is covered next, with their results."),
    Table("topics", members.Topic, "What patrons propose and vote on."),
    Table("options", members.Option, "Which topics stand in which round, and their votes."),
    Table("topic_steps", members.TopicStep, "What became of topics."),
    Table("topic_follows", members.TopicFollow, "Who wants to hear of which topic."),
    Table("topic_wishes", members.TopicWishes, "Who wants no mail about topics."),
    Ballots(),
)
STORIES: tuple[Part, ...] = (
    Table("stories", articles.Article, "Stories, with their whole text."),
    Table("bylines", articles.Byline, "Who wrote which story."),
    Table("taggings", articles.Tagging, "Which story has which tag."),
    Table("stories_pictures", articles.Article.pictures.through, "Which pictures stand in which story's text."),
    Table("revisions", articles.Revision, "Earlier versions of stories."),
    Table("working_copies", articles.WorkingCopy, "What somebody was writing and had not saved."),
    Table("corrections", articles.Correction, "Corrections of stories."),
    Table("live_entries", articles.LiveEntry, "Entries of live coverage."),
    Table("related_links", articles.RelatedLink, "What the editor put beside a story."),
    Table("outgoing_links", articles.OutgoingLink, "Addresses stories link to, and whether they answer."),
    Table("front_slots", articles.FrontSlot, "How the front page is arranged."),
    Table("preview_links", articles.PreviewLink, "Links by which somebody without an account reads a draft."),
    Table("story_notes", articles.StoryNote, "Notes on stories among colleagues."),
    Table("story_reads", articles.StoryReads, "How often stories were read, in sum a day."),
)
MONEY: tuple[Part, ...] = (
    Table("stripe_customers", members.StripeCustomer, "Whom Stripe knows a member as."),
    Table("checkout_attempts", members.CheckoutAttempt, "Tries to pay, with what they were for."),
    Table("subscriptions", members.Subscription, "Subscriptions, as Stripe last said."),
    Table("payments", members.Payment, "Payments, as Stripe last said. Amounts in the smallest unit."),
    Table("stripe_refs", members.StripeRef, "Which payment or subscription an id of Stripe's belongs to."),
    Table("stripe_events", members.StripeEvent, "What Stripe told, by its ids."),
    Table("reconcile_runs", members.ReconcileRun, "Comparisons with Stripe, and what they found."),
    Table("gifts", members.Gift, "Memberships given to others. Of a code only what it hashes to (80 random bits)."),
    Table("complimentary", members.Complimentary, "Access given by the newsroom, or paid elsewhere."),
    Table("offline_payments", members.OfflinePayment, "Support that came by bank or in cash."),
    Table("access_requests", members.AccessRequest, "Who asked for access they cannot pay."),
    Table("grants", members.Grant, "Who may read as a patron, from when to when, by which source."),
    Table("metered_views", members.MeteredView, "Metered stories that members opened."),
    Table("story_gifts", members.StoryGift, "Stories patrons gave away.", {"token": stays.TOKEN}),
    Table("money_notices", members.MoneyNotice, "Who of the staff hears of money."),
)
LETTERS: tuple[Part, ...] = (
    Table("letters", members.Letter, "Newsletters."),
    Table("letter_subscriptions", members.LetterSubscription, "Who gets which letter."),
    Table("consents", members.Consent, "The proof: who asked for a letter, confirmed, left; when, in which words."),
    Table("issues", members.Issue, "What was mailed of each letter."),
    Table("issue_links", members.IssueLink, "Links of issues, and how often they were followed, in sum."),
    Table(
        "mails", members.Mailing, "Mails that went out, by name, so that none goes out twice.",
        {"context": stays.WORDS_OF_MAILS}, settled_mails,
        "mails that still wait are the old site's to send; those about topics would say who voted",
    ),
    Table(
        "mail_events", members.MailEvent, "What mail providers said of mails.",
        only=_events, only_why="what was said of mails that stay behind",
    ),
    Table("suppressions", members.Suppression, "Addresses no letter goes to."),
)  # fmt: skip
TALK: tuple[Part, ...] = (
    Table("discussions", comments.Discussion, "What replies stand under."),
    Table(
        "replies", comments.Reply, "What people wrote under stories, pages and topics, and what was decided.",
        {"ip_address": stays.NO_NETWORK, "ip_digest": stays.NETWORK, "site": stays.SITE},
    ),
    Table("reply_versions", comments.Version, "Texts replies had before."),
    Table("reactions", comments.Reaction, "Who recommends which reply."),
    Table("reports", comments.Report, "Replies that somebody reported."),
    Table("sanctions", comments.Sanction, "Who may not reply, and why."),
    Table("rulings", comments.Ruling, "What moderators decided, and undid."),
    Table("appeals", comments.Appeal, "What people said against a decision."),
    Table("mutes", comments.Mute, "Whom somebody does not want to read."),
    Table("follows", comments.Follow, "Who follows which discussion."),
    Table("notice_wishes", comments.NoticeWishes, "What somebody wants to hear of replies."),
    Table(
        "notices", comments.Notice, "What people were told of replies, so that nobody hears twice.",
        only=_sent_notices, only_why="what is still to be told is the old site's to tell",
    ),
)  # fmt: skip
RECORD: tuple[Part, ...] = (
    Table("audit", members.AuditEntry, "Who did what, when and why."),
    Table("desk_log", LogEntry, "What was saved on the desk, form by form."),
)
PARTS: tuple[Part, ...] = (*PEOPLE, *PAPER, *OFFERS, *VOTES, *STORIES, *MONEY, *LETTERS, *TALK, *RECORD)


def files_of_models() -> dict[type[Model], str]:
    """What the file of each model is called."""
    return {model: part.name for part in PARTS for model in part.holds}


def undecided() -> list[str]:
    """The models nobody decided about: neither in a part nor in `STAYS`."""
    decided = {model._meta.label for model in files_of_models()} | stays.STAYS.keys()
    return sorted({model._meta.label for model in apps.get_models(include_auto_created=True)} - decided)
