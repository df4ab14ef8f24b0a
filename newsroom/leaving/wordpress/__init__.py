"""Stories, pages, pictures and replies as WordPress reads them (WXR 1.2): for those who go back."""
