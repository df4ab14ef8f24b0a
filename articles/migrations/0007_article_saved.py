"""The desk's list of stories, the last saved first, walks an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_growth_filled")]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["-saved_at", "-id"], name="article_saved"),
        ),
    ]
