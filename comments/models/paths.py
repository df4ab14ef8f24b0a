"""The tree of replies in one column: a path ends in the row's own id, and a look above tells what is hidden."""

from typing import Any

from django.db import models

PATH_STEP = 8
MAX_DEPTH = 5


class ReplyPath(models.CharField):
    """The path ending in the row's own id: known here, since the parent tables are written first."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Fill the path of a new reply from the one it stands under."""
        reply: Any = model_instance
        if add and not reply.path:
            reply.path = f"{reply.parent_path}{reply.pk:08x}"
        return reply.path


class HiddenByAncestor(models.Func):
    """Whether a held or rejected reply stands above (discussion, path).

    SQL of its own: as a queryset's subquery it costs every page two milliseconds to build.
    """

    arity = 2
    output_field = models.BooleanField()
    template = """EXISTS (
        SELECT 1 FROM comments_reply hiding
        WHERE hiding.discussion_id = {discussion} AND hiding.status IN ('held', 'rejected') AND hiding.path <> {path}
        AND hiding.path IN (left({path}, 8), left({path}, 16), left({path}, 24), left({path}, 32)))"""

    def as_sql(  # type: ignore[override]  # Func's own has parts that a fixed text needs not
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Both are plain columns and bring no parameters."""
        discussion, path = (compiler.compile(source)[0] for source in self.get_source_expressions())
        return self.template.format(discussion=discussion, path=path), ()
