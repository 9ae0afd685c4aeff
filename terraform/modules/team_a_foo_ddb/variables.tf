variable "table_name" {
  description = "Name of the DynamoDB table."
  type        = string
}

variable "read_capacity" {
  description = "Provisioned read capacity units."
  type        = number
}

variable "write_capacity" {
  description = "Provisioned write capacity units."
  type        = number
}

variable "role_which_will_assume" {
  description = "ARN of the principal that may assume the role: an account's root, or one role."
  type        = string
}
