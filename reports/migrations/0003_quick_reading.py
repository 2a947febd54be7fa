from django.db import migrations

# Cells are read by fact, key and a span of days; running clocks past their breach are looked for at each reading.
INSTALL = """
CREATE INDEX reports_cell_reading ON reports_cell (fact, key, day) INCLUDE (segment, team, version, mark, state, n, part, whole);
CREATE INDEX reports_stale_holder ON reports_stale (holder);
CREATE INDEX reports_clock_running ON sla_clock (breaches_at) WHERE state = 'running';
"""
REMOVE = "DROP INDEX reports_cell_reading; DROP INDEX reports_stale_holder; DROP INDEX reports_clock_running;"


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_note_what_changed"), ("sla", "0001_initial")]

    operations = [migrations.RunSQL(INSTALL, REMOVE)]
