"""The document that describes the content API: OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), made of `shapes`."""

from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints, is_typeddict

from django.conf import settings

from articles.api import shapes
from articles.api.choosing import FEW, MOST

PLAIN = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}
Schema = dict[str, Any]
SLUG, PATH = ("slug", "A slug."), ("path", "The page's path; the slashes of a nested one as `/` or `%2F`.")
PAGING: tuple[tuple[str, str], ...] = (
    ("limit", f"How many, 1 to {MOST}; {FEW} unless told."),
    ("after", "Where the page begins; take it from `next`."),
)
CHOOSING: tuple[tuple[str, str], ...] = (
    ("section", "Only those of the section with this slug."),
    ("tag", "Only those with the tag of this slug."),
    ("author", "Only those signed by the author with this slug."),
    ("series", "Only the parts of the series with this slug."),
    ("language", "Only those in this language: `de` means `de-CH` as well."),
    ("since", "Only those published after this moment (ISO 8601); without a zone it is the site's."),
    ("limit", PAGING[0][1]),
    ("before", "Where the page begins; take it from `next`."),
)
FAULTS = {
    "400": "A parameter cannot be read.",
    "401": "The key is unknown or was taken back.",
    "404": "There is no such thing, or not yet.",
    "429": "Too many requests in a minute; `Retry-After` says when to go on.",
}
ABOUT = """Everything a reader finds on the site, for apps and static front ends. Read-only.

Without a key an answer holds what everybody may read, and shared caches keep it. A key of the newsroom's own app, sent
as `Authorization: Bearer nk_…`, reads what a patron of its tier reads; such answers are `private, no-store`: what you
make of them is yours to protect. Every answer has an `ETag`; ask again with `If-None-Match`. Lists are pages: follow
`next` (also in the `Link` header) until it is null. Any origin may ask with GET. Fields may be added, never changed."""


def document() -> Schema:
    """The whole document, for this site."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Content API", "version": "1.0.0", "description": ABOUT},
        "servers": [{"url": f"{settings.SITE_URL}/api"}],
        "security": [{}, {"key": []}],
        "paths": dict(_paths()),
        "components": {
            "schemas": {shape.__name__: schema_of_shape(shape) for shape in shapes.SHAPES},
            "responses": {f"Fault{status}": _fault(status, says) for status, says in {**FAULTS, "410": GONE}.items()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "Made on the desk."}},
        },
    }


GONE = "It was taken back. `detail` says why, where readers are told; `moved_to` where its address leads."


def _paths() -> list[tuple[str, Schema]]:
    """Every address with its one operation."""
    return [
        _operation("/v1/", "site", "The site itself", "Site"),
        _operation("/v1/stories/", "stories", "Live stories, the newest first", "StoryList", query=CHOOSING),
        _operation("/v1/stories/{id}/", "story_by_id", "One story by its id", "Story", path=(("id", "Its id."),)),
        _operation(
            "/v1/stories/{year}/{month}/{day}/{slug}/", "story", "One story by its address", "Story",
            path=(("year", "Four digits."), ("month", "Two digits."), ("day", "Two digits."), SLUG),
        ),
        _operation("/v1/sections/", "sections", "Sections", "SectionList"),
        _operation("/v1/authors/", "authors", "Authors", "AuthorList", query=PAGING),
        _operation("/v1/authors/{slug}/", "author", "One author", "Author", path=(SLUG,)),
        _operation("/v1/tags/", "tags", "Tags", "TagList", query=PAGING),
        _operation("/v1/tags/{slug}/", "tag", "One tag", "Tag", path=(SLUG,)),
        _operation("/v1/series/", "series_list", "Series", "SeriesList", query=PAGING),
        _operation("/v1/series/{slug}/", "series", "One series", "Series", path=(SLUG,)),
        _operation("/v1/pages/", "pages", "Standing pages", "PageList", query=PAGING),
        _operation("/v1/pages/{path}/", "page", "One standing page", "Page", path=(PATH,)),
    ]  # fmt: skip


def _operation(
    route: str, name: str, summary: str, shape: str, *, path: tuple[tuple[str, str], ...] = (),
    query: tuple[tuple[str, str], ...] = (),
) -> tuple[str, Schema]:  # fmt: skip
    parameters = [_parameter(word, says, "path") for word, says in path]
    parameters += [_parameter(word, says, "query") for word, says in query]
    statuses = [*(["400"] if query else []), "401", *(["404"] if path else []), *(["410"] if shape == "Story" else [])]
    answers: Schema = {"200": _whole(shape), "304": {"description": "Nothing changed since that `ETag`."}}
    answers |= {status: {"$ref": f"#/components/responses/Fault{status}"} for status in [*statuses, "429"]}
    operation: Schema = {"operationId": name, "summary": summary, "responses": answers}
    if parameters:
        operation["parameters"] = parameters
    return route, {"get": operation}


def _parameter(name: str, says: str, place: str) -> Schema:
    kinds: Schema = {"id": {"type": "integer"}, "limit": {"type": "integer", "minimum": 1, "maximum": MOST}}
    schema = kinds.get(name, {"type": "string"})
    return {"name": name, "in": place, "description": says, "required": place == "path", "schema": schema}


def _whole(shape: str) -> Schema:
    headers = {"ETag": {"description": "Names this very answer.", "schema": {"type": "string"}}}
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"description": "Here it is.", "headers": headers, "content": {"application/json": {"schema": schema}}}


def _fault(status: str, says: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Trouble"}
    found: Schema = {"description": says, "content": {"application/problem+json": {"schema": schema}}}
    if status == "429":
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


def schema_of_shape(shape: Any) -> Schema:
    """A TypedDict as a JSON Schema object: its docstring, its fields, which of them are always there."""
    fields = get_type_hints(shape, include_extras=True)
    return {
        "type": "object",
        "description": shape.__doc__,
        "properties": {name: schema_of(hint) for name, hint in fields.items()},
        "required": sorted(shape.__required_keys__),
    }


def schema_of(hint: Any) -> Schema:
    """A type as JSON Schema (2020-12). Raises TypeError for one the API has no use for."""
    if get_origin(hint) is Annotated:
        base, *notes = get_args(hint)
        found = schema_of(base)
        for note in notes:
            found |= _said(note)
        return found
    if is_typeddict(hint):
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    if get_origin(hint) is list:
        return {"type": "array", "items": schema_of(get_args(hint)[0])}
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if type(None) in get_args(hint):
        return {"anyOf": [schema_of(part) for part in get_args(hint)]}
    raise TypeError(f"The API has no schema for {hint!r}.")


def _said(note: shapes.Form | shapes.OneOf | str) -> Schema:
    """What a note beside a type says of it."""
    match note:
        case shapes.Form():
            return {"format": note.name}
        case shapes.OneOf():
            return {"enum": list(note.words)}
    return {"description": note}
