//! Each file of `cases/` is a folder of files, a command in it, and exactly what it prints. `UPDATE=1 cargo test` writes
//! what is printed anew.
//!
//! `#### file PATH` is followed by a file's text (`#### link PATH TARGET` makes a symbolic link), `#### run ARGS` runs the
//! program, `#### show PATH` shows a file that it wrote; `#### exit CODE`, `#### stdout` and `#### stderr` say what came of it. `{folder}` stands for the folder.

use crate::program::{Folder, run};
use std::fs;
use std::path::Path;

fn played(text: &str) -> String {
    let folder = Folder::new();
    let mut out = text.split("#### ").next().unwrap().to_owned();
    for part in text.split("#### ").skip(1) {
        let (line, content) = part.split_once('\n').unwrap_or((part, ""));
        let mut words = line.split(' ');
        match (words.next().unwrap(), words.next()) {
            ("file", Some(path)) => {
                folder.write(path, content.trim_end_matches('\n').to_owned() + "\n");
            }
            ("link", Some(path)) => {
                let link = folder.0.join(path);
                fs::create_dir_all(link.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(words.next().unwrap(), link).unwrap();
            }
            ("show", Some(path)) => {
                let text = fs::read_to_string(folder.0.join(path)).unwrap_or_else(|error| error.to_string());
                out.push_str(&format!("#### {line}\n{}\n", without_times(&text)));
                continue;
            }
            ("run", _) => {
                let args: Vec<&str> = line.split(' ').skip(1).collect();
                let (exit, stdout, stderr) = run(&folder.0, &args);
                let place = folder.0.display().to_string();
                let shown = |name: &str, text: String| {
                    if text.is_empty() {
                        String::new()
                    } else {
                        format!("#### {name}\n{}", text.replace(&place, "{folder}"))
                    }
                };
                out.push_str(&format!(
                    "#### {}\n#### exit {exit}\n{}{}",
                    line,
                    shown("stdout", without_times(&stdout)),
                    shown("stderr", stderr)
                ));
                out.push('\n');
                continue;
            }
            _ => continue,
        }
        out.push_str(&format!("#### {part}"));
    }
    format!("{}\n", out.trim_end())
}

/// How long a run took is another number each time.
fn without_times(text: &str) -> String {
    let times = |line: &str| match line.rsplit_once(" in ") {
        Some((start, end)) if end.ends_with(" s") => format!("{start} in 0.00 s"),
        _ if line.trim_start().starts_with("\"micros\": ") => "      \"micros\": 0".to_owned(),
        _ => line.to_owned(),
    };
    let text = text.split(" time=\"").enumerate().fold(String::new(), |out, (at, part)| match part.split_once('"') {
        Some((_, rest)) if at > 0 => out + " time=\"0\"" + rest,
        _ => out + part,
    });
    let text =
        text.split(" timestamp=\"").enumerate().fold(String::new(), |out, (at, part)| match part.split_once('"') {
            Some((_, rest)) if at > 0 => out + " timestamp=\"now\"" + rest,
            _ => out + part,
        });
    text.split_inclusive('\n')
        .map(|line| times(line.trim_end_matches('\n')) + if line.ends_with('\n') { "\n" } else { "" })
        .collect()
}

#[test]
fn every_command_prints_what_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    understudy_testkit::check_cases(&folder, |_, text| played(text));
}

#[test]
fn of_ten_thousand_fixtures_three_are_broken_and_the_others_serve() {
    let folder = Folder::with_fixtures(&[]);
    for at in 0..10_000 {
        let text = match at {
            17 => "request: {".to_owned(),
            4_711 => "request: { path: /f }\nresponse: { statu: 200 }\n".to_owned(),
            9_999 => "request:\n\tpath: /x\n".to_owned(),
            at => format!("request: {{ path: /f/{at} }}\nresponse: {{ body: {{ text: \"{at}\" }} }}\n"),
        };
        folder.write(&format!("fixtures/s/f{at}.yaml"), text);
    }
    let (exit, stdout, stderr) = run(&folder.0, &["check"]);
    assert_eq!((exit, stdout.as_str()), (2, "9997 fixtures in 1 service: 3 errors\n"));
    assert_eq!(stderr.matches("error[").count(), 3, "{stderr}");
    let served = crate::program::Served::new(&folder.0, &[]);
    assert!(served.request("GET /f/9998", &[], "").ends_with("\r\n\r\n9998"));
    assert!(served.request("GET /f/17", &[], "").starts_with("HTTP/1.1 404"));
}
