from django.urls import path

from config.accounts.views import people, presence, profile

urlpatterns = [
    path("", people.people, name="people"),
    path("<int:pk>/", people.member, name="member"),
    path("me/", profile.profile, name="profile"),
    path("me/absences/", profile.absence_add, name="absence_add"),
    path("me/absences/<int:pk>/remove/", profile.absence_remove, name="absence_remove"),
    path("presence/", presence.control, name="presence"),
    path("presence/alive/", presence.alive, name="presence_alive"),
]
