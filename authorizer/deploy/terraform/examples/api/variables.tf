variable "name" {
  description = "The beginning of all names."
  type        = string
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "package" {
  description = "The file that `policyctl package` has made."
  type        = string
}

variable "params" {
  description = "The policy's params."
  type        = map(string)
}

variable "backend" {
  description = "The name of the function that the APIs are in front of."
  type        = string
}

variable "architecture" {
  description = "What bootstrap was built for."
  type        = string
  default     = "x86_64"
}

variable "rest_authorizer" {
  description = "How the REST API asks: TOKEN or REQUEST."
  type        = string
  default     = "TOKEN"
}

variable "http_payload_format" {
  description = "How the HTTP API asks: 1.0 or 2.0."
  type        = string
  default     = "2.0"
}

variable "stage" {
  description = "The stage of the REST API."
  type        = string
  default     = "prod"
}

variable "allow_origin" {
  description = "The origin whose scripts may call the APIs."
  type        = string
  default     = "*"
}

variable "rest_access_logs" {
  description = "Whether the REST API writes an access log, for which the account needs a CloudWatch Logs role."
  type        = bool
  default     = true
}
