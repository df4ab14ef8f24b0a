"""The page that explains an export to whoever opens it: what each file holds, what is not there, how to bring it in."""

from typing import Any

from newsroom.leaving.manifest import MEDIA, Manifest
from newsroom.leaving.parts import PARTS

MEDIA_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": f"A row of {MEDIA}.jsonl",
    "description": "A file under media/, as rows name it.",
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "its path below media/"},
        "bytes": {"type": "integer"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
    "required": ["name", "bytes", "sha256"],
    "additionalProperties": False,
}
HEAD = """# {name}

Everything {site} held on {day}, taken along by `export_site`. One moment of the site: nothing in it is older or
newer than the rest. It holds addresses of people and what they paid: keep it as you would keep the database.

## How to read it

- `data/*.jsonl`: one kind of thing a file, one row a line, each line a JSON object (UTF-8). `id` names a row; where
  another row points to it, the field holds that number. `schema/*.schema.json` describes each file (JSON Schema
  2020-12) and says which file a number leads to.
- Moments are ISO 8601 with their zone; days have none. Money is in the currency's smallest unit. Texts of stories
  are HTML; pictures stand in them by `key` (`data-picture`), files as `data-file`, other stories by `id`
  (`data-read-also`), and `<hr data-paywall>` is where the text is cut for those who may not read on.
- `media/`: pictures, sounds, PDFs and the logo, under the names the rows give; `data/{media}.jsonl` lists them.
- `manifest.json`: how many rows and bytes each file has, and its SHA-256.
"""
WAY_IN = """
## How to bring it in

Into a new Newsroom whose database was only migrated:

    python manage.py migrate
    python manage.py import_site THIS_FOLDER

Rows keep their numbers and addresses. It comes in whole or not at all. Nobody is mailed: a letter that was on its
way, or whose hour passed meanwhile, waits for somebody at the desk, and stories and steps of topics that came due
count as told. A vote that would have ended meanwhile stays open for a week, for its ballots are not here.

Carry `SECRET_KEY` over (or name the old one in `SECRET_KEY_FALLBACKS`), and links in mails that went out, and codes
of gifts that wait for their day, go on working. Stop the old site first: what is due from then on is the new one's to
do. Like a copy of a database, an export is believed as it is: bring in only one that you made.
"""


def readme(manifest: Manifest) -> str:
    """The page, in Markdown."""
    rows = [f"| `{part.name}.jsonl` | {_rows(manifest, part.name):,} | {part.says} |" for part in PARTS]
    rows.append(f"| `{MEDIA}.jsonl` | {_rows(manifest, MEDIA):,} | Files under media/. |")
    left = [f"- `{name}`: {why}" for name, why in sorted(manifest.left_out.items())]
    text = HEAD.format(name=manifest.name, site=manifest.site, day=manifest.made_at[:10], media=MEDIA)
    text += "\n".join(["\n## What is in it\n", "| File | Rows | What |", "|---|---:|---|", *rows, ""])
    text += "\n".join(["\n## What stayed behind, and why\n", *left, ""])
    if manifest.notes:
        text += "\n".join(["\n## To know\n", *(f"- {note}" for note in manifest.notes), ""])
    return text + WAY_IN


def _rows(manifest: Manifest, name: str) -> int:
    return manifest.files[f"data/{name}.jsonl"].rows
