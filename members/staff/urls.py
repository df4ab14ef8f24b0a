"""The public address of invitations to the desk."""

from django.urls import URLPattern, path

from members.staff import views

urlpatterns: list[URLPattern] = [path("account/desk/<str:token>/", views.staff_invitation, name="staff_invitation")]
