"""Names that LocalStack would read otherwise than they are decided: refused before the decision, in AWS's words where they are known.

Systems Manager's parameters: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#systemsmanager-PutParameter-request-Name
Kinesis's streams, which a request may name twice: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
Secrets Manager's secrets: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
LocalStack's own tags: it takes the id of what is made from them, also one that something else has, here or in another account.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.actions import Operation
from harness.actions.kinesis import iterated
from harness.actions.params import dig
from harness.actions.ssm import SECRETS
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
_DECRYPTING = frozenset({"GetParameter", "GetParameters"})


def check_names(operation: Operation) -> None:
    """Raise the service's error for a name that is none, or that is another region's."""
    chosen = [name for name in request_tags(operation).get("aws:TagKeys", ()) if name.startswith(_CHOSEN)]
    if chosen:
        raise respond.client_error("ValidationException", f"the tag `{chosen[0]}` chooses an id, as AWS lets nobody do")
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


_CHECKS: Mapping[str, Callable[[Operation], Any]] = {
    "kinesis": _streams,
    "secretsmanager": _secrets,
    "ssm": _parameters,
}
