//! The real backend of the sample's service `registry`: Debian's `docker-registry` on the port that the sample names,
//! with its data in a temporary folder that goes with it.

use crate::step::{Step, install, run as run_command};
use std::fs;
use std::process::Command;

const CONFIG: &str = "\
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: DATA }, delete: { enabled: true } }
http: { addr: \"127.0.0.1:5055\" }
";

pub(crate) fn run() -> Step {
    install(&[("docker-registry", "docker-registry")])?;
    let folder = std::env::temp_dir().join(format!("understudy-registry-{}", std::process::id()));
    serve_from(&folder)
}

/// Waits for the registry and removes its folder, also after Ctrl-C, which ends this program before it. The log is shown
/// where the registry ends by itself.
const SHELL: &str = r#"
trap 'rm -rf "$0"' EXIT
trap 'ended=1' INT TERM
docker-registry serve "$0/config.yml" > "$0/log" 2>&1
status=$?
[ -n "$ended" ] && exit 0
cat "$0/log"
exit $status
"#;

fn serve_from(folder: &std::path::Path) -> Step {
    let failed = |error| format!("failed to write to {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let data = folder.join("data").display().to_string();
    fs::write(folder.join("config.yml"), CONFIG.replace("DATA", &data)).map_err(failed)?;
    println!("the registry is at http://127.0.0.1:5055 until Ctrl-C, its log is {}", folder.join("log").display());
    println!("in another terminal: cargo run -q --release -- verify fixtures --service registry");
    run_command(Command::new("sh").args(["-c", SHELL]).arg(folder), "docker-registry serve")
}
