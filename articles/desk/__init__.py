"""The desk's pages for stories and what they are made of. Plain Django admin under our own templates."""
