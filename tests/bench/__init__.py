"""`make bench`: what a page costs, measured on this machine. Nothing here asserts a time."""
