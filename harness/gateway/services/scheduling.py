"""EventBridge Scheduler's firing, which the open LocalStack lacks: it keeps schedules and nothing more.

Each second of real time the schedules of this account are looked at. One that is due assumes its role as scheduler.amazonaws.com,
which the role's trust policy decides, and calls its target as that role; both go through the gate like any other call.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.api import CommonServiceException
from localstack.aws.connect import connect_to

from harness.actions import Operation
from harness.gateway.respond import client_error
from harness.gateway.services.dead_letters import attributes
from harness.gateway.services.lazily import loaded
from harness.gateway.services.metrics import count
from harness.gateway.services.schedules import InvalidSchedule, Schedule
from harness.model.arn import Arn

LOG = logging.getLogger(__name__)
PERIOD = 1.0
_SERVICE_OF_TARGET = re.compile(r"arn:aws[\w-]*:(\w+):[\w-]*:\d{12}:.+")
Target = Mapping[str, Any]


def _invoke(client: Any, target: Target, text: str) -> None:
    client.invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=text.encode())


def _send(client: Any, target: Target, text: str) -> None:
    group = target.get("SqsParameters") or {}
    client.send_message(QueueUrl=_queue_url(target["Arn"]), MessageBody=text, **group)


def _publish(client: Any, target: Target, text: str) -> None:
    client.publish(TopicArn=target["Arn"], Message=text)


def _put_event(client: Any, target: Target, text: str) -> None:
    client.put_events(Entries=[{**target["EventBridgeParameters"], "Detail": text, "EventBusName": target["Arn"]}])


def _start(client: Any, target: Target, text: str) -> None:
    client.start_execution(stateMachineArn=target["Arn"], input=text)


def _put_record(client: Any, target: Target, text: str) -> None:
    client.put_record(StreamARN=target["Arn"], Data=text.encode(), **target["KinesisParameters"])


# The service of a target's ARN -> boto3's name for it, and the call.
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
TARGETS: Mapping[str, tuple[str, Callable[[Any, Target, str], None]]] = {
    "events": ("events", _put_event),
    "kinesis": ("kinesis", _put_record),
    "lambda": ("lambda", _invoke),
    "sns": ("sns", _publish),
    "sqs": ("sqs", _send),
    "states": ("stepfunctions", _start),
}


def check_schedule(operation: Operation) -> None:
    """Refuse by name what would be kept and never fired."""
    if (operation.service, operation.name) not in {("scheduler", "CreateSchedule"), ("scheduler", "UpdateSchedule")}:
        return
    arn = str((operation.params.get("Target") or {}).get("Arn") or "")
    named = _SERVICE_OF_TARGET.fullmatch(arn)
    if named is None or named[1] not in TARGETS:
        served = ", ".join(sorted(TARGETS))
        raise _invalid(f"the harness does not serve the schedule target {arn}; it serves templated targets of {served}")
    zone = operation.params.get("ScheduleExpressionTimezone") or "UTC"
    now = datetime.now(UTC)
    try:
        Schedule(str(operation.params.get("ScheduleExpression")), zone, now).due(now, now)
    except InvalidSchedule as invalid:
        raise _invalid(str(invalid)) from invalid


def _invalid(message: str) -> CommonServiceException:
    return client_error("ValidationException", message)


class Scheduler:
    """Looks at the account's schedules and fires them."""

    def __init__(self, account_id: str) -> None:
        """Nothing is looked at yet."""
        self._account_id = account_id
        self._workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="schedule")
        self._ends = threading.Event()

    def start(self) -> None:
        """Look each second from now on, in a daemon thread."""
        threading.Thread(target=self._run, name="scheduler", daemon=True).start()

    def _run(self) -> None:
        seen = datetime.now(UTC)
        while not self._ends.wait(PERIOD):
            now = datetime.now(UTC)
            for region, group, schedule in list(self._schedules()):
                self._look(region, group, schedule, seen, now)
            seen = now

    def _schedules(self) -> Iterator[tuple[str, Any, Any]]:
        models = loaded("moto.scheduler.models")
        if models is None:
            return
        for region, backend in list(models.scheduler_backends[self._account_id].items()):
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    yield region, group, schedule

    def _look(self, region: str, group: Any, kept: Any, seen: datetime, now: datetime) -> None:
        if kept.state != "ENABLED":
            return
        begins = _moment(kept.start_date) or datetime.fromtimestamp(float(kept.last_modified_date), UTC)
        schedule = Schedule(kept.schedule_expression, kept.schedule_expression_timezone, begins, _moment(kept.end_date))
        try:
            due = schedule.due(seen, now)
        except InvalidSchedule as invalid:
            LOG.warning("the schedule %s never fires: %s", kept.arn, invalid)
            return
        if not due:
            return
        if schedule.once and kept.action_after_completion == "DELETE":
            group.schedules.pop(kept.name, None)
        self._workers.submit(fire, region, str(group.arn), dict(kept.target))


