# What a REST API answers when it refuses. No backend runs to add headers, and without them a page's script sees no status.

locals {
  gateway_responses = var.rest_api == null ? {} : var.rest_api.allow_origin == null ? {} : {
    UNAUTHORIZED = {
      status   = "401"
      headers  = { "WWW-Authenticate" = "'Bearer'" }
      template = "{\"message\": $context.error.messageString}"
    }
    # The built-in one names the request's ARN where a Deny stands in the policy.
    ACCESS_DENIED = { status = "403", headers = {}, template = "{\"message\": \"Forbidden\"}" }
    DEFAULT_4XX   = { status = null, headers = {}, template = null }
    DEFAULT_5XX   = { status = null, headers = {}, template = null }
  }
}

resource "aws_api_gateway_gateway_response" "refusal" {
  for_each = local.gateway_responses

  rest_api_id   = var.rest_api.id
  response_type = each.key
  status_code   = each.value.status

  response_parameters = {
    for name, value in merge({ "Access-Control-Allow-Origin" = "'${var.rest_api.allow_origin}'" }, each.value.headers) :
    "gatewayresponse.header.${name}" => value
  }
  response_templates = each.value.template == null ? null : { "application/json" = each.value.template }
}
