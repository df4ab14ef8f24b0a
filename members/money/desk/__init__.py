"""The desk's pages for money."""
