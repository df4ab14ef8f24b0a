"""How often stories are read: counted by a script on their pages, kept as sums a day, of nobody in particular."""
