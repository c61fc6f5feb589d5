//! The Lambda function: the authorizer behind the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use policy_authorizer::config::Config;
use policy_authorizer::event::RawEvent;
use policy_authorizer::handler::{Authorizer, Invocation, unix_seconds};
use policy_authorizer::init::{InitError, exit_code};
use policy_authorizer::log::Log;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::from_environment().map_err(InitError::Config)?;
    let log = Arc::new(Log::to_stderr(config.level));
    let authorizer = Arc::new(Authorizer::start(&config, log, unix_seconds(SystemTime::now())).await?);
    let answer = |event: LambdaEvent<RawEvent>| {
        let authorizer = Arc::clone(&authorizer);
        async move {
            let LambdaEvent { payload, context } = event;
            let (request_id, trace) = (Some(context.request_id.as_str()), context.xray_trace_id.as_deref());
            let invocation = Invocation { request_id, trace, time: SystemTime::now() };
            authorizer.handle(payload.bytes(), invocation).await
        }
    };
    let restored = Arc::clone(&authorizer);
    Runtime::new(service_fn(answer)).register_snapstart_resource(restored).run().await
}
