//! Records of earlier versions are read and continued, and records of later versions are left alone.
//!
//! `forms` has a folder for each form, written by the program of that time: `form-3` by the last version with form 3. The large
//! files are compressed. A new form needs a new folder here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod folder;

use folder::Folder;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use understudy_store::{Latest, Limits, Log, StoreError};

const FORMS: [&str; 3] = ["2", "3", "4"];

/// The files are as old as the checkout.
fn limits() -> Limits {
    Limits { age_max: Duration::MAX, ..Limits::default() }
}

/// Copies a folder of `forms`, without compression.
fn unpack(form: &str, to: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
            if from.is_dir() {
                copy(&from, &to.join(name));
            } else if from.extension().is_some_and(|ending| ending == "zst") {
                let whole = zstd::stream::decode_all(fs::File::open(&from).unwrap()).unwrap();
                fs::write(to.join(from.file_stem().unwrap()), whole).unwrap();
            } else {
                fs::copy(&from, to.join(name)).unwrap();
            }
        }
    }
    copy(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/forms").join(form), to);
}

/// The record with a number, as the program that wrote the folders made it.
fn record(number: u64) -> Vec<u8> {
    if number == 6 {
        return Vec::new();
    }
    let mut bytes = format!("record {number};").into_bytes();
    let length = if number == 4 { 40_000 } else { 20 + 7 * usize::try_from(number).unwrap() };
    bytes.resize(length, b'a' + u8::try_from(number % 26).unwrap());
    bytes
}

/// The numbers that are there: of eight records in two generations, the second and the seventh were removed.
const THERE: [u64; 6] = [1, 3, 4, 5, 6, 8];

fn all(log: &Log) -> BTreeMap<u64, Vec<u8>> {
    log.numbers().unwrap().into_iter().map(|number| (number, log.get(number).unwrap().unwrap())).collect()
}

/// Every file below a folder with its bytes, but for the lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with("lock") {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn every_form_is_read_and_written_on_and_nothing_is_lost() {
    for form in FORMS {
        let folder = Folder::new(&format!("form-{form}"));
        unpack(&format!("form-{form}"), &folder.0);
        let mut expected: BTreeMap<u64, Vec<u8>> = THERE.map(|number| (number, record(number))).into();
        let (log, damaged) = Log::open(&folder.0, limits()).unwrap();
        assert_eq!(damaged, Vec::<PathBuf>::new(), "{form}");
        assert_eq!(all(&log), expected, "{form}");
        // A program that knows no newer form refuses the folder before anything is written in one.
        assert_eq!(fs::read_to_string(folder.0.join("version")).unwrap(), *FORMS.last().unwrap(), "{form}");
        let number = log.append(&[b"new".to_vec(), vec![7; 50_000]]).unwrap();
        assert!(number > 8, "{form}: no number is given twice");
        assert!(log.wait(number, Duration::from_secs(60)), "{form}");
        log.remove(&[3]).unwrap();
        expected.extend([(number - 1, b"new".to_vec()), (number, vec![7; 50_000])]);
        expected.remove(&3);
        drop(log);
        for _ in 0..2 {
            let (log, damaged) = Log::open(&folder.0, limits()).unwrap();
            assert_eq!((damaged, all(&log)), (Vec::new(), expected.clone()), "{form}");
        }
    }
}

#[test]
fn the_form_that_is_written_has_a_folder_here() {
    let folder = Folder::new("form-now");
    drop(Log::open(&folder.0, limits()).unwrap());
    let form = fs::read_to_string(folder.0.join("version")).unwrap();
    assert_eq!(FORMS.last(), Some(&&*form), "put a folder that the last version has written into tests/forms");
}

#[test]
fn a_value_that_an_earlier_version_has_replaced_is_read_and_replaced() {
    let folder = Folder::new("form-latest");
    unpack("latest-4", &folder.0);
    let read = |folder: &Path| Latest::open(folder).unwrap().read(|bytes| Some(bytes.to_vec())).unwrap();
    assert_eq!(read(&folder.0).as_deref(), Some(&b"the value"[..]));
    let mut latest = Latest::open(&folder.0).unwrap();
    latest.replace(b"the value after".to_vec(), Duration::from_secs(60)).unwrap();
    drop(latest);
    // The value is closed by another thread.
    while matches!(Latest::open(&folder.0), Err(StoreError::Locked { .. })) {
        std::thread::yield_now();
    }
    assert_eq!(read(&folder.0).as_deref(), Some(&b"the value after"[..]));
}

#[test]
fn a_form_that_is_not_known_is_refused_and_not_touched() {
    let folder = Folder::new("form-unknown");
    unpack("form-4", &folder.0);
    for (version, told) in [
        ("5", "was written by a newer version (form 5)"),
        ("12\n", "was written by a newer version (form 12)"),
        ("1", "has a form that this version does not read: 1"),
        ("\u{1b}[2Jfour", "has a form that this version does not read: \\u{1b}[2Jfour"),
        ("a long text that is no version", "has a form that this version does not read: a long text that is"),
    ] {
        fs::write(folder.0.join("version"), version).unwrap();
        let before = files(&folder.0);
        let refused = [Log::open(&folder.0, limits()).map(drop), Latest::open(&folder.0).map(drop)];
        for refused in refused {
            let error = refused.unwrap_err();
            assert_eq!(error.to_string(), format!("{} {told}", folder.0.display()));
            assert_eq!(matches!(error, StoreError::Newer { .. }), told.contains("newer"));
        }
        assert_eq!(files(&folder.0), before, "{version}");
    }
}

/// A kill, or a full disk, while the version is replaced leaves a file beside it, or one without text.
#[test]
fn a_version_that_was_not_replaced_to_the_end_is_replaced_later() {
    for (version, new) in [(Some("3"), Some("")), (Some("3"), Some("4")), (Some(""), None), (None, None)] {
        let folder = Folder::new("form-half");
        unpack("form-3", &folder.0);
        let (file, beside) = (folder.0.join("version"), folder.0.join("version.new"));
        fs::remove_file(&file).unwrap();
        version.iter().for_each(|text| fs::write(&file, text).unwrap());
        new.iter().for_each(|text| fs::write(&beside, text).unwrap());
        let (log, _) = Log::open(&folder.0, limits()).unwrap();
        assert_eq!(log.numbers().unwrap(), THERE, "{version:?} {new:?}");
        assert!(fs::read_to_string(&file).unwrap() == *FORMS.last().unwrap() && !beside.exists());
    }
}
