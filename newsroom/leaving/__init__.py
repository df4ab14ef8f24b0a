"""The way out, and back in: a whole site as documented JSON Lines and media, and stories as WordPress reads them."""
