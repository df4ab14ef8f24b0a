"""What production is made of, read from the files that make it: the image's files, the proxy's configuration."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "SECRET_KEY": "r4nd0m-" * 10,
    "SITE_URL": "https://news.example.org",
    "ALLOWED_HOSTS": "news.example.org",
    "DATABASE_URL": "postgresql:///nowhere",
    "DEFAULT_FROM_EMAIL": "post@news.example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "STRIPE_SECRET_KEY": "rk_live_something",
    "STRIPE_WEBHOOK_SECRETS": "whsec_something",
}


def environment(**changed: str) -> dict[str, str]:
    """A production environment and nothing of this process's own; an empty value takes a variable away."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {name: value for name, value in {**own, **SAFE, **changed}.items() if value}


def manage(*arguments: str, folder: Path = ROOT, **changed: str) -> subprocess.CompletedProcess[str]:
    """One of our commands as production would run it; its words in `stdout`."""
    command = [sys.executable, "manage.py", *arguments]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=folder, env=environment(**changed), text=True, check=False, **output)  # type: ignore[call-overload, no-any-return]  # keywords in a dict


def copied() -> list[str]:
    """What the Dockerfile's first stage copies from the repository."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
    return [source for line in lines for source in shlex.split(line)[:-1]]


def image_files() -> list[Path]:
    """The image's own files, relative: what is copied, less what .dockerignore keeps out."""
    ignored = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line]
    patterns = [line.rstrip("/") for line in ignored if not line.startswith("#")]
    found = []
    for source in copied():
        path = ROOT / source
        found += [path] if path.is_file() else [inside for inside in path.rglob("*") if inside.is_file()]
    return [path for path in (each.relative_to(ROOT) for each in found) if not _is_ignored(path, patterns)]


def _is_ignored(path: Path, patterns: list[str]) -> bool:
    names = [path.as_posix(), *(parent.as_posix() for parent in path.parents)]
    return any(
        fnmatch(name, pattern) or (pattern.startswith("**/") and fnmatch(Path(name).name, pattern[3:]))
        for name in names
        for pattern in patterns
    )


def build_image(folder: Path) -> None:
    """Lay the image's files out under `folder`, as the Dockerfile does."""
    for path in image_files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)


def proxy_configuration() -> str:
    """The proxy's configuration as compose.yaml hands it to nginx."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    block = re.search(r"^    content: \|\n((?:      .*\n|\n)+)", text, re.MULTILINE)
    assert block is not None
    return block[1].replace("$$", "$")


def server_command() -> list[str]:
    """The image's CMD."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    last = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)[-1]
    return [str(word) for word in shlex.split(last.strip("[]").replace(",", " "))]
