"""The laws of the house, held by tests. Each names the accident it prevents."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ("articles", "members", "comments", "newsroom")
LEAVES = (
    "caching pagecache pagestore shelf prepared breaker bodies cdn mail mailserver mailevents fetch network database "
    "checks counter environment health static_names"
)
BANNED = {"services", "service", "utils", "util", "helpers", "helper", "common", "core", "lib", "managers", "signals"}
MAY_IMPORT = {
    "members": {"members"},
    "articles": {"articles", "members"},
    "comments": {"comments", "articles", "members"},
}
NAMES_FULL_TEXT = re.compile(
    r"articles/(models/|reading|publishing|workflow/keeping|workflow/checklist|search|importers/|desk/)|newsroom/(demo|leaving)/|migrations/"
)
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_VIEW = 400, 40, 15


def sources(*folders: str, migrations: bool = False) -> Iterator[tuple[str, str]]:
    """(path below the root, text) of every module in `folders`."""
    for folder in folders or APPS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if migrations or "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module a source imports, inside functions too; type-checking blocks are left out."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(ast.walk(node))
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of its body without the docstring."""
    body = node.body
    if (
        isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    ):
        body = body[1:] or body
    return (node.end_lineno or 0) - body[0].lineno + 1


def test_only_payments_imports_stripe() -> None:
    """Billing in views."""
    found = [name for name, text in sources() if any(i.split(".")[0] == "stripe" for i in imported(ast.parse(text)))]
    assert found == ["members/money/stripe_api/payments.py"]


def test_imports_run_one_way() -> None:
    """Cycles hidden in functions."""
    wrong = []
    for app, allowed in MAY_IMPORT.items():
        for name, text in sources(app):
            others = {module.split(".")[0] for module in imported(ast.parse(text))} & set(MAY_IMPORT)
            wrong += [f"{name} imports {other}" for other in others - allowed]
    assert not wrong


def test_apps_import_only_the_newsrooms_leaves() -> None:
    """A view that reaches for the wiring."""
    allowed = {*LEAVES.split(), "groups"}
    wrong = []
    for name, text in sources(*MAY_IMPORT):
        for module in imported(ast.parse(text)):
            parts = module.split(".")
            if parts[0] == "newsroom" and len(parts) > 1 and parts[1] not in allowed:
                wrong.append(f"{name} imports {module}")
    assert not wrong


def test_leaves_import_no_app() -> None:
    """A cache that knows stories."""
    wrong = []
    for leaf in LEAVES.split():
        path = ROOT / "newsroom" / f"{leaf}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        wrong += [f"{leaf} imports {name}" for name in imported(tree) if name.split(".")[0] in MAY_IMPORT]
    assert not wrong


def test_gate_imports_no_model_and_asks_no_database() -> None:
    """A gate decided in many places."""
    text = (ROOT / "members/gate.py").read_text(encoding="utf-8")
    assert not [name for name in imported(ast.parse(text)) if name.startswith(("members", "articles", "comments"))]
    assert ".objects" not in text


def test_full_text_is_named_only_where_it_may_be() -> None:
    """A leak through a feed."""
    wrong = [name for name, text in sources() if "full_text" in text and not NAMES_FULL_TEXT.search(name)]
    templates = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and "full_text" in path.read_text(encoding="utf-8") and "admin" not in path.parts
    ]
    assert not wrong + templates


def test_no_module_is_named_for_nothing_in_particular() -> None:
    """The drawer everything ends up in."""
    assert not [name for name, _text in sources() if Path(name).stem in BANNED or BANNED & set(Path(name).parts)]


def test_modules_functions_and_views_fit_on_a_screen() -> None:
    """Files nobody reads to the end."""
    wrong = []
    for name, text in sources():
        if text.count("\n") > LONGEST_MODULE:
            wrong.append(f"{name}: {text.count(chr(10))} lines")
        is_views = Path(name).stem == "views" or "/views/" in name
        for node in functions(ast.parse(text)):
            takes_request = bool(node.args.args) and node.args.args[0].arg == "request"
            limit = LONGEST_VIEW if is_views and takes_request else LONGEST_FUNCTION
            if lines_of(node) > limit:
                wrong.append(f"{name}:{node.lineno} {node.name}: {lines_of(node)} lines")
    assert not wrong


def test_public_names_have_docstrings() -> None:
    """What does it do, and what does it cause?"""
    wrong = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in sources()
        for node in public_definitions(ast.parse(text))
        if ast.get_docstring(node) is None
    ]
    assert not wrong


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Functions, classes and methods without a leading underscore; choices and Meta explain themselves."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            if node.name in ("Meta", "Media") or "TextChoices" in ast.unparse(node).split("\n")[0]:
                continue
            yield from public_definitions(node)
        yield node


def test_signals_are_received_in_apps_alone() -> None:
    """Business hidden in a save."""
    found = [name for name, text in sources() if "receiver(" in text or "post_save" in text]
    assert not found


def test_migrations_create_no_extension() -> None:
    """The embedded server carries none."""
    wrong = [
        name
        for name, text in sources(*MAY_IMPORT, migrations=True)
        if re.search(r"CreateExtension|TrigramExtension|UnaccentExtension|CITextExtension|BtreeGist", text)
    ]
    assert not wrong


def test_templates_hold_nothing_inline() -> None:
    """What the content security policy refuses."""
    inline = re.compile(r'\sstyle="|\son[a-z]+="|<style|<script(?![^>]*\bsrc=)(?![^>]*ld\+json)(?![^>]*importmap)')
    wrong = []
    for path in (ROOT / "templates").rglob("*.html"):
        if "emails" not in path.parts and inline.search(path.read_text(encoding="utf-8")):
            wrong.append(path.relative_to(ROOT).as_posix())
    assert not wrong


def test_templates_load_no_tags_of_the_comments_packages() -> None:
    """Their tags query per reply and show what is held."""
    loads = re.compile(r"{%\s*load\s[^%]*\b(comments_xtd|comments)\b")
    assert not [path for path in (ROOT / "templates").rglob("*.html") if loads.search(path.read_text(encoding="utf-8"))]


def test_every_mail_has_subject_text_and_html() -> None:
    """The mail that is empty in one client."""
    folder = ROOT / "templates/emails"
    names = {path.relative_to(folder).as_posix().split(".")[0] for path in folder.rglob("*.*") if path.parent != folder}
    missing = [
        f"{name}.{kind}"
        for name in names
        for kind in ("subject.txt", "txt", "html")
        if not (folder / f"{name}.{kind}").is_file() and not Path(name).name.startswith("_")
    ]
    assert not missing


def public_patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of ours with its view; the desk and allauth speak for themselves."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith(("admin/", "accounts/")):
                yield from public_patterns(pattern, route)
        elif not route.startswith(("admin/", "accounts/", "^media/")):
            yield route, pattern


def test_every_address_declares_its_cache_class() -> None:
    """One reader's page for all."""
    undeclared = []
    for route, pattern in public_patterns():
        if not hasattr(pattern.callback, "cache_class"):
            undeclared.append(route)
    assert not undeclared


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    """The model that was changed and forgotten."""
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
