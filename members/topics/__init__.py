"""Topics: what patrons vote on, from a proposal to the published story.

`rounds/` holds the vote (ballots, count, close), `loop/` the way of a topic (proposed, in vote, won, assigned,
published, declined, merged) and who hears of it, `desk/` the newsroom's pages; `showing`, `views` and `forms`
are the readers' side. Every step is a `TopicStep`, written by `loop.steps.take` alone.
"""
