"""Makes WordPress exports, as WordPress writes them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SITE = "https://old.example.org"
UPLOADS = f"{SITE}/wp-content/uploads"
HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The Old Lighthouse</title><link>{SITE}</link><wp:wxr_version>1.2</wp:wxr_version>
"""
Terms = Iterable[tuple[str, str, str]]  # domain, slug, name


def cdata(text: str) -> str:
    """As WordPress writes texts."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def author(number: int, login: str, name: str) -> str:
    """Somebody with an account."""
    return (
        f"<wp:author><wp:author_id>{number}</wp:author_id><wp:author_login>{cdata(login)}</wp:author_login>"
        f"<wp:author_display_name>{cdata(name)}</wp:author_display_name></wp:author>\n"
    )


def category(number: int, slug: str, name: str, parent: str = "") -> str:
    """A category of the site."""
    return (
        f"<wp:category><wp:term_id>{number}</wp:term_id><wp:category_nicename>{cdata(slug)}</wp:category_nicename>"
        f"<wp:category_parent>{cdata(parent)}</wp:category_parent><wp:cat_name>{cdata(name)}</wp:cat_name></wp:category>\n"
    )


def comment(number: int, parent: int, name: str, text: str) -> str:
    """An approved reply."""
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>{cdata(name)}</wp:comment_author>"
        f"<wp:comment_date_gmt>2024-05-09 08:{number % 60:02}:00</wp:comment_date_gmt><wp:comment_content>{cdata(text)}"
        f"</wp:comment_content><wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
        f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
    )


def item(
    number: int,
    title: str,
    content: str = "",
    *,
    kind: str = "post",
    status: str = "publish",
    slug: str = "",
    day: str = "2024-05-02",
    parent: int = 0,
    order: int = 0,
    terms: Terms = (),
    meta: Mapping[str, str] | None = None,
    comments: Sequence[str] = (),
    creator: str = "maren",
    more: str = "",
) -> str:
    """One `<item>`: a post at `/yyyy/mm/dd/slug/` unless said otherwise."""
    slug = slug or title.lower().replace(" ", "-")
    path = f"/{day.replace('-', '/')}/{slug}/" if kind == "post" else f"/{slug}/"
    words = "".join(
        f'<category domain="{kind}" nicename="{slug}">{cdata(name)}</category>' for kind, slug, name in terms
    )
    fields = "".join(
        f"<wp:postmeta><wp:meta_key>{cdata(key)}</wp:meta_key><wp:meta_value>{cdata(value)}</wp:meta_value></wp:postmeta>"
        for key, value in (meta or {}).items()
    )
    return (
        f"<item><title>{cdata(title)}</title><link>{SITE}{path}</link><dc:creator>{cdata(creator)}</dc:creator>"
        f'<guid isPermaLink="false">{SITE}/?p={number}</guid><content:encoded>{cdata(content)}</content:encoded>'
        f"<excerpt:encoded>{cdata('')}</excerpt:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_date>{day} 10:00:00</wp:post_date><wp:post_date_gmt>{day} 08:00:00</wp:post_date_gmt>"
        f"<wp:comment_status>open</wp:comment_status><wp:post_name>{cdata(slug)}</wp:post_name><wp:status>{status}</wp:status>"
        f"<wp:post_parent>{parent}</wp:post_parent><wp:menu_order>{order}</wp:menu_order><wp:post_type>{kind}</wp:post_type>"
        f"<wp:post_password></wp:post_password>{words}{fields}{''.join(comments)}{more}</item>\n"
    )


def attachment(number: int, path: str, *, alt: str = "", caption: str = "", parent: int = 0) -> str:
    """A file of the old site under its uploads."""
    made = item(
        number, path.rpartition("/")[2].partition(".")[0], kind="attachment", status="inherit", parent=parent,
        meta={"_wp_attachment_image_alt": alt} if alt else None,
        more=f"<wp:attachment_url>{UPLOADS}/{path}</wp:attachment_url>",
    )  # fmt: skip
    return made.replace("<excerpt:encoded><![CDATA[]]>", f"<excerpt:encoded>{cdata(caption)}")


def entry(number: int, title: str, menu: str, *, order: int, below: int = 0, kind: str = "", object_id: int = 0,
          url: str = "") -> str:  # fmt: skip
    """An entry of a menu. `kind`: `page`, `category` …, or "" for an address."""
    meta = {
        "_menu_item_type": {"": "custom", "category": "taxonomy"}.get(kind, "post_type"),
        "_menu_item_object": kind or "custom",
        "_menu_item_object_id": str(object_id or number),
        "_menu_item_menu_item_parent": str(below),
        "_menu_item_url": url,
    }
    terms = [("nav_menu", menu.lower().replace(" ", "-"), menu)]
    return item(number, title, kind="nav_menu_item", slug=str(number), order=order, terms=terms, meta=meta)


def export(path: Path, *parts: str) -> Path:
    """A file of these parts."""
    path.write_text(f"{HEAD}{''.join(parts)}</channel></rss>\n", encoding="utf-8")
    return path
