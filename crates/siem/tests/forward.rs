//! Sending a log to receivers that leave in the middle of a line, never close, or aren't there.

mod common;

use std::{io::Write as _, sync::Mutex, time::Duration};

use common::{Conduct, Memory, Receiver, body, forwarder, seq, tls};
use keyward_siem::{
    SiemError,
    forward::{Confirm, Confirmation, Delivery, Event, Transport},
    syslog::Format,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::oneshot,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where receivers leave: at the first byte, within a length, within a line, between two lines, and far
/// behind what our own system has taken.
fn departures() -> Vec<Conduct> {
    let mut conducts: Vec<_> =
        [0, 1, 2, 4, 100, 705, 4_096, 69_999, 70_000, 300_000].map(Conduct::LeaveAfter).into();
    let mut state = 7_usize;
    for _ in 0..20 {
        // Any numbers do, as long as they are the same in every run.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        conducts.push(Conduct::LeaveAfter(state % 400_000));
    }
    conducts.push(Conduct::ReadToEnd);
    conducts
}

async fn follow_until(
    memory: &Memory,
    records: u64,
    forwarder: &keyward_siem::forward::Forwarder<Memory>,
) -> Vec<Event> {
    let events = Mutex::new(Vec::new());
    let (done, stop) = oneshot::channel::<()>();
    let done = Mutex::new(Some(done));
    let report = |event| {
        events.lock().unwrap().push(event);
        if memory.cursor_now() >= records {
            done.lock().unwrap().take().map(|done| done.send(()));
        }
    };
    let stopped = async {
        let _ = stop.await;
    };
    timeout(PATIENCE, forwarder.run(stopped, report)).await.unwrap().unwrap();
    events.into_inner().unwrap()
}

#[tokio::test]
async fn every_record_arrives_over_tcp_however_often_the_receiver_leaves() {
    let memory = Memory::of(5_000);
    let receiver = Receiver::start(departures(), None).await;
    follow_until(&memory, 5_000, &forwarder(&memory, receiver.port, Transport::Tcp)).await;
    assert!(receiver.assert_all(5_000) > 0, "a departure costs duplicates");
}

#[tokio::test]
async fn every_record_arrives_over_tls_however_often_the_receiver_leaves() {
    let memory = Memory::of(3_000);
    let (acceptor, authority) = tls("127.0.0.1");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(authority.as_bytes()).unwrap();
    let receiver = Receiver::start(departures(), Some(acceptor)).await;
    let transport = Transport::Tls { authorities: file.path().into() };
    follow_until(&memory, 3_000, &forwarder(&memory, receiver.port, transport)).await;
    receiver.assert_all(3_000);
}

#[tokio::test]
async fn nothing_comes_twice_where_nothing_fails() {
    let memory = Memory::of(2_000);
    let receiver = Receiver::start(vec![Conduct::ReadToEnd], None).await;
    let forwarder = forwarder(&memory, receiver.port, Transport::Tcp);
    let delivery = Delivery { first: 0, next: 2_000, confirmation: Confirmation::ReadToEnd };
    assert_eq!(forwarder.drain().await.unwrap(), Some(delivery));
    assert_eq!(receiver.assert_all(2_000), 0);
    assert_eq!(receiver.records().len(), 3, "sessions of 700 records");
    assert_eq!(forwarder.drain().await.unwrap(), None);
    assert_eq!(receiver.records().len(), 3, "nothing to send opens no connection");
}

#[tokio::test]
async fn a_receiver_that_read_all_but_left_first_confirms_nothing() {
    let memory = Memory::of(10);
    let whole: usize = {
        let receiver = Receiver::start(vec![Conduct::ReadToEnd], None).await;
        forwarder(&Memory::of(10), receiver.port, Transport::Tcp).drain().await.unwrap();
        let connections = receiver.connections.lock().unwrap();
        connections[0].len()
    };
    let receiver = Receiver::start(vec![Conduct::LeaveAfter(whole)], None).await;
    let error = forwarder(&memory, receiver.port, Transport::Tcp).drain().await.unwrap_err();
    assert!(matches!(error, SiemError::Lost { .. }), "{error}");
    assert_eq!(memory.cursor_now(), 0);
}

#[tokio::test]
async fn what_a_receiver_dies_with_unread_is_sent_again() {
    // It lies in the system's buffers by then: every write has succeeded.
    let conducts = vec![Conduct::DieAfter(10_000), Conduct::ReadToEnd];
    let memory = Memory::of(200);
    let receiver = Receiver::start(conducts.clone(), None).await;
    let mut sending = forwarder(&memory, receiver.port, Transport::Tcp);
    let events = follow_until(&memory, 200, &sending).await;
    assert!(matches!(events[0], Event::Retrying { error: SiemError::Lost { .. }, .. }));
    assert!(receiver.assert_all(200) > 0);

    // Why `Open` is only for receivers that never close.
    let memory = Memory::of(200);
    let receiver = Receiver::start(conducts, None).await;
    sending = forwarder(&memory, receiver.port, Transport::Tcp);
    sending.target.confirm = Confirm::Open;
    let delivery = sending.drain().await.unwrap().unwrap();
    assert_eq!((delivery.next, delivery.confirmation), (200, Confirmation::StillOpen));
    assert!(receiver.records()[0].len() < 20);
}

#[tokio::test]
async fn a_receiver_that_never_closes_confirms_only_if_that_is_enough() {
    let memory = Memory::of(10);
    let receiver = Receiver::start(vec![Conduct::StayOpen], None).await;
    let mut forwarder = forwarder(&memory, receiver.port, Transport::Tcp);
    forwarder.pace.patience = Duration::from_millis(200);
    let error = forwarder.drain().await.unwrap_err();
    assert!(matches!(error, SiemError::Unconfirmed { .. }), "{error}");
    assert!(error.is_transient());
    assert_eq!(memory.cursor_now(), 0);
    forwarder.target.confirm = Confirm::Open;
    let delivery = forwarder.drain().await.unwrap().unwrap();
    assert_eq!(delivery.confirmation, Confirmation::StillOpen);
    assert_eq!(memory.cursor_now(), 10);
}

#[tokio::test]
async fn a_log_is_followed_and_a_receiver_that_comes_late_gets_all_of_it() {
    let memory = Memory::of(10);
    // A port that is free, until the receiver takes it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut forwarder = forwarder(&memory, port, Transport::Tcp);
    let mut pauses = Vec::new();
    let run = forwarder.run(tokio::time::sleep(Duration::from_millis(200)), |event| match event {
        Event::Retrying { error: SiemError::Connect { .. }, after } => pauses.push(after),
        other => panic!("{other:?}"),
    });
    run.await.unwrap();
    assert_eq!(pauses[..4], [10, 20, 40, 40].map(Duration::from_millis));

    let receiver = Receiver::start(vec![Conduct::ReadToEnd], None).await;
    forwarder.target.port = receiver.port;
    let grow = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            memory.append(10);
        }
    };
    let (events, ()) = tokio::join!(follow_until(&memory, 60, &forwarder), grow);
    assert!(events.iter().all(|event| matches!(event, Event::Delivered(_))));
    assert_eq!(receiver.assert_all(60), 0);
}

