"""The services that a policy may name as principals. A name that is none is refused, and nobody publishes them all.

So a rule tells them: the last label before AWS's domain is a name that AWS's own client gives a service, or one of those that follow no
rule; a region in it counts for nothing. To refuse an obscure service would be worse than to let a misspelt one pass, so what stands
before the last label is not looked at.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
"""

import re
from functools import cache

from botocore.loaders import Loader

_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d")
# Of other domains: https://gist.github.com/shortjared/4c1e3fe52bdfa47522cfe5b41e5d6f22
_WHOLE = frozenset({"alexa-appkit.amazon.com", "alexa-connectedhome.amazon.com"})
# Names that the client does not have, from the same list, from https://github.com/udondan/iam-floyd/blob/main/CHANGELOG.md and from
# the conditions in AWS's managed policies.
_IRREGULAR = """
    a2c a4b account-access aco-automation action-recommendations activate agent-registry agentaccess-mcp aidevops airflow-env
    airflow-serverless amazonmq application-status-checks application-transformation automation aws-artifact-account-sync
    aws-external-anthropic bcm bedrock-mantle billingconsole bugbust capacitymanager cassandra-streams cleanrooms-ml
    cloudwatch-crossaccount codecatalyst-runner codestar cognito-identity-us-gov config-conforms config-multiaccountsetup
    costalerts datazonecontrol deeplens diode ec ec2-images ec2fastlaunch ec2fleet ec2scheduled ec2sqlha ecs-compute ecs-tasks
    edgelambda eks-connector eks-fargate eks-fargate-pods eks-nodegroup elasticache-snapshot elastictranscoder finops-agent
    finspace freertos galaxy honeycode integrations iotanalytics iotevents iotmanagedintegrations iotroborunner ipam iq
    jellyfish launchwizard lex lexv2 lookoutmetrics lookoutvision macie managedservices marketplace master-account
    member-account metering-marketplace migrationhub mobileanalytics mobilehub monitron network-security-director
    network-security-manager nimble opensearchservice opsworks opsworks-cm panorama partnercentral-account-management
    purchaseorders q qldb rds-preview refactor-spaces researchstudio robomaker securityagent securityhubv2 sms
    social-messaging spot spotfleet sqlworkbench supportplans tag timestream transform-custom transitgateway tts
    user-attribute-cost-allocation-data verified-access vmie vpc-flow-logs vpce wam worklink
"""


def is_service(name: str) -> bool:
    """Whether the name is, as far as can be told, the principal of one of AWS's services."""
    domain = next((domain for domain in _DOMAINS if name.endswith(domain)), None)
    if domain is None:
        return name in _WHOLE
    labels = [label for label in name.removesuffix(domain).split(".") if not _REGION.fullmatch(label)]
    return bool(labels) and all(labels) and labels[-1] in _known()


@cache
def _known() -> frozenset[str]:
    """The names of services, and of their endpoints."""
    loader = Loader()
    partitions = loader.load_data("endpoints")["partitions"]
    endpoints = {name for partition in partitions for name in partition["services"]}
    return frozenset(_IRREGULAR.split()) | endpoints | set(loader.list_available_services("service-2"))
