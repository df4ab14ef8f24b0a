"""System checks: what is missing or unsafe in production, each with what to do. `check --deploy` shows them."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from newsroom import mailevents
from newsroom.backups import postgres
from newsroom.counter import SITE, origin_of

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEMO_KEY = "sk_test_demo"
LIVE_KEYS = ("sk_live_", "rk_live_")
NOWHERE = tuple(f"django.core.mail.backends.{name}." for name in ("dummy", "console", "filebased", "locmem"))


def register_all() -> None:
    """Register every check of this module: two guards always, the rest for production."""
    register(stripe_base)
    register(counter)
    for check in (machine, secrets, stripe_keys, proxies, desk, mail, mail_events, extras, backups):
        register(check, Tags.security, deploy=True)


def stripe_base(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What must never start: another Stripe than Stripe outside the demo, real money while debugging, deaf ears.

    Checked by every command, the worker's start included; payments.py refuses the first two as well.
    """
    key = settings.STRIPE_SECRET_KEY
    found: list[CheckMessage] = []
    if settings.STRIPE_API_BASE and not _is_demo(settings.STRIPE_API_BASE, key):
        hint = f"Unset it. Only the demo sets it: DEBUG=1, a loopback address and the key {DEMO_KEY}."
        found.append(Error("STRIPE_API_BASE points somewhere else than Stripe.", hint=hint, id="newsroom.E001"))
    if settings.DEBUG and key.startswith(LIVE_KEYS):
        hint = "Use a test key (rk_test_…) while DEBUG is on."
        found.append(Error("STRIPE_SECRET_KEY moves real money, and DEBUG is on.", hint=hint, id="newsroom.E013"))
    if key and not settings.DEBUG and not all([*settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_WEBHOOK_SECRETS]):
        hint = "Set STRIPE_WEBHOOK_SECRETS to the endpoint's signing secret; stripe_setup prints it."
        found.append(Error("No webhook secret: payments would not be heard of.", hint=hint, id="newsroom.E008"))
    return found


def _is_demo(base: str, key: str) -> bool:
    parts = urlsplit(base)
    return settings.DEBUG and parts.scheme == "http" and parts.hostname in LOOPBACK and key == DEMO_KEY


def machine(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Debugging off, an address over HTTPS, hosts named."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on.", hint="Unset DEBUG in production.", id="newsroom.E002"))
    if not settings.SITE_URL.startswith("https://"):
        hint = "Set SITE_URL to the site's address, such as https://news.example.org."
        found.append(Error("SITE_URL is missing or not https.", hint=hint, id="newsroom.E003"))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        hint = "Set ALLOWED_HOSTS to the names the site answers to."
        found.append(Error("ALLOWED_HOSTS is empty or allows every name.", hint=hint, id="newsroom.E004"))
    if not settings.DEFAULT_FROM_EMAIL:
        hint = "Set DEFAULT_FROM_EMAIL to the address the site's mails come from."
        found.append(Error("DEFAULT_FROM_EMAIL is missing.", hint=hint, id="newsroom.E005"))
    return found


def secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A secret key of its own."""
    if len(settings.SECRET_KEY) >= 50 and "development" not in settings.SECRET_KEY:
        return []
    hint = (
        "Set SECRET_KEY to 50 random characters or more: python -c 'import secrets; print(secrets.token_urlsafe(60))'"
    )
    return [Error("SECRET_KEY is too short or the development one.", hint=hint, id="newsroom.E006")]


def stripe_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """With a Stripe key: a live one. Without one the site takes no money."""
    key = settings.STRIPE_SECRET_KEY
    if not key:
        hint = "Set STRIPE_SECRET_KEY (a restricted key) and STRIPE_WEBHOOK_SECRETS, then run stripe_setup."
        return [checks.Warning("No Stripe key: nobody can become a patron.", hint=hint, id="newsroom.W001")]
    found: list[CheckMessage] = []
    if "_test_" in key and not settings.STRIPE_ALLOW_TEST_KEY:
        hint = "Use a live key, or set STRIPE_ALLOW_TEST_KEY=1 on a staging site."
        found.append(Error("STRIPE_SECRET_KEY is a test key.", hint=hint, id="newsroom.E007"))
    return found


def proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A site over HTTPS has somebody in front who ends TLS; limits need to know whom to believe."""
    if settings.HTTPS and not settings.TRUSTED_PROXY_COUNT:
        hint = "Set TRUSTED_PROXY_COUNT to the number of proxies of yours (compose.yaml sets its own)."
        return [
            Error("TRUSTED_PROXY_COUNT is 0: the proxy would count as every reader.", hint=hint, id="newsroom.E009")
        ]
    return []


