"""Replies: a conversation under stories, topics and pages, and its moderation.

`models/` is the vocabulary. `access` asks the gate for a request and makes story, topic or page one `Subject`; behind
it nobody asks which of the three it is. `closing` says when replies end, `refusals` why somebody may not write, both
without a query. `answers` are what views share, `moments` the times at which pages change by themselves. The rooms:

- `threads/`: reading. Orders and pages of a discussion, kept once a process, printed for whoever asks; feeds, counts.
- `writing/`: one's own words. `posting` makes replies, `editing` changes and takes back, `texts` makes them HTML.
- `moderation/`: `rules` meet a reply when it is written; `verbs`, `sanctions`, `reports`, `appeals` decide about it
  afterwards, all through `deciding`; `statements` say what was decided to whom it met, on every face.
- `notices/`: `telling` is what the verbs call; `outbox` keeps who hears of what, `digests` mails it; `mine` is one
  member's own page.
- `desk/`: the moderators' queue, and the pages around it.
- `importers/`: replies of other systems, brought in without a mail to anybody.

django-comments-xtd below keeps content type, site and text, and nothing else of it is used.
"""
