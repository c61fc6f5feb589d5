//! The Lambda function: the authorizer behind the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use policy_authorizer::config::Config;
use policy_authorizer::event::RawEvent;
use policy_authorizer::handler::{Authorizer, Unauthorized};
use policy_authorizer::init::{self, InitError};
use policy_authorizer::log::Log;

#[derive(Debug)]
struct Failure(Unauthorized);

impl From<Failure> for Diagnostic {
    fn from(Failure(error): Failure) -> Self {
        Self { error_type: "Unauthorized".to_owned(), error_message: error.to_string() }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    init::exit_code(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::from_environment().map_err(InitError::Config)?;
    let log = Arc::new(Log::to_stderr(config.level));
    let authorizer = &Authorizer::start(&config, log, now()).await?;
    let answer = |event: LambdaEvent<RawEvent>| async move {
        let LambdaEvent { payload, context } = event;
        authorizer.handle(payload.bytes(), Some(&context.request_id), now()).await.map_err(Failure)
    };
    Runtime::new(service_fn(answer)).run().await
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
