//! Tests that recordings on a full disk can be read and removed. The test mounts a disk in memory; it does nothing if
//! the system does not allow that.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod folder;

use folder::Folder;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use understudy_store::{Limits, Log};

fn small() -> Limits {
    Limits {
        bytes_max: 64 << 20,
        generation_bytes_max: 4 << 10,
        age_max: Duration::from_secs(3_600),
        generations_max: 512,
    }
}

/// Fills the disk of a folder to the last byte.
fn fill(folder: &Path) {
    let mut file = File::create(folder.join("filler")).unwrap();
    while file.write_all(&[7; 4 << 10]).is_ok() {}
    while file.write_all(&[7]).is_ok() {}
}

fn copies() -> usize {
    let name = format!("understudy-{}-", std::process::id());
    let entries = [std::env::temp_dir(), PathBuf::from("/dev/shm")].map(fs::read_dir).into_iter().flatten().flatten();
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&name)).count()
}

/// The child process of the next test, on a separate disk.
#[test]
fn on_a_disk_of_its_own() {
    let Some(disk) = std::env::var_os("UNDERSTUDY_STORE_DISK").map(PathBuf::from) else { return };
    let folder = disk.join("log");
    let record = |number: u64| vec![(number % 251) as u8; 1_000];
    let (log, _) = Log::open(&folder, small()).unwrap();
    for number in 1..=10 {
        log.append(&[record(number)]).unwrap();
    }
    assert!(log.wait(10, Duration::from_secs(60)));
    drop(log);
    fill(&disk);

    let (log, damaged) = Log::open(&folder, small()).unwrap();
    assert!(damaged.is_empty());
    assert_eq!(log.numbers().unwrap(), (1..=10).collect::<Vec<u64>>());
    assert!((1..=10).all(|number| log.get(number).unwrap() == Some(record(number))));
    assert!(log.append(&[record(11)]).is_err());
    drop(log);

    // A single record cannot be removed, but all records together can.
    let (log, _) = Log::open(&folder, small()).unwrap();
    assert!(log.remove(&[7]).is_err());
    assert_eq!(log.get(7).unwrap(), Some(record(7)));
    drop(log);
    assert_eq!(copies(), 0);
    let (log, _) = Log::open(&folder, small()).unwrap();
    log.remove(&(1..=10).collect::<Vec<u64>>()).unwrap();
    assert!(log.numbers().unwrap().is_empty());
    drop(log);
    assert_eq!(copies(), 0);

    let (log, _) = Log::open(&folder, small()).unwrap();
    assert!(log.numbers().unwrap().is_empty());
    let next = log.append(&[record(12)]).unwrap();
    assert!(log.wait(next, Duration::from_secs(60)), "{:?}", log.failed());

    // A disk that the recorder filled itself can be emptied too.
    let last = (next + 1..next + 100_000).find(|number| log.append(&[record(*number)]).is_err()).unwrap();
    assert!(log.failed().is_some() && log.get(next).unwrap() == Some(record(12)));
    log.remove(&(next..last).collect::<Vec<u64>>()).unwrap();
    assert!(log.numbers().unwrap().is_empty());
    drop(log);
    let (log, damaged) = Log::open(&folder, small()).unwrap();
    assert!(damaged.is_empty() && log.numbers().unwrap().is_empty());
    let next = log.append(&[record(13)]).unwrap();
    assert!(log.wait(next, Duration::from_secs(60)), "{:?}", log.failed());
    println!("done");
}

#[test]
fn what_is_on_a_full_disk_can_be_read_and_removed() {
    let folder = Folder::new("disk");
    fs::create_dir_all(&folder.0).unwrap();
    let mount = "mount -t tmpfs -o size=8m tmpfs \"$UNDERSTUDY_STORE_DISK\" || exit 77; exec \"$0\" \"$@\"";
    let mut child = Command::new("unshare");
    child.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]).arg(std::env::current_exe().unwrap());
    child.args(["--exact", "on_a_disk_of_its_own", "--nocapture"]).env("UNDERSTUDY_STORE_DISK", &folder.0);
    let Ok(output) = child.output() else { return println!("there is no `unshare`") };
    let said = String::from_utf8_lossy(&output.stdout);
    if !said.contains("running 1 test") {
        return println!("no disk of memory can be mounted: {output:?}");
    }
    assert!(output.status.success() && said.contains("done"), "{output:?}");
}