#[tokio::test]
async fn datagrams_are_sent_and_nothing_is_claimed() {
    let memory = Memory::of(3);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut forwarder = forwarder(&memory, port, Transport::Udp);
    let delivery = forwarder.drain().await.unwrap().unwrap();
    assert_eq!(delivery.confirmation, Confirmation::Nothing);
    let mut buffer = vec![0; 65_536];
    for expected in 0..3 {
        let length = socket.recv(&mut buffer).await.unwrap();
        assert_eq!(seq(str::from_utf8(&buffer[..length]).unwrap()), expected);
    }
    // An OCSF event holds a record twice: as it is, and by its details.
    memory.bodies.lock().unwrap().push(body(3).replace("<110>", &"x".repeat(60_000)));
    forwarder.format = Format::Ocsf;
    let error = forwarder.drain().await.unwrap_err();
    assert!(matches!(error, SiemError::Datagram { seq: 3, .. }), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_receiver_that_nobody_vouches_for_gets_nothing() {
    let memory = Memory::of(10);
    let mut stranger = tempfile::NamedTempFile::new().unwrap();
    stranger.write_all(tls("127.0.0.1").1.as_bytes()).unwrap();
    let (elsewhere, authority) = tls("127.0.0.2");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(authority.as_bytes()).unwrap();
    let receiver = Receiver::start(vec![Conduct::ReadToEnd], Some(elsewhere)).await;
    for authorities in [stranger.path(), file.path()] {
        let transport = Transport::Tls { authorities: authorities.into() };
        let error = forwarder(&memory, receiver.port, transport).drain().await.unwrap_err();
        assert!(matches!(error, SiemError::Connect { .. }), "{error}");
    }
    assert!(receiver.connections.lock().unwrap().iter().all(Vec::is_empty));
    let empty = tempfile::NamedTempFile::new().unwrap();
    let transport = Transport::Tls { authorities: empty.path().into() };
    let error = forwarder(&memory, receiver.port, transport).drain().await.unwrap_err();
    assert!(matches!(error, SiemError::Authority { .. }), "{error}");
}

#[tokio::test]
async fn a_log_with_a_gap_is_not_sent_past_it() {
    let memory = Memory::of(250);
    memory.bodies.lock().unwrap().remove(120);
    let receiver = Receiver::start(vec![Conduct::ReadToEnd], None).await;
    let error = forwarder(&memory, receiver.port, Transport::Tcp).drain().await.unwrap_err();
    assert!(matches!(error, SiemError::OutOfOrder { expected: 120, found: 121 }), "{error}");
    assert!(receiver.records().iter().flatten().all(|seq| *seq < 120));
}
