# policyctl's authorizer: the function, and its place in the APIs that ask it.

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  region = data.aws_region.this.name
  apis   = "arn:${data.aws_partition.this.partition}:execute-api:${local.region}:${data.aws_caller_identity.this.account_id}"

  access_log = {
    requestId         = "$context.requestId"
    time              = "$context.requestTime"
    ip                = "$context.identity.sourceIp"
    principal         = "$context.authorizer.principalId"
    method            = "$context.httpMethod"
    path              = "$context.path"
    status            = "$context.status"
    authorizerStatus  = "$context.authorizer.status"
    authorizerLatency = "$context.authorizer.latency"
    latency           = "$context.responseLatency"
    bytes             = "$context.responseLength"
  }

  params = { for name, value in var.params : "POLICY_PARAM_${upper(name)}" => value }
}

resource "aws_lambda_function" "authorizer" {
  function_name    = var.name
  description      = "policyctl's authorizer and a policy."
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = var.memory_mb
  timeout          = 10
  role             = aws_iam_role.authorizer.arn
  tags             = var.tags

  environment {
    variables = merge(
      { POLICY_METRICS = var.metrics_namespace, RUST_LOG = var.log_level },
      var.environment,
      local.params,
    )
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.authorizer.name
  }

  depends_on = [aws_iam_role_policy.log, aws_iam_role_policy.trace]
}

resource "aws_cloudwatch_log_group" "authorizer" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

# Of the APIs' stages, which are not this module's.
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_api_gateway_authorizer" "policy" {
  count = var.rest_api == null ? 0 : 1

  name                             = var.name
  rest_api_id                      = var.rest_api.id
  type                             = var.rest_api.type
  authorizer_uri                   = aws_lambda_function.authorizer.invoke_arn
  authorizer_result_ttl_in_seconds = var.cache_seconds
  identity_source                  = join(",", var.rest_api.identity_sources)
}

resource "aws_lambda_permission" "rest_api" {
  count = var.rest_api == null ? 0 : 1

  function_name = aws_lambda_function.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${local.apis}:${var.rest_api.id}/authorizers/${aws_api_gateway_authorizer.policy[0].id}"
}

resource "aws_apigatewayv2_authorizer" "policy" {
  count = var.http_api == null ? 0 : 1

  name                              = var.name
  api_id                            = var.http_api.id
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_function.authorizer.invoke_arn
  authorizer_payload_format_version = var.http_api.payload_format
  authorizer_result_ttl_in_seconds  = var.cache_seconds
  enable_simple_responses           = false
  identity_sources                  = var.http_api.identity_sources
}

resource "aws_lambda_permission" "http_api" {
  count = var.http_api == null ? 0 : 1

  function_name = aws_lambda_function.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${local.apis}:${var.http_api.id}/authorizers/${aws_apigatewayv2_authorizer.policy[0].id}"
}
