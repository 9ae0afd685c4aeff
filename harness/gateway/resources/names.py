"""Names that LocalStack would read otherwise than they are decided: refused before the decision, in AWS's words where they are known.

Systems Manager's parameters: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#systemsmanager-PutParameter-request-Name
Kinesis's streams, which a request may name twice: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
Secrets Manager's secrets: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
LocalStack's own tags: it takes the id of what is made from them, also one that something else has, here or in another account.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.actions import Operation
from harness.actions.kinesis import iterated
from harness.actions.params import dig
from harness.actions.ssm import SECRETS
from harness.actions.stepfunctions import machine_arn
from harness.actions.tags import request_tags
from harness.gateway import respond

_CHOSEN = "_custom_"
# OBSERVED: https://github.com/aws/aws-sdk-php/issues/1952
_NAME = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by '
    "slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
)
# OBSERVED: https://github.com/aws/copilot-cli/issues/66
_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be "
    'prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), '
    '- (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". '
    "Valid example: /get/parameters2-/by1./path0_."
)
# OBSERVED: https://github.com/sous-chefs/aws/issues/419
_NOT_DECRYPTED = "WithDecryption flag must be True for retrieving a Secret Manager secret."
_NO_SECRET = "Secrets Manager can't find the specified secret."  # noqa: S105 - AWS's sentence
_TWO_STREAMS = "The request names two streams, or two consumers."  # in our words: AWS's are not documented
_TWO_MACHINES = "An alias routes to versions of its own state machine."  # the same
_OF_ALIASES = frozenset({"CreateStateMachineAlias", "UpdateStateMachineAlias"})
_DECRYPTING = frozenset({"GetParameter", "GetParameters"})


class _Form(NamedTuple):
    """What an ARN in these parameters must look like, all of it: what LocalStack cuts out of it is then what was decided."""

    paths: str
    arn: str
    code: str


_PLACE = r"[a-z0-9-]+:\d{12}"
_BUS = _Form(
    "EventBusName Entries.EventBusName Destination.Arn",
    rf"arn:aws:events:{_PLACE}:event-bus/[^/]+",
    "ValidationException",
)
_STREAM = _Form("StreamArn", rf"arn:aws:dynamodb:{_PLACE}:table/[^/]+/stream/[^/]+", "ValidationException")
_FORMS: Mapping[str, _Form] = {
    "dynamodbstreams": _STREAM,
    "events": _BUS,
    "kms": _Form(
        "KeyId SourceKeyId DestinationKeyId TargetKeyId",
        rf"arn:aws:kms:{_PLACE}:(?:key/[\w-]+|alias/[\w/-]+)",
        "InvalidArnException",
    ),
    "logs": _Form(
        "logGroupIdentifier logGroupIdentifiers logGroupArnList resourceIdentifier",
        rf"arn:aws:logs:{_PLACE}:log-group:[^:*]+(?::\*)?|arn:aws:logs:{_PLACE}:query-result:\*",
        "InvalidParameterException",
    ),
}
_OF_ARCHIVES = frozenset({"ListReplays", "StartReplay"})
"""Their EventSourceArn is an archive's."""
_OF_BUSES = frozenset({"DescribeEventBus", "DeleteEventBus", "UpdateEventBus", "CreateEventBus"})


def _check_forms(operation: Operation) -> None:
    form = _FORMS.get(operation.service)
    if form is None:
        return
    paths = form.paths.split()
    if operation.service == "events":
        paths += ["Name"] * (operation.name in _OF_BUSES) + ["EventSourceArn"] * (operation.name not in _OF_ARCHIVES)
    for path in paths:
        for value in map(str, dig(operation.params, path)):
            if value.startswith("arn:") and re.fullmatch(form.arn, value) is None:
                raise respond.client_error(form.code, f"Invalid arn {value}")


def check_names(operation: Operation) -> None:
    """Raise the service's error for a name that is none, or that is another region's."""
    chosen = [name for name in request_tags(operation).get("aws:TagKeys", ()) if name.startswith(_CHOSEN)]
    if chosen:
        raise respond.client_error("ValidationException", f"the tag `{chosen[0]}` chooses an id, as AWS lets nobody do")
    _check_forms(operation)
    checks = _CHECKS.get(operation.service)
    if checks is not None:
        checks(operation)


