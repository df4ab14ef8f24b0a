"""What the commands that move a site in have in common: how far they are, a run that leaves nothing, the report."""

from collections.abc import Callable, Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import reset_queries, transaction
from django.utils import timezone

from articles.importers.report import ImportReport

DRY = "This was a dry run: nothing was written."


class ImportCommand(BaseCommand):
    """A command that brings something in. `every`: after how many it says so, on a terminal and in a log."""

    every, every_in_a_log = 25, 1000

    def show(self, steps: Iterable[int], say: Callable[[int], str]) -> None:
        """Take the steps, each the number of what is done, and say now and then how far it is."""
        number = shown = 0
        for number in steps:
            if number - shown >= self._pace():
                shown = number
                self._write(say(number), is_last=False)
        self._write(say(number), is_last=True)

    def show_progress(self, number: int, total: int, what: str) -> None:
        """Say `number` of `total` where it is time to."""
        reset_queries()  # in development Django keeps the last thousands, with every text in them
        if number % self._pace() == 0 or number == total:
            self._write(f"{number} of {total} {what}", is_last=number == total)

    def carry_out(self, work: Callable[[], None], report: ImportReport, *, name: str, is_dry: bool) -> None:
        """Do `work`, for nothing if it is only tried: one transaction, taken back. `name` heads the report."""
        report.heading = f"{name}: {timezone.localtime():%d %B %Y, %H:%M}"
        if not is_dry:
            work()
            return
        report.heading += " (dry run: nothing was written)"
        with transaction.atomic():
            work()
            transaction.set_rollback(True)

    def tell(self, report: ImportReport, kept_in: Path | None, *, is_dry: bool) -> None:
        """The report, and a copy to keep. Raises CommandError where the export broke or the copy cannot be written."""
        for line in report.lines():
            self.stdout.write(line)
        if kept_in is not None:
            self.keep(report, kept_in)
        if report.broken:
            kept = "Nothing was written." if is_dry else "What came before is kept."
            raise CommandError(f"The export is broken at {report.broken}. {kept} Mend the file and run this again.")
        if is_dry:
            self.stdout.write(DRY)

    def keep(self, report: ImportReport, path: Path) -> None:
        """Write the report into a file. Raises CommandError where that cannot be."""
        try:
            report.to_file(path)
        except OSError as error:
            raise CommandError(f"The report could not be kept in {path}: {error.strerror}.") from None

    def _pace(self) -> int:
        return self.every if self.stdout.isatty() else self.every_in_a_log

    def _write(self, text: str, *, is_last: bool) -> None:
        """One line that changes on a terminal, few lines in a log."""
        self.stdout.write(text, ending="\n" if is_last or not self.stdout.isatty() else "\r")
        self.stdout.flush()
