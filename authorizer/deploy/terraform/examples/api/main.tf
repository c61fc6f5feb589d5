# A REST API and an HTTP API in front of one function, both asking one authorizer.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

provider "aws" {
  region = var.region
}

module "authorizer" {
  source = "../.."

  name         = "${var.name}-authorizer"
  package      = var.package
  params       = var.params
  architecture = var.architecture
  backends     = [data.aws_lambda_function.backend.function_name]

  rest_api = {
    id           = aws_api_gateway_rest_api.this.id
    name         = aws_api_gateway_rest_api.this.name
    type         = var.rest_authorizer
    allow_origin = var.allow_origin
  }
  http_api = { id = aws_apigatewayv2_api.this.id, payload_format = var.http_payload_format }
}

data "aws_lambda_function" "backend" {
  function_name = var.backend
}
