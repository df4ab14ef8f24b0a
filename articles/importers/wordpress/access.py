"""Who could read what on the old site: what Jetpack's newsletter and Patreon's plugin kept for some stays theirs.

Anything not known is kept for patrons: nothing that was paid for becomes open by moving.
"""

import re

from articles.importers.wordpress.shortcodes import MORE
from articles.importers.wordpress.wxr import WxrItem
from members.gate import Audience

JETPACK, PATREON = "_jetpack_newsletter_access", "patreon-level"  # the fields in which they say so
OF_JETPACK = {"": Audience.EVERYONE, "everybody": Audience.EVERYONE, "subscribers": Audience.MEMBERS}
PAYWALL = re.compile(r"<!--\s*wp:jetpack/paywall\b.*?-->", re.S)
PAID = re.compile(r"<!--\s*wp:(?:premium-content/subscriber-view|jetpack/paid-content)\b.*?-->", re.S)
FOR_OTHERS = re.compile(
    r"<!--\s*wp:premium-content/logged-out-view\b.*?<!--\s*/wp:premium-content/logged-out-view\s*-->", re.S
)
DIVIDER = "<!--more-->"


def audience_of(item: WxrItem) -> Audience:
    """Who may read a post or page, by what its own fields and blocks say."""
    level = item.meta.get(PATREON, "").strip()
    if PAID.search(item.content) or level not in ("", "0", "0.00"):
        return Audience.PATRONS
    found = OF_JETPACK.get(item.meta.get(JETPACK, "").strip(), Audience.PATRONS)
    return Audience.MEMBERS if found == Audience.EVERYONE and PAYWALL.search(item.content) else found


def with_divider(markup: str) -> str:
    """The markup cut where the old site cut it: its paywall counts for more than a *more* mark.

    What others saw instead of a paid part is no part of the story.
    """
    markup = FOR_OTHERS.sub("", markup)
    cut = next((found for kind in (PAYWALL, PAID) if (found := kind.search(markup))), None)
    if cut is None:
        return markup
    before, after = (
        MORE.sub("", PAYWALL.sub("", PAID.sub("", part))) for part in (markup[: cut.start()], markup[cut.end() :])
    )
    return f"{before}{DIVIDER}{after}"
