from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        from leads import navigation, receivers  # noqa: F401 - connects to the clocks' signal and the outbox
        from leads.api import security  # noqa: F401 - tells the API's description of our tokens
        from leads.services import amending, audit, feedback, handoffs_news, talking  # noqa: F401 - known to outbox, review
        from leads.views import mail_links  # noqa: F401 - what buttons in mails can do
