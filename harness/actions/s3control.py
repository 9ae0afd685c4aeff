"""S3 Control: access points, jobs and the account's own settings, where LocalStack serves them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from harness.actions.reasons import because
from harness.actions.s3 import KEYS
from harness.actions.service import Service, rows

SERVICE = Service(
    prefix="s3",
    rows=rows("arn:aws:s3:{region}:{AccountId}:", """
        accesspoint/{Name}
            CreateAccessPoint DeleteAccessPoint PutAccessPointPolicy GetAccessPointPolicy GetAccessPointPolicyStatus
            DeleteAccessPointPolicy
        arn:aws:s3::{AccountId}:accesspoint/{Details.Name}
            CreateMultiRegionAccessPoint DeleteMultiRegionAccessPoint PutMultiRegionAccessPointPolicy
        arn:aws:s3::{AccountId}:accesspoint/{Name}
            GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
        {RequestTokenARN}
            DescribeMultiRegionAccessPointOperation
        storage-lens/{ConfigId}
            GetStorageLensConfiguration DeleteStorageLensConfiguration GetStorageLensConfigurationTagging
            PutStorageLensConfigurationTagging
        {ResourceArn}
            TagResource UntagResource ListTagsForResource
        *
            GetPublicAccessBlock=GetAccountPublicAccessBlock PutPublicAccessBlock=PutAccountPublicAccessBlock
            DeletePublicAccessBlock=PutAccountPublicAccessBlock GetAccessPoint ListAccessPoints ListMultiRegionAccessPoints
            ListStorageLensConfigurations PutStorageLensConfiguration
    """),
    keys=KEYS,
    unmodelled=because(
        OTHER_PREFIX="""
            CreateBucket DeleteBucket DeleteBucketLifecycleConfiguration DeleteBucketPolicy DeleteBucketReplication
            DeleteBucketTagging GetBucket GetBucketLifecycleConfiguration GetBucketPolicy GetBucketReplication GetBucketTagging
            GetBucketVersioning ListRegionalBuckets PutBucketLifecycleConfiguration PutBucketPolicy PutBucketReplication
            PutBucketTagging PutBucketVersioning DeleteAccessPointScope GetAccessPointScope PutAccessPointScope
            ListAccessPointsForDirectoryBuckets
        """,
        NOT_SERVED="""
            AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation
            CreateAccessPointForObjectLambda CreateJob CreateStorageLensGroup DeleteAccessGrant DeleteAccessGrantsInstance
            DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPointForObjectLambda
            DeleteAccessPointPolicyForObjectLambda DeleteJobTagging DeleteStorageLensConfigurationTagging DeleteStorageLensGroup
            DescribeJob DissociateAccessGrantsIdentityCenter GetAccessGrant GetAccessGrantsInstance
            GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation
            GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda GetAccessPointPolicyForObjectLambda
            GetAccessPointPolicyStatusForObjectLambda GetDataAccess GetJobTagging GetMultiRegionAccessPointRoutes
            GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations
            ListAccessPointsForObjectLambda ListCallerAccessGrants ListJobs ListStorageLensGroups
            PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda
            PutAccessPointPolicyForObjectLambda PutJobTagging SubmitMultiRegionAccessPointRoutes UpdateAccessGrantsLocation
            UpdateJobPriority UpdateJobStatus UpdateStorageLensGroup
        """,
    ),
)  # fmt: skip
