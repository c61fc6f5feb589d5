variable "name" {
  description = "The authorizer's name, and the beginning of the names of what belongs to it."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "A name has 1 to 50 letters, digits, - and _."
  }
}

variable "package" {
  description = "The file that `policyctl package` has made: bootstrap and policy.bundle, zipped."
  type        = string
}

variable "params" {
  description = "The values of the policy's params by their names, as the policy writes them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.params) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "The names of params are written as in the policy: small letters, digits and _."
  }
}

variable "environment" {
  description = "Further settings of the authorizer, such as POLICY_LOG_SAMPLE."
  type        = map(string)
  default     = {}
}

variable "rest_api" {
  description = <<-EOT
    A REST API that asks the authorizer: its id and its name, which its metrics go by; whether it asks with the token alone (TOKEN) or with the request
    (REQUEST), and on what API Gateway keys its cache: the one header of TOKEN, the sources of REQUEST.
    `allow_origin` is whose scripts may read refusals; null leaves the API's gateway responses alone.
  EOT
  type = object({
    id               = string
    name             = string
    type             = optional(string, "TOKEN")
    identity_sources = optional(list(string), ["method.request.header.Authorization"])
    allow_origin     = optional(string)
  })
  default = null

  validation {
    condition     = var.rest_api == null ? true : contains(["TOKEN", "REQUEST"], var.rest_api.type)
    error_message = "A REST API's authorizer is TOKEN or REQUEST."
  }
  validation {
    condition     = var.rest_api == null ? true : var.rest_api.type == "REQUEST" || length(var.rest_api.identity_sources) == 1
    error_message = "A TOKEN authorizer has one identity source, the header with the token."
  }
}

variable "http_api" {
  description = "An HTTP API that asks the authorizer: its id, in which payload format, and the identity sources."
  type = object({
    id               = string
    payload_format   = optional(string, "2.0")
    identity_sources = optional(list(string), ["$request.header.Authorization"])
  })
  default = null

  validation {
    condition     = var.http_api == null ? true : contains(["1.0", "2.0"], var.http_api.payload_format)
    error_message = "The payload format is 1.0 or 2.0."
  }
}

variable "cache_seconds" {
  description = "How long API Gateway keeps the answer. 0 where the policy covers only the request at hand."
  type        = number
  default     = 300

  validation {
    condition     = var.cache_seconds >= 0 && var.cache_seconds <= 3600
    error_message = "API Gateway keeps an answer for 0 to 3,600 seconds."
  }
}

variable "architecture" {
  description = "What bootstrap was built for; `policyctl package` says it."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "Lambda has x86_64 and arm64."
  }
}

variable "memory_mb" {
  description = "The function's memory, which is what gives it processor time."
  type        = number
  default     = 256
}

variable "tracing" {
  description = "Whether X-Ray traces the authorizer."
  type        = bool
  default     = true
}

variable "log_level" {
  description = "The least grave level of the log. At info it has one line a decision."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["error", "warn", "info", "debug"], var.log_level)
    error_message = "A level is error, warn, info or debug."
  }
}

variable "log_retention_days" {
  description = "How long you have to be able to answer who was let in: the authorizer's log, and the access logs."
  type        = number
  default     = 90
}

variable "metrics_namespace" {
  description = "The CloudWatch namespace of the authorizer's metrics."
  type        = string
  default     = "Policy/Authorizer"
}

variable "alarm_topics" {
  description = "ARNs of the SNS topics that are told of alarms, and of their end; a new one unless given."
  type        = list(string)
  default     = null
}

variable "backends" {
  description = "The names of the functions behind the APIs, for their alarms and their part of the dashboard."
  type        = list(string)
  default     = []
}

variable "max_duration_ms" {
  description = "An alarm is raised while one invocation in a hundred takes longer, in milliseconds."
  type        = number
  default     = 1000
}

variable "max_unauthorized_per_minute" {
  description = "An alarm is raised while more requests are refused with 401, five minutes in a row."
  type        = number
  default     = 100
}

variable "tags" {
  description = "Tags of what can have some."
  type        = map(string)
  default     = {}
}
