//! The status of a range by block status requests, many at a time.

use std::sync::Arc;
use std::time::Instant;

use extent::Run;
use nbd_io::client::{Command, Completion, Connection, Reply};
use nbd_io::{Export, Framing};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::shared::SharedConnection;
use crate::endpoint::{BASE_ALLOCATION, RunMap, RunStatus};
use crate::error::{CopyError, ErrorKind};

/// A walk over a range.
///
/// A batch of questions is always answered in full before its statuses are handed out: whoever takes them
/// may take long, and no answer must be overdue for that.
pub(super) struct BlockStatusMap {
    respondent: Respondent,
    context: String,
    /// Questions begin and end on its multiples, or at the export's end.
    block: u64,
    export_size: u64,
    left: Run,
    /// Bytes that the next batch asks about.
    reach: u64,
    /// The most bytes of a question.
    stride: u64,
}

/// Who is asked.
enum Respondent {
    /// Until it is closed.
    Own(Option<Box<Connection>>),
    Lane(Arc<SharedConnection>),
}

impl BlockStatusMap {
    /// By a connection that is used for nothing else.
    pub(super) fn own(connection: Connection, context: &str, range: Run) -> Self {
        let export = connection.export().clone();
        Self::new(Respondent::Own(Some(Box::new(connection))), &export, context, range)
    }

    /// By the connection of a lane, which somebody drives.
    pub(super) fn of_lane(
        connection: Arc<SharedConnection>,
        export: &Export,
        context: &str,
        range: Run,
    ) -> Self {
        Self::new(Respondent::Lane(connection), export, context, range)
    }

    fn new(respondent: Respondent, export: &Export, context: &str, range: Run) -> Self {
        let stride =
            if export.framing == Framing::Extended { LONGEST_EXTENDED_STRIDE } else { LONGEST_STRIDE };
        Self {
            respondent,
            context: context.to_owned(),
            block: u64::from(export.block_size.minimum.max(1)),
            export_size: export.size,
            left: range,
            reach: if context == BASE_ALLOCATION { FIRST_REACH } else { longest_reach(stride) },
            stride,
        }
    }

    /// The next stretches to ask about, in whole blocks.
    fn questions(&self) -> Vec<Run> {
        let end = self.left.end().next_multiple_of(self.block).min(self.export_size);
        let mut start = self.left.offset - self.left.offset % self.block;
        let end = end.min(start.saturating_add(self.reach));
        let mut runs = Vec::new();
        while start < end {
            let run = Run::new(start, self.stride.min(end - start));
            runs.push(run);
            start = run.end();
        }
        runs
    }

    fn ask(&mut self, runs: &[Run]) -> Result<Vec<Completion>, CopyError> {
        let questions = runs.iter().map(|run| question(*run, &self.context)).collect();
        match &mut self.respondent {
            Respondent::Own(Some(connection)) => ask(connection, questions),
            Respondent::Own(None) => Err(CopyError::new(ErrorKind::Internal)),
            Respondent::Lane(connection) => connection.ask(questions),
        }
    }
}

impl RunMap for BlockStatusMap {
    fn next_batch(&mut self) -> Result<Vec<RunStatus>, CopyError> {
        let questions = self.questions();
        let answers = self.ask(&questions)?;
        let mut statuses = Vec::new();
        let mut is_whole = true;
        for (question, answer) in questions.into_iter().zip(answers) {
            let asked = CopyError::new(ErrorKind::Protocol).over(question);
            let Reply::BlockStatus(contexts) = answer.result? else { return Err(asked) };
            let Some(status) = contexts.into_iter().find(|status| status.context.name == self.context) else {
                return Err(asked);
            };
            let mut offset = question.offset;
            for descriptor in status.descriptors {
                let run = Run::new(offset, descriptor.length);
                offset = run.end();
                if let Some(run) = run.intersection(self.left) {
                    statuses.push(RunStatus { run, flags: descriptor.flags });
                }
            }
            if offset < question.end() {
                // Less than asked: the answers that follow leave a gap, so go on from here.
                is_whole = false;
                break;
            }
        }
        let told = statuses.last().map_or(self.left.offset, |status| status.run.end());
        if told == self.left.offset {
            return Err(CopyError::new(ErrorKind::Protocol).over(self.left));
        }
        self.left = Run::new(told, self.left.end() - told);
        self.reach = if is_whole && statuses.len() < MANY_STATUSES {
            (self.reach * GROWTH).min(longest_reach(self.stride))
        } else {
            (self.reach / 2).max(SHORTEST_REACH)
        };
        Ok(statuses)
    }
}

impl Drop for BlockStatusMap {
    fn drop(&mut self) {
        if let Respondent::Own(connection) = &mut self.respondent
            && let Some(connection) = connection.take()
        {
            connection.disconnect();
        }
    }
}

/// The question what one context says of a range.
fn question(run: Run, context: &str) -> Command {
    Command::BlockStatus { run, request_one: false, contexts: vec![context.to_owned()] }
}

fn ask(connection: &mut Connection, questions: Vec<Command>) -> Result<Vec<Completion>, CopyError> {
    let count = questions.len();
    for (token, question) in (0..).zip(questions) {
        connection.submit(token, question)?;
    }
    let mut answers = Vec::with_capacity(count);
    loop {
        let now = Instant::now();
        connection.drive(now)?;
        answers.extend(std::iter::from_fn(|| connection.poll_completion()));
        if answers.len() == count {
            break;
        }
        wait(connection, now)?;
    }
    answers.sort_unstable_by_key(|answer| answer.token);
    Ok(answers)
}

fn wait(connection: &Connection, now: Instant) -> Result<(), CopyError> {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, connection.interest().read);
    flags.set(PollFlags::OUT, connection.interest().write);
    let timeout = connection.deadline().map(|deadline| deadline.saturating_duration_since(now));
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match poll(&mut [PollFd::new(connection, flags)], timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The most bytes that a batch asks about.
fn longest_reach(stride: u64) -> u64 {
    stride * QUESTIONS_A_BATCH
}

/// The most questions in flight: on a long way they share a round trip.
const QUESTIONS_A_BATCH: u64 = 16;
/// The first question about allocation, which a server may have to look up: data is to move soon.
const FIRST_REACH: u64 = 256 << 20;
/// By so much a batch that was answered in full, and briefly, makes the next one greater. Questions are few and
/// great, for to some servers each costs a walk to the next hole, however far: on tmpfs, past every page.
const GROWTH: u64 = 4;
/// Fewer bytes cost more in round trips than they save in memory.
const SHORTEST_REACH: u64 = 16 << 20;
/// Whole blocks, and within the 32 bits of a length.
const LONGEST_STRIDE: u64 = 2 << 30;
/// With extended headers: one question for most devices.
const LONGEST_EXTENDED_STRIDE: u64 = 8 << 40;
/// From here on a batch is to become smaller: 1.5 MiB of statuses.
const MANY_STATUSES: usize = 1 << 16;
