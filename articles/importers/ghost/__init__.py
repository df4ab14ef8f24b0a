"""Brings a Ghost site (1 to 6) in, from the JSON it exports or a zip with that and its files."""
