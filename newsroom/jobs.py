"""The house's own jobs: putting back what a killed worker left, sweeping, the night's backup, CDN purges."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from newsroom import cdn
from newsroom.backups import making

DAY_HOURS = 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="recover_stalled", pass_context=True)
async def recover_stalled(context: JobContext, timestamp: int) -> None:
    """Put back every job whose worker has been silent for 30 seconds."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="sweep_finished", pass_context=True)
async def sweep_finished(context: JobContext, timestamp: int) -> None:
    """Delete jobs that finished more than three days ago."""
    await context.app.job_manager.delete_old_jobs(nb_hours=3 * DAY_HOURS)


@app.periodic(cron="0 * * * *")
@app.task(queueing_lock="back_up", lock="back_up")
def back_up(timestamp: int) -> None:
    """Back up once a night where a folder is named; what the night missed or broke is made within the hour."""
    where, now = Path(settings.BACKUP_DIR), timezone.now()
    if settings.BACKUP_DIR and making.is_due(where, now):
        making.back_up(where, keep=settings.BACKUP_KEEP, now=now, tell=lambda what, number: None)


@app.task(retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def purge_cdn(keys: list[str], is_second: bool = False) -> None:
    """Tell the CDN which keys fell, and once more when pages that were on their way to it have arrived."""
    cdn.purge_now(keys)
    if not is_second:
        cdn.queue_purge(keys, is_second=True)
