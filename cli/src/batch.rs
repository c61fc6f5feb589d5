//! Many requests in, one a line; as many answers out, in the same order.
//!
//! One thread reads, one a core answers, and this one writes. Each worker gets every n-th chunk of lines, so
//! that taking the answers in turn keeps the order.

mod chunk;
mod line;

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::{Exit, Failure};
use crate::input;

pub(crate) use chunk::{Chunk, Chunks};
pub(crate) use line::{Answers, Line, Lines};

/// How many chunks may wait in front of a worker, and behind it.
const WAITING: usize = 2;

/// What a chunk of lines was answered with.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// The answers, each with its line end.
    pub(crate) text: Vec<u8>,
    /// How many lines could not be answered.
    pub(crate) bad: u64,
    /// How many bytes of the input they are for.
    pub(crate) read: u64,
}

/// Answers the lines of a file on standard output.
pub(crate) fn run(path: &str, answers: &(impl Answers + Sync)) -> Result<Exit, Failure> {
    let (source, length) = open(path).map_err(|error| input::unreadable(path, &error))?;
    let progress = progress(length);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let bad = thread::scope(|scope| -> Result<u64, Failure> {
        let (inlets, outlets): (Vec<_>, Vec<_>) = (0..workers).map(|_| worker(scope, answers)).unzip();
        let reader = scope.spawn(move || read(source, &inlets));
        let bad = write(&outlets, &progress);
        // A reader that cannot hand on its chunks ends; without this it would wait for ever.
        drop(outlets);
        let bad = bad?;
        finish_reading(reader).map_err(|error| input::unreadable(path, &error))?;
        Ok(bad)
    })?;
    progress.finish_and_clear();
    Ok(if bad == 0 { Exit::Fine } else { Exit::Invalid })
}

fn open(path: &str) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == input::STDIN {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let length = about.is_file().then_some(about.len());
    Ok((Box::new(file), length))
}

fn worker<'scope>(
    scope: &'scope Scope<'scope, '_>,
    answers: &'scope (impl Answers + Sync),
) -> (SyncSender<Chunk>, Receiver<Answered>) {
    let (inlet, chunks) = sync_channel::<Chunk>(WAITING);
    let (answered, outlet) = sync_channel(WAITING);
    scope.spawn(move || {
        for chunk in chunks {
            if answered.send(answers.answer(&chunk)).is_err() {
                return;
            }
        }
    });
    (inlet, outlet)
}

fn read(source: impl Read, inlets: &[SyncSender<Chunk>]) -> io::Result<()> {
    for (chunk, inlet) in Chunks::new(source).zip(inlets.iter().cycle()) {
        if inlet.send(chunk?).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn finish_reading(reader: ScopedJoinHandle<'_, io::Result<()>>) -> io::Result<()> {
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader stopped")))
}

/// Writes the answers as they come, and counts the lines that had none.
fn write(outlets: &[Receiver<Answered>], progress: &ProgressBar) -> io::Result<u64> {
    let mut out = io::stdout().lock();
    let mut bad = 0;
    for outlet in outlets.iter().cycle() {
        let Ok(answered) = outlet.recv() else { break };
        out.write_all(&answered.text)?;
        out.flush()?;
        bad += answered.bad;
        progress.inc(answered.read);
    }
    Ok(bad)
}

/// A bar on standard error where that is a terminal, unless the answers go to it, too.
fn progress(length: Option<u64>) -> ProgressBar {
    if io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}"),
        None => (ProgressBar::no_length(), "{spinner} {bytes} {bytes_per_sec}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
