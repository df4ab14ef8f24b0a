"""The desk's list of sounds and PDFs, and the look-up and upload of the editor."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import path
from django.utils.translation import gettext_lazy

from articles.attachments import documents
from articles.attachments.documents import DocumentError
from articles.desk.base import DeskAdmin
from articles.models import Document
from members.models import AuditEntry
from newsroom.caching import purge

LOOKUP_ROWS = 12


class DocumentForm(forms.ModelForm):
    """A file and its title. A new one is checked by what is in it."""

    file = forms.FileField(label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": "audio/*,.pdf"}))

    class Meta:
        model = Document
        fields = ["title", "file"]
        labels = {"title": gettext_lazy("Title, as readers see it")}

    def clean_file(self) -> Any:
        """A file we offer; what it is goes to the row."""
        upload = self.cleaned_data.get("file")
        if "file" not in self.changed_data or not upload:
            return upload
        try:
            found = documents.checked(upload)
        except DocumentError as error:
            raise ValidationError(str(error)) from error
        self.instance.kind, self.instance.media_type, self.instance.size = found.kind, found.media_type, found.size
        return upload


@admin.register(Document)
class DocumentAdmin(DeskAdmin):
    """Sounds and PDFs of ours."""

    form = DocumentForm
    fields = ("title", "file")
    list_display = ("title", "kind", "weight", "added_at")
    list_filter = ("kind",)
    search_fields = ("title",)
    ordering = ("-added_at",)
    list_per_page = 50

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def weight(self, document: Document) -> str:
        """Its size in words."""
        return str(filesizeformat(document.size))

    def get_urls(self) -> list[Any]:
        """Look-up and upload before the admin's own."""
        wrap = self.admin_site.admin_view
        own = [
            path("lookup/", wrap(self.lookup), name="articles_document_lookup"),
            path("upload/", wrap(self.upload), name="articles_document_upload"),
        ]
        return own + super().get_urls()

    def lookup(self, request: Any) -> JsonResponse:
        """Files by words of their title (`q`) or by key (`keys`), newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied("articles.view_document")
        found = Document.objects.order_by("-added_at", "-pk")
        if keys := request.GET.get("keys"):
            found = found.filter(key__in=keys.split(",")[:100])
        for word in request.GET.get("q", "").split()[:8]:
            found = found.filter(title__icontains=word)
        return JsonResponse({"results": [described(row) for row in found[: 100 if keys else LOOKUP_ROWS]]})

    def upload(self, request: Any) -> HttpResponseBase:
        """POST a new file. 400 with a sentence where it is refused."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("articles.add_document"):
            raise PermissionDenied("articles.add_document")
        form = DocumentForm(request.POST, request.FILES)
        if not form.is_valid():
            said = [str(error) for errors in form.errors.values() for error in errors]
            return JsonResponse({"error": " ".join(said)}, status=400)
        document = form.save()
        AuditEntry.objects.note("add", by=request.user, subject=document)
        return JsonResponse(described(document))

    def save_model(self, request: Any, obj: Document, form: Any, change: bool) -> None:
        """Store it; the pages that offer it follow."""
        super().save_model(request, obj, form, change)
        purge(f"file-{obj.key}")

    def delete_model(self, request: Any, obj: Document) -> None:
        """Gone from every page at once."""
        purge(f"file-{obj.key}")
        super().delete_model(request, obj)


def described(document: Document) -> dict[str, Any]:
    """A file as the editor shows it."""
    return {
        "key": document.key,
        "headline": document.title,
        "note": f"{document.get_kind_display()} · {filesizeformat(document.size)}",
    }
