"""Whose the resource of a request is, and how the request gets to that account.

The owner decides. Names of buckets and ciphertexts tell no account, so the accounts are asked; every other resource is its ARN's, or
the caller's.
"""

from dataclasses import dataclass
from http import HTTPStatus

from localstack.aws.api import CommonServiceException
from localstack.http import Response

from harness.actions import SeveralOwners, owner
from harness.actions.encryption import code_bucket
from harness.actions.s3 import copy_source
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.peering.forwarding import forward
from harness.gateway.peering.peers import Peers
from harness.gateway.peering.tickets import Tickets, digest
from harness.gateway.resources.kms_keys import KmsKeys
from harness.gateway.s3.buckets import Buckets
from harness.gateway.services.passing import internal_fault
from harness.gateway.signers import InternalSigner, PlumbingSigner
from harness.wire.vouch import Vouch

FOREIGN_COPY = "copies from a bucket of another account are not supported by the harness: read the object and put it, as the same principal"
FOREIGN_CODE = (
    "code in a bucket of another account is not supported by the harness: copy it into one of the function's account"
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
BUCKET_TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a "
    "different name and try again."
)


@dataclass(slots=True)
class Owners:
    """The accounts of the launch, seen from this one."""

    account_id: str
    peers: Peers
    buckets: Buckets
    kms_keys: KmsKeys
    tickets: Tickets

    def of_bucket(self, asked: Asked) -> str | None:
        """The account that has the bucket; None where the operation is about none that is there. Raises PeerUnavailable.

        LocalStack's own buckets (plumbing) are in each instance, and a forwarded request has found its owner.
        """
        operation, bucket = asked.operation, asked.operation.params.get("Bucket")
        if operation.service != "s3" or operation.name == "CreateBucket" or not isinstance(bucket, str):
            return None
        if isinstance(asked.signer, PlumbingSigner) or asked.arrival.forwarded:
            return self.account_id
        return self.buckets.owner(bucket, asked.request_id)

    def named(self, asked: Asked) -> str:
        """The account that the operation's resource names; AWS's error where there are several. Raises PeerUnavailable."""
        try:
            return self.kms_keys.owner(asked) or owner(asked.operation, self._home(asked))
        except SeveralOwners as several:
            message = f"the request names resources of several accounts ({several}), which the harness does not split"
            raise respond.client_error("ValidationException", message) from several

    def deciding(self, asked: Asked, named: str) -> str:
        """Who decides: the account that is named, or in the place of one outside the launch, which grants nothing, the caller's home."""
        owning = named if self._is_known(named) else self._home(asked)
        if asked.arrival.forwarded and owning != self.account_id:
            operation = asked.operation
            raise respond.internal(f"misrouted: {operation.service}:{operation.name} belongs to account {owning}")
        return owning

    def internal_fault(self, asked: Asked, named: str) -> str | None:
        """Why an internal call does not pass; None where it does, and for a client's request."""
        if not isinstance(asked.signer, InternalSigner):
            return None
        crosses = asked.arrival.forwarded is not None or named != self.account_id
        fault = internal_fault(asked.signer, asked.operation, crosses=crosses)
        if fault is None and isinstance(asked.signer, PlumbingSigner) and not self._is_known(named):
            return f"account {named} is not part of this launch"
        return fault

    def forward(self, asked: Asked, owning: str, response: Response) -> None:
        """Have the owner answer; an internal call goes with a ticket. Raises PeerUnavailable."""
        ticket = None
        if isinstance(asked.signer, InternalSigner):
            request = digest(asked.arrival.head, asked.arrival.payload.sha256)
            ticket = self.tickets.issue(owning, request, asked.signer)
        forward(self.peers, owning, asked.context, response, ticket)

    def check_expected(self, asked: Asked) -> None:
        """Who names the account that a bucket must be of, or the bucket that is copied from, is held to it.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
        """
        params = asked.operation.params
        if asked.operation.service != "s3":
            return
        source = copy_source(str(params.get("CopySource") or ""))
        for bucket, parameter in (
            (params.get("Bucket"), "ExpectedBucketOwner"),
            (source[0] if source is not None else None, "ExpectedSourceBucketOwner"),
        ):
            expected = params.get(parameter)
            if bucket and expected and self.buckets.owner(str(bucket), asked.request_id) not in {None, expected}:
                raise respond.denied_error(asked.context, "Access Denied")

    def check_source(self, asked: Asked) -> None:
        """Copies, and code, are read from a bucket that is here: an object does not travel between accounts but by its client's hands."""
        bucket = code_bucket(asked.operation)
        if bucket is not None and self.buckets.owner(bucket, asked.request_id) not in {None, self.account_id}:
            raise respond.client_error("InvalidParameterValueException", FOREIGN_CODE)
        if asked.operation.service != "s3":
            return
        source = copy_source(str(asked.operation.params.get("CopySource") or ""))
        holder = self.buckets.owner(source[0], asked.request_id) if source is not None else None
        if holder not in {None, self.account_id}:
            raise CommonServiceException("NotImplemented", FOREIGN_COPY, HTTPStatus.NOT_IMPLEMENTED)

    def claim_name(self, asked: Asked) -> None:
        """The name of a bucket that is to be made must be free in all accounts, and is this one's from now on."""
        operation = asked.operation
        if (operation.service, operation.name) != ("s3", "CreateBucket"):
            return
        if not self.buckets.claim(operation.params["Bucket"], asked.request_id):
            raise respond.client_error("BucketAlreadyExists", BUCKET_TAKEN, HTTPStatus.CONFLICT)

    def _home(self, asked: Asked) -> str:
        return asked.signer.home if isinstance(asked.signer, Vouch) else self.account_id

    def _is_known(self, account: str) -> bool:
        return account == self.account_id or account in self.peers
