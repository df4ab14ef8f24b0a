"""What a text shows beside pictures and stories: sounds and PDFs of ours, pages elsewhere, hosts that may be framed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, TextField, Value
from django.db.models.functions import Cast

from articles.attachments.embeds import frame_of, parts_of
from articles.models import Document, EmbedHost, LinkPreview
from articles.nodes import document_keys, embed_addresses


@dataclass(frozen=True, slots=True)
class Attached:
    """What the blocks name, as it stands today. `keys`: whose changes make the page stale."""

    files: Mapping[str, Document] = field(default_factory=dict)
    cards: Mapping[str, LinkPreview] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    has_frames: bool = False


def attached_to(blocks: Iterable[Any]) -> Attached:
    """What these blocks attach. One query for all three kinds; none where they attach nothing."""
    blocks = list(blocks)
    keys, addresses = document_keys(blocks), embed_addresses(blocks)
    if not keys and not addresses:
        return Attached()
    files: dict[str, Document] = {}
    cards: dict[str, LinkPreview] = {}
    hosts: dict[str, str] = {}
    for kind, pk, name, title, more, about, size in _rows(keys, addresses):
        if kind == "file":
            files[name] = Document(pk=pk, key=name, title=title, file=more, kind=about, size=size)
        elif kind == "card":
            cards[name] = LinkPreview(pk=pk, url=name, title=title, description=more, site=about)
        else:
            hosts[name] = title
    return Attached(
        files=files,
        cards=cards,
        hosts=hosts,
        keys=frozenset([*(f"file-{key}" for key in keys), *(f"card-{card.pk}" for card in cards.values())]),
        has_frames=any(frame_of(address, hosts) for address in addresses),
    )


def _rows(keys: list[str], addresses: list[str]) -> Iterable[Any]:
    """(kind, pk, name, title, more, about, size) of files, cards and hosts. One query."""
    named = [parts.hostname for parts in map(parts_of, addresses) if parts is not None and parts.hostname]
    files = _columns(Document.objects.filter(key__in=keys), "file", "key", "title", "file", "kind", "size")
    cards = _columns(LinkPreview.objects.filter(url__in=addresses), "card", "url", "title", "description", "site")
    hosts = _columns(EmbedHost.objects.filter(host__in=named, is_active=True), "host", "host", "name")
    rows: Iterable[Any] = files.union(cards, hosts, all=True)
    return rows


def _columns(rows: Any, kind: str, *names: str) -> Any:
    """`rows` in the seven columns all kinds have: text but for the first key and the size."""
    columns = ["name", "title", "more", "about"]
    found = dict(zip(columns, names[:4], strict=False))
    texts = {f"_{column}": Cast(found[column], TextField()) if column in found else _text("") for column in columns}
    size: Any = Cast(names[4], BigIntegerField()) if len(names) > 4 else Value(0, output_field=BigIntegerField())
    return rows.annotate(_kind=_text(kind), **texts, _size=size).values_list(
        "_kind", "pk", *(f"_{column}" for column in columns), "_size"
    )


def _text(value: str) -> Value:
    return Value(value, output_field=TextField())
