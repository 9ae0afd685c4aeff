"""EventBridge Scheduler: schedules stand in groups.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from harness.actions.service import Service, rows

_SERVICE = "scheduler.amazonaws.com"

SERVICE = Service(
    prefix="scheduler",
    rows=rows("arn:aws:scheduler:{region}:{account}:", """
        schedule/{GroupName=default}/{Name}
            CreateSchedule UpdateSchedule GetSchedule DeleteSchedule
        schedule-group/{Name}
            CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup
        {ResourceArn}
            TagResource UntagResource ListTagsForResource
        *
            ListSchedules ListScheduleGroups
    """),
    also={"CreateScheduleGroup": {"TagResource": "Tags"}},
    passes={
        "CreateSchedule": {"Target.RoleArn": _SERVICE},
        "UpdateSchedule": {"Target.RoleArn": _SERVICE},
    },
)  # fmt: skip
