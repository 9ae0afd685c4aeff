variable "role_to_assume" {
  description = "ARN of the role in the other account that the function assumes."
  type        = string
}
