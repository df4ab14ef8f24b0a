"""`manage.py start_newsroom`: five questions, and a site. Run again it goes on where it stopped, or changes nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from members import staffing
from newsroom import environment
from newsroom.backups import postgres
from newsroom.starting import env_file
from newsroom.starting.answers import QUESTIONS, AnswerError, Answers, Question
from newsroom.starting.opening import Opened, open_site

TRIES = 5
WRITTEN = """\
{path} is written, with secrets of its own, for you alone to read. Keep a copy in a safe place.
Next: set the mail server in it (EMAIL_…); letters, codes and the invitation need one."""
NO_DATABASE = """\
The database does not answer yet ({why}).
With compose.yaml: docker compose up -d, then docker compose exec web python manage.py start_newsroom
On this machine: sudo -u postgres createuser --pwprompt newsroom (the password is POSTGRES_PASSWORD in .env), then
sudo -u postgres createdb --owner newsroom newsroom, and run this again. It goes on from here."""
NEXT = """\
Next:
1. {email} opens the invitation that was mailed, or this address, by {until}: {link}
   Whoever publishes signs in with a password and a second factor; colleagues are invited on the desk.
2. Moving in: manage.py import_wordpress FILE, import_ghost FILE, import_members FILE (--dry-run tells first).
3. Money: manage.py stripe_setup, once STRIPE_SECRET_KEY is set.
4. manage.py check --deploy says what is missing or unsafe."""


class Command(BaseCommand):
    """Writes `.env` where there is none, makes the database ready, opens the site and invites the publisher."""

    help = "Begin a site: name, address, time zone, language and the publisher's e-mail, asked or given as options."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One option a question."""
        for question in QUESTIONS:
            parser.add_argument(f"--{question.option.replace('_', '-')}", help=question.text)
        parser.add_argument("--no-input", action="store_true", help="ask nothing: take options, .env and defaults")
        parser.add_argument("--env", type=Path, help="write this file and do nothing else (for compose.yaml)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file first, where settings are still missing; then, with them, open the site."""
        self.asks = not options["no_input"]
        target: Path | None = options["env"]
        if target is None and not environment.is_bare():
            self.open(options)
            return
        path = target or settings.BASE_DIR / ".env"
        self.write(path, options)
        if target is None:
            self.go_on()

    def write(self, path: Path, options: dict[str, Any]) -> None:
        """Ask everything, write `path`. Raises CommandError for one that is there, or cannot be written."""
        if path.exists():
            raise CommandError(f"{path} is there already and stays as it is. Remove it to begin anew.")
        answers = Answers(**self.answers(QUESTIONS, options))
        try:
            env_file.write(path, answers)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(WRITTEN.format(path=path))

    def go_on(self) -> None:
        """The rest in a process that reads the new file."""
        bare = {name: value for name, value in os.environ.items() if name not in environment.STAND_INS}
        self.stdout.flush()
        done = subprocess.run([sys.executable, sys.argv[0], "start_newsroom", "--no-input"], env=bare, check=False)  # noqa: S603 - ourselves
        if done.returncode:
            raise CommandError("The site is not open yet; see above.", returncode=done.returncode)

    def open(self, options: dict[str, Any]) -> None:
        """Database, groups and cache table, then the first rows."""
        try:
            postgres.connect_alone().close()
        except psycopg.OperationalError as error:
            raise CommandError(NO_DATABASE.format(why=str(error).strip().partition("\n")[0])) from error
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        known = {"name": settings.NEWSROOM_NAME, "publisher": settings.NEWSROOM_PUBLISHER}
        asked = [question for question in QUESTIONS if question.option in known]
        given = {name: options[name] or known[name] for name in known}
        answers = self.answers(asked, given)
        self.tell(open_site(**answers, now=timezone.now()), answers)

    def answers(self, questions: Any, given: dict[str, Any]) -> dict[str, str]:
        """An answer to each: given, else asked, else its default. Raises CommandError with what is wrong or missing."""
        wrong, found = [], {}
        for question in questions:
            try:
                said = given[question.option]
                found[question.option] = self.ask(question, said) if self.asks else _read(question, said)
            except AnswerError as error:
                wrong.append(f"--{question.option.replace('_', '-')}: {error}")
        if wrong:
            raise CommandError("\n".join(wrong))
        return found

    def ask(self, question: Question, said: str | None) -> str:
        """The answer, asked until it is one, five times at most. Raises AnswerError."""
        problem = AnswerError("Nobody answers.")
        for attempt in chain([said] if said else [], self._typed(question)):
            try:
                return _read(question, attempt)
            except AnswerError as error:
                problem = error
                self.stderr.write(str(error))
        raise problem

    def _typed(self, question: Question) -> Iterator[str]:
        """What is typed, as often as it is asked for."""
        hint = f" [{question.otherwise}]" if question.otherwise else ""
        for _try in range(TRIES):
            try:
                yield input(f"{question.text}{hint} ")
            except EOFError:
                return

    def tell(self, opened: Opened, answers: dict[str, str]) -> None:
        """What there is now, and what to do next."""
        if opened.is_new:
            self.stdout.write(f"{answers['name']} is there: {settings.SITE_URL}")
        else:
            self.stdout.write("The site is there already; nothing of it was changed.")
        if opened.invitation is not None:
            row = opened.invitation
            until = timezone.localtime(row.expires_at).strftime("%d %B, %H:%M")
            self.stdout.write(NEXT.format(email=row.email, until=until, link=staffing.link_of(row)))


def _read(question: Question, said: str | None) -> str:
    return question.read(said or question.otherwise)
