"""EC2: describing, which has no resources, and networks. What else EC2 can do stands in `ec2_unmodelled`, with its reason.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
What is to be created is `vpc/*`; an operation that joins things is decided on each of them. Of the keys that tell of a resource's own
state its id and its place are read (`ec2:SecurityGroupID`, `ec2:Vpc`); the others (`ec2:Tenancy` and so on) are unknown.
"""

import re
from collections.abc import Mapping, Sequence

from harness.actions import ec2_unmodelled
from harness.actions.keys import ALL, UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, also, each, rows

# The resource types of ids, longest prefix first: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_TYPES = {
    "tgw-attach-": "transit-gateway-attachment",
    "vpce-svc-": "vpc-endpoint-service",
    "eipalloc-": "elastic-ip",
    "tgw-rtb-": "transit-gateway-route-table",
    "subnet-": "subnet",
    "cagw-": "carrier-gateway",
    "dopt-": "dhcp-options",
    "eigw-": "egress-only-internet-gateway",
    "vpce-": "vpc-endpoint",
    "snap-": "snapshot",
    "acl-": "network-acl",
    "ami-": "image",
    "cgw-": "customer-gateway",
    "eni-": "network-interface",
    "igw-": "internet-gateway",
    "key-": "key-pair",
    "nat-": "natgateway",
    "pcx-": "vpc-peering-connection",
    "rtb-": "route-table",
    "sgr-": "security-group-rule",
    "tgw-": "transit-gateway",
    "vgw-": "vpn-gateway",
    "vol-": "volume",
    "vpc-": "vpc",
    "vpn-": "vpn-connection",
    "fl-": "vpc-flow-log",
    "lt-": "launch-template",
    "pl-": "prefix-list",
    "sg-": "security-group",
    "i-": "instance",
}

_WITHOUT_ACCOUNT = frozenset({"image", "snapshot"})


def arn_of(operation: Operation, identifier: str) -> str | None:
    """The ARN of the resource with that id, None for an id of a kind that is not listed."""
    kind = next((kind for prefix, kind in _TYPES.items() if identifier.startswith(prefix)), None)
    account = "" if kind in _WITHOUT_ACCOUNT else operation.account
    return f"arn:aws:ec2:{operation.region}:{account}:{kind}/{identifier}" if kind else None


_GROUP_ID = re.compile("sg-[0-9a-f]+")


def _group(operation: Operation, _facts: Facts) -> str | None:
    """The security group of that id; unknown where a name may mean another one.

    moto takes GroupName before GroupId, and a name or an id in both; AWS wants one of them, and an id to be one:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
    """
    identifier = str(operation.params.get("GroupId") or "")
    if operation.params.get("GroupName") is not None or _GROUP_ID.fullmatch(identifier) is None:
        return None
    return arn_of(operation, identifier)


