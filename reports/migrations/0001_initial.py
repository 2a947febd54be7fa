import config.web.ids
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
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
            name='DigestWish',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='report_digest', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('every', models.CharField(choices=[('week', 'Every Monday'), ('month', 'On the first of the month'), ('never', 'Not at all')], default='week', max_length=5)),
            ],
        ),
        migrations.CreateModel(
            name='Holding',
            fields=[
                ('holder', models.BigIntegerField(primary_key=True, serialize=False)),
                ('cells', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='RollupState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zone', models.CharField(max_length=64)),
                ('facts', models.CharField(max_length=64)),
                ('built_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Stale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Cell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=16)),
                ('day', models.DateField()),
                ('segment', models.BigIntegerField(default=0)),
                ('team', models.BigIntegerField(default=0)),
                ('version', models.BigIntegerField(default=0)),
                ('key', models.CharField(blank=True, max_length=60)),
                ('mark', models.CharField(blank=True, max_length=20)),
                ('state', models.CharField(blank=True, max_length=20)),
                ('n', models.BigIntegerField()),
                ('part', models.DecimalField(decimal_places=2, max_digits=20)),
                ('whole', models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fact', 'day', 'key', 'segment', 'team', 'version', 'mark', 'state'), name='reports_cell_once')],
            },
        ),
        migrations.CreateModel(
            name='ReportSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('first_weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0, verbose_name='a week begins on')),
                ('baseline_percent', models.DecimalField(decimal_places=2, default=Decimal('1'), help_text='Of contacts that reps find themselves, how many become opportunities. Published: 1 % at most.', max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='self-sourced baseline, %')),
                ('target_percent', models.DecimalField(decimal_places=2, default=Decimal('5'), help_text='Of qualified leads, how many should become opportunities. Sales leaders ask for 5 to 30 %.', max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='target of opportunities from leads, %')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='reports_settings_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=config.web.ids.uuid7, editable=False, unique=True)),
                ('report', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=80)),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('is_shared', models.BooleanField(default=False, verbose_name='show it to everybody')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(fields=('owner', 'report', 'name'), name='reports_view_name_once')],
            },
        ),
    ]
