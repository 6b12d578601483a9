//! A program that records is killed under load: what it said is on the disk is in the inbox.

use crate::folder::{call, project};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use understudy_api::Engine;

/// The other side of the next test: records, and says how far all of it is on the disk.
#[tokio::test(flavor = "multi_thread")]
async fn recorder() {
    let Some(folder) = std::env::var_os("UNDERSTUDY_RECORDER").map(PathBuf::from) else { return };
    let backend = std::env::var("UNDERSTUDY_BACKEND").unwrap();
    let engine = Engine::open(&folder).await.unwrap();
    call(&engine, "record_start", json!({ "service": "s", "backend": backend })).await;
    let port = call(&engine, "project", json!({})).await["services"][0]["port"].clone();
    println!("port {port}");
    loop {
        let now = call(&engine, "recording", json!({})).await;
        let durable = now["stored"].as_u64().unwrap() - now["waiting"].as_u64().unwrap();
        println!("durable {durable}");
        let _ = std::io::stdout().flush();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Answers every request with its own path, in bodies of up to some hundred kilobytes.
fn backend() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                let mut path = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if line.starts_with("GET ") {
                        path = line.split(' ').nth(1).unwrap().to_owned();
                    } else if line == "\r\n" {
                        let body = format!("{path} {}", "x".repeat(path.len() * path.len() * 71 % 120_000));
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                        if stream.write_all((head + &body).as_bytes()).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    port
}

/// Asks for one thing after the other until nobody answers any more.
fn load(port: u16) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for number in 1.. {
        if write!(stream, "GET /{}/{number} HTTP/1.1\r\nhost: localhost\r\n\r\n", "long-".repeat(number % 9)).is_err() {
            return;
        }
        let (mut line, mut length) = (String::new(), 0_u64);
        while answers.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if length == 0 || std::io::copy(&mut (&mut answers).take(length), &mut std::io::sink()).unwrap_or(0) < length {
            return;
        }
    }
}

/// `ROUNDS=1000 cargo test -p understudy-api killed` is the long one.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_recorder_said_is_on_the_disk_is_in_the_inbox() {
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let backend = format!("http://127.0.0.1:{}", backend());
    for round in 0..rounds {
        let folder = project(&format!("killed-recorder-{round}"), 0);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::recorder", "--nocapture"])
            .env("UNDERSTUDY_RECORDER", &folder.0)
            .env("UNDERSTUDY_BACKEND", &backend)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The harness says something before.
        let port = lines.find_map(|line| line.split_once("port ")?.1.parse::<u16>().ok()).unwrap();
        let loading = std::thread::spawn(move || load(port));
        let wanted = 1 + round * 7_919 % 300;
        let number = |line: &String| line.strip_prefix("durable ")?.parse::<u64>().ok();
        let mut durable = lines.by_ref().filter_map(|line| number(&line)).find(|durable| *durable >= wanted).unwrap();
        std::thread::sleep(Duration::from_micros(round * 977 % 9_000));
        child.kill().unwrap();
        child.wait().unwrap();
        durable = lines.filter_map(|line| number(&line)).last().unwrap_or(durable);
        loading.join().unwrap();

        let engine = Engine::open(&folder.0).await.unwrap();
        let view = call(&engine, "inbox", json!({})).await;
        let place = format!("round {round}, {durable} were durable");
        assert!(view["exchanges"].as_u64().unwrap() >= durable, "{place}: {}", view["exchanges"]);
        assert_eq!(view["cut"], json!([]), "{place}");
        let files: Vec<_> =
            std::fs::read_dir(folder.0.join("s")).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(files, ["a.yaml"], "{place}");
        engine.close().await;
    }
}
