"""The reader's side of letters: asking, confirming, choosing, leaving, with the proof of each."""
