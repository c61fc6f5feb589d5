output "rest_api_id" {
  value = aws_api_gateway_rest_api.this.id
}

output "rest_url" {
  value = aws_api_gateway_stage.this.invoke_url
}

output "http_api_id" {
  value = aws_apigatewayv2_api.this.id
}

output "http_url" {
  value = aws_apigatewayv2_stage.this.invoke_url
}

output "authorizer" {
  value = module.authorizer.function_name
}

output "authorizer_log_group" {
  value = module.authorizer.log_group
}

output "alarm_topics" {
  value = module.authorizer.alarm_topics
}
