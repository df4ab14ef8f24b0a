"""Readers' share: a link and a mail without a script; copied at a press and the device's sheet with one."""

import html as markup
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.factories import Cast, make_article

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("audience", ["everyone", "members", "patrons"])
def test_every_story_can_be_shared_once_without_a_script(audience: str, client: Client) -> None:
    story = make_article(audience, headline='Bread & "butter" cost 5 % more')
    html = client.get(story.get_absolute_url()).content.decode()
    address = f"{settings.SITE_URL}{story.get_absolute_url()}"
    assert html.count("data-share=") == 1
    assert f'<a href="{address}" data-share-copy' in html
    mail = re.search(r'href="(mailto:[^"]+)"', html[html.index("data-share=") :])
    assert mail is not None
    assert unquote(markup.unescape(mail[1])) == f"mailto:?subject={story.headline}&body={address}"


def test_what_is_not_out_is_not_shared(cast: Cast, client: Client) -> None:
    waiting = make_article(published_at=timezone.now() + timedelta(hours=1), announced_at=None)
    client.force_login(cast.editor)
    for path in (waiting.get_absolute_url(), f"/admin/articles/article/{waiting.pk}/preview/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "data-share" not in answer.content.decode()
