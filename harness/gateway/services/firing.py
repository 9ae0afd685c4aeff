"""A schedule rule's event now, without waiting for its time: the same job that LocalStack's own scheduler runs.

The calls to the targets are LocalStack's internal ones and are decided as always, for `events.amazonaws.com`.
"""

from typing import Any

from localstack.services.events.models import RuleState, events_stores
from localstack.services.plugins import SERVICE_PLUGINS


def fire(account_id: str, region: str, name: str) -> dict[str, Any]:
    """Send the event to the targets of a rule of the default bus; `fault` says why not."""
    bus = events_stores[account_id][region].event_buses.get("default")
    rule = bus.rules.get(name) if bus is not None else None
    if rule is None:
        return {"fault": f"account {account_id} has no rule `{name}` in {region}"}
    if not rule.schedule_expression:
        return {"fault": f"the rule `{name}` has no schedule: it waits for events"}
    if rule.state != RuleState.ENABLED:
        return {"fault": f"the rule `{name}` is disabled"}
    provider: Any = SERVICE_PLUGINS.get_service("events")._provider  # noqa: SLF001 - LocalStack offers no other way to it
    provider._get_scheduled_rule_job_function(account_id, region, rule)()  # noqa: SLF001 - the scheduler's own job
    return {"rule": str(rule.arn), "targets": [str(target["Arn"]) for target in rule.targets.values()]}
