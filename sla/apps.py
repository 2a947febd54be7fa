from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = "Agreement and clocks"

    def ready(self) -> None:
        from config.notices.kinds import register_kind
        from config.web.access import MEMBERS
        from config.web.start import AGREEMENT, NAVIGATION, Entry
        from sla.services.telling import KINDS

        for code, label in KINDS:
            register_kind(code, label, group="Agreement")
        NAVIGATION.add(
            Entry(
                "Agreements",
                "agreements",
                "heart-handshake",
                MEMBERS,
                order=300,
                section=AGREEMENT,
                active_prefix="/agreement/",
                keys="g a",
            ),
        )
