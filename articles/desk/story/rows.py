"""The rows under a story: bylines, related links, corrections."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from articles.desk.fields import (
    KnownChoiceField,
    MomentField,
    TargetField,
    author_called,
    guest_called,
    stories_at,
)
from articles.desk.story.choices import offered
from articles.models import Article, Author, Byline, Correction, RelatedLink


class RowForm(forms.ModelForm):
    """One row. A new one counts only if one of the fields in `meant_by` is filled in: the spare row is not."""

    meant_by: tuple[str, ...] = ()

    def _get_validation_exclusions(self) -> set[str]:
        """Rows the form's fields have looked up are not looked up again."""
        looked_up = {name for name, field in self.fields.items() if isinstance(field, forms.ModelChoiceField)}
        stored: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # the stubs leave it out
        return {*stored, *looked_up}

    def has_changed(self) -> bool:
        """Whether somebody filled it in."""
        if self.instance.pk is None:
            return any(self.data.get(self.add_prefix(name)) for name in self.meant_by)
        return super().has_changed()


class BylineForm(RowForm):
    """One author, or the name of a new guest, who becomes an author when the story is saved."""

    meant_by = ("author", "guest", "role")
    guest = forms.CharField(label=_("Or a new guest’s name"), max_length=120, required=False)
    new_guest = ""

    class Meta:
        model = Byline
        fields = ["author", "role", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["guest"]
        else:
            self.fields["guest"].widget.attrs["placeholder"] = self.fields["guest"].label

    def clean(self) -> dict[str, Any]:
        """The author; a typed name that somebody has is theirs, one that nobody has is kept in `new_guest`."""
        found = super().clean() or self.cleaned_data
        if found.get("author") or "author" in self.errors:
            return found
        name = " ".join(found.get("guest", "").split())
        found["author"] = author_called(name) if name else None
        self.new_guest = "" if found["author"] else name
        if not found["author"] and not name:
            self.add_error("author", _("Choose an author, or type a new guest’s name."))
        return found

    def save(self, commit: bool = True) -> Any:
        """Store the row, and before it the guest nobody knew. Two rows cannot name the same one."""
        if self.new_guest:
            self.instance.author = guest_called(self.new_guest)
        return super().save(commit)


class RowSet(BaseInlineFormSet):  # type: ignore[type-arg]  # no type arguments at run time
    """The rows of one kind: what was loaded to show them is not looked up again, one by one, when they return."""

    def add_fields(self, form: Any, index: Any) -> None:
        """With a key that is known."""
        super().add_fields(form, index)
        key = form.fields["id"]
        form.fields["id"] = known = KnownChoiceField(
            key.queryset, initial=key.initial, required=False, widget=forms.HiddenInput
        )
        known.known = {row.pk: row for row in self.get_queryset()}

    def sent(self, name: str) -> list[str]:
        """What came back in the field `name` of every row."""
        names = [f"{self.add_prefix(place)}-{name}" for place in range(self.total_form_count())]
        return [value for value in (self.data.get(name, "").strip() for name in names) if value]


class LinkSet(RowSet):
    """A story's related links: their targets are looked up together."""

    @cached_property
    def targets(self) -> dict[str, Article]:
        """Our stories among what was typed, by address."""
        return stories_at(self.sent("target"))

    def add_fields(self, form: Any, index: Any) -> None:
        """With the targets that are known."""
        super().add_fields(form, index)
        if self.is_bound:
            form.fields["target"].known = self.targets


class BylineSet(RowSet):
    """A story's bylines: nobody signs twice, and the authors are looked up together."""

    @cached_property
    def authors(self) -> dict[int, Author]:
        """The authors that were chosen, by key."""
        return Author.objects.in_bulk([int(key) for key in self.sent("author") if key.isdecimal()])

    def add_fields(self, form: Any, index: Any) -> None:
        """With the authors that are known."""
        super().add_fields(form, index)
        if self.is_bound:
            form.fields["author"].known = self.authors

    def clean(self) -> None:
        """Refuse a second row of the same person, by choice or by name."""
        seen: set[Any] = set()
        rows: Any = self.forms
        for form in rows:
            if not form.is_valid() or form.cleaned_data.get("DELETE") or not (form.instance.pk or form.has_changed()):
                continue
            author: Author | None = form.cleaned_data.get("author")
            who = author.pk if author else form.new_guest.casefold()
            if who in seen:
                raise ValidationError(_("%(name)s stands twice in the byline.") % {"name": author or form.new_guest})
            seen.add(who)
        super().clean()


class LinkForm(RowForm):
    """One related link: `target` is a story of ours or any address."""

    meant_by = ("target", "title", "publisher")
    target = TargetField(label=_("Story or address"))

    class Meta:
        model = RelatedLink
        fields = ["kind", "title", "publisher", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        link = self.instance
        if link.pk:
            self.fields["target"].initial = link.story.get_absolute_url() if link.story else link.url
        chosen = link.story.headline if link.pk and link.story else ""
        self.fields["target"].widget.attrs |= {"data-choose-story": chosen, "placeholder": _("https://… or a story")}

    def clean(self) -> dict[str, Any]:
        """Put the target where it belongs; no story is related to itself."""
        found = super().clean() or self.cleaned_data
        target = found.get("target")
        if isinstance(target, Article):
            if target.pk == self.instance.article_id:
                raise ValidationError({"target": _("That is this very story.")})
            self.instance.story, self.instance.url = target, ""
        elif target:
            self.instance.story, self.instance.url = None, target
        return found


class CorrectionForm(RowForm):
    """One thing put right."""

    meant_by = ("text",)


class Rows(admin.TabularInline):
    """Rows under the story, in our own markup. One is always to spare: where no script adds more."""

    template = "admin/articles/article/rows.html"
    extra = 1
    show_change_link = False
    add_label: Any = ""
    placeholders: dict[str, Any] = {}

    @property
    def media(self) -> forms.Media:
        """None of the admin's scripts: the template brings `desk-rows.js`."""
        return forms.Media()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A plain field without the admin's pop-ups; a placeholder says what belongs there."""
        field = db_field.formfield()
        field.required = field.required and db_field.name != "position"  # the order they stand in is theirs
        if db_field.name in self.placeholders:
            field.widget.attrs["placeholder"] = self.placeholders[db_field.name]
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change the story may change its rows."""
        return True

    has_change_permission = has_delete_permission = has_view_permission = has_add_permission


class BylineRows(Rows):
    """Who signs, in order."""

    model = Byline
    form = BylineForm
    formset = BylineSet
    fields = ("author", "guest", "role", "position")
    placeholders = {"role": _("Role: reporting, photography …")}
    add_label = _("Add a byline")

    def get_queryset(self, request: HttpRequest) -> Any:
        """In order."""
        return super().get_queryset(request).order_by("position", "pk")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The authors looked up once for all rows; the form says what an empty one lacks."""
        if db_field.name != "author":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        field = db_field.formfield(form_class=KnownChoiceField)
        field.required = False
        field.choices = [("", _("Author …")), *offered(request).authors]
        return field


class LinkRows(Rows):
    """Related links, in order. Those of the text's *read also* are not edited here."""

    model = RelatedLink
    form = LinkForm
    formset = LinkSet
    fk_name = "article"
    fields = ("target", "kind", "title", "publisher", "position")
    placeholders = {"title": _("Title (empty: the story’s headline)"), "publisher": _("Publisher")}
    add_label = _("Add a link")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Those set by hand, with the stories they name."""
        rows = super().get_queryset(request).filter(in_body=False).select_related("story")
        return rows.defer("story__full_text", "story__teaser", "story__search").order_by("position", "pk")


class CorrectionRows(Rows):
    """What was put right after publication."""

    model = Correction
    form = CorrectionForm
    formset = RowSet
    fields = ("kind", "text", "made_at")
    add_label = _("Add a correction")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The browser's own picker for the moment, two lines for the text."""
        if db_field.name == "made_at":
            return MomentField(label=_("When"), initial=db_field.get_default)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "text":
            field.widget = forms.Textarea(attrs={"rows": 2})
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        """Newest first."""
        return super().get_queryset(request).order_by("-made_at")
