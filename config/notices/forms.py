"""What a person may choose about their notices."""

from __future__ import annotations

from typing import Any

from django import forms

from config.notices import chat, kinds
from config.notices.models import Preference
from config.web.forms import ModelForm


class PreferenceForm(ModelForm):
    told_kinds = forms.MultipleChoiceField(
        label="Also outside the portal",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The bell in the portal rings for all of them.",
    )

    class Meta:
        model = Preference
        fields = ("mail", "chat_url", "digest", "quiet_from", "quiet_until", "quiet_weekends")
        labels = {
            "mail": "By mail",
            "chat_url": "By chat",
            "digest": "Bundle them",
            "quiet_from": "Quiet from",
            "quiet_until": "Quiet until",
            "quiet_weekends": "Quiet on Saturdays and Sundays",
        }
        help_texts = {
            "chat_url": f"The address of your chat, such as {chat.EXAMPLES}. Leave it empty for none.",
            "digest": "What is urgent comes at once all the same. The daily mail comes at 8:00.",
        }
        widgets = {
            "chat_url": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known = kinds.choices()
        told = self.fields["told_kinds"]
        assert isinstance(told, forms.MultipleChoiceField)
        told.choices = self.known
        told.initial = [code for code, _ in self.known if code not in self.instance.muted_kinds]
        if not self.known:
            del self.fields["told_kinds"]

    def clean_chat_url(self) -> str:
        address = self.cleaned_data["chat_url"].strip()
        if address and (problem := chat.problem_with(address)):
            raise forms.ValidationError(problem)
        return address

    def save(self, commit: bool = True) -> Preference:
        """People choose what they want to hear; what is stored is what they muted, so that new kinds are heard."""
        if self.known:
            wanted, known = set(self.cleaned_data["told_kinds"]), {code for code, _ in self.known}
            self.instance.muted_kinds = sorted((set(self.instance.muted_kinds) - known) | (known - wanted))
        return super().save(commit)
