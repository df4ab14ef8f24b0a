"""An issue as one kind of reader would get it."""

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from members.gate import NO_METER, Decision, Reader, Terms, decide
from members.letters.issues.contents import MOMENTS, plain
from members.models import Issue, SiteRules


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail in its three parts."""

    subject: str
    text: str
    html: str


def preview(issue: Issue, reader: Reader, now: datetime) -> Rendered:
    """Subject, text and HTML for such a reader, with links that lead nowhere."""
    stories = []
    for row in issue.content.get("stories", []):
        values = row["terms"]
        moments = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in MOMENTS}
        opens = decide(Terms(**{**values, **moments}), reader, NO_METER, now) is Decision.READ
        body = row["body_html"] if opens and row["body_html"] else row["teaser_html"]
        stories.append({"headline": row["headline"], "note": row["note"], "body": body})
    html = "".join(f"<h2>{row['headline']}</h2><p>{row['note']}</p>{row['body']}" for row in stories)
    intro = issue.content.get("intro_html", "")
    page = render_to_string(
        "emails/base.html", {"site_name": SiteRules.current().name, "site_url": "", "content": intro + html}
    )
    text = f"{strip_tags(intro)}\n\n" + "\n\n".join(f"{row['headline']}\n{plain(row['body'])}" for row in stories)
    return Rendered(issue.subject, text, page.replace("</table>", f"{intro}{html}</table>", 1))
