from django.db import migrations

from reports import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0001_initial"),
        ("reports", "0001_initial"),
        ("sla", "0001_initial"),
    ]

    operations = [migrations.RunSQL(triggers.install(), triggers.remove())]
