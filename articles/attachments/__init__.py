"""What a text shows that is not text: frames, files of ours, cards of other pages."""
