"""What the pages that are no story say of themselves to machines: the site, where a page stands in it, who writes.

https://schema.org/WebSite with its search, https://schema.org/BreadcrumbList, https://schema.org/ProfilePage.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from articles.models import Author
from articles.structured_data import absolute, image, publisher

if TYPE_CHECKING:
    from newsroom.furniture import Furniture

Facts = dict[str, Any]


def website(furniture: "Furniture") -> Facts:
    """The site: its name, who publishes it, how it is searched."""
    rules = furniture.rules
    facts = {
        "@type": "WebSite",
        "@id": f"{settings.SITE_URL}/#site",
        "url": f"{settings.SITE_URL}/",
        "name": rules.name,
        "alternateName": rules.tagline,
        "description": rules.description,
        "inLanguage": settings.LANGUAGE_CODE,
        "publisher": publisher(rules, furniture.policies),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{absolute(reverse('search'))}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }
    return in_context({name: value for name, value in facts.items() if value})


def breadcrumbs(site: str, steps: Iterable[tuple[str, str]]) -> Facts:
    """Where a page stands: from the front page, by `steps` of name and path, to itself."""
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": {"@type": "WebPage", "@id": absolute(path)}}
        for number, (name, path) in enumerate([(site, "/"), *steps], start=1)
    ]
    return in_context({"@type": "BreadcrumbList", "itemListElement": items})


def profile(author: Author, furniture: "Furniture") -> Facts:
    """An author's page: who they are and for whom they write."""
    person: Facts = {
        "@type": "Organization" if author.is_agency else "Person",
        "@id": f"{absolute(author.get_absolute_url())}#author",
        "name": author.name,
        "url": absolute(author.get_absolute_url()),
        "description": author.bio,
        "email": author.email,
        "image": image(author.portrait),
    }
    if not author.is_agency:
        person["jobTitle"] = author.role
        person["worksFor" if not author.is_guest else "affiliation"] = publisher(furniture.rules, furniture.policies)
    main = {name: value for name, value in person.items() if value}
    return in_context({"@type": "ProfilePage", "url": main["url"], "mainEntity": main})


def in_context(facts: Facts) -> Facts:
    """The facts as a block of their own."""
    return {"@context": "https://schema.org", **facts}
