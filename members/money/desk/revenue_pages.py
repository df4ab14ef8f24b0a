"""The page of what the membership brings, and the same as files."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from members.audit.admin import BYTE_ORDER_MARK, Echo
from members.audit.searching import FORMULA_STARTS
from members.models import Payment
from members.money.amounts import decimals
from members.money.desk.pages import for_managers, page
from members.money.desk.revenue import Revenue
from members.money.desk.revenue import revenue as numbers
from members.money.stripe_api.payments import is_live

OF_MONTH = (
    "month", "currency", "monthly", "paying", "new", "back", "gone", "more", "less", "subscriptions", "once", "gifts",
    "offline", "refunded", "disputed", "tax", "net",
)  # fmt: skip
COUNTED = ("paying", "new", "back", "gone", "more", "less")
OF_PAYMENT = (
    "paid at", "kind", "amount", "refunded", "tax", "currency", "dispute", "e-mail", "tier", "receipt", "invoice",
    "payment",
)  # fmt: skip
FIELDS = (
    "paid_at", "kind", "amount", "amount_refunded", "tax", "currency", "dispute_status", "member__email",
    "billing_email", "subscription__price__tier__name", "receipt_number", "invoice_number", "payment_intent",
)  # fmt: skip


@require_GET
@for_managers
def revenue(request: HttpRequest) -> HttpResponse:
    """MRR, ARR, who pays for which tier, and twelve months of coming and going."""
    found = numbers(timezone.now())
    return page(request, "revenue", _("What the membership brings"), revenue=found)


@require_GET
@for_managers
def months(request: HttpRequest) -> HttpResponse:
    """The months of every currency as CSV."""
    return _file("months.csv", _month_rows(numbers(timezone.now())))


@require_GET
@for_managers
def payments(request: HttpRequest) -> HttpResponse:
    """Every payment of this mode as CSV, newest first, read in batches."""
    return _file("payments.csv", _payment_rows())


def _month_rows(found: Revenue) -> Iterator[Iterable[Any]]:
    yield (*OF_MONTH, "paused", "failed")
    for currency in found.currencies:
        for row in currency.months:
            cells = [getattr(row, name) for name in OF_MONTH]
            written = [
                _decimal(cell, row.currency) if isinstance(cell, int) and name not in COUNTED else cell
                for name, cell in zip(OF_MONTH, cells, strict=True)
            ]
            yield (*written, *found.told.get(row.month, (0, 0)))


def _payment_rows() -> Iterator[Iterable[Any]]:
    yield OF_PAYMENT
    rows = Payment.objects.filter(livemode=is_live()).order_by("-paid_at", "-pk").values_list(*FIELDS)
    for at, kind, amount, back, tax, code, dispute, email, typed, *rest in rows.iterator(chunk_size=1000):
        sums = (_decimal(part, code) for part in (amount, back, tax))
        rest = [cell or "" for cell in rest]
        yield (timezone.localtime(at).isoformat(), kind, *sums, code, dispute, email or typed, *rest)


def _decimal(amount: int, currency: str) -> str:
    """An amount as a spreadsheet reads it: 1234.50."""
    places = decimals(currency)
    return f"{Decimal(amount).scaleb(-places):.{places}f}"


def _file(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """Rows as CSV, written while it is read; no cell is taken for a formula."""
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer  # type: ignore[return-value]  # a streamed answer is one all the same


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([_plain(str(cell)) for cell in row])


def _plain(cell: str) -> str:
    """A net below zero is a number; any other cell that begins like a formula is quoted."""
    is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return cell if is_number or not cell.startswith(FORMULA_STARTS) else f"'{cell}"