def _parameters(operation: Operation) -> None:
    params = operation.params
    path = params.get("Path")
    if path is not None and (not str(path).startswith("/") or "//" in str(path)):
        raise respond.client_error("ValidationException", _PATH)
    for name in _named(operation):
        if name.startswith("arn:"):
            if operation.name == "PutParameter":  # as the page above says
                raise respond.client_error("ValidationException", _NAME)
            name = _in_arn(name, operation.region)  # noqa: PLW2901 - what the ARN means
        if "//" in name or (name.endswith("/") and name != "/"):
            raise respond.client_error("ValidationException", _NAME)
        whole = f"/{name.lstrip('/')}"
        if whole.startswith(SECRETS.rstrip("/")):
            if not whole.startswith(SECRETS):
                raise respond.client_error("ParameterNotFound", "")
            if operation.name in _DECRYPTING and not params.get("WithDecryption"):
                raise respond.client_error("ValidationException", _NOT_DECRYPTED)


def _named(operation: Operation) -> Iterator[str]:
    params = operation.params
    for name in ("Name", "Names"):
        if operation.name.endswith(("Parameter", "Parameters", "ParameterHistory", "ParameterVersion")):
            yield from map(str, dig(params, name))
    if params.get("ResourceType") == "Parameter":
        yield from map(str, dig(params, "ResourceId"))


def _in_arn(arn: str, region: str) -> str:
    """The name in a parameter's ARN; LocalStack takes `parameter/` out of it wherever it stands."""
    found = re.fullmatch(rf"arn:aws[\w-]*:ssm:{region}:\d{{12}}:parameter/(?P<name>.+)", arn)
    if found is None or "parameter/" in found["name"]:
        raise respond.client_error("ValidationException", _NAME)
    return found["name"]


def _secrets(operation: Operation) -> None:
    params = operation.params
    for name in (*dig(params, "SecretId"), *dig(params, "SecretIdList")):
        if str(name).startswith("arn:") and not _is_secret(str(name), operation.region):
            raise respond.client_error("ResourceNotFoundException", _NO_SECRET)
    for one in params.get("Filters") or ():
        if not one.get("Key") or not one.get("Values"):
            raise respond.client_error("InvalidParameterException", "a filter has a Key and Values")


def _is_secret(arn: str, region: str) -> bool:
    return re.fullmatch(rf"arn:aws[\w-]*:secretsmanager:{region}:\d{{12}}:secret:.+", arn) is not None


def _streams(operation: Operation) -> None:
    """Moto takes a name before an ARN, and an iterator's name before both."""
    params = operation.params
    arn, iterator = str(params.get("StreamARN") or ""), params.get("ShardIterator")
    named = {arn.partition(":stream/")[2], params.get("StreamName") or "", iterated(str(iterator)) if iterator else ""}
    if len(named - {""}) > 1:
        raise respond.client_error("InvalidArgumentException", _TWO_STREAMS)
    stream, _, consumer = str(params.get("ConsumerARN") or "").partition("/consumer/")
    name = params.get("ConsumerName")
    if consumer and ((arn and arn != stream) or (name and name != consumer.partition(":")[0])):
        raise respond.client_error("InvalidArgumentException", _TWO_STREAMS)


def _groups(operation: Operation) -> None:
    """LocalStack takes what follows a name's last colon."""
    for path in ("logGroupName", "logGroupIdentifier", "logGroupNames", "logGroupIdentifiers"):
        for name in map(str, dig(operation.params, path)):
            if ":" in name and not (name.startswith("arn:") and "Identifier" in path):
                raise respond.client_error("InvalidParameterException", f"`{name}` is no log group's name")


def _security_groups(operation: Operation) -> None:
    """A name is no id: moto takes either for the other.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """
    name = str(operation.params.get("GroupName") or "")
    if operation.name == "CreateSecurityGroup" and name.startswith("sg-"):
        message = f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        raise respond.client_error("InvalidParameterValue", message)


def _aliases(operation: Operation) -> None:
    """An alias routes to versions of its own machine; LocalStack takes any's, and starts it for whoever may start the alias."""
    paths = ("stateMachineAliasArn", "routingConfiguration.stateMachineVersionArn")
    named = [str(arn) for path in paths for arn in dig(operation.params, path)]
    if operation.name in _OF_ALIASES and len({machine_arn(arn) for arn in named}) > 1:
        raise respond.client_error("ValidationException", _TWO_MACHINES)


_CHECKS: Mapping[str, Callable[[Operation], Any]] = {
    "ec2": _security_groups,
    "kinesis": _streams,
    "logs": _groups,
    "secretsmanager": _secrets,
    "ssm": _parameters,
    "stepfunctions": _aliases,
}
