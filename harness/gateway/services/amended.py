"""LocalStack's own code, amended where a refused call must end as on AWS, the wrong one assumes a role, or runs share a folder."""

import logging
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import InternalClientFactory, connect_to
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator

from harness.gateway.services.call_sites import Source
from harness.gateway.services.internal import from_stack
from harness.gateway.services.lazily import around, when_loaded

LOG = logging.getLogger(__name__)
Function = Callable[..., Any]

_EXECUTION_ROLE = Source(("env",), lambda env: env.states.context_object.context_object_data["Execution"]["RoleArn"])
# What AWS says of a source that a function's role may not read, whichever call of it was refused.
# OBSERVED: https://github.com/anomalyco/sst/issues/5737 (queues; until 2023 `The provided execution role`),
# https://github.com/aws-samples/cross-account-amazon-dynamodb-replication/issues/11 (Kinesis),
# https://github.com/aws-amplify/amplify-cli/issues/12965 (DynamoDB)
_QUEUE = "The function execution role does not have permissions to call ReceiveMessage on SQS"
_STREAM = (
    "Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, "
)
_UNREADABLE: Mapping[str, str] = {
    "dynamodb": f"{_STREAM}and ListStreams Actions on your stream in IAM.",
    "kinesis": f"{_STREAM}ListShards, and ListStreams Actions on your stream in IAM.",
    "sqs": _QUEUE,
    "sqs-fifo": _QUEUE,
}


def install(now: Callable[[], datetime]) -> None:
    """Amend what is loaded, and what will be when it is. `now` is the clock that sessions end by."""
    around(InternalClientFactory, "with_assumed_role", _by_the_execution_role)
    for validator in (IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator):
        around(validator, "validate", _take)
    when_loaded("localstack.services.s3.provider", _keep_objects_apart)
    when_loaded(
        "localstack.services.sqs.models",
        lambda module: around(module, "guess_endpoint_strategy_and_host", _as_on_aws),
    )
    when_loaded(
        "localstack.services.cloudwatch.provider_v2",
        lambda module: around(module.CloudwatchProvider, "set_alarm_state", _set_state),
    )
    when_loaded(
        "localstack.services.lambda_.provider",
        lambda module: around(module.LambdaProvider, "check_service_resource_exists", _map),
    )
    when_loaded(
        "localstack.services.lambda_.event_source_mapping.esm_worker_factory",
        lambda module: around(module, "get_internal_client", partial(_read_on, now)),
    )


def _keep_objects_apart(module: Any) -> None:
    """Objects lie in this instance's own temporary folder; LocalStack has one for all, and a bucket's end removes its folder there."""
    module.DEFAULT_S3_TMP_DIR = str(Path(tempfile.gettempdir()) / "s3")


def _take(_original: Function, _validator: Any) -> None:
    """The gate has judged the policy; moto refuses what AWS takes, such as an inline policy without a Version."""


def _by_the_execution_role(original: Function, self: Any, *, role_arn: str, **options: Any) -> Any:
    """A state's Credentials name a role that the execution's own role assumes, and not Step Functions.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
    """
    execution_role = from_stack(_EXECUTION_ROLE) if options.get("service_principal") == "states" else None
    if execution_role in {None, role_arn}:
        return original(self, role_arn=role_arn, **options)
    session = original(self, role_arn=execution_role, **options).get_client("sts")
    given = session.assume_role(RoleArn=role_arn, RoleSessionName="states")["Credentials"]
    return self(
        region_name=options.get("region_name"),
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=options.get("config"),
    )


def _as_on_aws(original: Function, host: str) -> tuple[str, str]:
    """A queue's URL is its host, its account and its name; with the region in the path, Terraform's provider takes it for none.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
    """
    strategy, place = original(host)
    return ("off" if strategy == "path" else strategy), place


def _set_state(original: Function, *args: Any, **kwargs: Any) -> Any:
    """An alarm changes its state whether or not its actions are allowed: only its history tells of them.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    """
    try:
        return original(*args, **kwargs)
    except ClientError as refused:
        LOG.info("an alarm's action failed: %s", refused)
        return None


def _map(original: Function, self: Any, service: str, resource_arn: str, *args: Any) -> None:
    """A mapping whose function's role may not look at the source is refused, in the words of the source's kind."""
    try:
        original(self, service, resource_arn, *args)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        message = _UNREADABLE[service].format(resource_arn)
        raise InvalidParameterValueException(message, Type="User") from error


def _read_on(now: Callable[[], datetime], original: Function, *args: Any, **options: Any) -> Any:
    """A mapping reads on when its session of the function's role ends: it takes another, if the trust policy still lets it."""
    client = original(*args, **options)
    role = options.get("role_arn")
    if role is None:
        return client
    botocore_client = client._client  # noqa: SLF001 - LocalStack's wrapper has no other way in
    region = botocore_client.meta.region_name

    def assume() -> dict[str, str]:
        sts = connect_to(region_name=region).sts.request_metadata(service_principal="lambda")
        given = sts.assume_role(RoleArn=role, RoleSessionName="mapping")["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    renewed = RefreshableCredentials.create_from_metadata(assume(), refresh_using=assume, method="assume-role")
    renewed._time_fetcher = now  # noqa: SLF001 - create_from_metadata takes none
    botocore_client._request_signer._credentials = renewed  # noqa: SLF001 - clients take credentials only when they are made
    return client
