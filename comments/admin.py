"""The moderators' desk: its pages live in `comments/desk/`."""

from comments.desk import appeals, discussions, replies, reports, sanctions

__all__ = ["appeals", "discussions", "replies", "reports", "sanctions"]
