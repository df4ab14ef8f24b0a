"""Customers of Stripe who come along: attached to their member once Stripe confirms them on the account we use.

Nobody is asked for a card again, charged anew or mailed. A customer of another account is listed, and so is one who
pays a price that no tier of ours stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from members.importers.readers import GhostReader
from members.importers.telling import Telling
from members.importers.tiers import Tiers
from members.models import Member, Subscription
from members.models.money import STANDING
from members.money.catalogue import adopt_price
from members.money.record.linking import LinkError, confirm_customer, release_events, take_over
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api.errors import Misconfigured, PaymentError, TryLater
from members.money.stripe_api.fitting import Fitter

UNKNOWN = "customers that are not on this Stripe account"
GIVES_UP_AFTER = 3  # times in a row that Stripe did not answer


@dataclass
class Attaching:
    """One import's talk with Stripe. `fitter`: None, with the reason, where Stripe is not set up."""

    fitter: Fitter | None
    why_none: str
    tiers: Tiers
    is_dry: bool
    unanswered: int = field(default=0)

    def attach(self, batch: Sequence[GhostReader], members: dict[int, Member], telling: Telling) -> None:
        """Attach the Customers of a batch that is written. Talks to Stripe: no transaction may be open.

        Whoever has a subscription here is passed: a second one that an interruption left out comes by night, when
        everything is compared with Stripe.
        """
        paying = [each for each in batch if each.customer and not each.is_deleted]
        synced = Subscription.objects.filter(customer__stripe_id__in=[each.customer for each in paying])
        rows = synced.filter(customer__member__isnull=False)
        done = set(rows.values_list("customer__stripe_id", flat=True))
        for each in paying:
            if each.customer in done:
                telling.left("customers of Stripe who are here already")
            elif self.fitter is None:
                telling.left(f"customers of Stripe who wait until it is set up ({self.why_none}); run this again then")
            elif self.unanswered >= GIVES_UP_AFTER:
                telling.left("customers of Stripe who wait, since it does not answer: run this again")
            else:
                self._attach(each, members.get(each.number), self.fitter, telling)

    def _attach(self, each: GhostReader, member: Member | None, fitter: Fitter, telling: Telling) -> None:
        try:
            confirm_customer(each.customer, teller=fitter)
            if not self.is_dry and member is not None:
                take_over(each.customer, member=member)
                self._sync(each, fitter, telling)
                release_events(each.customer)
            self.unanswered = 0
        except LinkError as error:
            telling.list(UNKNOWN, each.number, f"{each.email}, {each.customer}", str(error))
        except TryLater as error:
            self.unanswered += 1
            telling.list("customers Stripe did not answer about: run this again", each.number, each.email, str(error))
        except (Misconfigured, PaymentError) as error:
            telling.list("customers Stripe refused", each.number, f"{each.email}, {each.customer}", str(error))
        else:
            telling.came("customers of Stripe, confirmed on this account: no card is asked again")

    def _sync(self, each: GhostReader, fitter: Fitter, telling: Telling) -> None:
        """Their subscriptions, by the verb that always does it. A price of theirs becomes one of our tier's."""
        for stripe_id in fitter.list_subscriptions(each.customer):
            row = sync_subscription(stripe_id, teller=fitter, is_quiet=True)
            seen = fitter.fetch_subscription(stripe_id) if row is None else None
            goes_on = seen is not None and seen.status in STANDING
            if seen is not None and goes_on and adopt_price(seen, self.tiers.best_of(each.tiers), fitter):
                row = sync_subscription(stripe_id, teller=fitter, is_quiet=True)
            if row is not None and row.is_standing:
                telling.came("subscriptions that go on")
            elif row is None and goes_on:
                who = f"{each.email}, {stripe_id}"
                telling.list("subscriptions that go on at Stripe and stand for no tier here", each.number, who)
            else:
                telling.left("subscriptions that are over")
