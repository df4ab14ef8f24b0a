"""The vocabulary of members: people, tiers, money, grants, rules, topics, letters."""

from members.models.ballot import Ballot, Choice
from members.models.grant import Grant
from members.models.keys import ApiKey, FeedToken
from members.models.letter import Consent, Letter, LetterSubscription
from members.models.mailing import Issue, IssueLink, MailEvent, Mailing, Suppression
from members.models.member import Member
from members.models.meter import MeteredView, StoryGift
from members.models.money import (
    CheckoutAttempt,
    Payment,
    StripeCustomer,
    StripeEvent,
    StripeRef,
    Subscription,
)
from members.models.rules import AuditEntry, BannerLevel, MenuItem, SiteRules
from members.models.staff import StaffInvitation
from members.models.support import AccessRequest, Complimentary, Gift, OfflinePayment, SupportWay
from members.models.terms import Terms
from members.models.tier import Price, Tier
from members.models.topic import Option, Round, Topic, TopicFollow, TopicStep, TopicWishes
from members.models.watch import MoneyNotice, ReconcileRun

__all__ = [
    "AccessRequest",
    "ApiKey",
    "AuditEntry",
    "Ballot",
    "BannerLevel",
    "CheckoutAttempt",
    "Choice",
    "Complimentary",
    "Consent",
    "FeedToken",
    "Gift",
    "Grant",
    "Issue",
    "IssueLink",
    "Letter",
    "LetterSubscription",
    "MailEvent",
    "Mailing",
    "Member",
    "MenuItem",
    "MeteredView",
    "MoneyNotice",
    "OfflinePayment",
    "Option",
    "Payment",
    "Price",
    "ReconcileRun",
    "Round",
    "SiteRules",
    "StaffInvitation",
    "StoryGift",
    "StripeCustomer",
    "StripeEvent",
    "StripeRef",
    "Subscription",
    "SupportWay",
    "Suppression",
    "Terms",
    "Tier",
    "Topic",
    "TopicFollow",
    "TopicStep",
    "TopicWishes",
]
