output "role_to_be_assumed" {
  description = "ARN of the role that team B assumes."
  value       = module.team_a_foo_ddb.role_arn
}
