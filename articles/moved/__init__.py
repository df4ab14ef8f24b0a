"""Addresses that moved: what an old one asks for, where it leads, and how the desk leads others on."""
