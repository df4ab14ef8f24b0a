"""Public addresses of membership, topics, letters and invitations to the desk."""

from django.urls import URLPattern, URLResolver

from members.letters import urls as letters
from members.money import urls as money
from members.staff import urls as staff
from members.topics import urls as topics

urlpatterns: list[URLPattern | URLResolver] = [
    *money.urlpatterns,
    *topics.urlpatterns,
    *letters.urlpatterns,
    *staff.urlpatterns,
]
