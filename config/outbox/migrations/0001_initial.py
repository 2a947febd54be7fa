import config.outbox.models
import config.web.ids
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.db import migrations, models

from config.web.migrating import AddTrigger


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=config.web.ids.uuid7, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('url', models.URLField(max_length=500, validators=[django.core.validators.URLValidator(schemes=['https', 'http'])])),
                ('secret', models.CharField(default=config.outbox.models.new_secret, max_length=80)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=48), blank=True, default=list, help_text='Leave empty for every topic.', size=None)),
                ('is_active', models.BooleanField(default=True)),
                ('switched_off_why', models.CharField(blank=True, editable=False, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'webhook endpoint',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('handled', models.IntegerField(default=0)),
                ('failures', models.IntegerField(default=0)),
                ('last_error', models.TextField(blank=True)),
                ('last_error_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=config.web.ids.uuid7, editable=False, unique=True)),
                ('topic', models.CharField(max_length=48)),
                ('subject', models.CharField(blank=True, max_length=64)),
                ('payload', models.JSONField(default=dict)),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('users', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('occurred_at', models.DateTimeField()),
                ('handled_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('failed_at', models.DateTimeField(null=True)),
                ('parked_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
            ],
            options={
                'ordering': ('id',),
                'indexes': [models.Index(condition=models.Q(('handled_at', None), ('parked_at', None)), fields=['id'], name='outbox_event_unhandled'), models.Index(condition=models.Q(('handled_at', None)), fields=['failed_at'], name='outbox_event_failed'), models.Index(fields=['subject', 'occurred_at'], name='outbox_event_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('parked', 'Parked')], default='waiting', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('status_code', models.PositiveSmallIntegerField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='outbox.endpoint')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='outbox.event')),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'next_at'], name='outbox_delivery_due'), models.Index(condition=models.Q(('state', 'sent'), _negated=True), fields=['failed_at'], name='outbox_delivery_failed')],
                'constraints': [models.UniqueConstraint(fields=('event', 'endpoint'), name='outbox_delivery_once')],
            },
        ),
        AddTrigger(
            model_name='event',
            trigger=pgtrigger.compiler.Trigger(name='tell_open_pages', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE note text;', func="\n                    IF cardinality(NEW.teams) + cardinality(NEW.users) > 0 THEN\n                        note := json_build_object('topic', NEW.topic, 'subject', NEW.subject,\n                                                  'teams', NEW.teams, 'users', NEW.users)::text;\n                        IF octet_length(note) < 7900 THEN\n                            PERFORM pg_notify('handoff_events', note);\n                        END IF;\n                    END IF;\n                    RETURN NEW;\n                ", hash='00c26b8ca2f97ec1bbabbd232f36e2fc2d1a5823', operation='INSERT', pgid='pgtrigger_tell_open_pages_46971', table='outbox_event', when='AFTER')),
        ),
    ]
