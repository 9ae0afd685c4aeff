"""What follows an execution: IAM's revision is raised before the response leaves, saved policies and used keys are remembered."""

from dataclasses import dataclass
from http import HTTPStatus

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.gateway.arrival import arrival_of, is_decided
from harness.gateway.iam.iam_state import IamState
from harness.gateway.policies.storing import PolicyDesk
from harness.gateway.records import Records
from harness.gateway.resources.encryptions import remember_key
from harness.gateway.resources.facts import StateFacts

_READS = ("Get", "List", "Simulate")
NOT_ASSUMABLE = "cannot be assumed by Lambda"


@dataclass(slots=True)
class AfterResponse:
    """Response handler, first of its list: what changed counts whatever becomes of the answer."""

    iam: IamState
    desk: PolicyDesk
    records: Records

    def __call__(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Count IAM's mutations and journal what was refused after it was allowed."""
        if context.service is None or context.operation is None:
            return
        if context.service.service_name == "iam" and not context.operation.name.startswith(_READS):
            self.iam.changed()
        succeeded = response.status_code < HTTPStatus.BAD_REQUEST
        self.desk.stored(context, succeeded=succeeded)
        if succeeded and is_decided(context) and context.service.service_name in {"dynamodb", "secretsmanager", "ssm"}:
            name, params = context.operation.name, context.service_request or {}
            remember_key(self.iam.account_id, context.region, name, params, lambda of: StateFacts(self.iam, of).arn)
        self._journal_refused_role(context)

    def _journal_refused_role(self, context: RequestContext) -> None:
        error = context.service_exception
        if error is not None and NOT_ASSUMABLE in str(error) and context.service.service_name == "lambda":
            refused = CommonServiceException("InvalidParameterValueException", str(error), HTTPStatus.BAD_REQUEST)
            self.records.validation(context, arrival_of(context), refused)
