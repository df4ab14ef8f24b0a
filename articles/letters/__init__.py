"""Letters made of stories: composing an issue, digests by schedule, what a new story tells the letters."""
