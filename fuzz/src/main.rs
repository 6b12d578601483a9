//! Writes the examples of every target into a folder, where libFuzzer begins, and names the targets.

use std::path::Path;
use std::{fs, io};
use understudy_fuzz::{TARGETS, seeds};

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/fuzz/corpus".to_owned());
    for target in TARGETS {
        let own = Path::new(&folder).join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in seeds(target).iter().enumerate() {
            fs::write(own.join(format!("example-{number}")), seed)?;
        }
        println!("{}", target.name);
    }
    Ok(())
}
