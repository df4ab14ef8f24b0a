"""Each of the fifty faults has its tests, named for its number. Run as a module it prints the table."""

import ast
from pathlib import Path

FOLDERS = ("tests/members/money", "tests/journeys")
ROOT = Path(__file__).resolve().parents[3]
FAULTS = {
    1: "welcome page opens before any webhook",
    2: "patron never returns from Checkout",
    3: "each event delivered three times",
    4: "events reversed or shuffled",
    5: "all webhooks lost",
    6: "stale active event after cancel or past_due",
    7: "eight clicks on Join at once",
    8: "new checkout while subscribed",
    9: "two tabs both paid, or a duplicate made by API",
    10: "Stripe 5xx or timeout while processing",
    11: "Stripe down or slow when joining",
    12: "key replays a stored 500",
    13: "forged body, wrong secret, no header, old timestamp",
    14: "two secrets during rotation",
    15: "test event on a live site, or the reverse",
    16: "endpoint pinned to an old API version",
    17: "thin event; unknown type",
    18: "foreign product on the same account",
    19: "customer unknown to us",
    20: "object answers 404",
    21: "Customer deleted in the dashboard",
    22: "member deletes the account while subscribed",
    23: "Portal cancel, flexible",
    24: "end date passes, the deleted event is lost",
    25: "cancel undone before the end",
    26: "renewal declined, past_due",
    27: "grace measured from the end of the unpaid period",
    28: "card mended while past_due",
    29: "renewal needs SCA",
    30: "completed but unpaid, later fails",
    31: "upgrade whose proration payment fails",
    32: "downgrade scheduled",
    33: "partial then full refund, events duplicated",
    34: "refund fails later",
    35: "dispute opened, then won or lost",
    36: "JPY 1500; KWD; odd amounts",
    37: "anonymous donation",
    38: "gift paid, delivered twice; two people redeem at once",
    39: "gift refunded before or after use; expired; recipient pays already",
    40: "wallet e-mail differs from the account's",
    41: "metadata missing on invoice or charge",
    42: "two items, or quantity 2",
    43: "100 % coupon, price 0",
    44: "price archived or changed in the dashboard",
    45: "trial ends without card; our pause with a resume date",
    46: "worker dies between fetch and save; two workers on one object",
    47: "event arrives before our own commit",
    48: "demo or test rows moved to production",
    49: "webhook behind a slash redirect, CSRF, body-reading middleware",
    50: "host clock wrong by more than 300 s",
}


def numbers_in(name: str) -> list[int]:
    """The faults a test is named for: `test_fault_09_…`, `test_fault_26_and_27_…`."""
    found, words = [], name.removeprefix("test_fault_").split("_")
    while words and words[0].isdigit():
        found.append(int(words.pop(0)))
        if words and words[0] == "and":
            words.pop(0)
    return found


def table() -> dict[int, list[str]]:
    """The tests of each fault, as `file::test`, read from the files without importing them."""
    found: dict[int, list[str]] = {number: [] for number in FAULTS}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_fault_"):
                for number in numbers_in(node.name):
                    found.setdefault(number, []).append(f"{path.name}::{node.name}")
    return found


def test_each_of_the_fifty_faults_has_a_test() -> None:
    found = table()
    assert [number for number, tests in found.items() if not tests] == []
    assert sorted(found) == sorted(FAULTS) == list(range(1, 51))


if __name__ == "__main__":
    for number, tests in table().items():
        print(f"| {number} | {FAULTS[number]} | {', '.join(f'`{test}`' for test in tests)} |")
