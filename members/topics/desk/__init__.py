"""The desk's pages for topics: rounds, the queue of proposals with its steps, and what votes led to."""
