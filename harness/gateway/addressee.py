"""Which service a request is for, judged by all but its signature.

AWS has an endpoint for each service, and one that is sent a signature for another service says so. LocalStack has one endpoint
for all and believes the signed scope.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote_plus

from botocore.model import ServiceModel
from localstack.aws.spec import ServiceModelIdentifier, get_service_catalog

from harness.actions.sts import UNSIGNED
from harness.sigv4 import Head

_QUERY = ("query", "ec2")
_REST = frozenset({"rest-json", "rest-xml"})
_MOST = 4096
"""Where in a form Action and Version are looked for: every SDK writes them first."""


def misdirected(head: Head, body: bytes, signed: str) -> ServiceModel | None:
    """The service that the request is for, where it is told and not one that `signed` names; else None."""
    meant = get_service_catalog().by_signing_name(signed)
    if head.value("x-amz-target"):
        return _first(_by_target(head), meant)
    if head.path.startswith("/2015-03-31/functions"):
        return _first(get_service_catalog().by_signing_name("lambda"), meant)
    form = head.target.partition("?")[2] or body[:_MOST].decode("latin-1")
    if head.path == "/" and (action := _field(form, "Action")):
        return _first_query(get_service_catalog().by_operation(action), meant, _field(form, "Version"))
    if meant and signed != "sqs" and not _has_paths(meant[0]) and _is_s3(head):
        return get_service_catalog().get("s3")
    return None


def needs_no_signature(head: Head, body: bytes) -> bool:
    """Whether the request seems to be one that nobody signs; which operation it is, only the parser says."""
    form = head.target.partition("?")[2] or body[:_MOST].decode("latin-1")
    return head.path == "/" and _field(form, "Action") in UNSIGNED


def _by_target(head: Head) -> Sequence[ServiceModelIdentifier]:
    prefix = (head.value("x-amz-target") or "").partition(".")[0]
    found: Sequence[ServiceModelIdentifier] = get_service_catalog().by_target_prefix(prefix)
    return found


def _is_s3(head: Head) -> bool:
    return bool(head.path.strip("/")) or head.value("x-amz-content-sha256") is not None


def _named(found: Sequence[ServiceModelIdentifier], meant: Sequence[ServiceModelIdentifier]) -> bool:
    return not found or not {service.name for service in found}.isdisjoint(service.name for service in meant)


def _first(found: Sequence[ServiceModelIdentifier], meant: Sequence[ServiceModelIdentifier]) -> ServiceModel | None:
    return None if _named(found, meant) else get_service_catalog().get(found[0].name, found[0].protocol)


def _first_query(
    found: Sequence[ServiceModelIdentifier], meant: Sequence[ServiceModelIdentifier], version: str | None
) -> ServiceModel | None:
    """Many services have an operation of one name: the one whose protocol and version the form names."""
    if _named(found, meant):
        return None
    models = (get_service_catalog().get(service.name, service.protocol) for service in found)
    return next((model for model in models if model.protocol in _QUERY and model.api_version == version), None)


def _field(form: str, name: str) -> str | None:
    found = re.search(rf"(?:^|&){name}=([^&]*)", form)
    return unquote_plus(found[1]) if found else None


def _has_paths(service: ServiceModelIdentifier) -> bool:
    model = get_service_catalog().get(service.name, service.protocol)
    return not _REST.isdisjoint(model.metadata.get("protocols", [model.protocol]))
