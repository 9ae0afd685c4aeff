variable "role_to_assume" {
  description = "ARN of team A's role: the output `role_to_be_assumed` of account A's composition."
  type        = string
  default     = "arn:aws:iam::111111111111:role/foo_bar"
}
