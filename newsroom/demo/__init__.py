"""The demo: a believable newspaper of an invented city, and the drawings that illustrate it."""
