"""The desk's list of stories, the last saved first, walks an index; its census reads one and no story."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_growth_filled")]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["-saved_at", "-id"], name="article_saved"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                fields=["section", "published_on"],
                include=("live_from", "published_at", "audience", "public_interest", "minimum_tier"),
                condition=models.Q(("status", "published")),
                name="article_census",
            ),
        ),
    ]
