"""Hashed, compressed names for static files, ES modules that import each other included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    r"""(?P<matched>(?P<head>\b(?:import|export)\b[^"'();]*?\bfrom\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])""",
    """%(head)s"%(url)s\"""",
)
BARE_IMPORTS = (r"""(?P<matched>(?P<head>\bimport\s*\(?\s*)["'](?P<url>\.{1,2}/[^"']+\.js)["'])""", IMPORTS[1])


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Renames what modules import, too, so that a module and what it imports are of one release.

    Django's own patterns (`support_js_module_import_aggregation`) pass over imports without a semicolon.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("*.js", (IMPORTS, BARE_IMPORTS)))
