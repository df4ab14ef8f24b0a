"""WordPress pages as ours, under their parents' paths."""

from articles.importers.filing import free_name, is_used
from articles.importers.wordpress.access import audience_of
from articles.importers.wordpress.moving import Moving
from articles.importers.wordpress.wxr import WxrItem
from articles.models import Name, Page
from members.gate import Audience

DEEPEST = 10
LONGEST_PATH = 260  # with a number and a suffix it fits


class Pages:
    """The pages of one move."""

    def __init__(self, moving: Moving) -> None:
        self.moving = moving

    def bring(self, item: WxrItem) -> Page | None:
        """A page. Protected and unpublished ones are not shown; None for one that has to wait for its parent."""
        moving, report = self.moving, self.moving.report
        known = Page.objects.filter(legacy_key=moving.key(item.post_id)).first()
        if known is not None:
            report.skipped["pages that were here already"] += 1
            return known
        if report.broken and item.parent and item.parent not in moving.frame.pages:
            report.skipped["pages whose parent stands behind the break: they come with the whole file"] += 1
            return None
        wanted = self.path(item.post_id)
        if len(wanted) > LONGEST_PATH:
            wanted = f"{wanted[:LONGEST_PATH].strip('/')}-{item.post_id}"
        title, path = moving.headline(item), free_name(wanted, "page")
        is_open = audience_of(item) == Audience.EVERYONE
        if not is_open:
            report.note(title, "was a page for some readers only, which pages here cannot be: it is not published")
        page = Page.objects.create(
            legacy_key=moving.key(item.post_id),
            title=title,
            path=path,
            body=moving.body(item, title),
            is_published=is_open and item.status == "publish" and not item.password,
            replies_open=any(not comment.is_ping for comment in item.comments),
            updated_at=item.published_at or moving.now,
        )
        Name.objects.create(path=path, page=page)
        if path != self.path(item.post_id, is_plain=True):
            report.note(title, f"lives at /{path}/: its address was taken")
        moving.redirect(item, page)
        report.came["pages" if page.is_published else "pages, not published"] += 1
        return page

    def path(self, post_id: int, depth: int = 0, *, is_plain: bool = False) -> str:
        """`level-1/level-2/…`, its first part none the site itself uses; a loop in a broken export ends at ten."""
        slug, parent = self.moving.frame.pages[post_id]
        if parent in self.moving.frame.pages and depth < DEEPEST:
            return f"{self.path(parent, depth + 1, is_plain=is_plain)}/{slug}"
        return f"{slug}-page" if is_used(slug) and not is_plain else slug
