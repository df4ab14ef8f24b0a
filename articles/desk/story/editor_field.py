"""The story editor as a form field: what its script is told, in the desk's language."""

import json
from typing import Any

from django import forms
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from js_asset import ImportMap, Media

from articles.editor import clean_story, editor_options

EDITOR_WORDS = {
    "toolbar": _("Formatting"),
    "text": _("Text of the story"),
    "begin": _("Write here, or press / to insert …"),
    "count": _("{words} words · {minutes} min to read"),
    "simplified": _("This text holds markup the editor does not know; a change here will simplify it."),
    "bold": _("Bold"),
    "italic": _("Italic"),
    "link": _("Link"),
    "h2": _("Heading"),
    "h3": _("Smaller heading"),
    "bullets": _("List"),
    "numbers": _("Numbered list"),
    "quote": _("Quotation with its source"),
    "pull": _("Pull quote"),
    "picture": _("Picture"),
    "readAlso": _("Read also"),
    "box": _("Fact box"),
    "boxTitle": _("In brief"),
    "table": _("Table"),
    "embed": _("Embed"),
    "rule": _("Line across"),
    "paywall": _("What follows is for those the audience names"),
    "paywallButton": _("Paywall"),
    "addRow": _("Add row"),
    "addColumn": _("Add column"),
    "dropRow": _("Remove row"),
    "dropColumn": _("Remove column"),
    "dropTable": _("Remove table"),
    "tableCaption": _("Caption"),
    "undo": _("Undo"),
    "redo": _("Redo"),
    "search": _("Search"),
    "nothing": _("Nothing found."),
    "cancel": _("Cancel"),
    "insert": _("Insert"),
    "address": _("Address"),
    "setLink": _("Set the link"),
    "orStory": _("Or a story of ours"),
    "fromLibrary": _("From the library"),
    "upload": _("Upload a new one"),
    "uploadNow": _("Upload and insert"),
    "file": _("File"),
    "alt": _("Alternative text: what is to be seen"),
    "caption": _("Caption"),
    "credit": _("Credit"),
    "chooseStory": _("Choose a story of ours"),
    "remove": _("Remove"),
    "change": _("Change"),
    "keep": _("Keep"),
    "pictureWords": _("This picture"),
    "noAlt": _("Alternative text is missing. "),
    "missingPicture": _("This picture is gone from the library."),
    "missingStory": _("This story is gone."),
    "gallery": _("Gallery"),
    "galleryHelp": _("Press two to twenty pictures in the order they are to stand."),
    "insertGallery": _("Insert {count} pictures"),
    "addPictures": _("Add pictures"),
    "earlier": _("Move to the front by one"),
    "later": _("Move to the end by one"),
    "attachment": _("Sound or PDF"),
    "documentTitle": _("Title, as readers see it"),
    "documentFile": _("File: MP3, M4A, Ogg, WAV up to 100 MB, PDF up to 30 MB"),
    "missingDocument": _("This file is gone."),
    "footnote": _("Footnote"),
    "footnoteText": _("Text of the footnote"),
    "paragraph": _("Text"),
    "inPlace": _("Loads after a press, from {provider}"),
    "asCard": _("Shown as a link to {host}"),
    "wrongAddress": _("Paste a whole address that begins with https://."),
    "linkOrStory": _("An address, or words of a story of ours"),
    "linkHelp": _("Enter sets the address, or takes the first story."),
    "focus": _("What must stay in view when the picture is cut: press on it, or move the ring with the arrow keys."),
    "tooLong": _("That is too long to paste at once. Nothing was changed; paste it in parts."),
    "uploading": _("Uploading …"),
    "menu": _("Insert"),
    "failed": _("That did not work. The text is untouched; try again."),
}
IMPORT_MAP = ImportMap({"django-prose-editor/editor": "django_prose_editor/editor.js"})


class StoryEditorWidget(forms.Textarea):
    """The story editor; without JavaScript the textarea shows the HTML, sanitised when it is stored."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with what the editor's script needs to know."""
        context = super().get_context(name, value, attrs)
        about = {
            "extensions": editor_options(),
            "words": {key: str(word) for key, word in EDITOR_WORDS.items()},
            "addresses": {
                "stories": reverse("admin:articles_article_lookup"),
                "pictures": reverse("admin:articles_picture_lookup"),
                "upload": reverse("admin:articles_picture_upload"),
                "documents": reverse("admin:articles_document_lookup"),
                "uploadDocument": reverse("admin:articles_document_upload"),
                "embeds": reverse("admin:articles_embed_lookup"),
            },
        }
        context["widget"]["attrs"] |= {"data-story-editor": json.dumps(about), "rows": 24, "spellcheck": "true"}
        return context

    @property
    def media(self) -> Any:
        """The editor's modules behind an import map."""
        return Media(importmap=IMPORT_MAP, js=[Script("js/editor/story-editor.js", type="module")])


class StoryEditorField(forms.CharField):
    """Story HTML, sanitised."""

    widget = StoryEditorWidget

    def clean(self, value: Any) -> str:
        """What of it a story may hold."""
        return clean_story(super().clean(value) or "")
