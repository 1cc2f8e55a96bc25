//! `keyward audit forward` and `cursors`: the log to a SIEM, and how far that has got.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueEnum};
use keyward_engine::{ForwardEvent, Forwarded, Forwarding};
use keyward_siem::{
    forward::{Confirm, Confirmation, Pace, Target, Transport},
    syslog::Format,
};

use crate::{
    failure::Failure,
    render::{progress, size, table::table},
    session::Session,
};

/// What is sent where.
#[derive(Debug, Args)]
pub struct Forward {
    /// The receiver's name here, under which its place in the log is kept
    name: String,
    /// Where it is; by custom port 6514 for TLS, 601 for TCP, 514 for UDP
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    to: (String, u16),
    /// Over TLS, trusting the authorities in this PEM file and no others
    #[arg(long, value_name = "CA", conflicts_with = "udp")]
    tls: Option<PathBuf>,
    /// Over UDP, which confirms nothing
    #[arg(long)]
    udp: bool,
    /// What the messages hold
    #[arg(long, value_enum, default_value_t = Text::Cef)]
    format: Text,
    /// What shows that the receiver has read everything: that it closes the connection in its turn, or,
    /// for receivers that never do, that it is still there
    #[arg(long, value_enum, default_value_t = Shown::Close, conflicts_with = "udp")]
    confirm: Shown,
    /// Go on as the log grows, and try again where the receiver isn't there
    #[arg(long)]
    follow: bool,
    /// Confirm after so many records at the latest: as many may be sent twice
    #[arg(long, value_name = "RECORDS", default_value = "10000")]
    session: NonZeroUsize,
    /// Go on from this record, whatever the receiver has
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
}

/// A format on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Text {
    /// CEF lines
    Cef,
    /// OCSF events
    Ocsf,
}

/// A confirmation on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    /// The receiver closes
    Close,
    /// The connection stays open
    Open,
}

/// How far each receiver has got
#[derive(Debug, Args)]
pub struct Cursors {}

impl Forward {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let context = session.administrator()?;
        let bar = progress::spinner(session.output, "sent up to record");
        let quiet = session.output.quiet || session.output.json;
        let forwarding = self.forwarding();
        let report = |event| match event {
            ForwardEvent::Delivered(delivery) => bar.set_position(delivery.next),
            ForwardEvent::Retrying { error, after } if !quiet => bar.suspend(|| {
                eprintln!("warning: {error}; trying again in {} s", after.as_secs());
            }),
            ForwardEvent::Retrying { .. } => {}
        };
        let forwarded =
            session.workspace.engine.audit_forward(&context, &forwarding, stop(), report).await;
        bar.finish_and_clear();
        session.output.print(&forwarded?, text)
    }

    fn forwarding(self) -> Forwarding {
        let (host, port) = self.to;
        let transport = match (self.tls, self.udp) {
            (Some(authorities), _) => Transport::Tls { authorities },
            (None, true) => Transport::Udp,
            (None, false) => Transport::Tcp,
        };
        let confirm = match self.confirm {
            Shown::Close => Confirm::Close,
            Shown::Open => Confirm::Open,
        };
        let format = match self.format {
            Text::Cef => Format::Cef,
            Text::Ocsf => Format::Ocsf,
        };
        Forwarding {
            receiver: self.name,
            target: Target { host, port, transport, confirm },
            format,
            pace: Pace { session: self.session.get(), ..Pace::default() },
            from: self.from,
            follow: self.follow,
        }
    }
}

impl Cursors {
    pub async fn run(self, session: &Session) -> Result<u8, Failure> {
        let cursors = session.workspace.engine.audit_cursors(&session.officer()?).await?;
        session.output.print(&serde_json::json!({ "cursors": cursors }), |_| {
            let rows =
                cursors.iter().map(|cursor| vec![cursor.name.clone(), cursor.seq.to_string()]);
            table(&["receiver", "next"], rows.collect(), "nothing was ever forwarded")
        })
    }
}

/// The wish to stop: Ctrl-C, or what a service manager sends.
async fn stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the signal ends the process by itself.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminated) => _ = terminated.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}

/// `HOST:PORT`; an IPv6 address in brackets.
fn address(text: &str) -> Result<(String, u16), String> {
    let parsed = text.rsplit_once(':').and_then(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.or(Some(host).filter(|host| !host.contains([':', '[', ']'])))?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then(|| (host.to_owned(), port))
    });
    parsed.ok_or_else(|| "write `HOST:PORT`, and an IPv6 address as `[ADDRESS]:PORT`".into())
}

fn text(forwarded: &Forwarded) -> String {
    let receiver = &forwarded.receiver;
    if forwarded.records == 0 {
        return format!(
            "`{receiver}` has every record before {}; nothing was sent",
            forwarded.next
        );
    }
    let shown = match forwarded.confirmation {
        Some(Confirmation::ReadToEnd) => "it has read them all",
        Some(Confirmation::StillOpen) => "it was still there after the last one",
        Some(Confirmation::Nothing) | None => "whether they arrived isn't known",
    };
    format!(
        "sent `{receiver}` {}, {} to {}; {shown}",
        size::count(forwarded.records, "record"),
        forwarded.first,
        forwarded.next.saturating_sub(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(address("siem.example:601"), Ok(("siem.example".into(), 601)));
        assert_eq!(address("[::1]:6514"), Ok(("::1".into(), 6514)));
        for bad in ["siem", "siem:", ":601", "siem:0", "siem:70000", "::1:601", "[]:1", "[::1]"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
