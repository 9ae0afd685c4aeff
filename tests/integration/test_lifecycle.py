"""However the owner ends, nothing lives on, no port stays taken, and `harness down` removes what is left."""

import json
import signal
import socket
import urllib.parse

import boto3
import psutil
import pytest
from command_line import TWO_ACCOUNTS

from harness.scenario import eventually

GONE_WITHIN = 60


def ports(project):
    accounts = json.loads(project.run("env", "--json").stdout)["accounts"].values()
    return [urllib.parse.urlsplit(account["endpoint_url"]).port for account in accounts]


def free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def ready(process):
    for line in process.stdout:
        if "Ctrl-C ends them" in line:
            return
    raise AssertionError("the sandbox never came up")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "terminate", "kill -9"]
)
def test_nothing_outlives_a_foreground_sandbox(project, number):
    owner = project.start("up")
    ready(owner)
    taken = ports(project)
    assert not any(free(port) for port in taken)

    owner.send_signal(number)
    owner.communicate(timeout=60)

    eventually("every instance has ended", lambda: not project.children(), within=GONE_WITHIN)
    eventually("no port stays taken", lambda: all(free(port) for port in taken), within=GONE_WITHIN)
    assert project.run("down").returncode == 0
    assert not list((project.folder.parent / "state").glob("harness/*/*"))


@pytest.mark.timeout(180)
def test_a_sandbox_that_is_interrupted_before_it_is_up_says_so(project):
    owner = project.start("up")
    eventually("it is under way", project.children, within=60)

    owner.send_signal(signal.SIGINT)
    said, _ = owner.communicate(timeout=60)

    assert (owner.returncode, "ending the accounts" in said) == (130, True), said
    eventually("every instance has ended", lambda: not project.children(), within=GONE_WITHIN)


@pytest.mark.timeout(180)
def test_a_detached_sandbox_outlives_its_command_until_down(project):
    assert project.run("up", "--detach").returncode == 0
    second = project.run("up", "--detach")
    taken = ports(project)

    assert (second.returncode, "up already" in second.stderr) == (1, True)
    foreground = project.run("up")
    assert (foreground.returncode, "up already" in foreground.stderr) == (1, True)
    assert "yes" in project.run("status").stdout
    (project.folder / "harness.toml").write_text("faulty")
    assert project.run("down").returncode == 0
    (project.folder / "harness.toml").write_text(TWO_ACCOUNTS)
    eventually("every instance has ended", lambda: not project.children(), within=GONE_WITHIN)
    assert all(free(port) for port in taken)
    assert project.run("status").returncode == 2


@pytest.mark.timeout(180)
def test_of_two_that_start_at_once_one_is_up(project):
    both = [project.start("up", "--detach") for _ in range(2)]
    outputs = [one.communicate(timeout=120) for one in both]

    assert sorted(one.returncode for one in both) == [0, 1], outputs
    assert "yes" in project.run("status").stdout
    assert project.run("down").returncode == 0
    eventually("every instance has ended", lambda: not project.children(), within=GONE_WITHIN)


@pytest.mark.timeout(180)
def test_an_instance_that_dies_in_use_ends_the_sandbox_with_one_sentence(project):
    owner = project.start("up")
    ready(owner)
    instance = next(process for process in project.children() if "harness.gateway" in process.cmdline())

    instance.kill()
    output, _ = owner.communicate(timeout=60)

    assert owner.returncode == 1
    assert "error: the instance of account `" in output
    assert "Traceback" not in output
    eventually("every instance has ended", lambda: not project.children(), within=GONE_WITHIN)


@pytest.mark.timeout(120)
def test_a_port_in_use_is_one_sentence_and_starts_nothing(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = project.folder / "harness.toml"
        config.write_text(config.read_text().replace('region = "us-west-2"', f'region = "us-west-2"\nport = {port}', 1))

        refused = project.run("up")

    assert refused.returncode == 1
    assert f"error: port {port} is in use" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not project.children()


@pytest.mark.timeout(180)
def test_a_stopped_peer_is_a_503_that_names_it_and_never_let_through(project):
    assert project.run("up", "--detach").returncode == 0
    accounts = json.loads(project.run("env", "--json").stdout)["accounts"]
    one, two = accounts["one"], accounts["two"]
    keys = {name: two[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    options = {"endpoint_url": one["endpoint_url"], "region_name": "us-west-2"}
    sts = boto3.client("sts", **options, **keys, config=boto3.session.Config(retries={"total_max_attempts": 1}))
    assert sts.get_caller_identity()["Account"] == "222222222222"
    port = urllib.parse.urlsplit(two["endpoint_url"]).port
    peer = next(
        p
        for p in project.children()
        if any(c.laddr.port == port for c in p.net_connections() if c.status == psutil.CONN_LISTEN)
    )

    peer.suspend()
    with pytest.raises(sts.exceptions.ClientError) as refused:
        sts.get_caller_identity()
    peer.resume()

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "account 222222222222 does not answer" in str(refused.value)
    assert sts.get_caller_identity()["Account"] == "222222222222"
