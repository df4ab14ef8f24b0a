"""The sentences about a subscription, one function a state, and about what was given."""

from datetime import datetime

from django.utils.translation import gettext as _

from members.models import Grant, Price, Subscription
from members.models.grant import ELSEWHERE
from members.money.amounts import spelled
from members.money.keeping.standing import Kind, Standing, day, deal


def of_subscription(row: Subscription, price: Price, now: datetime) -> Standing:
    """The standing that a subscription gives at `now`. No query (`is_disputed` is annotated)."""
    is_open = row.paid_until is not None and row.paid_until > now
    if getattr(row, "is_disputed", False):
        return _disputed(row)
    match row.status:
        case "past_due":
            return _past_due(row, price, is_open=is_open)
        case "unpaid":
            return _unpaid(row)
        case "paused":
            return _rests(row)
        case "canceled":
            words = _("Your membership ends on %(day)s. Until then everything stays open.")
            told = [words % {"day": day(row.paid_until)}]
            return Standing(Kind.ENDING, told, day=row.paid_until, subscription=row, may_join=True)
    if row.paused_at is not None:
        return _paused(row, is_open=is_open)
    if row.status == "trialing":
        return _trial(row, price)
    return _running(row, price, is_open=is_open)


def _running(row: Subscription, price: Price, *, is_open: bool) -> Standing:
    known = {"deal": deal(price), "day": day(row.ends_at)}
    supports = _("You support us with %(deal)s.") % known
    if row.ends_at is not None:
        words = _("Your membership ends on %(day)s. Until then everything stays open.") % known
        return Standing(Kind.ENDING, [supports, words], day=row.ends_at, subscription=row, may_manage=True)
    told = [supports, *_next_payment(row, price, is_open=is_open)]
    return Standing(Kind.PAYING, told, day=row.period_end, subscription=row, may_manage=True, may_pause=is_open)


def _next_payment(row: Subscription, price: Price, *, is_open: bool) -> list[str]:
    """When the next payment comes and what it takes, where that is not the price itself."""
    if row.next_price is not None and row.changes_at is not None:
        known = {"day": day(row.changes_at), "tier": row.next_price.tier.name, "deal": deal(row.next_price)}
        return [_("From %(day)s: %(tier)s, %(deal)s.") % known]
    if row.period_end is None:
        return []
    known = {"day": day(row.period_end), "discount": row.discount}
    if not is_open:
        return [_("The next payment, on %(day)s, opens everything again.") % known]
    if row.next_amount is None or row.next_amount == price.unit_amount:
        return [_("Next payment %(day)s.") % known]
    known["amount"] = spelled(row.next_amount, price.currency)
    if row.discount:
        return [_("Next payment %(day)s: %(amount)s (%(discount)s).") % known]
    return [_("Next payment %(day)s: %(amount)s.") % known]


def _trial(row: Subscription, price: Price) -> Standing:
    until = row.trial_ends_at or row.period_end
    known = {"day": day(until), "deal": deal(price), "discount": row.discount}
    if row.ends_at is not None:
        told = [_("Free until %(day)s; then it ends, and nothing is taken.") % {"day": day(row.ends_at)}]
        return Standing(Kind.ENDING, told, day=row.ends_at, subscription=row, may_manage=True)
    if not row.card_last4:
        told = [
            _("Free until %(day)s.") % known,
            _("There is no card yet: add one and you go on with %(deal)s, or it rests and nothing is taken.") % known,
        ]
        return Standing(Kind.TRIAL, told, day=until, subscription=row, may_manage=True)
    if row.discount:
        first = _("Free until %(day)s; then %(deal)s (%(discount)s).") % known
    else:
        first = _("Free until %(day)s; then %(deal)s.") % known
    told = [first, _("Stop before and nothing is taken.")]
    return Standing(Kind.TRIAL, told, day=until, subscription=row, may_manage=True)


def _past_due(row: Subscription, price: Price, *, is_open: bool) -> Standing:
    known = {"day": day(row.paid_until), "deal": deal(price)}
    if row.needs_action:
        first = _("Your bank wants you to confirm your payment.")
    else:
        first = _("Your last payment did not go through.")
    if is_open:
        then = _("Everything stays open until %(day)s.") % known
    else:
        then = _("The days of grace are over; the payment opens everything again.")
    advice = _("Nothing is lost: we also try again by ourselves.") if not row.needs_action else ""
    return Standing(
        Kind.PAST_DUE,
        [first, then, *([advice] if advice else [])],
        warning=f"{first} {then}",
        day=row.paid_until,
        subscription=row,
        may_manage=True,
        pay_url=row.open_invoice_url,
        must_confirm=row.needs_action,
    )


def _unpaid(row: Subscription) -> Standing:
    words = _("Your membership rests because a payment is missing. Paying it, or a new card, brings it back.")
    return Standing(
        Kind.LAPSED, [words], warning=words, subscription=row, may_manage=True, pay_url=row.open_invoice_url
    )


def _rests(row: Subscription) -> Standing:
    """Stripe's own pause: the trial ended and there was no card."""
    told = [_("Your free days are over and there was no card, so your membership rests. Nothing was taken.")]
    if row.card_last4:
        told.append(_("Your card is there now: go on whenever you like."))
    else:
        told.append(_("A card brings it back."))
    return Standing(Kind.PAUSED, told, subscription=row, may_manage=True, may_resume=bool(row.card_last4))


def _paused(row: Subscription, *, is_open: bool) -> Standing:
    sentences = [_("Your membership is paused.")]
    if is_open:
        sentences.append(_("What you paid for stays open until %(day)s.") % {"day": day(row.paid_until)})
    if row.resumes_at:
        sentences.append(
            _("It goes on after %(day)s; the next payment opens everything again.") % {"day": day(row.resumes_at)}
        )
    return Standing(Kind.PAUSED, sentences, day=row.resumes_at, subscription=row, may_manage=True, may_resume=True)


def _disputed(row: Subscription) -> Standing:
    words = _("Your bank has called a payment back. What it paid for is closed until that is settled.")
    told = [words, _("If that is a mistake, please write to us.")]
    return Standing(Kind.DISPUTED, told, warning=words, subscription=row, may_manage=True)


def given_words(grant: Grant, now: datetime) -> str:
    """What a grant that nobody pays for every month gives, and until when. A guest is a guest, whatever the reason."""
    known = {"tier": grant.tier.name, "day": day(grant.ends_at), "start": day(grant.starts_at)}
    if grant.starts_at > now:
        return _("A gift waits for you: %(tier)s from %(start)s until %(day)s.") % known
    if grant.source == Grant.Source.GIFT:
        return _("Somebody gave you this: %(tier)s until %(day)s.") % known
    if grant.source == Grant.Source.OFFLINE or grant.reason == ELSEWHERE:
        return _("Thank you for your support: %(tier)s until %(day)s.") % known
    return _("You are our guest: %(tier)s until %(day)s.") % known
