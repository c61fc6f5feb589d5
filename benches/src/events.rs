//! Tokens and events for the benchmarks of the whole authorizer.

use policy_authorizer::dev::{DevError, DevKey};
use serde_json::{Value, json};

/// The issuer of [`RECORDS`](crate::RECORDS) and [`USERS`](crate::USERS).
pub const ISSUER: &str = "https://issuer.example.com/";

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
/// How long a token is, in bytes.
const TOKEN_BYTES: usize = 900;
/// When the tokens were issued, in seconds since 1970-01-01 UTC.
const ISSUED: i64 = 1_800_000_000;

/// The time of the events, in seconds since 1970-01-01 UTC: the tokens are valid then.
pub const NOW: i64 = ISSUED + 60;

/// The claims of token `number`, like those that the large issuers write.
pub fn claims(number: usize) -> Value {
    json!({
        "iss": ISSUER, "aud": "app", "sub": "ana", "scope": "openid email get:profile",
        "iat": ISSUED, "auth_time": ISSUED, "exp": ISSUED + 1_000_000_000, "jti": format!("{number:08}"),
        "email": "ana@example.com", "email_verified": true,
        "cognito:groups": ["staff", "readers"]
    })
}

/// Token `number`, of 900 bytes.
pub fn token(key: &DevKey, number: usize) -> Result<String, DevError> {
    let mut claims = claims(number).as_object().cloned().unwrap_or_default();
    let bare = key.sign(&claims)?.len();
    // Three bytes become four; the member itself takes eleven.
    let padding = TOKEN_BYTES.saturating_sub(bare) * 3 / 4;
    claims.insert("session".to_owned(), "s".repeat(padding.saturating_sub(13)).into());
    key.sign(&claims)
}

/// The TOKEN event of a REST API with that token.
pub fn token_event(token: &str) -> Vec<u8> {
    json!({ "type": "TOKEN", "authorizationToken": format!("Bearer {token}"), "methodArn": ARN })
        .to_string()
        .into_bytes()
}

/// The REQUEST event of a REST API with that token, as API Gateway sends it for a request of curl.
pub fn request_event(token: &str) -> Vec<u8> {
    let headers = [
        ("Accept", "*/*"),
        ("Authorization", &format!("Bearer {token}")),
        ("Host", "abc123.execute-api.eu-west-1.amazonaws.com"),
        ("User-Agent", "curl/8.5.0"),
        ("X-Amzn-Trace-Id", "Root=1-00000000-000000000000000000000000"),
        ("X-Forwarded-For", "192.0.2.7"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ];
    let single: Value = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let multi: Value = headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    json!({
        "type": "REQUEST", "methodArn": ARN, "resource": "/users/{id}", "path": "/users/ana", "httpMethod": "GET",
        "headers": single, "multiValueHeaders": multi,
        "queryStringParameters": {}, "multiValueQueryStringParameters": {},
        "pathParameters": { "id": "ana" }, "stageVariables": {},
        "requestContext": {
            "resourceId": "05c7jb", "resourcePath": "/users/{id}", "httpMethod": "GET",
            "extendedRequestId": "abc=", "requestTime": "15/Jan/2027:08:00:00 +0000", "path": "/prod/users/ana",
            "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "prod", "domainPrefix": "abc123",
            "requestTimeEpoch": 1_800_000_000_000_i64, "requestId": "11111111-2222-3333-4444-555555555555",
            "identity": {
                "cognitoIdentityPoolId": null, "accountId": null, "caller": null, "sourceIp": "192.0.2.7",
                "accessKey": null, "userAgent": "curl/8.5.0", "apiKey": null, "apiKeyId": null, "user": null,
                "userArn": null, "principalOrgId": null, "cognitoAuthenticationType": null
            },
            "domainName": "abc123.execute-api.eu-west-1.amazonaws.com", "apiId": "abc123"
        }
    })
    .to_string()
    .into_bytes()
}
