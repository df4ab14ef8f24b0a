"""What stories show of other people's: hosts whose frames we allow, cards for links, and files of our own."""

import secrets
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.picture import stood_at


class EmbedHost(models.Model):
    """A host added on the desk whose pages may be framed in stories, after a click. Extends the page's CSP."""

    host = models.CharField(max_length=120, unique=True, help_text=_("charts.example.org; https only."))
    name = models.CharField(max_length=80, help_text=_("What readers call it."))
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("embed host")
        verbose_name_plural = _("embed hosts")

    def __str__(self) -> str:
        return self.name


class LinkPreview(models.Model):
    """What a page elsewhere says of itself, fetched once for the card that links to it."""

    url = models.URLField(max_length=1000, unique=True)
    title = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=300, blank=True)
    site = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("link card")
        verbose_name_plural = _("link cards")

    def __str__(self) -> str:
        return self.title or self.url


def document_key() -> str:
    """A short random name, as story bodies quote it."""
    return secrets.token_hex(6)


class DocumentQuerySet(models.QuerySet["Document"]):
    """Words for files."""

    def unfetched(self) -> Self:
        """Imported ones whose file is still on the old site, in a stable order."""
        return self.filter(file="").exclude(source_url="").order_by("pk")


class Document(models.Model):
    """A sound or a PDF of ours. Bodies name it by `key`."""

    class Kind(models.TextChoices):
        AUDIO = "audio", _("Sound")
        PDF = "pdf", _("PDF")

    key = models.CharField(max_length=60, unique=True, default=document_key, editable=False)
    file = models.FileField(upload_to="documents/%Y/%m", blank=True)
    kind = models.CharField(max_length=5, choices=Kind.choices, editable=False)
    media_type = models.CharField(max_length=40, editable=False)
    title = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(default=0, editable=False, help_text=_("Bytes."))
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    source_url = models.URLField(
        max_length=1000, blank=True, editable=False, help_text=_("Where an imported one came from.")
    )
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    fetch_trouble = models.CharField(max_length=300, blank=True, editable=False)
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [models.Index(stood_at(), condition=~models.Q(source_url=""), name="document_stood_at")]

    def __str__(self) -> str:
        return self.title
