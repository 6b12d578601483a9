//! What was replaced is there, or what was there before.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod folder;

use folder::Folder;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use understudy_store::{Latest, Limits, Log, StoreError};

const LONG: Duration = Duration::from_secs(60);

/// A value that says its own number; some are larger than what sled writes at once.
fn value(number: u64) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize(usize::try_from(8 + number % 5 * 300_000).unwrap(), (number % 251) as u8);
    bytes
}

fn number(bytes: &[u8]) -> Option<u64> {
    let number = u64::from_le_bytes(*bytes.first_chunk()?);
    (value(number) == bytes).then_some(number)
}

/// Opens it. A process that another test starts has what this one had open, until it becomes another program; and a value is
/// closed a little after it was replaced.
fn open(folder: &Path) -> Latest {
    let began = Instant::now();
    loop {
        match Latest::open(folder) {
            Err(StoreError::Locked { .. }) if began.elapsed() < LONG => std::thread::sleep(Duration::from_millis(5)),
            opened => return opened.unwrap(),
        }
    }
}

fn read(folder: &Path) -> Option<u64> {
    open(folder).read(number).unwrap()
}

/// The folders of the values that are there, from the oldest.
fn values(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    all
}

#[test]
fn the_newest_is_read_and_one_more_is_there() {
    let folder = Folder::new("newest");
    assert_eq!(read(&folder.0), None);
    for number in 1..=6 {
        open(&folder.0).replace(value(number), LONG).unwrap();
        assert_eq!(read(&folder.0), Some(number));
    }
    assert_eq!(values(&folder.0).len(), 2);
    let mut latest = open(&folder.0);
    assert!(matches!(Latest::open(&folder.0), Err(StoreError::Locked { .. })));
    // What nothing can be made of is passed over.
    let older = latest.read(|bytes| number(bytes).filter(|number| *number < 6));
    assert_eq!(older.unwrap(), Some(5));
}

#[test]
fn what_is_damaged_is_passed_over_and_what_was_read_stays() {
    let folder = Folder::new("passed-over");
    let mut latest = open(&folder.0);
    (1..=2).for_each(|number| latest.replace(value(number), LONG).unwrap());
    let damage = || fs::write(values(&folder.0).last().unwrap().join("conf"), [0xff; 40]).unwrap();
    // sled's own settings, which nobody can read.
    damage();
    assert_eq!(latest.read(number).unwrap(), Some(1));
    latest.replace(value(3), LONG).unwrap();
    assert_eq!(latest.read(number).unwrap(), Some(3));
    damage();
    assert_eq!(latest.read(number).unwrap(), Some(1));
}

#[test]
fn a_value_that_is_written_for_too_long_holds_the_folder_until_it_is_there() {
    let folder = Folder::new("late");
    let mut latest = open(&folder.0);
    let late = latest.replace(value(4), Duration::ZERO).unwrap_err();
    assert!(late.to_string().contains("the disk takes too long"), "{late}");
    drop(latest);
    assert_eq!(read(&folder.0), Some(4));
}

#[test]
fn what_earlier_versions_kept_as_a_log_is_read_and_replaced() {
    let folder = Folder::new("was-a-log");
    for number in [1, 3] {
        let (log, _) = Log::open(&folder.0, Limits::default()).unwrap();
        log.append(&[value(number), value(number + 1)]).unwrap();
    }
    let mut latest = open(&folder.0);
    assert_eq!(latest.read(number).unwrap(), Some(4));
    latest.replace(value(5), LONG).unwrap();
    assert_eq!(latest.read(number).unwrap(), Some(5));
}

/// The other side of the next tests: replaces the value for ever, or until the disk says no, and says each number.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os("UNDERSTUDY_STORE_LATEST").map(PathBuf::from) else { return };
    let mut latest = open(&folder);
    let before = latest.read(number).unwrap().unwrap_or(0);
    for number in before + 1.. {
        if let Err(error) = latest.replace(value(number), LONG) {
            return println!("failed: {error}");
        }
        println!("durable {number}");
        std::io::stdout().flush().unwrap();
    }
}

fn command(program: &mut Command, folder: &Path) -> Command {
    program.args(["--exact", "writer", "--nocapture"]).env("UNDERSTUDY_STORE_LATEST", folder);
    std::mem::replace(program, Command::new(""))
}

/// The number that the writer says is durable.
fn said(line: &str) -> Option<u64> {
    line.split("durable ").nth(1)?.trim().parse().ok()
}

/// ROUNDS changes how often.
#[test]
fn what_was_durable_or_newer_survives_a_kill_at_any_moment() {
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let folder = Folder::new("latest-kill");
    let mut known = 0;
    for round in 0..rounds {
        let mut child = command(&mut Command::new(std::env::current_exe().unwrap()), &folder.0);
        let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Some die before they have replaced anything.
        if round % 4 != 0 {
            known = lines.find_map(|line| said(&line)).unwrap();
        }
        std::thread::sleep(Duration::from_micros(round * 7_919 % 30_000));
        child.kill().unwrap();
        child.wait().unwrap();
        known = lines.filter_map(|line| said(&line)).last().unwrap_or(known);
        let found = read(&folder.0).unwrap_or(0);
        assert!(found == known || found == known + 1, "round {round}: {found}, {known} was durable");
        known = found;
    }
    assert!(known > 0, "nothing was ever replaced");
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = Folder::new("latest-full");
    // No file is longer than a mebibyte.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let output = command(&mut shell, &folder.0).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("failed: "), "{output:?}");
    let known = text.lines().rev().find_map(said);
    assert!(known.is_some(), "{text}");
    assert_eq!(read(&folder.0), known);
    open(&folder.0).replace(value(1_000), LONG).unwrap();
    assert_eq!(read(&folder.0), Some(1_000));
}
