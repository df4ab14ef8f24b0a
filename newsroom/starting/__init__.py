"""A new site from nothing: five questions, a `.env` with secrets of its own, and a paper that looks deliberate.

`answers` knows the questions and what a good answer is, `env_file` writes what the settings read, `opening` makes the
first rows. The command joins them: `manage.py start_newsroom`.
"""
