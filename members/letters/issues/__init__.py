"""What a letter carries for whom: making issues, cutting them by the gate, rendering, links, the web view."""
