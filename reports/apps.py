from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Reports"

    def ready(self) -> None:
        from reports import (
            evaluators,  # noqa: F401 - every metric that can be promised gets its measure
            navigation,  # noqa: F401 - the pages in the rail, and who begins the day on which
            review,  # noqa: F401 - what the agreement's regular review is shown of leads
        )
        from reports.services import (
            alarms,  # noqa: F401 - their kinds of notice, so that people can mute them
            digest,  # noqa: F401
        )
