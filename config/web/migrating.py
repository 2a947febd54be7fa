"""Operations of our migrations that differ from the libraries' in speed alone."""

from __future__ import annotations

from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger as PlainAddTrigger


class AddTrigger(PlainAddTrigger):
    """Notes the trigger without building all related models anew: no model's shape depends on its triggers.

    With a hundred triggers on models that all know each other, that is most of the time migrating takes.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, self.model_name].options
        options["triggers"] = [*options.get("triggers", []), self.trigger]
