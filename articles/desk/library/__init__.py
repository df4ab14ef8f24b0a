"""The desk's pages for pictures, files and the hosts that may be framed."""
