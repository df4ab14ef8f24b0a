"""Tables of people as the four systems write them, and a run of the command over one."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from members.models import Letter, Tier

SUBSTACK = ["email", "active_subscription", "expiry", "plan", "email_disabled", "created_at", "first_payment_at"]
JETPACK = ["Name", "Email", "Subscription type", "Email subscription", "Since"]
GHOST = [
    "id", "email", "name", "note", "subscribed_to_emails", "complimentary_plan", "stripe_customer_id",
    "created_at", "deleted_at", "labels", "tiers",
]  # fmt: skip
PATREON = [
    "Name", "Email", "Discord", "Patron Status", "Follows You", "Free Member", "Lifetime Amount", "Pledge Amount",
    "Charge Frequency", "Tier", "Street", "Patronage Since Date", "Last Charge Date", "Last Charge Status",
    "Additional Details", "User ID", "Currency", "Access Expiration", "Next Charge Date",
]  # fmt: skip


def table(columns: list[str], *rows: dict[str, str], separator: str = ",") -> str:
    """The text of a table; what a row does not name is empty."""
    out = StringIO()
    writer = csv.DictWriter(out, columns, delimiter=separator, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def patron(email: str, number: int, **said: str) -> dict[str, str]:
    """A row of Patreon's: active, monthly, paid to 1 December 2026."""
    row = {
        "Name": "A Real Name", "Email": email, "User ID": str(number), "Patron Status": "Active patron",
        "Tier": "Gold", "Charge Frequency": "monthly", "Last Charge Date": "2026-11-01 08:00:00",
        "Last Charge Status": "Paid", "Next Charge Date": "2026-12-01 08:00:00",
        "Additional Details": "Two\nlines, and a comma",
    }  # fmt: skip
    return {**row, **{name.replace("_", " "): value for name, value in said.items()}}


def ghost(email: str, number: int, **said: str) -> dict[str, str]:
    """A row of Ghost's: a free member who gets the newsletter."""
    row = {"id": f"g{number}", "email": email, "subscribed_to_emails": "true", "complimentary_plan": "false"}
    return {**row, "created_at": "2024-01-15T10:00:00.000Z", **said}


def substack(email: str, **said: str) -> dict[str, str]:
    """A row of Substack's: a free subscriber since 1 May 2024."""
    return {"email": email, "email_disabled": "false", "created_at": "2024-05-01T09:00:00.000Z", **said}


def make_letter() -> Letter:
    """The letter they get."""
    return Letter.objects.create(slug="daily", name="The Daily")


def make_tiers() -> None:
    """Friend below Patron."""
    Tier.objects.create(slug="friend", name="Friend", rank=2)
    Tier.objects.create(slug="patron", name="Patron", rank=3)


def run(path: Path, text: str | bytes, *options: Any, capsys: Any) -> str:
    """Write the table, import it; what was said."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    call_command("import_members", str(path), *map(str, options))
    return str(capsys.readouterr().out)
