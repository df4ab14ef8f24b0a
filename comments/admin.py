"""The moderators' desk: its pages live in `comments/desk/`."""

from comments.desk import discussions, replies, reports, sanctions

__all__ = ["discussions", "replies", "reports", "sanctions"]
