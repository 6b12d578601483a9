//! What is durable is there again, whatever happened.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod folder;

use folder::Folder;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use understudy_store::{Limits, Log, StoreError};

fn small() -> Limits {
    Limits {
        bytes_max: 64 << 20,
        generation_bytes_max: 256 << 10,
        age_max: Duration::from_secs(3_600),
        generations_max: 512,
    }
}

/// A record that says its own number, of another length each time: a few are large.
fn record(number: u64) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    let length = if number.is_multiple_of(29) { number * 977 % 200_000 } else { number * 37 % 5_000 };
    bytes.resize(8 + usize::try_from(length).unwrap(), (number % 251) as u8);
    bytes
}

/// sled keeps what is large in files of its own, which are not safe: there are none.
fn has_only_small_pages(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().is_dir()).all(|entry| {
        let blobs = fs::read_dir(entry.path().join("blobs")).into_iter().flatten();
        blobs.count() == 0
    })
}

#[test]
fn records_are_numbered_for_good_and_come_back_in_order() {
    let folder = Folder::new("order");
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert!(damaged.is_empty() && log.numbers().unwrap().is_empty());
    for first in (1..=500).step_by(5) {
        let records: Vec<Vec<u8>> = (first..first + 5).map(record).collect();
        assert_eq!(log.append(&records).unwrap(), first + 4);
    }
    assert_eq!(log.append::<Vec<u8>>(&[]).unwrap(), 500);
    assert!(has_only_small_pages(&folder.0));
    assert!(log.wait(500, Duration::from_secs(10)) && log.durable() == 500);
    assert!(matches!(Log::open(&folder.0, small()), Err(StoreError::Locked { .. })));
    log.remove(&[3, 500]).unwrap();
    drop(log);
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    let numbers = log.numbers().unwrap();
    assert_eq!(numbers, (1..500).filter(|number| *number != 3).collect::<Vec<_>>());
    assert!(numbers.iter().all(|number| log.get(*number).unwrap().unwrap() == record(*number)));
    assert_eq!((log.get(3).unwrap(), log.get(999).unwrap()), (None, None));
    assert_eq!(log.append(&[b"next".to_vec()]).unwrap(), 502, "no number is given twice, and a removal has one too");
}

#[test]
fn a_log_that_is_opened_again_and_again_does_not_fill_up_with_generations() {
    let folder = Folder::new("generations");
    let limits = Limits { generations_max: 3, ..small() };
    for number in 1..=6 {
        let (log, _) = Log::open(&folder.0, limits).unwrap();
        log.append(&[record(number)]).unwrap();
        assert_eq!(log.numbers().unwrap().len() as u64, number.min(3));
    }
}

#[test]
fn the_oldest_go_where_there_is_no_room() {
    let folder = Folder::new("room");
    let limits = Limits { bytes_max: 16 << 20, generation_bytes_max: 512 << 10, ..small() };
    let (log, _) = Log::open(&folder.0, limits).unwrap();
    for number in 1..=3_000 {
        log.append(&[record(number)]).unwrap();
    }
    let numbers = log.numbers().unwrap();
    assert_eq!(log.evicted() + numbers.len() as u64, 3_000);
    assert!(log.evicted() > 0 && numbers.last() == Some(&3_000));
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "only the oldest go");
}

#[test]
fn what_is_damaged_is_put_aside_and_what_is_newer_is_not_touched() {
    let folder = Folder::new("damaged");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    log.append(&[b"one".to_vec()]).unwrap();
    drop(log);
    // sled's own settings, which nobody can read.
    fs::write(folder.0.join("00000000000000000001/conf"), [0xff; 40]).unwrap();
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert_eq!(damaged, [folder.0.join("damaged-00000000000000000001")]);
    assert!(!fs::read_to_string(damaged[0].join("why.txt")).unwrap().is_empty());
    assert!(log.append(&[b"two".to_vec()]).unwrap() > 1);
    drop(log);
    fs::write(folder.0.join("version"), "5").unwrap();
    assert!(matches!(Log::open(&folder.0, small()), Err(StoreError::Newer { version, .. }) if version == "5"));
}

