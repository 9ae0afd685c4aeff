"""Which names are services: those of public lists all are, and those that are misspelt are not."""

import pytest

from harness.gateway.policies.service_principals import is_service

# Names before `.amazonaws.com`: https://gist.github.com/shortjared/4c1e3fe52bdfa47522cfe5b41e5d6f22,
# https://github.com/udondan/iam-floyd/blob/main/CHANGELOG.md (0.851.0), https://towardsthecloud.com/tools/aws-iam-service-principals,
# the service-linked roles in https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
PUBLISHED = """
    a2c a4b access-analyzer access-grants.s3 account account-access accountdiscovery.ssm acm acm-pca aco-automation
    action-recommendations activate agent-registry agent.wellarchitected agentaccess-mcp agentless.inspector2 aidevops aiops
    aiops.alarms.cloudwatch airflow airflow-env airflow-serverless amazonmq ami.inspector2 amplify amplifybackend
    amplifyuibuilder aoss apidestinations.events apigateway app-integrations appconfig appfabric appflow
    application-autoscaling application-insights application-signals.cloudwatch application-transformation appmesh apprunner
    appstream appstream.application-autoscaling appsync aps artifact assets.marketplace athena auditmanager automation
    autoscaling autoscaling-plans aws-artifact-account-sync aws-external-anthropic backup batch batchoperations.s3 bedrock
    bedrock-agentcore bedrock-mantle billingconsole braket budgets bugbust build.apprunner cassandra-streams
    cassandra.application-autoscaling ce channels.lex channels.lexv2 chatbot chime cks.kms cleanrooms cleanrooms-ml cloud9
    clouddirectory cloudformation cloudfront cloudhsm cloudsearch cloudtrail cloudwatch cloudwatch-crossaccount codeartifact
    codebuild codecatalyst codecatalyst-runner codecommit codedeploy codeguru-profiler codeguru-reviewer codeguru-security
    codepipeline codestar codestar-notifications cognito-identity cognito-identity-us-gov cognito-idp cognito-sync comprehend
    comprehend.application-autoscaling compute-optimizer config config-conforms config-multiaccountsetup connect
    connect-campaigns context.cloudtrail continuousexport.discovery contract.iq contributorinsights.dynamodb controltower
    cost-optimization-hub.bcm costalerts credentials.iot custom-resource.application-autoscaling custom.rds custom.rds-preview
    databrew dataexchange datapipeline datasync datazone datazonecontrol dax deeplens delivery.logs detective devops-guru
    diode directconnect directquery.opensearchservice discovery dlm dms dmsintegration.migrationhub docdb-elastic drs ds dsql
    dynamodb dynamodb.application-autoscaling ebs.csi.eks ec ec2 ec2-images ec2-instance-connect ec2.application-autoscaling
    ec2.application-status-checks ec2.capacitymanager ec2fastlaunch ec2fleet ec2scheduled ec2sqlha ecr ecs ecs-compute
    ecs-tasks ecs.application-autoscaling edgelambda eks eks-connector eks-fargate eks-fargate-pods eks-nodegroup elasticache
    elasticache.application-autoscaling elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce
    elastictranscoder email.cognito-idp emr-containers emr-serverless entityresolution es event-processor.health events
    events.managedservices events.workmail evs finops-agent finspace firehose fis fms forecast frauddetector freertos fsx
    galaxy gamelift glacier globalaccelerator glue grafana greengrass groundstation guardduty health healthlake honeycode
    hooks.cloudformation iam imagebuilder importexport ingress.eks inspector inspector2 internetmonitor iot iotanalytics
    iotevents iotmanagedintegrations iotroborunner iotsitewise iotthingsgraph iottwinmaker ipam ivs jellyfish job.sagemaker
    justintimeaccess.ssm kafka kafka.application-autoscaling kafkaconnect kendra kinesis kinesisanalytics
    kinesisreplication.dynamodb kms lakeformation lambda lambda.alarms.cloudwatch lambda.application-autoscaling launchwizard
    lex lexv2 license-management.marketplace license-manager license-manager-user-subscriptions license-manager.master-account
    license-manager.member-account lightsail logger.cloudfront logging.s3 logs lookoutequipment lookoutmetrics m2
    machinelearning macie maintenance.elasticbeanstalk malware-protection-plan.guardduty malware-protection.guardduty
    managedblockchain managedservices managedupdates.elasticbeanstalk management.chatbot mediaconnect mediaconvert
    mediapackage mediastore mediatailor medical-imaging meetings.chime member.org.stacksets.cloudformation memorydb
    metering-marketplace metrics.wellarchitected mgn migrationhub migrationhub-orchestrator migrationhub-strategy
    mobileanalytics mobilehub monitoring monitoring.rds monitoring.thinclient monitron mpa mq mrk.kms neptune-graph
    neptune.application-autoscaling network-connectors.lambda network-firewall network-security-director
    network-security-manager network.bedrock-agentcore networkmanager notifications notifications.ssm observability.aoss
    observabilityadmin odb omics opensearch opensearchservice ops.apigateway ops.athena ops.emr-serverless opsdatasync.ssm
    opsinsights.ssm opsworks opsworks-cm organizations orgsdatasync.servicecatalog osis outposts panorama
    partnercentral-account-management pcs permission.iq personalize pinpoint pipes pods.eks polly practice-run.arc-zonal-shift
    private-marketplace.marketplace profile proton purchaseorders q qapps qbusiness qldb quicksight ram rbin rds rds-preview
    rds.application-autoscaling redshift redshift-data redshift-serverless refactor-spaces region.elasticache-snapshot
    rekognition remediation.config replication.cassandra replication.dynamodb replication.ecr replication.lexv2
    replication.s3tables replicator.lambda reporting.trustedadvisor reports.backup repository.sync.codeconnections repostspace
    resale-authorization.marketplace researchstudio resource-explorer-2 resource-groups
    resource-snapshot-job.partnercentral-selling resource.cloudformation resources.cloudformation restore-testing.backup
    robomaker rolesanywhere route53 route53domains route53resolver rtbfabric runtime-identity.bedrock-agentcore
    runtime-instances.bedrock-agentcore s3 s3-outposts s3.data-source.lustre.fsx sagemaker sagemaker-geospatial
    sagemaker.application-autoscaling scaler.lambda scheduler schema-conversion.dms schemas scraper.aps secretsmanager
    security-ir securityagent securityhub securityhubv2 securitylake self-managed-vpce.osis serverlessrepo service.eks
    servicecatalog servicecatalog-appregistry servicediscovery servicequotas ses shield signer signin sms sms-voice
    smsintegration.migrationhub sns social-messaging spot spotfleet sqlworkbench sqs ssm ssm-contacts ssm-guiconnect
    ssm-incidents ssm-quicksetup ssm-sap ssm.integrations sso states storage-lens.s3 storagegateway streams.metrics.cloudwatch
    sts support supportplans swf sync.proton synthetics tagging tagpolicies.tag tasks.apprunner
    telemetry-enablement.observabilityadmin telemetry-pipelines.observabilityadmin textract thirdparty.config
    thirdparty.inspector2 timestream timestream-influxdb transcribe transcription.chime transfer transform-custom
    transitgateway translate triage.security-ir trustedadvisor tts user-attribute-cost-allocation-data vmie
    voiceconnector.chime vpc-flow-logs vpc-lattice vpce vpcorigin.cloudfront waf waf-regional wafv2 wam wellarchitected wisdom
    workdocs worklink workmail workspaces workspaces-instances workspaces.application-autoscaling xray
"""