def desk(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nobody reaches the desk by a mailed code alone."""
    if settings.STAFF_NEED_MFA:
        return []
    hint = "Unset STAFF_NEED_MFA: staff sign in with a password and a second factor."
    return [Error("The desk is open without a second factor.", hint=hint, id="newsroom.E010")]


def mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mail goes somewhere, with what its server or provider asks for, and no password goes in the clear."""
    backend, found = settings.EMAIL_BACKEND, list[CheckMessage]()
    if backend.startswith(NOWHERE):
        hint = "Unset EMAIL_BACKEND and set EMAIL_HOST, or choose a provider; see .env.example."
        found.append(
            checks.Warning("Mail goes nowhere: no code, receipt or letter arrives.", hint=hint, id="newsroom.W020")
        )
    try:
        get_connection()
    except (ImproperlyConfigured, ImportError, ValueError) as error:  # ValueError: both ways of encrypting
        hint = "Provider's settings are set with ANYMAIL_ before their names; see .env.example."
        first = str(error).strip().partition("\n")[0]
        found.append(Error(f"EMAIL_BACKEND {backend} cannot be used: {first}", hint=hint, id="newsroom.E020"))
    is_open = not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL) and settings.EMAIL_HOST not in LOOPBACK
    if backend.endswith("smtp.EmailBackend") and settings.EMAIL_HOST_PASSWORD and is_open:
        hint = "Set EMAIL_USE_TLS=1, or EMAIL_USE_SSL=1 for port 465."
        found.append(Error("EMAIL_HOST_PASSWORD would go over the net in the clear.", hint=hint, id="newsroom.E021"))
    if settings.MAIL_BATCH < 1 or settings.MAIL_PER_SECOND < 0:
        hint = "MAIL_BATCH is 1 or more; MAIL_PER_SECOND is 0 (no limit) or more."
        found.append(Error("MAIL_BATCH or MAIL_PER_SECOND is out of range.", hint=hint, id="newsroom.E022"))
    return found


def extras(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What a setting asks for is installed."""
    wanted = {"S3_BUCKET": ("storages", "s3"), "REDIS_URL": ("redis", "redis")}
    return [
        Error(f"{name} is set, but {module} is not installed.", hint=f"Install it: pip install '.[{extra}]'", id=number)
        for number, (name, (module, extra)) in zip(("newsroom.E011", "newsroom.E012"), wanted.items(), strict=True)
        if getattr(settings, name) and find_spec(module) is None
    ]


def backups(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A backup a night needs PostgreSQL's programs; their version is compared when they are used."""
    if not settings.BACKUP_DIR:
        return []
    try:
        postgres.program("pg_dump", at_least=1)
    except postgres.PostgresError:
        hint = "Install postgresql-client, or name the folder of pg_dump in POSTGRES_BIN."
        return [Error("BACKUP_DIR is set, but there is no pg_dump.", hint=hint, id="newsroom.E023")]
    return []


def mail_events(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A provider that may tell us what became of mails, with what proves that it is they."""
    if not mailevents.provider():
        return []
    try:
        mailevents.guarded_view()
    except mailevents.NotGuarded as error:
        return [checks.Warning("Bounces and complaints are not heard of.", hint=str(error), id="newsroom.W002")]
    return []


def counter(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Somebody else's counter: its script comes by https from a host by name, and the site has a name there."""
    script, site = settings.COUNTER_SCRIPT, settings.COUNTER_SITE
    if not script and not site:
        return []
    found: list[CheckMessage] = []
    if not origin_of(script):
        hint = "Set it to the script's address, such as https://plausible.io/js/script.js, or unset both."
        found.append(Error("COUNTER_SCRIPT is no address by https.", hint=hint, id="newsroom.E030"))
    if not SITE.fullmatch(site):
        hint = "Set COUNTER_SITE to what the counter calls this site: its domain or id."
        found.append(Error("COUNTER_SITE is missing or holds odd characters.", hint=hint, id="newsroom.E031"))
    return found
