"""What AWS refuses of a request whoever asks and whatever policies say: scopes, forms, kinds of sessions.

Each check raises AWS's error, or Unauthenticated where the request turns out to be nobody's.
"""

from datetime import datetime
from http import HTTPStatus

from harness.actions.iam import USER_OPERATIONS
from harness.gateway import constraints, respond, sts
from harness.gateway.asked import Asked
from harness.gateway.iam import pages
from harness.gateway.refusals import wrong_region, wrong_service
from harness.gateway.refusing import Unauthenticated
from harness.gateway.s3.unsigned import refused_to_anyone
from harness.gateway.signers import Anonymous
from harness.sigv4 import Form, Reason, Rejected, check_policy
from harness.wire.vouch import CallerKind, Vouch

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
NO_BUCKET = "The specified bucket does not exist"


def check_scope(asked: Asked, region: str) -> None:
    """The signed scope must be the service and the region that will execute; LocalStack rewrites regions it does not know.

    `region` is the launch's, which a client is told to use.
    """
    vouch, operation = asked.signer, asked.operation
    if not isinstance(vouch, Vouch):
        return
    if vouch.service != operation.prefix:
        raise Unauthenticated(wrong_service(operation.service, vouch.service, operation.prefix))
    if vouch.region != operation.region:
        raise Unauthenticated(wrong_region(operation.service, vouch.region, region))


def check_unsigned(asked: Asked, bucket_owner: str | None) -> None:
    """Who signs nothing is heard by the owner of a bucket, and where an identity provider speaks for them.

    S3 says to anyone that there is no such bucket.
    """
    operation = asked.operation
    if not isinstance(asked.signer, Anonymous):
        return
    if operation.service != "s3" and not asked.by_provider:
        raise Unauthenticated(Rejected(Reason.MISSING))
    if (refused := refused_to_anyone(operation)) is not None:
        raise refused
    if operation.params.get("Bucket") and operation.name != "CreateBucket" and bucket_owner is None:
        raise respond.client_error("NoSuchBucket", NO_BUCKET, HTTPStatus.NOT_FOUND)


def check_form(asked: Asked) -> None:
    """The parameters as the service's model has them; services that call follow rules of their own."""
    operation, model = asked.operation, asked.context.operation
    shape = model.input_shape if model is not None else None
    if not asked.is_internal and (fault := constraints.fault(operation.service, shape, operation.params)):
        code = "ValidationException" if operation.service == "lambda" else "ValidationError"
        raise respond.client_error(code, fault)
    if operation.service == "iam" and model is not None and pages.has_pages(model):
        _check_marker(operation.params.get("Marker"))
    if operation.service == "sts" and operation.name.startswith("AssumeRole"):
        sts.check_role_arn(operation.params)


def _check_marker(marker: str | None) -> None:
    """OBSERVED, by its name: https://github.com/trek10inc/awsets/pull/21."""
    if marker is not None and not pages.is_marker(marker):
        raise sts.validation(pages.INVALID_MARKER)


def check_session(asked: Asked) -> None:
    """Sessions of users and of federated users reach neither IAM (without MFA) nor most of STS.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    caller, operation = asked.caller, asked.operation
    if caller is None or caller.session is None or caller.session.long_term or caller.kind is CallerKind.ROLE_SESSION:
        return
    federated = caller.kind is CallerKind.FEDERATED_USER
    if operation.service == "iam" and (federated or not caller.session.mfa):
        raise Unauthenticated(Rejected(Reason.BAD_TOKEN, "the session's kind may not call IAM"))
    if federated and (operation.service, operation.name) == ("sts", "AssumeRole"):
        raise respond.denied_error(asked.context, "Cannot call AssumeRole with federation token credentials")


def check_form_post(asked: Asked, now: datetime) -> None:
    """What its signer allowed of a form: the policy in it. A form that nobody signed has none."""
    form = asked.arrival.form
    if not isinstance(form, Form) or not isinstance(asked.signer, Vouch):
        return
    rejected = check_policy(form, str(asked.operation.params["Bucket"]), now)
    if rejected is not None:
        raise Unauthenticated(rejected)


def check_user_name(asked: Asked) -> None:
    """Only an IAM user may leave UserName out, and means itself; root may, too.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
    """
    operation, caller = asked.operation, asked.caller
    if operation.service != "iam" or operation.name not in USER_OPERATIONS or operation.params.get("UserName"):
        return
    if operation.user is None and (caller is None or caller.kind is not CallerKind.ROOT):
        raise sts.validation("Must specify userName when calling with non-User credentials")
