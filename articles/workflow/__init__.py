"""The steps of a story: what it still needs, who approved it, how it is kept, switched and taken back."""
