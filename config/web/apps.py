from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "config.web"
    label = "web"
    verbose_name = "Pages"

    def ready(self) -> None:
        from config.web import checks  # noqa: F401 - registers the check that every URL declares its access
