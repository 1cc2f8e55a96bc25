//! The loop: sessions of records, and pauses where one fails.

use std::{future::Future, pin::pin, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use super::{
    Trail,
    connection::{Connection, Message},
    target::{Confirmation, Target},
};
use crate::{
    LoggedRecord, SiemError, Source,
    syslog::{self, Format},
};

/// How much is sent at a time, and how long is waited for what.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Records read from the log at a time.
    pub page: usize,
    /// Records in a session: as many as may be sent twice when one fails.
    pub session: usize,
    /// How long a session waits for further records before it is confirmed.
    pub linger: Duration,
    /// How long a session lasts at most, so that the cursor follows a log that never rests.
    pub longest: Duration,
    /// How long the connection must have stayed open after the last byte: more than a round trip.
    pub settle: Duration,
    /// How long the receiver may take to connect, to take a page, or to close.
    pub patience: Duration,
    /// The pause after a first failure. Each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            page: 500,
            session: 10_000,
            linger: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            settle: Duration::from_millis(250),
            patience: Duration::from_secs(30),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// What a session delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The first record.
    pub first: u64,
    /// The record after the last: where the cursor is now.
    pub next: u64,
    /// What is known of them.
    pub confirmation: Confirmation,
}

/// What happens while a forwarder runs.
#[derive(Debug)]
pub enum Event {
    /// A session was confirmed and the cursor advanced.
    Delivered(Delivery),
    /// A session failed. It is tried again.
    Retrying {
        /// Why it failed.
        error: SiemError,
        /// The pause before the next try.
        after: Duration,
    },
}

/// Sends a log to one receiver.
#[derive(Debug)]
pub struct Forwarder<T> {
    /// The log, and the receiver's place in it.
    pub trail: T,
    /// The log's name and place.
    pub source: Source,
    /// The receiver.
    pub target: Target,
    /// What the messages hold.
    pub format: Format,
    /// How much, and how long.
    pub pace: Pace,
}

impl<T: Trail> Forwarder<T> {
    /// Sends everything that the log holds from the cursor on, in as many sessions as it takes, and
    /// returns at the first failure. Gives how far it came and the weakest confirmation; `None` where
    /// there was nothing to send.
    ///
    /// # Errors
    /// Any [`SiemError`]; what was confirmed before stays so.
    pub async fn drain(&self) -> Result<Option<Delivery>, SiemError> {
        let mut all: Option<Delivery> = None;
        while let Some(delivery) = self.session(Duration::ZERO).await? {
            let first = all.map_or(delivery.first, |all| all.first);
            all = Some(Delivery { first, ..delivery });
        }
        Ok(all)
    }

    /// Follows the log until `stop`: sends, waits for more, and tries again with growing pauses where
    /// the receiver isn't there. What is under way at `stop` isn't confirmed, so it is sent again.
    ///
    /// # Errors
    /// What trying again doesn't mend: all but the [transient](SiemError::is_transient) ones.
    pub async fn run(
        &self,
        stop: impl Future<Output = ()>,
        mut report: impl FnMut(Event),
    ) -> Result<(), SiemError> {
        let follow = async {
            let mut pause = self.pace.first_pause;
            loop {
                match self.session(self.pace.linger).await {
                    Ok(Some(delivery)) => {
                        pause = self.pace.first_pause;
                        report(Event::Delivered(delivery));
                    }
                    Ok(None) => {
                        let from = self.trail.cursor().await.map_err(trail)?;
                        self.trail.wait(from).await.map_err(trail)?;
                    }
                    Err(error) if error.is_transient() => {
                        report(Event::Retrying { error, after: pause });
                        sleep(pause).await;
                        pause = (pause * 2).min(self.pace.longest_pause);
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let (follow, stop) = (pin!(follow), pin!(stop));
        tokio::select! {
            // A log that always has more must not outrun the wish to stop.
            biased;
            () = stop => Ok(()),
            outcome = follow => outcome,
        }
    }

    /// One session; see the module comment for its steps. `None` where there was nothing to send.
    async fn session(&self, linger: Duration) -> Result<Option<Delivery>, SiemError> {
        let first = self.trail.cursor().await.map_err(trail)?;
        let mut messages = self.messages(first, self.pace.session).await?;
        if messages.is_empty() {
            return Ok(None);
        }
        let started = Instant::now();
        let mut connection = Connection::open(&self.target, &self.pace).await?;
        let (mut next, mut left) = (first, self.pace.session);
        while !messages.is_empty() {
            connection.send(&messages).await?;
            left -= messages.len();
            next += messages.len() as u64;
            if left == 0 || started.elapsed() >= self.pace.longest {
                break;
            }
            messages = self.messages(next, left).await?;
            if messages.is_empty() && !linger.is_zero() {
                // Running out of time is no failure: nothing has come, and the session ends.
                if let Ok(waited) = timeout(linger, self.trail.wait(next)).await {
                    waited.map_err(trail)?;
                }
                messages = self.messages(next, left).await?;
            }
        }
        // Dying before the cursor is kept sends these records once more: never once less.
        let confirmation = connection.confirm().await?;
        self.trail.advance(next).await.map_err(trail)?;
        Ok(Some(Delivery { first, next, confirmation }))
    }

    /// At most a page of messages, and at most `left`.
    async fn messages(&self, from: u64, left: usize) -> Result<Vec<Message>, SiemError> {
        let limit = self.pace.page.min(left);
        let bodies = self.trail.page(from, limit).await.map_err(trail)?;
        let message = |(body, expected): (&String, u64)| {
            let logged = LoggedRecord::parse(body)?;
            let found = logged.record.seq;
            if found != expected {
                return Err(SiemError::OutOfOrder { expected, found });
            }
            let text = syslog::message(&logged, &self.source, self.format);
            Ok(Message { seq: found, text })
        };
        bodies.iter().take(limit).zip(from..).map(message).collect()
    }
}

fn trail(error: impl std::error::Error + Send + Sync + 'static) -> SiemError {
    SiemError::Trail { source: Box::new(error) }
}
