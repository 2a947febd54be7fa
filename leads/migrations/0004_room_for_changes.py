"""Room on the leads' pages: what no index holds (persona, fit grade) is then changed in place, without touching one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_leaner_indexes_and_turns")]

    operations = [
        migrations.RunSQL("ALTER TABLE leads_lead SET (fillfactor = 85)", "ALTER TABLE leads_lead RESET (fillfactor)"),
    ]
