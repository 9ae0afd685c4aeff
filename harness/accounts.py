"""An account of the running environment as code uses it: its ids, its endpoint, and boto3 sessions that reach nothing else."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

from harness.emulator.record import AccountRecord, Keys

# The loopback needs no proxy and has no names below it (`sync-127.0.0.1`), and a refusal is an answer: nothing is gained by asking again.
_CONFIG = Config(
    proxies={}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=930, inject_host_prefix=False
)


@cache
def _models() -> botocore.loaders.Loader:
    """The models of the services, read once for all sessions: they are most of the 100 ms that a new session's client costs."""
    return botocore.loaders.create_loader(botocore.session.get_session().get_config_variable("data_path"))


class AccountSession(boto3.session.Session):  # type: ignore[misc] # boto3 is untyped
    """A boto3 session whose clients and resources go to one endpoint, whatever the environment and AWS's files say."""

    def __init__(self, endpoint_url: str | None, region: str, keys: "Keys | SessionKeys | None") -> None:
        """Without keys, requests are sent unsigned by clients that ask for it."""
        credentials = {
            "aws_access_key_id": keys.key_id if keys else "unsigned",
            "aws_secret_access_key": keys.secret if keys else "unsigned",
            "aws_session_token": keys.token if isinstance(keys, SessionKeys) else None,
        }
        core = botocore.session.get_session()
        super().__init__(region_name=region, botocore_session=core, **credentials)
        core.register_component("data_loader", _models())
        self._endpoint_url = endpoint_url

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:
        """A client of the account's endpoint; an `endpoint_url` of the caller's wins."""
        return super().client(service_name, *args, **self._options(options))

    def resource(self, service_name: str, *args: Any, **options: Any) -> Any:
        """A resource of the account's endpoint; an `endpoint_url` of the caller's wins."""
        return super().resource(service_name, *args, **self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        given = options.get("config")
        return {"endpoint_url": self._endpoint_url, **options, "config": _CONFIG.merge(given) if given else _CONFIG}


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """A temporary credential that does not print its secret."""

    key_id: str
    secret: str
    token: str

    def __repr__(self) -> str:
        return f"SessionKeys({self.key_id}, ***)"

    @classmethod
    def of(cls, credentials: dict[str, Any]) -> "SessionKeys":
        """From the Credentials of an STS answer."""
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the running environment."""

    name: str
    record: AccountRecord

    @property
    def id(self) -> str:
        """The 12-digit account id."""
        return self.record.account_id

    @property
    def region(self) -> str:
        """The account's region in harness.toml."""
        return self.record.region

    @property
    def endpoint_url(self) -> str:
        """The account's own door; any account's requests may be sent to it."""
        return self.record.endpoint_url

    @property
    def session(self) -> AccountSession:
        """A session of the account's deployer, an IAM user with AdministratorAccess."""
        return self.session_of(self.record.deployer)

    @property
    def root(self) -> AccountSession:
        """A session of the account's root user."""
        return self.session_of(self.record.root)

    def api_url(self, api_id: str, stage: str, path: str = "/") -> str:
        """Where a deployed API of API Gateway, this account's or another's, is called at this account's door."""
        return f"{self.endpoint_url}/_aws/execute-api/{api_id}/{stage}/{path.removeprefix('/')}"

    def session_of(self, keys: "Keys | SessionKeys | None", *, region: str | None = None) -> AccountSession:
        """A session of anyone's keys at this account's door; None for unsigned requests."""
        return AccountSession(self.endpoint_url, region or self.region, keys)

    def client(self, service: str, **options: Any) -> Any:
        """A client of the account's deployer."""
        return self.session.client(service, **options)
