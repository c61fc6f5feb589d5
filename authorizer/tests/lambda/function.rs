//! The `bootstrap` binary under a Lambda Runtime API of the test's own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{Reply, Request, Server};

/// Longer than anything here may take, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the function answered to an event.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Answer(Value),
    Error(Value),
}

impl Outcome {
    #[track_caller]
    pub(crate) fn answer(self) -> Value {
        match self {
            Self::Answer(answer) => answer,
            Self::Error(error) => panic!("no answer: {error}"),
        }
    }
}

/// The binary of this build; or the one that `TESTED_BOOTSTRAP` names, of another architecture for instance.
fn binary() -> OsString {
    std::env::var_os("TESTED_BOOTSTRAP").unwrap_or_else(|| env!("CARGO_BIN_EXE_bootstrap").into())
}

/// A running function. Its process ends with it.
pub(crate) struct Function {
    child: Child,
    events: Sender<Vec<u8>>,
    thaw: Sender<()>,
    outcomes: Receiver<Outcome>,
    log: Arc<Mutex<String>>,
    output: Arc<Mutex<String>>,
    reading: Vec<JoinHandle<()>>,
    invocations: AtomicUsize,
    _runtime: Server,
}

impl Function {
    /// Starts the binary with this bundle and these parameters.
    pub(crate) fn start(bundle: &Path, params: &[(&str, &str)]) -> Self {
        Self::start_in(&[], bundle, params)
    }

    /// The same with these environment variables.
    pub(crate) fn start_in(environment: &[(&str, &str)], bundle: &Path, params: &[(&str, &str)]) -> Self {
        let (events, queue) = channel();
        let (results, outcomes) = channel();
        let (thaw, thawed) = channel();
        let runtime = runtime_api(queue, thawed, results);
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "authorizer")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("POLICY_BUNDLE", bundle)
            .env("RUST_LOG", "debug")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in params {
            command.env(format!("POLICY_PARAM_{}", name.to_ascii_uppercase()), value);
        }
        let mut child = command.spawn().unwrap();
        let (log, output) = (Arc::default(), Arc::default());
        let reading = vec![
            read_lines(child.stderr.take().unwrap(), &log),
            read_lines(child.stdout.take().unwrap(), &output),
        ];
        Self {
            child,
            events,
            thaw,
            outcomes,
            log,
            output,
            reading,
            invocations: AtomicUsize::new(0),
            _runtime: runtime,
        }
    }

    /// Lets a process go on that has been frozen into a snapshot: `SnapStart`'s are, once they have started.
    pub(crate) fn thaw(&self) {
        self.thaw.send(()).unwrap();
    }

    /// Sends an event and waits for the answer.
    #[track_caller]
    pub(crate) fn invoke(&self, event: &Value) -> Outcome {
        self.invoke_bytes(event.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn invoke_bytes(&self, event: &[u8]) -> Outcome {
        self.events.send(event.to_vec()).unwrap();
        let outcome = self.outcomes.recv_timeout(PATIENCE);
        let outcome = outcome.unwrap_or_else(|error| panic!("no answer: {error}\n{}", self.log()));
        let invocations = 1 + self.invocations.fetch_add(1, Ordering::SeqCst);
        self.wait_for_lines(invocations);
        outcome
    }

    /// Every event leaves one line that says how long it took, its last; it may come here later than the answer. A
    /// shadow's line has the request's id too.
    #[track_caller]
    fn wait_for_lines(&self, invocations: usize) {
        let start = Instant::now();
        while self.log().matches("\"duration_us\":").count() < invocations {
            assert!(start.elapsed() < PATIENCE, "an event left no line\n{}", self.log());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What was logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The first lines of standard output, once there are so many.
    #[track_caller]
    pub(crate) fn output(&self, lines: usize) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let text = self.output.lock().unwrap().clone();
            if text.lines().count() >= lines {
                return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            }
            assert!(start.elapsed() < PATIENCE, "no more than\n{text}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The most memory that the process has had, in KiB; none where the system does not say.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// The line that the last event left.
    pub(crate) fn last_line(&self) -> String {
        self.log().lines().last().unwrap().to_owned()
    }

    /// Waits until the process has stopped by itself: its status, and all that it logged.
    #[track_caller]
    pub(crate) fn stopped(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.reading.drain(..).for_each(|reading| reading.join().unwrap());
                return (status, self.log());
            }
            assert!(start.elapsed() < PATIENCE, "still running\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(stream: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            into.lock().unwrap().extend([&line, "\n"]);
        }
    })
}

/// Lambda's header of a request that is traced.
pub(crate) const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// The part of the Lambda Runtime API that a function uses: next, response, error; and the end of a snapshot.
fn runtime_api(events: Receiver<Vec<u8>>, thawed: Receiver<()>, outcomes: Sender<Outcome>) -> Server {
    let (events, thawed) = (Mutex::new(events), Mutex::new(thawed));
    let outcomes = Mutex::new(outcomes);
    Server::start(move |request: &Request| {
        if request.method == "GET" && request.target.ends_with("/restore/next") {
            let is_thawed = thawed.lock().unwrap().recv_timeout(PATIENCE).is_ok();
            return Reply::new(if is_thawed { 200 } else { 500 }, "");
        }
        if request.method == "GET" && request.target.ends_with("/invocation/next") {
            return match events.lock().unwrap().recv_timeout(PATIENCE) {
                Ok(event) => Reply { status: 200, headers: invocation_headers(), body: event },
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Reply::new(500, ""),
            };
        }
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let outcome =
            if request.target.ends_with("/response") { Outcome::Answer(body) } else { Outcome::Error(body) };
        let _ = outcomes.lock().unwrap().send(outcome);
        Reply::new(202, "{}")
    })
}

fn invocation_headers() -> Vec<(&'static str, String)> {
    vec![
        ("lambda-runtime-aws-request-id", "request-1".to_owned()),
        ("lambda-runtime-deadline-ms", "9999999999999".to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:1:function:authorizer".to_owned()),
        ("lambda-runtime-trace-id", TRACE.to_owned()),
        ("content-type", "application/json".to_owned()),
    ]
}
