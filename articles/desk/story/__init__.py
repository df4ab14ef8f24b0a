"""The story's pages on the desk: one ModelAdmin made of parts."""
