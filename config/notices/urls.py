from django.urls import path

from config.notices import action_views, views

urlpatterns = [
    path("notices/", views.notices_list, name="notices"),
    path("notices/bell/", views.bell, name="notices_bell"),
    path("notices/read-all/", views.read_all, name="notices_read_all"),
    path("notices/preferences/", views.preferences, name="notice_preferences"),
    path("notices/<uuid:public_id>/", views.open_notice, name="notice_open"),
    path("act/<str:token>/", action_views.action_link, name="action_link"),
]
