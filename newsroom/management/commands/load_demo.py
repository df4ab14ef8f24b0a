"""`manage.py load_demo`: the demo paper, once. A second run does nothing."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from members.models import SiteRules
from newsroom.demo import community, desk, loader, money, talk, topics
from newsroom.demo.paper import read_paper
from newsroom.demo.people import COLLEAGUES, PEOPLE


class Command(BaseCommand):
    """Loads the paper in one transaction: a broken loading leaves nothing behind."""

    help = "Load the demo paper into an empty development database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, unless it or anything else is there."""
        if not settings.DEBUG:
            raise CommandError("The demo paper is for development: DEBUG must be on.")
        if SiteRules.objects.exists() or Article.objects.exists():
            return
        self.stdout.write("Loading the paper …")
        with transaction.atomic():
            self.load()

    def load(self) -> None:
        """Everything, in the order in which one thing names another."""
        paper, now = read_paper(), timezone.now()
        staff = [person for person in PEOPLE if person.groups]
        community.load_staff([*staff, *COLLEAGUES])
        community.load_tiers(paper["tiers"], paper["site"]["currency"])
        people = community.load_members(paper["members"], now)
        for person in PEOPLE:
            if person.email and not person.groups:
                community.make_account(person.email, person.name, joined_at=now - timedelta(days=30))
        topics.load_rounds(paper["rounds"], now)
        topics.load_proposals(paper["proposals"], now)
        loader.load_sections(paper["sections"])
        loader.load_pictures(self.tell)
        loader.load_series(paper["series"])
        loader.load_authors(paper["authors"])
        loader.load_stories(now, self.tell)
        topics.load_answers()
        loader.load_pages(paper["pages"])
        brief = Article.objects.get(slug=paper["brief"]["story"])
        community.load_rules(paper, brief.get_absolute_url())
        community.load_menu(paper["menu"], paper["pages"])
        community.load_letters(paper["site"]["name"], now)
        community.load_ballots(now)
        community.load_replies(paper["replies"], people, now)
        talk.load_talk(people, now)
        desk.load_desk(now)
        money.load_money(now)

    def tell(self, what: str) -> None:
        """Progress, one line a thing when asked for."""
        if self.verbosity > 1:
            self.stdout.write(f"  {what}")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Remember how much to say."""
        self.verbosity = int(options["verbosity"])
        return super().execute(*args, **options)