#[test]
fn a_disk_that_says_no_is_an_error_and_everything_stays_where_it_is() {
    let folder = Folder::new("no");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    log.append(&[b"one".to_vec()]).unwrap();
    drop(log);
    let (file, aside) = (folder.0.join("00000000000000000001/db"), folder.0.join("db"));
    fs::rename(&file, &aside).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(matches!(Log::open(&folder.0, small()), Err(StoreError::Disk { .. })));
    fs::remove_dir(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert_eq!((damaged, log.get(1).unwrap()), (vec![], Some(b"one".to_vec())));
}

/// The other side of the next test: opens a log, and says how many records there are.
#[test]
fn opener() {
    let Some(folder) = std::env::var_os("UNDERSTUDY_STORE_OPENER").map(PathBuf::from) else { return };
    let (log, damaged) = Log::open(&folder, small()).unwrap();
    assert_eq!(damaged, Vec::<PathBuf>::new());
    println!("durable {} 0 {}", log.durable(), log.numbers().unwrap().len());
}

#[test]
fn a_log_of_many_generations_is_opened_with_few_files() {
    let folder = Folder::new("files");
    let limits = Limits { generation_bytes_max: 1, ..small() };
    let (log, _) = Log::open(&folder.0, limits).unwrap();
    for number in 1..=80 {
        log.append(&[record(number)]).unwrap();
    }
    drop(log);
    let mut child = Command::new("sh");
    child.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    child.args(["--exact", "opener", "--nocapture"]).env("UNDERSTUDY_STORE_OPENER", &folder.0);
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("durable 80 0 80"), "{output:?}");
}

#[test]
fn a_version_that_there_was_no_room_for_is_written_again() {
    let folder = Folder::new("version");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    log.append(&[b"one".to_vec()]).unwrap();
    drop(log);
    fs::write(folder.0.join("version"), "").unwrap();
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    assert_eq!(log.get(1).unwrap(), Some(b"one".to_vec()));
    assert_eq!(fs::read_to_string(folder.0.join("version")).unwrap(), "4");
}

#[test]
fn a_generation_that_cannot_begin_is_told_and_leaves_nothing() {
    let folder = Folder::new("begin");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    // Nobody can make a folder where a file is.
    let generation = folder.0.join("00000000000000000001");
    fs::write(&generation, "").unwrap();
    assert!(log.append(&[b"one".to_vec()]).is_err() && log.failed().is_some());
    assert!(!log.wait(1, Duration::from_secs(60)), "nobody waits for what will never be");
    drop(log);
    fs::remove_file(&generation).unwrap();
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    // sled has begun its files when it finds that it cannot make another one.
    fs::create_dir_all(generation.join("db")).unwrap();
    assert!(log.append(&[b"one".to_vec()]).is_err() && log.failed().is_some());
    assert!(!generation.exists());
}

#[test]
fn what_is_removed_is_gone_and_what_was_there_before_is_never_written_to() {
    let folder = Folder::new("removed");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    for number in 1..=60 {
        log.append(&[record(number)]).unwrap();
    }
    drop(log);
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    // 29 and 58 are large; some are asked for twice, and some were never there.
    log.remove(&[1, 29, 1, 70, 0]).unwrap();
    log.remove(&[29, 2]).unwrap();
    log.remove(&[]).unwrap();
    assert!(log.wait(62, Duration::from_secs(60)));
    let left: Vec<u64> = (3..=60).filter(|number| *number != 29).collect();
    let holds = |log: Log| {
        assert_eq!(log.numbers().unwrap(), left);
        assert_eq!([1, 2, 29].map(|number| log.get(number).unwrap()), [None, None, None]);
        assert_eq!(log.get(58).unwrap(), Some(record(58)));
    };
    holds(log);
    holds(Log::open(&folder.0, small()).unwrap().0);
    // The removal is where new records go, and nowhere else: without that the old ones are all there.
    fs::remove_dir_all(folder.0.join("00000000000000000061")).unwrap();
    assert_eq!(Log::open(&folder.0, small()).unwrap().0.numbers().unwrap().len(), 60);
}

#[test]
fn a_generation_of_which_nothing_is_left_is_deleted() {
    let folder = Folder::new("emptied");
    for number in 1..=3 {
        let (log, _) = Log::open(&folder.0, small()).unwrap();
        log.append(&[record(number)]).unwrap();
    }
    let generation = |first: u64| folder.0.join(format!("{first:020}")).exists();
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    log.remove(&[2]).unwrap();
    assert!(generation(1) && generation(2), "an older one is still there");
    log.remove(&[1]).unwrap();
    assert!(!generation(1) && !generation(2) && generation(3));
    assert_eq!(log.numbers().unwrap(), [3]);
    drop(log);
    assert_eq!(Log::open(&folder.0, small()).unwrap().0.numbers().unwrap(), [3]);
}

#[test]
fn many_are_removed_at_once_and_go_with_their_generations() {
    let folder = Folder::new("many");
    let limits = Limits { generations_max: 2, ..small() };
    let (log, _) = Log::open(&folder.0, limits).unwrap();
    let all: Vec<u64> = (1..=5_000).collect();
    log.append(&all.iter().map(|number| number.to_le_bytes().to_vec()).collect::<Vec<_>>()).unwrap();
    log.remove(&all[..4_999]).unwrap();
    drop(log);
    for life in 0..3 {
        let (log, _) = Log::open(&folder.0, limits).unwrap();
        assert!(has_only_small_pages(&folder.0));
        let numbers = log.numbers().unwrap();
        assert_eq!(numbers.contains(&5_000), life < 2, "{numbers:?}");
        assert!(numbers.iter().all(|number| *number >= 5_000), "{numbers:?}");
        log.append(&[b"next".to_vec()]).unwrap();
        // The one that is not removed is the only one that had to go.
        assert_eq!(log.evicted(), u64::from(life > 0));
    }
}

