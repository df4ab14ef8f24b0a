"""The vocabulary of members: people, tiers, money, grants, rules, topics, letters."""

from members.models.grant import Grant
from members.models.letter import Issue, Letter, LetterSubscription, Mailing
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
from members.models.topic import Ballot, Choice, Round, Topic
from members.models.watch import MoneyNotice, ReconcileRun

__all__ = [
    "AccessRequest",
    "AuditEntry",
    "Ballot",
    "BannerLevel",
    "CheckoutAttempt",
    "Choice",
    "Complimentary",
    "Gift",
    "Grant",
    "Issue",
    "Letter",
    "LetterSubscription",
    "Mailing",
    "Member",
    "MenuItem",
    "MeteredView",
    "MoneyNotice",
    "OfflinePayment",
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
    "Terms",
    "Tier",
    "Topic",
]
