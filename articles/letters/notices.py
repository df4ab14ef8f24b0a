"""What a new story tells the letters that send each new story."""

from datetime import datetime, timedelta

from articles.letters.composing import part_of
from articles.models import Article
from members.letters.issues import making
from members.models import Letter, SiteRules

FRESH_FOR = timedelta(hours=24)


def is_news(article: Article, now: datetime) -> bool:
    """Whether the letters hear of it: out for less than a day. What is backdated, or was told late, mails nobody.

    An embargo counts as its day: the story is news from the hour readers may see it.
    """
    return article.live_from is not None and now - FRESH_FOR < article.live_from <= now


def tell(article: Article, rules: SiteRules, now: datetime) -> None:
    """Have each letter that sends new stories of this section send this one, once, if it is news.

    Called once in a story's life, by whoever claimed to announce it: publishing it again, restoring or correcting
    it tells nobody. Commits with the caller.
    """
    if not is_news(article, now):
        return
    wanted = set(Letter.objects.of_new_stories().values_list("carries", flat=True))
    if not wanted:
        return
    carries = Letter.Carries.WHOLE if Letter.Carries.WHOLE in wanted else Letter.Carries.TEASER
    making.queue_for_story(part_of(article, rules=rules, carries=carries))
