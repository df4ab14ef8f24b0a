"""The vocabulary of replies: discussions, what is said in them, and how people behave."""

from comments.models.conduct import Report, Sanction
from comments.models.reply import (
    BUCKET_SECONDS,
    MAX_DEPTH,
    PATH_STEP,
    SUBJECTS,
    Discussion,
    Reaction,
    Reply,
    ReplyPath,
    digest_of,
)

__all__ = [
    "BUCKET_SECONDS",
    "MAX_DEPTH",
    "PATH_STEP",
    "SUBJECTS",
    "Discussion",
    "Reaction",
    "Reply",
    "ReplyPath",
    "Report",
    "Sanction",
    "digest_of",
]
