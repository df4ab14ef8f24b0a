"""The record of who did what, when and why: in words, searched, and taken along as a file."""
