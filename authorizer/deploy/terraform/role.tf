# The authorizer writes its own log and traces, and may do nothing else.

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.authorizer.arn}:*"]
  }
}

data "aws_iam_policy_document" "trace" {
  statement {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "authorizer" {
  name_prefix        = "${substr(var.name, 0, 37)}-"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
  tags               = var.tags
}

resource "aws_iam_role_policy" "log" {
  name   = "log"
  role   = aws_iam_role.authorizer.id
  policy = data.aws_iam_policy_document.log.json
}

resource "aws_iam_role_policy" "trace" {
  count = var.tracing ? 1 : 0

  name   = "trace"
  role   = aws_iam_role.authorizer.id
  policy = data.aws_iam_policy_document.trace.json
}
