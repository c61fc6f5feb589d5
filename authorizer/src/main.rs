//! The Lambda function: the authorizer behind the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use policy_authorizer::config::Config;
use policy_authorizer::event::RawEvent;
use policy_authorizer::handler::{Authorizer, unix_seconds};
use policy_authorizer::init::{InitError, exit_code};
use policy_authorizer::log::Log;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::from_environment().map_err(InitError::Config)?;
    let log = Arc::new(Log::to_stderr(config.level));
    let authorizer = &Authorizer::start(&config, log, unix_seconds(SystemTime::now())).await?;
    let answer = |event: LambdaEvent<RawEvent>| async move {
        let LambdaEvent { payload, context } = event;
        let now = unix_seconds(SystemTime::now());
        authorizer.handle(payload.bytes(), Some(&context.request_id), now).await
    };
    Runtime::new(service_fn(answer)).run().await
}
