"""Jobs of topics."""

from django.utils import timezone
from procrastinate.contrib.django import app

from members.models import Round, TopicStep
from members.topics.loop import telling
from members.topics.rounds import closing


@app.periodic(cron="* * * * *")
@app.task(queue="default", queueing_lock="close_rounds")
def close_rounds(timestamp: int) -> None:
    """Store the results of rounds past their deadline."""
    now = timezone.now()
    for round_ in Round.objects.to_be_counted(now):
        closing.close_round(round_, now=now)


@app.task(queue="mail")
def tell_step(step_id: int) -> None:
    """Tell those who asked for a topic of one step."""
    step = TopicStep.objects.filter(pk=step_id).first()
    if step is not None:
        telling.tell(step, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queue="mail", queueing_lock="tell_steps")
def tell_steps(timestamp: int) -> None:
    """Tell of the steps nobody was told of: a round that opened, a worker that was killed."""
    telling.tell_due(timezone.now())
