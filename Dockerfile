# The site and the worker, as a small newsroom runs them. Not Alpine: the wheels need glibc.
FROM python:3.11-slim-trixie AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
# Without tests and demo: see .dockerignore
COPY manage.py pyproject.toml .env.example ./
COPY newsroom newsroom
COPY articles articles
COPY members members
COPY comments comments
COPY templates templates
COPY static static
# collectstatic opens no database; these values live in this command alone
RUN SECRET_KEY=build DATABASE_URL=postgresql:///build SITE_URL=https://build.invalid STATIC_ROOT=/app/staticfiles \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-trixie
# pg_dump and pg_restore for backups: of the major version compose.yaml has a server of
RUN apt-get update && apt-get install --no-install-recommends --yes postgresql-client-17 libfribidi0 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 newsroom && mkdir /media /backups && chown newsroom /media /backups \
    && chmod 700 /backups
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER newsroom
# two arenas: sixteen threads with one each hold some 10 MB more a process
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 STATIC_ROOT=/app/staticfiles MEDIA_ROOT=/media MALLOC_ARENA_MAX=2
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s CMD ["python", "-c", \
     "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "16", "--no-ws", "newsroom.wsgi:application"]
