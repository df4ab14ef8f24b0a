"""`manage.py import_members FILE --from SYSTEM`: people move in. Mails nobody; can be run again."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from articles.importers.report import ImportReport
from members.importers.columns import Origin
from members.importers.run import PeopleImport, Wanted, known_letters
from members.importers.tables import WrongFileError
from members.importers.tiers import TierError
from members.models import Letter
from newsroom.management.importing import DRY, ImportCommand

SHOWN = 40  # things to look at, on the screen


class Command(ImportCommand):
    """Subscribers of Jetpack and Substack, patrons of Patreon, members of Ghost."""

    every, every_in_a_log = 100, 20_000  # lines
    help = (
        "Import people from a CSV of Jetpack, Substack, Patreon or Ghost. Confirmed consent is kept, patrons read to "
        "the day they paid, customers of Stripe keep their card. Mails nobody. Run it again to complete what an "
        "interruption left, and with a newer file to follow what changed there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, where it comes from, and what it cannot say itself."""
        parser.add_argument("file", type=Path, help="the CSV as it was downloaded")
        parser.add_argument("--from", dest="origin", required=True, choices=[*Origin], help="who wrote it")
        parser.add_argument("--letter", default="", metavar="SLUG", help="the letter their subscribers get")
        parser.add_argument(
            "--tier", action="append", default=[], metavar="NAME=SLUG",
            help="a tier of theirs and ours; a SLUG alone stands for all the others. As often as needed",
        )  # fmt: skip
        parser.add_argument(
            "--grace-days", type=int, metavar="N", help="days patrons read beyond what they paid (else as the rules)"
        )
        parser.add_argument("--accounts", action="store_true", help="an account for each subscriber of a letter, too")
        parser.add_argument(
            "--all-confirmed", action="store_true", help="everybody in a table without that column wants the letter"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would come, and write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE", help="keep the whole report in a file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through, bring, report; fail at the end where the file broke: what came before it stays."""
        path, report = options["file"], ImportReport()
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if options["report"] and not options["report"].parent.is_dir():
            raise CommandError(f"There is no folder {options['report'].parent} for the report.")
        try:
            run = PeopleImport(path, wanted_of(options), report=report, now=timezone.now())
            self.show(run.look(), lambda number: f"{number:,} lines read")
            self.show(run.bring(), lambda number: f"{number:,} of {run.total:,} lines looked at")
        except (WrongFileError, TierError) as error:
            raise CommandError(f"{error} Nothing was imported.") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        heading = f"People from {Origin(options['origin']).shown}: {path.name}, {timezone.localdate().isoformat()}"
        self.tell_all(report, options["report"], heading, is_dry=options["dry_run"])
        if run.broken:
            raise CommandError(
                f"The table breaks at {run.broken}. What came before is kept. Mend the file and run this again."
            )

    def tell_all(self, report: ImportReport, kept_in: Path | None, heading: str, *, is_dry: bool) -> None:
        """The report: whole in its file, on the screen with the first things to look at."""
        end = [DRY] if is_dry else []
        if kept_in is not None:
            report.heading = "\n".join([heading, *end])
            self.keep(report, kept_in)
            end.append(f"The whole report is in {kept_in}.")
        more = len(report.notes) - SHOWN
        notes = (
            [*report.notes[:SHOWN], f"and {more:,} more: --report FILE keeps them all"] if more > 0 else report.notes
        )
        for line in [*replace(report, notes=notes).lines(), *end]:
            self.stdout.write(line)


def wanted_of(options: dict[str, Any]) -> Wanted:
    """What the options ask for. Raises CommandError for a letter that is not there, and for days below none."""
    letter = Letter.objects.filter(slug=options["letter"]).first() if options["letter"] else None
    if options["letter"] and letter is None:
        raise CommandError(f"There is no letter “{options['letter']}”. {known_letters()}")
    days = options["grace_days"]
    if days is not None and not 0 <= days <= 366:
        raise CommandError("--grace-days is a number of days from 0 to 366.")
    return Wanted(
        origin=Origin(options["origin"]),
        letter=letter,
        tiers=options["tier"],
        grace=None if days is None else timedelta(days=days),
        all_confirmed=options["all_confirmed"],
        makes_accounts=options["accounts"],
        is_dry=options["dry_run"],
    )
