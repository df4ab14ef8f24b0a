"""Two addresses for machines: is the process up, and does it reach the database."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from newsroom.caching import private


@private
def healthz(request: HttpRequest) -> HttpResponse:
    """200 once the process runs; asks nobody."""
    return HttpResponse("ok", content_type="text/plain")


@private
def readyz(request: HttpRequest) -> HttpResponse:
    """200 once the process runs, with what it can reach: cached pages are served without a database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = "ok"
    except DatabaseError:
        database = "away"
    return JsonResponse({"process": "ok", "database": database})
