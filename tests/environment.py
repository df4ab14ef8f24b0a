"""What the settings need to know before Django loads: one real PostgreSQL for the whole run.

A plugin (`-p tests.environment`), since pytest-django reads the settings before any conftest.
"""

import os
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / ".data"
STATIC = DATA / "test-static"
STATIC.mkdir(parents=True, exist_ok=True)  # whitenoise warns where its folder is not there
os.environ.update(
    STATIC_ROOT=str(STATIC),
    DEBUG="1",
    FAIL_LOUDLY="1",
    SITE_URL="http://testserver",
    ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
    STRIPE_API_BASE="http://127.0.0.1:1",
    STRIPE_SECRET_KEY="sk_test_demo",
    STRIPE_WEBHOOK_SECRETS="whsec_test",
    TIME_ZONE="Europe/Copenhagen",
)
sys.dont_write_bytecode = False  # or each of a run's hundred processes would compile the house anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
CARELESS = ("fsync", "synchronous_commit", "full_page_writes")  # what a machine that loses its power would need


def careless(url: str) -> None:
    """Have the server of the tests wait for no disk."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        for setting in CARELESS:
            server.execute(f"ALTER SYSTEM SET {setting} = off")
        server.execute("SELECT pg_reload_conf()")


if "DATABASE_URL" not in os.environ:  # the controller starts it; xdist's workers inherit the address
    from newsroom import database

    os.environ["DATABASE_URL"] = database.embedded(DATA / "test-postgres")
    careless(os.environ["DATABASE_URL"])
