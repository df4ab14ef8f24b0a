"""The desk's pages for topics."""
