"""The time of publication of the stories that are out, onto their bylines and tags: the trigger writes it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("articles", "0005_growth")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE articles_byline SET role = role;
            UPDATE articles_article_tags SET tag_id = tag_id;
            """,
            migrations.RunSQL.noop,
        )
    ]
