variable "table_name" {
  description = "Name of the table that team B writes to."
  type        = string
  default     = "TestTable"
}

variable "read_capacity" {
  description = "Provisioned read capacity units of the table."
  type        = number
  default     = 1
}

variable "write_capacity" {
  description = "Provisioned write capacity units of the table."
  type        = number
  default     = 1
}

variable "role_which_will_assume" {
  description = "Who may assume the role: first the whole of account B, then exactly team B's role."
  type        = string
  default     = "arn:aws:iam::222222222222:root"
}
