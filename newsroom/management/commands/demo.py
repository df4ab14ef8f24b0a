"""`manage.py demo`: the whole product on this machine, with a believable paper. Ends by Ctrl-C."""

import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsroom.demo.processes import Company, DemoError, free_port, heeding_signals, python, require_free

START_SECONDS = 60


class Command(BaseCommand):
    """Migrates, loads the paper once, starts fake Stripe, site and worker, and watches over them."""

    help = "Run the demo on this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop. Raises CommandError with one sentence where it cannot."""
        self.refuse_elsewhere()
        company = Company(settings.DATA_DIR / "demo-processes.json", settings.DATA_DIR / "logs")
        try:
            with heeding_signals(), suppress(KeyboardInterrupt):
                self.run(company, options["port"])
        except DemoError as error:
            raise CommandError(str(error)) from None
        finally:
            company.stop()
        self.stdout.write("\nStopped. `make demo` brings everything back as it was.")

    def run(self, company: Company, port: int) -> None:
        """Everything, until a process ends (DemoError) or somebody asks to stop (KeyboardInterrupt)."""
        company.require_alone()
        company.end_leftovers()
        require_free(port)
        self.prepare()
        self.start_all(company, port)
        self.say_where(port)
        fallen = company.watch()
        raise DemoError(f"{fallen} ended by itself; its last words are in {company.logs / fallen}.log")

    def refuse_elsewhere(self) -> None:
        """The demo has a database of its own and never touches another."""
        if not settings.DEBUG or os.environ.get("DATABASE_URL"):
            raise CommandError(
                "The demo runs with DEBUG=1 on its own database: unset DATABASE_URL and use `make demo`."
            )
        if find_spec("tests.fakestripe") is None:
            raise CommandError("The fake Stripe is not here (tests/ is absent): the demo needs the whole repository.")

    def prepare(self) -> None:
        """Database up to date, paper loaded once."""
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("load_demo", stdout=self.stdout)

    def start_all(self, company: Company, port: int) -> None:
        """Fake Stripe first, then what needs its address."""
        stripe, secret, site = free_port(), f"whsec_{secrets.token_hex(16)}", f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "1",
            "DEMO_TOUR": "1",
            "SITE_URL": site,
            "DATABASE_URL": settings.DATABASE_URL,
            "STRIPE_API_BASE": f"http://127.0.0.1:{stripe}",
            "STRIPE_SECRET_KEY": "sk_test_demo",
            "STRIPE_WEBHOOK_SECRETS": secret,
        }
        state = str(settings.DATA_DIR / "fakestripe.json")
        fake = ["-m", "tests.fakestripe", "--port", str(stripe), "--state", state, "--key", "sk_test_demo"]
        company.start("stripe", python(*fake, "--secret", secret, "--webhook", f"{site}/stripe/webhook/"), environment)
        self.wait_for(company, f"http://127.0.0.1:{stripe}/control")
        granian = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        tuned = ["--blocking-threads", "16", "--no-ws", "newsroom.wsgi:application"]
        company.start("site", python(*granian, *tuned), environment)
        company.start("worker", python("manage.py", "worker"), environment)
        self.run_once("stripe_setup", environment)  # while the other two start
        self.run_once("demo_patrons", environment)
        self.wait_for(company, f"{site}/")

    def run_once(self, command: str, environment: dict[str, str]) -> None:
        """Another of our commands, with the running demo's environment."""
        done = subprocess.run(  # noqa: S603 - our own command
            python("manage.py", command), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"{command} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

    def wait_for(self, company: Company, address: str) -> None:
        """Return once `address` answers. Raises DemoError when a process ends or a minute passes."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if name := company.fallen():
                raise DemoError(f"{name} did not start; its last words are in {company.logs / name}.log")
            try:
                urllib.request.urlopen(address, timeout=20).close()  # noqa: S310 - our own address
            except urllib.error.HTTPError as error:
                raise DemoError(f"{address} answered {error.code}; see {company.logs / 'site'}.log") from None
            except OSError:
                time.sleep(0.1)
                continue
            return
        raise DemoError(f"{address} did not answer within a minute; see {company.logs}")

    def say_where(self, port: int) -> None:
        """The three things a stranger needs to know."""
        site = f"http://127.0.0.1:{port}"
        self.stdout.write(f"\n  The site   {site}/\n  The tour   {site}/tour/\n  To stop    Ctrl-C\n")
        self.stdout.flush()
