"""Lists of an author and of a tag walk an index of their own: each row carries its story's time of publication.

The copy is kept by triggers, since bylines and tags are written in many ways. A story's own row is shared while
its byline is written, so that whoever publishes at that moment sees the byline, or the byline sees the time.
"""

import django.db.models.deletion
from django.db import migrations, models

KEEP = """
    CREATE FUNCTION articles_note_publication() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT CASE WHEN status = 'published' THEN published_at END INTO NEW.published_at
        FROM articles_article WHERE id = NEW.article_id FOR SHARE;
        RETURN NEW;
    END $$;
    CREATE FUNCTION articles_pass_on_publication() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE articles_byline SET article_id = article_id WHERE article_id = NEW.id;
        UPDATE articles_article_tags SET article_id = article_id WHERE article_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER byline_publication BEFORE INSERT OR UPDATE ON articles_byline
        FOR EACH ROW EXECUTE FUNCTION articles_note_publication();
    CREATE TRIGGER tagging_publication BEFORE INSERT OR UPDATE ON articles_article_tags
        FOR EACH ROW EXECUTE FUNCTION articles_note_publication();
    CREATE TRIGGER article_publication AFTER UPDATE ON articles_article FOR EACH ROW
        WHEN ((OLD.status, OLD.published_at) IS DISTINCT FROM (NEW.status, NEW.published_at))
        EXECUTE FUNCTION articles_pass_on_publication();
"""
FORGET = """
    DROP TRIGGER article_publication ON articles_article;
    DROP TRIGGER tagging_publication ON articles_article_tags;
    DROP TRIGGER byline_publication ON articles_byline;
    DROP FUNCTION articles_pass_on_publication();
    DROP FUNCTION articles_note_publication();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_section_appeal")]

    operations = [
        migrations.SeparateDatabaseAndState(  # the table is there: Django made it for the field
            state_operations=[
                migrations.CreateModel(
                    name="Tagging",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="articles.article")),
                        ("tag", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="articles.tag")),
                    ],
                    options={"db_table": "articles_article_tags", "unique_together": {("article", "tag")}},
                ),
                migrations.AlterField(
                    model_name="article",
                    name="tags",
                    field=models.ManyToManyField(blank=True, related_name="articles", through="articles.Tagging", to="articles.tag"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="tagging",
            name="published_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="byline",
            name="published_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="byline",
            index=models.Index(condition=models.Q(("published_at__isnull", False)), fields=["author", "-published_at", "-article"], name="byline_newest"),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(condition=models.Q(("published_at__isnull", False)), fields=["tag", "-published_at", "-article"], name="tagging_newest"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(condition=models.Q(("status", "published")), fields=["published_on", "id"], include=("live_from",), name="article_by_day"),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
