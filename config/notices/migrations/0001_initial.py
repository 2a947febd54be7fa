import config.notices.models
import config.web.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notice_preference', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('mail', models.BooleanField(default=True)),
                ('chat_url', models.CharField(blank=True, help_text='An Apprise address, such as slack://… or msteams://…', max_length=400)),
                ('muted_kinds', models.JSONField(blank=True, default=list, validators=[config.notices.models.validate_kinds])),
                ('quiet_from', models.TimeField(blank=True, null=True)),
                ('quiet_until', models.TimeField(blank=True, null=True)),
                ('quiet_weekends', models.BooleanField(default=False)),
                ('digest', models.CharField(choices=[('off', 'Each notice by itself'), ('hourly', 'Once an hour'), ('daily', 'Once a day')], default='off', max_length=6)),
            ],
        ),
        migrations.CreateModel(
            name='ActionLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=config.web.ids.uuid7, editable=False, unique=True)),
                ('verb', models.CharField(max_length=24)),
                ('subject', models.CharField(max_length=64)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='action_links', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=config.web.ids.uuid7, editable=False, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('urgency', models.CharField(choices=[('now', 'At once'), ('soon', 'Soon'), ('whenever', 'Whenever')], default='soon', max_length=8)),
                ('title', models.CharField(max_length=200)),
                ('body', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('subject', models.CharField(blank=True, max_length=64)),
                ('actions', models.JSONField(blank=True, default=list)),
                ('dedupe_key', models.CharField(max_length=160, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['recipient', '-id'], name='notices_by_recipient'), models.Index(condition=models.Q(('read_at', None)), fields=['recipient'], name='notices_unread'), models.Index(condition=models.Q(('subject', ''), _negated=True), fields=['subject'], name='notices_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='NoticeDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('parked', 'Parked')], default='waiting', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('channel', models.CharField(choices=[('mail', 'Mail'), ('chat', 'Chat')], max_length=4)),
                ('digest', models.BooleanField(default=False)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notices.notice')),
            ],
            options={
                'verbose_name_plural': 'notice deliveries',
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at'], name='notices_delivery_due'), models.Index(condition=models.Q(('state', 'sent'), _negated=True), fields=['failed_at'], name='notices_delivery_failed')],
                'constraints': [models.UniqueConstraint(fields=('notice', 'channel'), name='notices_delivery_once')],
            },
        ),
    ]
