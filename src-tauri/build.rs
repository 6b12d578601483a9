//! The window's own commands need permission like any other.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&["engine", "recent_projects", "open_project"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("the window's settings are good");
}
