"""What a story's text is made of: its blocks, and how each node becomes what readers see. Nothing here queries."""

from articles.nodes.blocks import (
    Body,
    document_keys,
    embed_addresses,
    picture_keys,
    plain_text,
    read_also_ids,
    source,
)
from articles.nodes.footnotes import Notes
from articles.nodes.insets import caption
from articles.nodes.rendering import render
from articles.nodes.shown import Shown, StoryLink

__all__ = [
    "Body",
    "Notes",
    "Shown",
    "StoryLink",
    "caption",
    "document_keys",
    "embed_addresses",
    "picture_keys",
    "plain_text",
    "read_also_ids",
    "render",
    "source",
]
