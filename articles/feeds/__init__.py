"""Feeds: what readers' apps and other sites fetch of us.

- `channels`: what a feed is about: the site, a section, an author, a tag, a series, or what one member may read;
- `items`: a story as a feed tells it. Whole where the feed's reader may read it, else standfirst or open teaser;
- `rss` and `json_feed`: the two forms of the same items;
- `views`: the addresses; `own` is a member's, private and by a token.

An item keeps its id whatever happens to its address; one that came from elsewhere keeps the id it had there.
"""
