"""The desk's pages for letters."""
