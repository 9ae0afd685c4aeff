"""S3's own ways in: buckets across accounts, forms, anonymous requests, access control lists, public access."""
