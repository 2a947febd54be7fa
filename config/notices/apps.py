from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "config.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from config.outbox.topics import keep_inside

        keep_inside("notice.*")  # what one person is told is nobody else's business
