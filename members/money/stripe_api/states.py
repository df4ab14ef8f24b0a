"""What Stripe told us, as frozen values: ids, minor units, aware UTC moments. No model, no SDK."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

UTC_EPOCH = datetime.fromtimestamp(0, UTC)


def moment(seconds: int | None) -> datetime | None:
    """Seconds since 1970, as Stripe writes them."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class EventNote:
    """A verified event: ids only, its payload is not believed."""

    id: str
    type: str
    object_id: str
    customer_id: str
    api_version: str
    livemode: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A Checkout Session."""

    id: str
    status: str
    payment_status: str
    attempt_id: str
    customer_id: str
    subscription_id: str
    payment_intent: str
    email: str
    url: str
    livemode: bool

    @property
    def is_paid(self) -> bool:
        """Complete, and the money is there or none was asked; a delayed method is complete and unpaid."""
        return self.status == "complete" and self.payment_status in ("paid", "no_payment_required")

    @property
    def is_waiting(self) -> bool:
        """Complete, the bank has yet to pay."""
        return self.status == "complete" and not self.is_paid


@dataclass(frozen=True, slots=True)
class CustomerState:
    """Whom Stripe knows."""

    id: str
    email: str
    name: str
    created: datetime
    livemode: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a subscription; the period lives here."""

    id: str
    price_id: str
    product_id: str
    quantity: int
    period_start: datetime
    period_end: datetime
    unit_amount: int = 0


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """An invoice of a subscription, and the span its lines cover."""

    id: str
    status: str
    subscription_id: str
    customer_id: str
    payment_intent: str
    amount_due: int
    currency: str
    period_start: datetime
    period_end: datetime
    hosted_url: str
    is_renewal: bool
    number: str = ""
    tax: int = 0
    email: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a subscription is paid with; `expires_on` is its last day, None for what never expires."""

    brand: str
    last4: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off: `percent_off`, or `amount_off` in minor units. `lasts`: once, repeating or forever."""

    name: str
    percent_off: Decimal | None
    amount_off: int | None
    currency: str
    lasts: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """Another price that takes over at a day already fixed."""

    price_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A subscription with its newest invoices (newest first)."""

    id: str
    customer_id: str
    status: str
    items: tuple[Item, ...]
    started_at: datetime
    cancel_at: datetime | None
    ends_with_period: bool
    ended_at: datetime | None
    is_pause: bool
    resumes_at: datetime | None
    invoices: tuple[InvoiceState, ...]
    livemode: bool
    trial_ends_at: datetime | None = None
    next_amount: int | None = None
    discounts: tuple[Discount, ...] = ()
    change: Change | None = None
    cancel_reason: str = ""
    cancel_comment: str = ""
    card: Card | None = None
    needs_action: bool = False

    @property
    def period_start(self) -> datetime:
        """When the current period began (of the first item; they bill together)."""
        return self.items[0].period_start if self.items else self.started_at

    @property
    def period_end(self) -> datetime:
        """When the current period ends, paid or not."""
        return self.items[0].period_end if self.items else self.started_at

    @property
    def paid_through(self) -> datetime | None:
        """The end of the last period that was paid (or cost nothing); None if none was."""
        return max((each.period_end for each in self.invoices if each.status == "paid"), default=None)

    @property
    def open_invoice(self) -> InvoiceState | None:
        """The newest invoice that waits for its money."""
        return next((each for each in self.invoices if each.status == "open"), None)

    @property
    def was_voided(self) -> bool:
        """Whether the newest closed invoice was given up: its period was not paid and will not be."""
        closed = [each for each in self.invoices if each.status not in ("draft", "open")]
        return bool(closed) and closed[0].status in ("void", "uncollectible")


@dataclass(frozen=True, slots=True)
class PaymentState:
    """Money that came, or did not; `amount_refunded` is absolute, `tax` a part of `amount`."""

    payment_intent: str
    succeeded: bool
    charge_id: str
    customer_id: str
    attempt_id: str
    invoice: InvoiceState | None
    amount: int
    currency: str
    amount_refunded: int
    dispute_status: str
    paid_at: datetime
    email: str
    livemode: bool
    tax: int = 0
    receipt_number: str = ""


@dataclass(frozen=True, slots=True)
class OneOff:
    """What a donation or a gift asks Checkout for; `amount` in minor units. A gift is taxed where tax is on."""

    name: str
    amount: int
    currency: str
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    is_donation: bool


@dataclass(frozen=True, slots=True)
class CatalogPrice:
    """A recurring price as the catalogue knows it; `amount` in minor units, `interval` month or year."""

    lookup_key: str
    currency: str
    amount: int
    interval: str
    active: bool = True
    tax_behavior: str = "unspecified"


@dataclass(frozen=True, slots=True)
class CatalogProduct:
    """A product as the catalogue knows it: a tier."""

    id: str
    name: str
    description: str
    active: bool


@dataclass(frozen=True, slots=True)
class PortalState:
    """Our portal configuration: which prices it offers, how it cancels, whether it asks why."""

    id: str
    prices: frozenset[str]
    cancel_mode: str
    asks_why: bool
    later: frozenset[str]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint; `types` are the events it hears of."""

    url: str
    api_version: str
    status: str
    types: frozenset[str]
