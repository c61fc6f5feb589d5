"""A backend that answers with what the authorizer told it."""

import json


def handler(event, _context):
    told = event.get("requestContext", {}).get("authorizer") or {}
    # An HTTP API's payload 2.0 has it one level deeper.
    told = told.get("lambda", told)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"told": told}),
    }
