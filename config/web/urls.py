from django.urls import path

from config.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("theme/", views.set_theme, name="set_theme"),
    path("design/", views.design, name="design"),
    path("healthz", views.healthz, name="healthz"),
    path("livez", views.livez, name="livez"),
    path("live/events/", views.live_events, name="live_events"),
]
