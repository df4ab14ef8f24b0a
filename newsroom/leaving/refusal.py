"""What is said when an export cannot be made or brought in."""


class LeavingError(Exception):
    """The message is fit to show: what is wrong, where, and what to do. `row`: which of several rows, from 0."""

    row = 0
