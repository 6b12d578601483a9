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
    let result = serve_from(&folder);
    let _ = fs::remove_dir_all(&folder);
    result
}

fn serve_from(folder: &std::path::Path) -> Step {
    let failed = |error| format!("failed to write to {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let config = folder.join("config.yml");
    let data = folder.join("data").display().to_string();
    fs::write(&config, CONFIG.replace("DATA", &data)).map_err(failed)?;
    println!("the registry is at http://127.0.0.1:5055 until Ctrl-C; in another terminal:");
    println!("  cargo run --release -- verify fixtures --service registry");
    run_command(Command::new("docker-registry").arg("serve").arg(&config), "docker-registry serve")
}
