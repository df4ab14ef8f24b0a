"""Keys of the content API: what they open, and the desk's page that makes them."""
