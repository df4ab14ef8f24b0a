"""Hashed, compressed names for static files, ES modules that import each other included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Renames `import` statements too, so that a module and what it imports are of one release."""

    support_js_module_import_aggregation = True
