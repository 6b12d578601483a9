//! Which project is opened: the one that was named, the last one, or the sample.

use rust_embed::RustEmbed;
use std::fs;
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// The sample project.
#[derive(RustEmbed)]
#[folder = "../fixtures"]
#[exclude = ".*"]
struct Sample;

/// How many projects are remembered.
const RECENT_MAX: usize = 8;

pub(crate) fn first(named: Option<&Path>, app: &AppHandle) -> tauri::Result<PathBuf> {
    if let Some(named) = named {
        return Ok(std::path::absolute(named)?);
    }
    match recent(app).into_iter().next() {
        Some(folder) => Ok(folder),
        None => sample(app),
    }
}

/// The file that holds the folders of the projects that were opened last, one in a line.
fn memory(app: &AppHandle) -> tauri::Result<PathBuf> {
    Ok(app.path().app_config_dir()?.join("recent-projects"))
}

/// The projects that were opened last and are still there, the latest first.
pub(crate) fn recent(app: &AppHandle) -> Vec<PathBuf> {
    let text = memory(app).ok().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    text.lines().map(PathBuf::from).filter(|folder| folder.is_dir()).take(RECENT_MAX).collect()
}

/// What cannot be remembered is asked for again; that is no reason to stop.
pub(crate) fn remember(folder: &Path, app: &AppHandle) {
    let Ok(file) = memory(app) else { return };
    if let Some(parent) = file.parent() {
        let _ = fs::create_dir_all(parent);
    }
    let others = recent(app).into_iter().filter(|other| other != folder);
    let all = std::iter::once(folder.to_path_buf()).chain(others).take(RECENT_MAX);
    let lines: Vec<String> = all.map(|folder| folder.to_string_lossy().into_owned()).collect();
    let _ = fs::write(file, lines.join("\n"));
}

/// The sample in a folder of this person's own, where it may be edited. What is there already stays as it is.
pub(crate) fn sample(app: &AppHandle) -> tauri::Result<PathBuf> {
    let folder = app.path().app_data_dir()?.join("sample");
    if folder.is_dir() {
        return Ok(folder);
    }
    for name in Sample::iter() {
        let path = folder.join(&*name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = Sample::get(&name).expect("it was listed just now");
        fs::write(path, file.data)?;
    }
    Ok(folder)
}

/// Whether other instances can be asked for over a session bus; elsewhere than on Linux they always can.
pub(crate) fn has_session_bus() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() || runtime.is_some_and(|folder| folder.join("bus").exists())
}
