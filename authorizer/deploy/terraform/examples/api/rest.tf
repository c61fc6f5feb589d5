resource "aws_api_gateway_rest_api" "this" {
  name = "${var.name}-rest"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "all" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_method" "any" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.all.id
  http_method   = "ANY"
  authorization = "CUSTOM"
  authorizer_id = module.authorizer.rest_authorizer_id
}

resource "aws_api_gateway_integration" "backend" {
  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_resource.all.id
  http_method             = aws_api_gateway_method.any.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = data.aws_lambda_function.backend.invoke_arn
}

# A browser asks this before it sends a token.
resource "aws_api_gateway_method" "preflight" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.all.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "preflight" {
  rest_api_id       = aws_api_gateway_rest_api.this.id
  resource_id       = aws_api_gateway_resource.all.id
  http_method       = aws_api_gateway_method.preflight.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}

locals {
  cors = {
    "Access-Control-Allow-Origin"  = "'${var.allow_origin}'"
    "Access-Control-Allow-Headers" = "'Authorization,Content-Type'"
    "Access-Control-Allow-Methods" = "'DELETE,GET,OPTIONS,PATCH,POST,PUT'"
  }
}

resource "aws_api_gateway_method_response" "preflight" {
  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_resource.all.id
  http_method         = aws_api_gateway_method.preflight.http_method
  status_code         = "200"
  response_parameters = { for name in keys(local.cors) : "method.response.header.${name}" => true }
}

resource "aws_api_gateway_integration_response" "preflight" {
  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_resource.all.id
  http_method         = aws_api_gateway_method.preflight.http_method
  status_code         = aws_api_gateway_method_response.preflight.status_code
  response_parameters = { for name, value in local.cors : "method.response.header.${name}" => value }

  depends_on = [aws_api_gateway_integration.preflight]
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    redeploy = sha1(jsonencode([
      module.authorizer.redeploy,
      aws_api_gateway_method.any,
      aws_api_gateway_integration.backend,
      aws_api_gateway_method.preflight,
      aws_api_gateway_integration.preflight,
      aws_api_gateway_integration_response.preflight,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage
  xray_tracing_enabled = true

  # API Gateway needs a role to write this, which is set once per account and region: aws_api_gateway_account.
  dynamic "access_log_settings" {
    for_each = var.rest_access_logs ? [module.authorizer.access_log_group_arn] : []

    content {
      destination_arn = access_log_settings.value
      format          = module.authorizer.rest_access_log_format
    }
  }
}

resource "aws_lambda_permission" "rest" {
  function_name = data.aws_lambda_function.backend.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*"
}
