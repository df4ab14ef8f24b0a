"""Words after an exclamation mark were refused; they have a list of their own now."""

from django.db import migrations


def move(apps, schema_editor):
    for rules in apps.get_model("members", "SiteRules").objects.all():
        lines = [line.strip() for line in rules.held_words.splitlines() if line.strip()]
        rules.held_words = "\n".join(line for line in lines if not line.startswith("!"))
        rules.blocked_words = "\n".join(line[1:].strip() for line in lines if line.startswith("!"))
        rules.save(update_fields=["held_words", "blocked_words"])


def back(apps, schema_editor):
    for rules in apps.get_model("members", "SiteRules").objects.all():
        blocked = [f"!{line}" for line in rules.blocked_words.splitlines() if line.strip()]
        rules.held_words = "\n".join([*rules.held_words.splitlines(), *blocked])
        rules.save(update_fields=["held_words"])


class Migration(migrations.Migration):
    dependencies = [("members", "0005_reply_rules")]

    operations = [migrations.RunPython(move, back)]
