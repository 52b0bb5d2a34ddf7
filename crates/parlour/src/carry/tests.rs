//! A line over a network that takes little, or nothing.

use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::*;

/// A line over a network that holds so many bytes, served by a task, and its other end.
async fn line(
    bytes: usize,
) -> (
    Arc<Line<DuplexStream>>,
    tokio::task::JoinHandle<()>,
    WebSocketStream<DuplexStream>,
) {
    let (near, far) = tokio::io::duplex(bytes);
    let config = WebSocketConfig::default().write_buffer_size(0);
    let near = WebSocketStream::from_raw_socket(near, Role::Server, Some(config)).await;
    let far = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
    let line = Arc::new(Line::new(near));
    let own = Arc::clone(&line);
    let task = tokio::spawn(async move {
        let mut stall = Stall::default();
        while !matches!(
            poll_fn(|cx| own.poll(cx, &mut stall)).await,
            Event::Ended | Event::Failed(_)
        ) {}
    });
    (line, task, far)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_writes_and_however_slowly_it_goes_frames_keep_their_order() {
    const EACH: u32 = 4000;
    // A frame is longer than what the network holds, now and then.
    let (line, _task, mut far) = line(64).await;
    let next = Arc::new(Mutex::new(0_u32));
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let (line, next) = (Arc::clone(&line), Arc::clone(&next));
            tokio::spawn(async move {
                let put = || {
                    let mut number = next.lock().unwrap();
                    let text = format!("{number}{}", " ".repeat(*number as usize % 90));
                    let fits = line.outbox().put(Outgoing::Text(text));
                    *number += u32::from(fits);
                    fits
                };
                for _ in 0..EACH {
                    while !put() {
                        tokio::task::yield_now().await;
                    }
                    line.send_off();
                }
            })
        })
        .collect();
    for expected in 0..3 * EACH {
        let message = far.next().await.unwrap().unwrap();
        assert_eq!(message.to_text().unwrap().trim_end(), expected.to_string());
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_waited_for_by_its_own_task_alone_and_not_for_ever() {
    let (line, task, mut far) = line(64).await;
    let start = tokio::time::Instant::now();
    let say = || {
        let fits = line.outbox().put(Outgoing::Text("x".repeat(100)));
        line.send_off();
        fits
    };
    let room = std::iter::repeat_with(say).take_while(|fits| *fits).count();
    assert_eq!(room, 1026, "one is under way, the others wait");
    assert_eq!(start.elapsed(), Duration::ZERO);
    // One frame taken is time gained.
    tokio::time::sleep(WRITE_TIMEOUT - Duration::from_secs(1)).await;
    assert_eq!(far.next().await.unwrap().unwrap().len(), 100);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!task.is_finished());
    task.await.unwrap();
    assert!(start.elapsed() < WRITE_TIMEOUT * 2);
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_answers_to_pings_is_not_listened_to() {
    let (_line, task, mut far) = line(64).await;
    let mut said = 0;
    let flood = async {
        while said < 1000 && far.send(Message::Ping(vec![7; 100].into())).await.is_ok() {
            said += 1;
        }
    };
    let patience = WRITE_TIMEOUT - Duration::from_secs(1);
    assert!(tokio::time::timeout(patience, flood).await.is_err());
    assert!(said <= 3, "{said} pings were read");
    task.await.unwrap();
}

#[tokio::test]
async fn nothing_comes_after_the_last_frame() {
    let (line, task, mut far) = line(1024).await;
    assert!(line.outbox().put(Outgoing::Text("bye".to_owned())));
    assert!(line.outbox().put(Outgoing::Close {
        code: 4001,
        reason: "over"
    }));
    assert!(line.outbox().put(Outgoing::Ping));
    line.send_off();
    task.await.unwrap();
    assert_eq!(far.next().await.unwrap().unwrap(), Message::text("bye"));
    let Message::Close(Some(frame)) = far.next().await.unwrap().unwrap() else {
        panic!("the last frame closes");
    };
    assert_eq!(u16::from(frame.code), 4001);
}