#[test]
fn what_the_version_before_wrote_is_read_and_added_to() {
    let folder = Folder::new("before");
    let generation = folder.0.join("00000000000000000001");
    let db = sled::Config::new().path(&generation).open().unwrap();
    let key = |number: u64, piece: u32| [&number.to_be_bytes()[..], &piece.to_be_bytes()].concat();
    // Two together, and one in two pieces.
    let together = [
        &[0][..],
        &1_u64.to_le_bytes(),
        &3_u32.to_le_bytes(),
        b"one",
        &2_u64.to_le_bytes(),
        &3_u32.to_le_bytes(),
        b"two",
    ];
    db.insert(key(1, 0), together.concat()).unwrap();
    for (at, piece) in [(0, b"thr"), (1, b"ee.")] {
        db.insert(key(3, at), [&[1][..], &2_u32.to_le_bytes(), piece].concat()).unwrap();
    }
    db.flush().unwrap();
    drop(db);
    fs::write(generation.join("ready"), "").unwrap();
    fs::write(folder.0.join("version"), "2").unwrap();
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert!(damaged.is_empty());
    assert_eq!(log.append(&[b"four".to_vec()]).unwrap(), 4);
    assert_eq!(log.numbers().unwrap(), [1, 2, 3, 4]);
    log.remove(&[1]).unwrap();
    drop(log);
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    let read = [1, 2, 3, 4].map(|number| log.get(number).unwrap());
    assert_eq!(read, [None, Some(b"two".to_vec()), Some(b"three.".to_vec()), Some(b"four".to_vec())]);
    assert_eq!(fs::read_to_string(folder.0.join("version")).unwrap(), "4");
}

#[test]
fn a_kill_while_it_is_opened_does_no_harm() {
    let folder = Folder::new("opened");
    let (log, _) = Log::open(&folder.0, small()).unwrap();
    log.append(&[record(1)]).unwrap();
    drop(log);
    // What sled was about to write.
    fs::write(folder.0.join("00000000000000000001/snap.00000000000D0149.generating"), "").unwrap();
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert!(damaged.is_empty(), "{damaged:?}");
    assert_eq!(log.get(1).unwrap(), Some(record(1)));
}

#[test]
fn small_records_begin_a_new_generation_before_their_places_fill_the_disk() {
    let folder = Folder::new("tiny");
    let (log, _) = Log::open(&folder.0, Limits { generation_bytes_max: 64 << 20, ..small() }).unwrap();
    for number in 1..=8_500 {
        assert_eq!(log.append(&[vec![7; 20]]).unwrap(), number);
    }
    let generations = fs::read_dir(&folder.0).unwrap().flatten().filter(|entry| entry.path().join("ready").exists());
    assert_eq!(generations.count(), 2);
    assert!(has_only_small_pages(&folder.0) && log.numbers().unwrap().len() == 8_500);
    assert_eq!(log.get(8_499).unwrap(), Some(vec![7; 20]));
}

/// The other side of the next test: puts records for ever, and says how far they are durable and how long the newest file was
/// then.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os("UNDERSTUDY_STORE_WRITER").map(PathBuf::from) else { return };
    let (log, _) = Log::open(&folder, small()).unwrap();
    let mut said = log.durable();
    loop {
        let number = log.numbers().unwrap().last().map_or(1, |last| last + 1);
        // One by one, and several at once.
        for number in (number..number + 400).step_by(4) {
            assert_eq!(log.append(&[record(number)]).unwrap(), number);
            assert_eq!(log.append(&(number + 1..number + 4).map(record).collect::<Vec<_>>()).unwrap(), number + 3);
            let durable = log.durable();
            if durable > said {
                said = durable;
                let file = newest(&folder).unwrap();
                println!("durable {durable} {} {}", fs::metadata(&file).unwrap().len(), file.display());
                let _ = std::io::stdout().flush();
            }
        }
    }
}

/// The file of the newest generation; `None` where that has just begun, and all before it was synced.
fn newest(folder: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let is_generation =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().parse::<u64>().is_ok());
    let file = folders.filter(is_generation).max()?.join("db");
    file.is_file().then_some(file)
}

