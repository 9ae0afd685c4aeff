"""IAM as AWS keeps and answers it, where moto and LocalStack do not: entities, their rules, pages, tags, devices."""
