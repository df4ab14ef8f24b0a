"""How dates read where Django's own habit is not the paper's."""
