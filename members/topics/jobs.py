"""Jobs of topics."""

from django.utils import timezone
from procrastinate.contrib.django import app

from members.models import Round
from members.topics.rounds import closing


@app.periodic(cron="* * * * *")
@app.task(queue="default", queueing_lock="close_rounds")
def close_rounds(timestamp: int) -> None:
    """Store the results of rounds past their deadline."""
    now = timezone.now()
    for round_ in Round.objects.to_be_counted(now):
        closing.close_round(round_, now=now)
