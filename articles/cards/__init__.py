"""Cards: the picture that previews elsewhere show of a story without one, and of the site's own pages.

- `lettering`: one headline set in our own typeface, in any script that has, fitted to its room;
- `drawing`: the card as a PNG;
- `addresses`: what stands on a card, and its address, which changes with what stands on it;
- `views`: made when first asked for, and kept by the page cache.
"""
