output "function_name" {
  description = "The authorizer's name."
  value       = aws_lambda_function.authorizer.function_name
}

output "function_arn" {
  description = "The authorizer's ARN."
  value       = aws_lambda_function.authorizer.arn
}

output "log_group" {
  description = "Where the authorizer logs."
  value       = aws_cloudwatch_log_group.authorizer.name
}

output "alarm_topics" {
  description = "Subscribe here to hear of alarms."
  value       = local.topics
}

output "access_log_group_arn" {
  description = "Where the APIs' stages log who asked for what: the destination_arn of their access_log_settings."
  value       = aws_cloudwatch_log_group.access.arn
}

output "rest_access_log_format" {
  description = "The format of a REST API's access_log_settings: a JSON object a line. API Gateway needs a role to write it, which is set once per account and region (aws_api_gateway_account)."
  value       = jsonencode(merge(local.access_log, { error = "$context.error.responseType" }))
}

output "http_access_log_format" {
  description = "The format of an HTTP API's access_log_settings: a JSON object a line."
  value       = jsonencode(merge(local.access_log, { error = "$context.authorizer.error" }))
}

output "rest_authorizer_id" {
  description = "What the REST API's methods have as their authorizer_id, with the authorization CUSTOM; null without rest_api."
  value       = one(aws_api_gateway_authorizer.policy[*].id)
}

output "http_authorizer_id" {
  description = "What the HTTP API's routes have as their authorizer_id, with the authorization type CUSTOM; null without http_api."
  value       = one(aws_apigatewayv2_authorizer.policy[*].id)
}

output "redeploy" {
  description = "Changes when a REST API has to be deployed anew: belongs into the triggers of its deployment."
  value = sha1(jsonencode([
    aws_api_gateway_authorizer.policy,
    aws_api_gateway_gateway_response.refusal,
  ]))
}
