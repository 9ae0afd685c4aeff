"""Signature Version 4 from the verifier's side: parse what a request claims, recompute it, say what is wrong.

Pure: the head of a request as received, the payload's hash, the credential and the time go in; a value comes out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from harness.sigv4.form import Form, claim_of_form, read_form
from harness.sigv4.head import Head
from harness.sigv4.parse import Claim, parse_claim
from harness.sigv4.post_policy import check_policy
from harness.sigv4.reason import Reason, Rejected
from harness.sigv4.streaming import Chunks, read_chunks
from harness.sigv4.verify import Credential, Payload, SigningKey, verify

__all__ = [
    "Chunks",
    "Claim",
    "Credential",
    "Form",
    "Head",
    "Payload",
    "Reason",
    "Rejected",
    "SigningKey",
    "check_policy",
    "claim_of_form",
    "parse_claim",
    "read_chunks",
    "read_form",
    "verify",
]
