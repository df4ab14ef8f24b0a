"""The newsroom: settings, addresses and the leaves every app stands on.

`caching`, `pagecache`, `cdn`, `mail`, `fetch`, `network`, `database` and `checks` import no app.
`settings`, `urls`, `desk`, `account`, `rights`, `demo` and the commands are wiring and may import all.
"""