def fire(region: str, group_arn: str, target: Target) -> None:
    """Call the target as its role; what is refused is counted, and goes to the target's dead-letter queue, by the same role.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html,
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    """
    counted = partial(count, region, "AWS/Scheduler", ScheduleGroup=group_arn.rpartition("/")[2])
    try:
        session = _session(region, group_arn, target["RoleArn"])
    except (ClientError, BotoCoreError) as refused:
        LOG.info("a schedule's role is not assumed: %s", refused)
        counted("InvocationDroppedCount")
        return
    arn = Arn.of(target["Arn"])
    service, call = TARGETS[arn.service]
    try:
        call(session(service, arn.region), target, target.get("Input") or "{}")
    except (ClientError, BotoCoreError) as refused:
        LOG.info("a schedule's target is not reached: %s", refused)
        counted("TargetErrorCount")
        counted("InvocationDroppedCount")
        if dead := (target.get("DeadLetterConfig") or {}).get("Arn"):
            counted(_bury(session("sqs", Arn.of(dead).region), dead, target, refused))


def _session(region: str, group_arn: str, role: str) -> Callable[[str, str], Any]:
    """Clients of a session of the role. The trust policy is shown the schedule's group:

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    sts = connect_to(region_name=region).sts.request_metadata(service_principal="scheduler", source_arn=group_arn)
    given = sts.assume_role(RoleArn=role, RoleSessionName="scheduler")["Credentials"]

    def client(service: str, there: str) -> Any:
        return connect_to(
            region_name=there,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        ).get_client(service)

    return client


def _bury(sqs: Any, queue: str, target: Target, refused: ClientError | BotoCoreError) -> str:
    """The metric that counts it."""
    code = refused.response["Error"]["Code"] if isinstance(refused, ClientError) else type(refused).__name__
    try:
        sqs.send_message(
            QueueUrl=_queue_url(queue),
            MessageBody=target.get("Input") or "{}",
            MessageAttributes=attributes({"ERROR_CODE": code, "ERROR_MESSAGE": refused, "TARGET_ARN": target["Arn"]}),
        )
    except (ClientError, BotoCoreError) as error:
        LOG.info("a schedule's dead-letter queue takes nothing: %s", error)
        return "InvocationsFailedToBeSentToDeadLetterCount"
    return "InvocationsSentToDeadLetterCount"


def _queue_url(arn: str) -> str:
    queue = Arn.of(arn)
    return f"https://sqs.{queue.region}.amazonaws.com/{queue.account}/{queue.resource}"


def _moment(date: Any) -> datetime | None:
    """A date of a schedule, as the client sent it: seconds or ISO 8601."""
    if date is None:
        return None
    try:
        return datetime.fromtimestamp(float(date), UTC)
    except ValueError:
        return datetime.fromisoformat(str(date)).astimezone(UTC)
