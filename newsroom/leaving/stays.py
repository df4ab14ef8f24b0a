"""What stays behind, with the reason of each: secrets, the machine's own, and what is found or made anew."""

import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password

from newsroom.leaving.part import Without

_HIDDEN = "a secret"
_MACHINE = "the machine's own: every installation makes it itself"

# Models whose rows stay behind.
STAYS = {
    "account.EmailConfirmation": f"{_HIDDEN}: a mailed key; whoever waits for it asks again",
    "articles.Presence": "who has a story open at this minute",
    "auth.Group": f"{_MACHINE}; roles name the desk's groups",
    "auth.Group_permissions": _MACHINE,
    "auth.Permission": f"{_MACHINE}; rights name them",
    "contenttypes.ContentType": f"{_MACHINE}; rows name them",
    "django_comments.CommentFlag": "of a package; never written",
    "django_comments_xtd.BlackListedDomain": "of a package; never asked",
    "members.ApiKey": f"{_HIDDEN}: what its key hashes to; make new keys on the desk",
    "members.FeedToken": f"{_HIDDEN}: what its address hashes to; members make new feeds in their account",
    "mfa.Authenticator": f"{_HIDDEN}: second factors; staff set up new ones",
    "procrastinate.ProcrastinateEvent": "jobs: what is due is found anew",
    "procrastinate.ProcrastinateJob": "jobs: what is due is found anew",
    "procrastinate.ProcrastinatePeriodicDefer": "jobs: what is due is found anew",
    "procrastinate.ProcrastinateWorker": "jobs: what is due is found anew",
    "sessions.Session": f"{_HIDDEN}: everybody signs in again",
    "sites.Site": f"{_MACHINE}, from SITE_URL",
    "usersessions.UserSession": f"{_HIDDEN}: sessions, with addresses of networks; everybody signs in again",
}

PASSWORD = Without(f"{_HIDDEN}; readers sign in by a code, staff ask for a new one", lambda: make_password(None))
TOKEN = Without(f"{_HIDDEN}; links handed out open nothing, patrons find new ones", secrets.token_urlsafe)
NETWORK = Without("where somebody wrote from is nobody's business", str)
NO_NETWORK = Without(NETWORK.why, lambda: None)
WORDS_OF_MAILS = Without("the words of mails, with their links; issues keep those of letters", dict)
UNPREPARED = Without("small versions of pictures are made anew by jobs", lambda: None)
NO_BACKUP = Without("no backup was made of the new site yet", lambda: None)
SITE = Without(STAYS["sites.Site"], lambda: settings.SITE_ID)
