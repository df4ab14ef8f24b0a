"""What the desk asks and says of one picture: its form, its thumbnail, and the editor's look-up and upload."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import pictures
from articles.desk.base import Wrap, plain_field
from articles.jobs import queue_preparation
from articles.models import Picture
from articles.pictures import PictureError, is_file_name
from newsroom.caching import purge

LOOKUP_ROWS = 24


def real_alt(alt: str) -> str:
    """The text. Raises ValidationError for a file name."""
    if is_file_name(alt):
        raise ValidationError(_("That is a file name. Say what is to be seen."))
    return " ".join(alt.split())


def thumbnail(picture: Picture) -> str:
    """The address of a small version: the smallest prepared one, else the original."""
    if not picture.file:
        return ""
    widths = pictures.widths_of(picture) if picture.prepared_at else []
    if not widths:
        return str(picture.file.url)
    return str(picture.file.storage.url(pictures.version_name(picture, widths[0], "jpg")))


def described(picture: Picture) -> dict[str, Any]:
    """A picture as the editor shows it."""
    across, down = pictures.focus_of(picture)
    return {
        "key": picture.key,
        "pk": picture.pk,
        "thumbnail": thumbnail(picture),
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit,
        "focus": [across, down],
    }


class PictureForm(forms.ModelForm):
    """A picture and what to say about it. A new file is checked, turned upright and re-encoded."""

    file = forms.FileField(
        label=gettext_lazy("File"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"})
    )
    focus_x = forms.FloatField(label=gettext_lazy("Focus from the left, %"), min_value=0, max_value=100, required=False)
    focus_y = forms.FloatField(label=gettext_lazy("Focus from the top, %"), min_value=0, max_value=100, required=False)

    class Meta:
        model = Picture
        fields = ["file", "alt", "caption", "credit", "source_url"]
        formfield_callback = plain_field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.instance.pk
        across, down = pictures.focus_of(self.instance)
        self.fields["focus_x"].initial, self.fields["focus_y"].initial = across, down

    def clean_file(self) -> Any:
        """A picture we can show, without what the camera wrote into it."""
        upload = self.cleaned_data.get("file")
        if "file" not in self.changed_data or not upload:
            return upload
        try:
            return pictures.checked(upload)
        except PictureError as error:
            raise ValidationError(str(error)) from error

    def clean_alt(self) -> str:
        """What is to be seen, not what the file is called."""
        return real_alt(self.cleaned_data.get("alt", ""))

    def save(self, commit: bool = True) -> Any:
        """Store with the focal point; a new file or focus waits to be prepared again."""
        across, down = self.cleaned_data.get("focus_x"), self.cleaned_data.get("focus_y")
        if across is not None and down is not None:
            self.instance.focus = f"{across / 100:.3f}x{down / 100:.3f}"
        if "file" in self.changed_data:
            self.instance.prepared_at = None
        return super().save(commit)


class DialogForm(PictureForm):
    """A picture as the editor's dialog sends it: what is to be seen must be said."""

    class Meta(PictureForm.Meta):
        fields = ["file", "alt", "caption", "credit"]  # the others keep what they have

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alt"].required = True
        self.fields["alt"].error_messages["required"] = _("Say what is to be seen: some readers hear pictures.")


class PictureViews:
    """Look-up and upload, as the editor's dialogs ask for them; mixed into the library's page."""

    if TYPE_CHECKING:

        def has_view_permission(self, request: HttpRequest) -> bool:
            """The page's."""

    def picture_urls(self, wrap: Wrap) -> list[Any]:
        """Their addresses; `wrap` is the desk's door."""
        return [
            path("lookup/", wrap(self.lookup), name="articles_picture_lookup"),
            path("upload/", wrap(self.upload), name="articles_picture_upload"),
        ]

    def lookup(self, request: Any) -> JsonResponse:
        """Pictures by words (`q`) or by key (`keys`), newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied("articles.view_picture")
        found = Picture.objects.order_by("-added_at", "-pk")
        if keys := request.GET.get("keys"):
            found = found.filter(key__in=keys.split(",")[:100])
        for word in request.GET.get("q", "").split()[:8]:
            found = found.filter(Q(alt__icontains=word) | Q(caption__icontains=word) | Q(credit__icontains=word))
        return JsonResponse({"results": [described(row) for row in found[: 100 if keys else LOOKUP_ROWS]]})

    def upload(self, request: Any) -> HttpResponseBase:
        """POST a new picture, or new words for the one named by `key`. 400 with a sentence where it is refused."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        picture = Picture.objects.filter(key=request.POST.get("key", "")).first()
        needed = "articles.change_picture" if picture else "articles.add_picture"
        if not request.user.has_perm(needed):
            raise PermissionDenied(needed)
        form = DialogForm(request.POST, request.FILES, instance=picture)
        if not form.is_valid():
            said = [str(error) for errors in form.errors.values() for error in errors]
            return JsonResponse({"error": " ".join(said)}, status=400)
        return JsonResponse(described(kept(form)))


def kept(form: PictureForm) -> Picture:
    """Store the picture, have its versions made, and drop the pages that show it."""
    picture: Picture = form.save()
    if picture.prepared_at is None:
        queue_preparation(picture.pk)
    purge(*pictures.keys_showing(picture))
    return picture
