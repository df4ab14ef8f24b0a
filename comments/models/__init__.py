"""The vocabulary of replies: discussions, what is said in them, how people behave, who hears of it."""

from comments.models.conduct import Mute, Report, Sanction
from comments.models.discussion import SUBJECTS, Discussion
from comments.models.following import Follow, Notice, NoticeWishes, Pace
from comments.models.paths import MAX_DEPTH, PATH_STEP, ReplyPath
from comments.models.reply import BUCKET_SECONDS, Reaction, Reply, digest_of
from comments.models.rulings import Appeal, Ruling, Version

__all__ = [
    "BUCKET_SECONDS",
    "MAX_DEPTH",
    "PATH_STEP",
    "SUBJECTS",
    "Appeal",
    "Discussion",
    "Follow",
    "Mute",
    "Notice",
    "NoticeWishes",
    "Pace",
    "Reaction",
    "Reply",
    "ReplyPath",
    "Report",
    "Ruling",
    "Sanction",
    "Version",
    "digest_of",
]
