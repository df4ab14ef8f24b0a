"""The desk's pages for letters, issues, mailings and suppressed addresses."""
