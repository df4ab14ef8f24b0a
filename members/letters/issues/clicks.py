"""How often the links of a letter were followed, in sum.

One number per link of an issue, and nothing of who it was: no row, no cookie, no name in the address. What is not a
person's click is not counted: HEAD, what a browser fetches in advance, and the same link from the same network within
a minute (a double click, a scanner that opens everything twice; the network's hash is kept for that minute alone).
Counting is no act: the page behind the link is the same with or without it.
"""

from django.db.models import F
from django.http import HttpRequest

from members.limits import network, within
from members.models import Issue, IssueLink

ONCE_IN = 60  # seconds
IN_ADVANCE = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # the first is the Fetch standard's, the others older


def count(issue: Issue, place: int, path: str, request: HttpRequest) -> bool:
    """Count that the link at `place` was followed to `path`; False where it does not count. Effects: one row."""
    if request.method != "GET" or any("prefetch" in request.headers.get(name, "") for name in IN_ADVANCE):
        return False
    if not within("letter-click", f"{issue.pk}-{place}-{network(request)}", times=1, seconds=ONCE_IN):
        return False
    link, _is_new = IssueLink.objects.get_or_create(issue=issue, position=place, defaults={"path": path[:500]})
    IssueLink.objects.filter(pk=link.pk).update(clicks=F("clicks") + 1)
    return True