/// What the writer says: how far it is durable, and how long the newest file was then.
fn mark(line: &str) -> Option<(u64, (u64, PathBuf))> {
    let mut words = line.split("durable ").nth(1)?.splitn(3, ' ');
    Some((words.next()?.parse().ok()?, (words.next()?.parse().ok()?, PathBuf::from(words.next()?))))
}

/// ROUNDS changes how often; the full count is 1,000.
#[test]
fn what_was_durable_survives_a_kill_at_any_moment() {
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(12);
    let mut chance = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |end: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % end.max(1)
    };
    for round in 0..rounds {
        let folder = Folder::new(&format!("kill-{round}"));
        let mut known = 0;
        for life in 0..2 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "writer", "--nocapture"])
                .env("UNDERSTUDY_STORE_WRITER", &folder.0)
                .stdout(Stdio::piped())
                .stderr(Stdio::inherit())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let wanted = 1 + random(30);
            // How long the newest file was when it was synced last.
            let mut synced = (0, PathBuf::new());
            let mut marks = 0;
            for at in 0.. {
                if marks == wanted {
                    break;
                }
                assert!(at < 10_000, "the writer says nothing of use");
                let line = lines.next().unwrap().unwrap();
                if let Some(mark) = mark(&line) {
                    (known, synced) = mark;
                    marks += 1;
                }
            }
            std::thread::sleep(Duration::from_micros(random(3_000)));
            child.kill().unwrap();
            child.wait().unwrap();
            for line in lines.map_while(Result::ok) {
                if let Some(mark) = mark(&line) {
                    (known, synced) = mark;
                }
            }
            // As after a power cut: what came after the last sync may be there in part.
            let (length, file) = synced;
            if round % 2 == 1 && newest(&folder.0) == Some(file.clone()) {
                let now = fs::metadata(&file).unwrap().len();
                let cut = length + random(now.saturating_sub(length) + 1);
                File::options().write(true).open(&file).unwrap().set_len(cut.min(now)).unwrap();
            }
            let (log, damaged) = Log::open(&folder.0, small()).unwrap();
            let place = format!("round {round}, life {life}, {known} were durable");
            let why = damaged.first().and_then(|folder| fs::read_to_string(folder.join("why.txt")).ok());
            assert!(damaged.is_empty(), "{place}: {damaged:?}: {why:?}");
            let numbers = log.numbers().unwrap();
            let last = numbers.last().copied().unwrap_or(0);
            assert!(last >= known, "{place}, {last} is the last");
            for number in 1..=known {
                assert_eq!(log.get(number).unwrap().as_deref(), Some(&record(number)[..]), "{place}: {number}");
            }
            for number in numbers {
                assert_eq!(log.get(number).unwrap().unwrap(), record(number), "{place}: {number}");
            }
            assert!(has_only_small_pages(&folder.0), "{place}");
        }
    }
}

/// The other side of the next test: puts records until the disk says no.
#[test]
fn writer_until_there_is_no_room() {
    let Some(folder) = std::env::var_os("UNDERSTUDY_STORE_FULL").map(PathBuf::from) else { return };
    let (log, _) = Log::open(&folder, Limits { generation_bytes_max: 64 << 20, ..small() }).unwrap();
    for number in 1..=100 {
        log.append(&[record(number)]).unwrap();
    }
    assert!(log.wait(100, Duration::from_secs(60)));
    let last = (101..100_000).find(|number| log.append(&[record(*number)]).is_err()).unwrap();
    // It is said at once from then on, and nobody waits for what will never be.
    assert!(log.failed().is_some() && log.append(&[record(last)]).is_err());
    assert!(!log.wait(last, Duration::from_secs(60)));
    println!("durable {} 0 {last}", log.durable());
}

#[test]
fn what_was_durable_before_the_disk_was_full_is_there() {
    let folder = Folder::new("full");
    let mut child = Command::new("sh");
    // No file is longer than 2 MiB.
    child.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    child.args(["--exact", "writer_until_there_is_no_room", "--nocapture"]).env("UNDERSTUDY_STORE_FULL", &folder.0);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (durable, _) = said.lines().find_map(mark).unwrap_or_else(|| panic!("{output:?}"));
    assert!(output.status.success() && durable >= 100, "{durable}: {output:?}");
    let (log, damaged) = Log::open(&folder.0, small()).unwrap();
    assert_eq!(damaged, Vec::<PathBuf>::new());
    for number in 1..=durable {
        assert_eq!(log.get(number).unwrap().as_deref(), Some(&record(number)[..]), "{number} of {durable}");
    }
    for number in log.numbers().unwrap() {
        assert_eq!(log.get(number).unwrap(), Some(record(number)), "{number}, {durable} were durable");
    }
    // There is room again.
    let next = log.append(&[record(7)]).unwrap();
    assert!(next > durable && log.wait(next, Duration::from_secs(60)));
}