def _group_rules(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The group, and each of its rules."""
    changed = dig(operation.params, "SecurityGroupRules.SecurityGroupRuleId")
    resources = (_group(operation, facts), *(arn_of(operation, str(identifier)) for identifier in changed))
    return [service.call(operation, facts, operation.name, resource) for resource in resources]


def _address(operation: Operation, _facts: Facts) -> str | None:
    """The address of that allocation; unknown where it is named by its IP, which moto takes before the allocation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
    """
    if operation.params.get("PublicIp") is not None:
        return None
    return arn_of(operation, str(operation.params.get("AllocationId") or ""))


def _associated(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The address, and what it is given to."""
    given = [str(value) for name in ("InstanceId", "NetworkInterfaceId") for value in dig(operation.params, name)]
    resources = (_address(operation, facts), *(arn_of(operation, identifier) for identifier in given))
    return [service.call(operation, facts, operation.name, resource) for resource in resources]


def _tagged(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    identifiers = [str(identifier) for identifier in dig(operation.params, "Resources")]
    return [service.call(operation, facts, operation.name, arn_of(operation, one)) for one in identifiers]


def _flow_logs(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The new logs, and each thing that they watch."""
    new = f"arn:aws:ec2:{operation.region}:{operation.account}:vpc-flow-log/*"
    watched = [arn_of(operation, str(identifier)) for identifier in dig(operation.params, "ResourceIds")]
    return [service.call(operation, facts, operation.name, resource) for resource in (new, *watched)]


def _create_action(operation: Operation, _facts: Facts) -> KeyValue:
    """The operation that tags what it creates; tagging by itself has none."""
    return None if operation.name == "CreateTags" else operation.name


def _region(operation: Operation, _facts: Facts) -> KeyValue:
    return operation.region


_TAG_ON_CREATE = """
    AllocateAddress AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateCarrierGateway CreateCustomerGateway
    CreateDhcpOptions CreateEgressOnlyInternetGateway CreateFlowLogs CreateInternetGateway CreateManagedPrefixList
    CreateNatGateway CreateNetworkAcl CreateNetworkInterface CreateRouteTable CreateSecurityGroup CreateSubnet
    CreateSubnetCidrReservation CreateTransitGateway CreateTransitGatewayPeeringAttachment CreateTransitGatewayRouteTable
    CreateTransitGatewayVpcAttachment CreateVpc CreateVpcEndpoint CreateVpcEndpointServiceConfiguration
    CreateVpcPeeringConnection CreateVpnConnection CreateVpnGateway
"""

_ON_GROUPS = """
    DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress
    RevokeSecurityGroupEgress UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress
"""

# The keys that hold a resource's own id, by its type.
_IDS: Mapping[str, str] = {
    "elastic-ip": "ec2:AllocationId",
    "internet-gateway": "ec2:InternetGatewayID",
    "network-acl": "ec2:NetworkAclID",
    "network-interface": "ec2:NetworkInterfaceID",
    "route-table": "ec2:RouteTableID",
    "security-group": "ec2:SecurityGroupID",
    "subnet": "ec2:SubnetID",
    "vpc": "ec2:VpcID",
    "vpc-peering-connection": "ec2:VpcPeeringConnectionID",
}
_PLACED = frozenset({"natgateway", "network-acl", "network-interface", "route-table", "security-group", "subnet"})


def _state(facts: Facts, resource: str | None) -> tuple[Mapping[str, ContextValue], frozenset[str]]:
    """A resource's id, and where it is; nothing of what is still to be made."""
    kind, _, identifier = (resource or "").rpartition(":")[2].partition("/")
    values: dict[str, ContextValue] = {}
    if resource is None or identifier in {"", "*"}:
        return values, frozenset()
    if kind in _IDS:
        values[_IDS[kind]] = identifier
    place = facts.network_place(kind, identifier) if kind in _PLACED else None
    if place is not None:
        network = resource.removesuffix(f"{kind}/{identifier}")
        values["ec2:Vpc"] = f"{network}vpc/{place.vpc}"
        if place.subnet is not None:
            values["ec2:Subnet"] = f"{network}subnet/{place.subnet}"
        if place.zone is not None:
            values["ec2:AvailabilityZone"] = place.zone
    return values, frozenset(name.lower() for name in values)


SERVICE = Service(
    prefix="ec2",
    rows={
        **rows("arn:aws:ec2:{region}:{account}:", """
            *
                DescribeAccountAttributes DescribeAddressTransfers DescribeAddresses DescribeAddressesAttribute
                DescribeAggregateIdFormat DescribeAvailabilityZones DescribeAwsNetworkPerformanceMetricSubscriptions
                DescribeBundleTasks DescribeByoipCidrs DescribeCapacityBlockExtensionHistory DescribeCapacityBlockOfferings
                DescribeCapacityBlockStatus DescribeCapacityBlocks DescribeCapacityManagerDataExports
                DescribeCapacityReservationBillingRequests DescribeCapacityReservationFleets
                DescribeCapacityReservationTopology DescribeCapacityReservations DescribeCarrierGateways
                DescribeClassicLinkInstances DescribeClientVpnEndpoints DescribeCoipPools DescribeConversionTasks
                DescribeCustomerGateways DescribeDeclarativePoliciesReports DescribeDhcpOptions
                DescribeEgressOnlyInternetGateways DescribeElasticGpus DescribeExportImageTasks DescribeExportTasks
                DescribeFastLaunchImages DescribeFastSnapshotRestores DescribeFleets DescribeFlowLogs DescribeFpgaImages
                DescribeHostReservationOfferings DescribeHostReservations DescribeHosts DescribeIamInstanceProfileAssociations
                DescribeIdFormat DescribeIdentityIdFormat DescribeImageReferences DescribeImageUsageReportEntries
                DescribeImageUsageReports DescribeImages DescribeImportImageTasks DescribeImportSnapshotTasks
                DescribeInstanceConnectEndpoints DescribeInstanceCreditSpecifications
                DescribeInstanceEventNotificationAttributes DescribeInstanceEventWindows DescribeInstanceImageMetadata
                DescribeInstanceSqlHaHistoryStates DescribeInstanceSqlHaStates DescribeInstanceStatus DescribeInstanceTopology
                DescribeInstanceTypeOfferings DescribeInstanceTypes DescribeInstances DescribeInternetGateways
                DescribeIpamByoasn DescribeIpamExternalResourceVerificationTokens DescribeIpamPolicies DescribeIpamPools
                DescribeIpamPrefixListResolverTargets DescribeIpamPrefixListResolvers DescribeIpamResourceDiscoveries
                DescribeIpamResourceDiscoveryAssociations DescribeIpamScopes DescribeIpams DescribeIpv6Pools DescribeKeyPairs
                DescribeLaunchTemplateVersions DescribeLaunchTemplates
                DescribeLocalGatewayRouteTableVirtualInterfaceGroupAssociations DescribeLocalGatewayRouteTableVpcAssociations
                DescribeLocalGatewayRouteTables DescribeLocalGatewayVirtualInterfaceGroups
                DescribeLocalGatewayVirtualInterfaces DescribeLocalGateways DescribeLockedSnapshots DescribeMacHosts
                DescribeMacModificationTasks DescribeManagedPrefixLists DescribeMovingAddresses DescribeNatGateways
                DescribeNetworkAcls DescribeNetworkInsightsAccessScopeAnalyses DescribeNetworkInsightsAccessScopes
                DescribeNetworkInsightsAnalyses DescribeNetworkInsightsPaths DescribeNetworkInterfaceAttribute
                DescribeNetworkInterfacePermissions DescribeNetworkInterfaces DescribeOutpostLags DescribePlacementGroups
                DescribePrefixLists DescribePrincipalIdFormat DescribePublicIpv4Pools DescribeRegions
                DescribeReplaceRootVolumeTasks DescribeReservedInstances DescribeReservedInstancesListings
                DescribeReservedInstancesModifications DescribeReservedInstancesOfferings DescribeRouteServerEndpoints
                DescribeRouteServerPeers DescribeRouteServers DescribeRouteTables DescribeScheduledInstanceAvailability
                DescribeScheduledInstances DescribeSecondaryInterfaces DescribeSecondaryNetworks DescribeSecondarySubnets
                DescribeSecurityGroupRules DescribeSecurityGroupVpcAssociations DescribeSecurityGroups
                DescribeServiceLinkVirtualInterfaces DescribeSnapshotTierStatus DescribeSnapshots
                DescribeSpotDatafeedSubscription DescribeSpotFleetRequests DescribeSpotInstanceRequests
                DescribeSpotPriceHistory DescribeStaleSecurityGroups DescribeStoreImageTasks DescribeSubnets DescribeTags
                DescribeTrafficMirrorFilterRules DescribeTrafficMirrorFilters DescribeTrafficMirrorSessions
                DescribeTrafficMirrorTargets DescribeTransitGatewayAttachments DescribeTransitGatewayConnectPeers
                DescribeTransitGatewayConnects DescribeTransitGatewayMeteringPolicies DescribeTransitGatewayMulticastDomains
                DescribeTransitGatewayPeeringAttachments DescribeTransitGatewayPolicyTables
                DescribeTransitGatewayRouteTableAnnouncements DescribeTransitGatewayRouteTables
                DescribeTransitGatewayVpcAttachments DescribeTransitGateways DescribeTrunkInterfaceAssociations
                DescribeVerifiedAccessEndpoints DescribeVerifiedAccessGroups
                DescribeVerifiedAccessInstanceLoggingConfigurations DescribeVerifiedAccessInstances
                DescribeVerifiedAccessTrustProviders DescribeVolumeStatus DescribeVolumes DescribeVolumesModifications
                DescribeVpcBlockPublicAccessExclusions DescribeVpcBlockPublicAccessOptions DescribeVpcClassicLink
                DescribeVpcClassicLinkDnsSupport DescribeVpcEncryptionControls DescribeVpcEndpointAssociations
                DescribeVpcEndpointConnectionNotifications DescribeVpcEndpointConnections
                DescribeVpcEndpointServiceConfigurations DescribeVpcEndpointServices DescribeVpcEndpoints
                DescribeVpcPeeringConnections DescribeVpcs DescribeVpnConcentrators DescribeVpnConnections DescribeVpnGateways
            *
                AdvertiseByoipCidr AssociateIpamByoasn AssociateTrunkInterface BundleInstance CancelBundleTask
                CancelConversionTask CancelReservedInstancesListing ConfirmProductInstance CreateDefaultSubnet
                CreateDefaultVpc CreateReservedInstancesListing CreateSpotDatafeedSubscription DeleteSpotDatafeedSubscription
                DeleteSubnetCidrReservation DeprovisionByoipCidr DeregisterInstanceEventNotificationAttributes
                DisableAllowedImagesSettings DisableAwsNetworkPerformanceMetricSubscription DisableCapacityManager
                DisableEbsEncryptionByDefault DisableImageBlockPublicAccess DisableIpamOrganizationAdminAccount
                DisableSerialConsoleAccess DisableSnapshotBlockPublicAccess DisassociateIpamByoasn DisassociateTrunkInterface
                EnableAllowedImagesSettings EnableAwsNetworkPerformanceMetricSubscription EnableCapacityManager
                EnableEbsEncryptionByDefault EnableImageBlockPublicAccess EnableIpamOrganizationAdminAccount
                EnableReachabilityAnalyzerOrganizationSharing EnableSerialConsoleAccess EnableSnapshotBlockPublicAccess
                ExportTransitGatewayRoutes GetAllowedImagesSettings GetAwsNetworkPerformanceData GetCapacityManagerAttributes
                GetCapacityManagerMetricData GetCapacityManagerMetricDimensions GetDefaultCreditSpecification
                GetEbsDefaultKmsKeyId GetEbsEncryptionByDefault GetEnabledIpamPolicy GetHostReservationPurchasePreview
                GetImageBlockPublicAccessState GetInstanceMetadataDefaults GetInstanceTypesFromInstanceRequirements
                GetSerialConsoleAccessStatus GetSnapshotBlockPublicAccessState GetSpotPlacementScores
                GetSubnetCidrReservations GetTransitGatewayAttachmentPropagations GetTransitGatewayPrefixListReferences
                GetTransitGatewayRouteTableAssociations GetTransitGatewayRouteTablePropagations GetVpnConnectionDeviceTypes
                ListImagesInRecycleBin ListSnapshotsInRecycleBin ListVolumesInRecycleBin ModifyAvailabilityZoneGroup
                ModifyDefaultCreditSpecification ModifyEbsDefaultKmsKeyId ModifyIdFormat ModifyIdentityIdFormat
                ModifyInstanceMetadataDefaults ModifyVpcBlockPublicAccessOptions MoveAddressToVpc ProvisionByoipCidr
                PurchaseReservedInstancesOffering PurchaseScheduledInstances RegisterInstanceEventNotificationAttributes
                ReplaceImageCriteriaInAllowedImagesSettings ResetEbsDefaultKmsKeyId RestoreAddressToClassic
                RunScheduledInstances StartDeclarativePoliciesReport UpdateCapacityManagerOrganizationsAccess
                WithdrawByoipCidr
            vpc/*
                CreateVpc
            vpc/{VpcId}
                DeleteVpc DescribeVpcAttribute ModifyVpcAttribute ModifyVpcTenancy GetSecurityGroupsForVpc
                EnableVpcClassicLink DisableVpcClassicLink AssociateVpcCidrBlock
            vpc/{VpcId} | -
                EnableVpcClassicLinkDnsSupport DisableVpcClassicLinkDnsSupport
            subnet/* & vpc/{VpcId}
                CreateSubnet
            subnet/{SubnetId}
                DeleteSubnet ModifySubnetAttribute CreateSubnetCidrReservation AssociateSubnetCidrBlock
            security-group/* & vpc/{VpcId} | -
                CreateSecurityGroup
            internet-gateway/*
                CreateInternetGateway
            internet-gateway/{InternetGatewayId}
                DeleteInternetGateway
            internet-gateway/{InternetGatewayId} & vpc/{VpcId}
                AttachInternetGateway DetachInternetGateway
            egress-only-internet-gateway/* & vpc/{VpcId}
                CreateEgressOnlyInternetGateway
            egress-only-internet-gateway/{EgressOnlyInternetGatewayId}
                DeleteEgressOnlyInternetGateway
            carrier-gateway/* & vpc/{VpcId}
                CreateCarrierGateway
            carrier-gateway/{CarrierGatewayId}
                DeleteCarrierGateway
            natgateway/* & subnet/{SubnetId} | - & elastic-ip/{AllocationId} | -
                CreateNatGateway
            natgateway/{NatGatewayId}
                DeleteNatGateway
            elastic-ip/*
                AllocateAddress
            route-table/* & vpc/{VpcId}
                CreateRouteTable
            route-table/{RouteTableId}
                DeleteRouteTable CreateRoute ReplaceRoute DeleteRoute
            route-table/{RouteTableId} & subnet/{SubnetId} | -
                AssociateRouteTable
            network-acl/* & vpc/{VpcId}
                CreateNetworkAcl
            network-acl/{NetworkAclId}
                DeleteNetworkAcl CreateNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAclEntry
            network-interface/* & subnet/{SubnetId} & security-group/{Groups} | -
                CreateNetworkInterface
            network-interface/{NetworkInterfaceId}
                DeleteNetworkInterface AssignIpv6Addresses AssignPrivateIpAddresses UnassignIpv6Addresses UnassignPrivateIpAddresses
                ResetNetworkInterfaceAttribute
            network-interface/{NetworkInterfaceId} & security-group/{Groups} | -
                ModifyNetworkInterfaceAttribute
            network-interface/{NetworkInterfaceId} & instance/{InstanceId}
                AttachNetworkInterface
            dhcp-options/*
                CreateDhcpOptions
            dhcp-options/{DhcpOptionsId}
                DeleteDhcpOptions
            dhcp-options/{DhcpOptionsId} & vpc/{VpcId}
                AssociateDhcpOptions
            vpc-peering-connection/* & vpc/{VpcId}
                CreateVpcPeeringConnection
            vpc-peering-connection/{VpcPeeringConnectionId}
                DeleteVpcPeeringConnection RejectVpcPeeringConnection ModifyVpcPeeringConnectionOptions
            vpc-endpoint/* & vpc/{VpcId} & subnet/{SubnetIds} | - &
            security-group/{SecurityGroupIds} | - & route-table/{RouteTableIds} | -
                CreateVpcEndpoint
            vpc-endpoint/{VpcEndpointIds}
                DeleteVpcEndpoints
            vpc-endpoint/{VpcEndpointId} & subnet/{AddSubnetIds} | - & security-group/{AddSecurityGroupIds} | - &
            route-table/{AddRouteTableIds} | -
                ModifyVpcEndpoint
            vpc-endpoint-service/*
                CreateVpcEndpointServiceConfiguration
            vpc-endpoint-service/{ServiceId}
                ModifyVpcEndpointServiceConfiguration ModifyVpcEndpointServicePermissions DescribeVpcEndpointServicePermissions
            vpc-endpoint-service/{ServiceIds}
                DeleteVpcEndpointServiceConfigurations
            prefix-list/*
                CreateManagedPrefixList
            prefix-list/{PrefixListId}
                DeleteManagedPrefixList ModifyManagedPrefixList GetManagedPrefixListEntries
            vpc-flow-log/{FlowLogIds}
                DeleteFlowLogs
            vpn-gateway/*
                CreateVpnGateway
            vpn-gateway/{VpnGatewayId}
                DeleteVpnGateway
            vpn-gateway/{VpnGatewayId} & vpc/{VpcId}
                AttachVpnGateway DetachVpnGateway
            route-table/{RouteTableId} & vpn-gateway/{GatewayId}
                EnableVgwRoutePropagation DisableVgwRoutePropagation
            customer-gateway/*
                CreateCustomerGateway
            customer-gateway/{CustomerGatewayId}
                DeleteCustomerGateway
            vpn-connection/* & customer-gateway/{CustomerGatewayId} &
            vpn-gateway/{VpnGatewayId} | - & transit-gateway/{TransitGatewayId} | -
                CreateVpnConnection
            vpn-connection/{VpnConnectionId}
                DeleteVpnConnection
            transit-gateway/*
                CreateTransitGateway
            transit-gateway/{TransitGatewayId}
                DeleteTransitGateway ModifyTransitGateway
            transit-gateway-route-table/* & transit-gateway/{TransitGatewayId}
                CreateTransitGatewayRouteTable
            transit-gateway-route-table/{TransitGatewayRouteTableId}
                DeleteTransitGatewayRouteTable DeleteTransitGatewayRoute SearchTransitGatewayRoutes
            transit-gateway-route-table/{TransitGatewayRouteTableId} & transit-gateway-attachment/{TransitGatewayAttachmentId} | -
                CreateTransitGatewayRoute
            transit-gateway-route-table/{TransitGatewayRouteTableId} & transit-gateway-attachment/{TransitGatewayAttachmentId}
                AssociateTransitGatewayRouteTable DisassociateTransitGatewayRouteTable
            transit-gateway-route-table/{TransitGatewayRouteTableId} & transit-gateway-attachment/{TransitGatewayAttachmentId} | -
                EnableTransitGatewayRouteTablePropagation DisableTransitGatewayRouteTablePropagation
            transit-gateway-attachment/* & transit-gateway/{TransitGatewayId}
                CreateTransitGatewayPeeringAttachment
            transit-gateway-attachment/* & transit-gateway/{TransitGatewayId} & vpc/{VpcId} & subnet/{SubnetIds}
                CreateTransitGatewayVpcAttachment
            transit-gateway-attachment/{TransitGatewayAttachmentId} & subnet/{AddSubnetIds} | -
                ModifyTransitGatewayVpcAttachment
            transit-gateway-attachment/{TransitGatewayAttachmentId}
                AcceptTransitGatewayPeeringAttachment RejectTransitGatewayPeeringAttachment DeleteTransitGatewayPeeringAttachment
                DeleteTransitGatewayVpcAttachment
            instance/{InstanceId}
                DescribeInstanceAttribute
            arn:aws:ec2:{region}::image/{ImageId}
                DescribeImageAttribute
            arn:aws:ec2:{region}::snapshot/{SnapshotId}
                DescribeSnapshotAttribute
            volume/{VolumeId}
                DescribeVolumeAttribute
            fleet/{FleetId}
                DescribeFleetInstances DescribeFleetHistory
            spot-fleet-request/{SpotFleetRequestId}
                DescribeSpotFleetInstances DescribeSpotFleetRequestHistory
            vpc-peering-connection/{VpcPeeringConnectionId}
                AcceptVpcPeeringConnection
        """),
        **each(_group, _ON_GROUPS),
        **each(_address, "ReleaseAddress"),
        "AssociateAddress": _associated,
        "ModifySecurityGroupRules": _group_rules,
        "CreateTags": _tagged,
        "DeleteTags": _tagged,
        "CreateFlowLogs": _flow_logs,
    },
    keys=Keys({
        "ec2:Region": key(Type.STRING, ALL, _region),
        "ec2:CreateAction": key(Type.STRING, "CreateTags", _create_action),
        # Of the resource; its state tells them (`_state`).
        **{name: key(Type.STRING, ALL, UNREAD) for name in _IDS.values()},
        "ec2:Vpc": key(Type.ARN, ALL, UNREAD),
        "ec2:Subnet": key(Type.ARN, ALL, UNREAD),
        "ec2:AvailabilityZone": key(Type.STRING, ALL, UNREAD),
    }),
    state=_state,
    also=also({"CreateTags": "TagSpecifications"}, _TAG_ON_CREATE),
    passes={"CreateFlowLogs": {"DeliverLogsPermissionArn": "vpc-flow-logs.amazonaws.com"}},
    unmodelled=ec2_unmodelled.REASONS,
)  # fmt: skip
