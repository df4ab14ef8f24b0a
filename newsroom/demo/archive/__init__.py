"""An archive of any size: stories, members and replies as an old newspaper has them, written with COPY.

Rows come in batches, each its own transaction under one advisory lock, and are numbered by their `legacy_key` (members
by their address): what is there is counted, and making goes on behind it. So it may be killed and run again, twice
at once too. A number always makes the same row, and only its keys and the first run's clock differ.
"""
