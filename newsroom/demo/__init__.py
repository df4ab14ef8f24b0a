"""The demo: a believable paper, its people, a tour, and the processes that run it. Development only."""