def test_services_of_public_lists_are_services():
    names = PUBLISHED.split()
    assert len(names) > 400
    assert [name for name in names if not is_service(f"{name}.amazonaws.com")] == []


@pytest.mark.parametrize(
    "name",
    [
        "logs.us-west-2.amazonaws.com",
        "codedeploy.us-gov-west-1.amazonaws.com",
        "us-west-2.elasticache-snapshot.amazonaws.com",
        "ec2.amazonaws.com.cn",
        "logs.cn-north-1.amazonaws.com.cn",
        "alexa-appkit.amazon.com",
    ],
)
def test_regions_and_domains_make_no_other_service(name):
    assert is_service(name)


@pytest.mark.parametrize(
    "name",
    [
        "foo", "lambda", "amazonaws.com", ".amazonaws.com", "us-west-2.amazonaws.com", "lambda..amazonaws.com",
        "lamda.amazonaws.com", "ecs-task.amazonaws.com", "ec2.amazon.com", "lambda.amazonaws.org", "lambda.example.com",
        "Lambda.amazonaws.com", "https://lambda.amazonaws.com", "lambda.amazonaws.com.", " lambda.amazonaws.com",
    ],
)  # fmt: skip
def test_a_misspelt_service_is_none(name):
    assert not is_service(name)
