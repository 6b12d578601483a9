//! The inbox, while recordings are opened and closed.

use crate::folder::{call, project};
use serde_json::json;
use std::time::Duration;
use understudy_api::Engine;
use understudy_store::{Limits, Log};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_inbox_is_answered_when_recording_begins() {
    let folder = project("begins", 0);
    let recordings = folder.0.join(".understudy/recordings");
    std::fs::create_dir_all(&recordings).unwrap();
    let engine = Engine::open(&folder.0).await.unwrap();
    let (held, _) = Log::open(&recordings, Limits::default()).unwrap();
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { call(&engine, "inbox", json!({})).await }
    });
    // It finds them taken, and looks again after a while: until then they are taken by what is recorded here.
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(held);
    call(&engine, "record_start", json!({ "service": "s", "backend": "http://127.0.0.1:9" })).await;
    assert_eq!(waiting.await.unwrap()["exchanges"], 0);
}

#[tokio::test]
async fn damaged_recordings_that_a_look_at_the_inbox_found_are_told() {
    let folder = project("damaged", 0);
    let recordings = folder.0.join(".understudy/recordings");
    let (log, _) = Log::open(&recordings, Limits::default()).unwrap();
    assert!(log.wait(log.append(&[Vec::new()]).unwrap(), Duration::from_secs(10)));
    drop(log);
    std::fs::write(recordings.join("00000000000000000001/conf"), "no settings of a store").unwrap();
    let engine = Engine::open(&folder.0).await.unwrap();
    assert_eq!(call(&engine, "inbox", json!({})).await["exchanges"], 0);
    let aside = recordings.join("damaged-00000000000000000001");
    assert_eq!(call(&engine, "recording", json!({})).await["damaged"], json!([aside]));
}
