"""`python -m tests.newsroom.paper`: fills an empty database for the tests with real servers, prints what there is."""

import json
from collections.abc import Iterator
from datetime import timedelta

import django

django.setup()

from django.core.files.base import ContentFile  # noqa: E402 - after setup
from django.core.files.storage import storages  # noqa: E402 - as above
from django.core.management import call_command  # noqa: E402 - as above
from django.utils import timezone  # noqa: E402 - as above
from PIL import Image  # noqa: E402 - as above

from articles import pictures  # noqa: E402 - as above
from articles.models import Article, Picture  # noqa: E402 - as above
from members.gate import Audience  # noqa: E402 - as above
from members.models import Grant, Member, SiteRules, StoryGift  # noqa: E402 - as above
from newsroom.groups import EDITORS  # noqa: E402 - as above
from newsroom.static_names import HashedStaticFiles  # noqa: E402 - as above
from tests.bench.paper import sign_in  # noqa: E402 - as above
from tests.factories import MemberFactory, make_article, make_patron  # noqa: E402 - as above

GIFT = "t" * 32
PICTURE_SIZE = (900, 600)
LONG = "".join(f"<p>Paragraph {number} of a long one. {'news ' * 60}</p>" for number in range(900))


def lead() -> Picture:
    """A prepared picture."""
    image = Image.effect_noise(PICTURE_SIZE, 60).convert("RGB")
    file = ContentFile(pictures._encode(image, "JPEG", {"quality": 70}), name="harbour.jpg")
    picture = Picture.objects.create(alt="The harbour", file=file)
    pictures.prepare(picture, now=timezone.now())
    return Picture.objects.get(pk=picture.pk)


def told(story: Article) -> dict[str, object]:
    """What the tests ask of a story."""
    return {"pk": story.pk, "path": story.get_absolute_url()}


class Uncompressed(HashedStaticFiles):
    """Hashed names as in production; compressing every file of the desk would take a minute."""

    def compress_files(self, paths: list[str]) -> Iterator[tuple[str, str]]:
        """None."""
        return iter(())


def main() -> None:
    """Fill and tell."""
    storages.backends["staticfiles"]["BACKEND"] = "tests.newsroom.paper.Uncompressed"
    call_command("collectstatic", interactive=False, verbosity=0)
    SiteRules.objects.create(pk=1, name="The Pair", meter_limit=3, meter_limit_members=6)
    picture = lead()
    stories = {audience: told(make_article(audience, lead_picture=picture)) for audience in Audience.values}
    stories |= {f"open-{number}": told(make_article()) for number in range(4)}
    stories["long"] = told(make_article(full_text=LONG))
    people = {
        "member": MemberFactory(),
        "patron": make_patron(MemberFactory()),
        "leaving": make_patron(MemberFactory()),
        "joining": make_patron(MemberFactory()),
        "editor": MemberFactory(group=EDITORS),
    }
    Grant.objects.filter(member=people["joining"]).update(starts_at=timezone.now() + timedelta(days=1))
    StoryGift.objects.create(
        patron=people["patron"],
        story_id=stories[Audience.PATRONS]["pk"],
        token=GIFT,
        expires_at=timezone.now() + timedelta(days=5),
    )
    print(json.dumps({"stories": stories, "people": {name: person(member) for name, member in people.items()}}))


def person(member: Member) -> dict[str, object]:
    """Somebody, with a session of theirs."""
    return {"pk": member.pk, "session": sign_in(member)}


if __name__ == "__main__":
    main()
