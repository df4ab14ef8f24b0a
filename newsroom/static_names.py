"""Hashed, compressed names for static files, ES modules that import each other included."""

import re
from collections.abc import Iterable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    r"""(?P<matched>(?P<head>\b(?:import|export)\b[^"'();]*?\bfrom\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])""",
    """%(head)s"%(url)s\"""",
)
BARE_IMPORTS = (r"""(?P<matched>(?P<head>\bimport\s*\(?\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])""", IMPORTS[1])


HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Renames what modules import, too, so that a module and what it imports are of one release.

    Django's own patterns (`support_js_module_import_aggregation`) pass over imports without a semicolon.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("*.js", (IMPORTS, BARE_IMPORTS)))

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages name, the hashed copies alone: the others would cost a build as much again."""
        yield from super().compress_files(path for path in paths if HASHED.search(path))
